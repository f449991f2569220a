/*
 * agents: puts the orchestrator and its agents together; see agents.h.
 */
#include "tests/agents/agents.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

static const char *const pipeline[] = {
    "execution", "market-data", "signals", "risk",
    "pnl",       "orders",      "fills",   "notify",
};

#define PIPELINE (sizeof pipeline / sizeof *pipeline)

/* Below the ports of outgoing connections: what is down must find its port
 * free when it comes back. */
static bool listen_somewhere(struct agent *a, struct err *err)
{
    unsigned seed = (unsigned)clock_mono_us() ^ (unsigned)getpid() << 16;

    for (int i = 0; i < 200; i++) {
        int port = 20000 + rand_r(&seed) % 12000;

        if (http_listen(&a->http, &a->all->conns, port, err)) {
            http_serve(a->http, agent_handle, a);
            return true;
        }
    }
    return false;
}

static void name_agent(char *to, size_t size, size_t i)
{
    if (i < PIPELINE)
        snprintf(to, size, "%s", pipeline[i]);
    else
        snprintf(to, size, "agent-%zu", i + 1);
}

static bool open_agent(struct agents *all, size_t i,
                       const struct agents_options *options, struct err *err)
{
    struct agent *a = &all->agents[i];
    json_int_t steps = options->count > 1 ? options->count - 1 : 1;
    char name[32];

    name_agent(name, sizeof name, i);
    agent_init(a, all, name);
    a->own_delay_ms =
        options->delay_from_ms +
        (options->delay_to_ms - options->delay_from_ms) * (json_int_t)i / steps;
    a->delay_ms = a->own_delay_ms;
    return listen_somewhere(a, err);
}

bool agents_open(struct agents *all, const struct agents_options *options,
                 struct err *err)
{
    all->token = xstrdup(options->token);
    all->started = clock_mono_ms();
    slacktime_init(&all->time);
    if (!loop_new(&all->loop, &all->time, err))
        return false;
    conns_init(&all->conns, all->loop);
    agent_init(&all->orchestrator, all, "orchestrator");
    if (!listen_somewhere(&all->orchestrator, err))
        return false;
    all->agents = xcalloc((size_t)options->count, sizeof *all->agents);
    for (; all->count < (size_t)options->count; all->count++)
        if (!open_agent(all, all->count, options, err)) {
            agent_dispose(&all->agents[all->count]);
            return false;
        }
    return true;
}

/* Their calls go before the connections those came by. */
void agents_close(struct agents *all)
{
    for (size_t i = 0; i < all->count; i++)
        agent_dispose(&all->agents[i]);
    agent_dispose(&all->orchestrator);
    conns_dispose(&all->conns);
    loop_free(all->loop);
    free(all->agents);
    free(all->token);
}

json_t *agents_ports(const struct agents *all)
{
    json_t *agents = json_object();

    for (size_t i = 0; i < all->count; i++)
        json_object_set_new(agents, all->agents[i].name,
                            json_integer(agent_port(&all->agents[i])));
    return json_pack("{si so}", "orchestrator", agent_port(&all->orchestrator),
                     "agents", agents);
}
