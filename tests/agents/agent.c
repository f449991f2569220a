/*
 * agent: what one agent was told, and how it stands; see agents.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tests/agents/agents.h"

#define MESSAGES_PER_S 40

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

json_int_t agent_processed(const struct agent *a)
{
    int64_t running = a->now.halted ? 0 : clock_mono_ms() - a->running_since;

    return a->processed_already + running * MESSAGES_PER_S / 1000;
}

/* ---- from what was told to what is ---------------------------------------- */

/* "all" is what it says first, as people do. */
static const char *halted_by(const struct agent *a)
{
    const char *scope = json_object_iter_key(json_object_iter(a->told));

    return json_object_get(a->told, "all") ? "all" : scope ? scope : "";
}

bool agent_hears(const struct agent *a, const char *scope)
{
    return strcmp(scope, "all") == 0 || strcmp(scope, a->name) == 0 ||
           (strcmp(scope, "trading") == 0 && strcmp(a->name, "notify") != 0);
}

/* Of those that would take in a hook of their own as well. */
static void tell_agents(struct agents *all, const json_t *hook)
{
    for (size_t i = 0; i < all->count; i++) {
        struct agent *a = &all->agents[i];

        if (agent_hears(a, text_of(hook, "scope")) && !a->trouble.down &&
            !a->trouble.silent)
            agent_told(a, hook);
    }
}

static void pass_on(struct agent *orchestrator)
{
    size_t i;
    json_t *hook;

    json_array_foreach(orchestrator->passing, i, hook)
        tell_agents(orchestrator->all, hook);
    json_array_clear(orchestrator->passing);
}

static void change(void *arg)
{
    struct agent *a = arg;
    bool halted = json_object_size(a->told) > 0;
    const char *scope;
    json_t *generation;

    if (a->trouble.stuck)
        return;
    a->processed_already = agent_processed(a);
    a->running_since = clock_mono_ms();
    a->now.halted = halted;
    snprintf(a->now.scope, sizeof a->now.scope, "%s", halted_by(a));
    json_object_foreach(a->seen, scope, generation)
    {
        if (json_integer_value(generation) > a->now.generation)
            a->now.generation = json_integer_value(generation);
    }
    pass_on(a);
}

void agent_change_later(struct agent *a)
{
    if (a->change.slot)
        return;
    if (a->delay_ms)
        timer_start(a->all->loop, &a->change, a->delay_ms * 1000);
    else
        change(a);
}

enum hook_effect agent_told(struct agent *a, const json_t *hook)
{
    const char *op = text_of(hook, "op"), *scope = text_of(hook, "scope");
    json_int_t generation =
        json_integer_value(json_object_get(hook, "generation"));
    json_int_t seen = json_integer_value(json_object_get(a->seen, scope));
    bool stop = strcmp(text_of(hook, "action"), "halt") == 0;

    if (json_object_get(a->ops, op))
        return HOOK_REPEATED;
    json_object_set_new(a->ops, op, json_true());
    /* Without one nobody could say which it is: a stop is obeyed, always. */
    if (generation ? generation < seen : !stop)
        return HOOK_OLD;
    json_object_set_new(a->seen, scope,
                        json_integer(generation ? generation : seen));
    if (stop)
        json_object_set_new(a->told, scope, json_integer(generation));
    else
        json_object_del(a->told, scope);
    if (a == &a->all->orchestrator)
        json_array_append_new(a->passing, json_deep_copy(hook));
    a->applied++;
    agent_change_later(a);
    return HOOK_TAKEN;
}

/* ---- life ------------------------------------------------------------------ */

/* What is shut down keeps its port, and listens again when asked to. */
void agent_set_down(struct agent *a, bool down)
{
    if (a->trouble.down == down)
        return;
    a->trouble.down = down;
    if (a == &a->all->orchestrator)
        return;
    if (down)
        http_pause(a->http);
    else if (!http_resume(a->http))
        fprintf(stderr, "agents: %s lost its port\n", a->name);
}

int agent_port(const struct agent *a)
{
    return atoi(strchr(http_address(a->http), ':') + 1);
}

void agent_reset(struct agent *a)
{
    timer_stop(a->all->loop, &a->change);
    agent_set_down(a, false);
    a->trouble = (struct trouble){ 0 };
    a->now = (struct standing){ 0 };
    a->delay_ms = a->own_delay_ms;
    a->hook_count = a->applied = a->health_count = 0;
    a->processed_already = 0;
    a->running_since = clock_mono_ms();
    json_object_clear(a->told);
    json_object_clear(a->seen);
    json_object_clear(a->ops);
    json_array_clear(a->hooks);
    json_array_clear(a->passing);
}

void agent_init(struct agent *a, struct agents *all, const char *name)
{
    a->all = all;
    snprintf(a->name, sizeof a->name, "%s", name);
    a->told = json_object();
    a->seen = json_object();
    a->ops = json_object();
    a->hooks = json_array();
    a->passing = json_array();
    a->change = (struct timer){ .fire = change, .arg = a };
    a->running_since = clock_mono_ms();
}

void agent_dispose(struct agent *a)
{
    if (!a->all)
        return;
    timer_stop(a->all->loop, &a->change);
    http_free(a->http);
    json_decref(a->told);
    json_decref(a->seen);
    json_decref(a->ops);
    json_decref(a->hooks);
    json_decref(a->passing);
}
