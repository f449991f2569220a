/* healthy: see healthy.h. */
#include "tests/integration/healthy.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

#define HEAD "admins: [U0ANN, U0BOB]\n"

static const struct {
    const char *name, *severity, *more;
} checks[] = {
    { "signals", "high", "" },
    { "market-data", "warning", "" },
    { "execution", "high", "" },
    { "risk", "critical",
      "    scopes: [trading]\n"
      "    runbook: https://runbooks.example.com/risk\n" },
};

static void add_checks(struct buf *yaml, const struct agents *a)
{
    buf_str(yaml, "checks:\n");
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        buf_fmt(yaml,
                "  - id: %s\n    kind: http\n    severity: %s\n"
                "    url: http://127.0.0.1:%d/health\n    interval_s: 1\n"
                "    timeout_ms: 10000\n%s",
                checks[i].name, checks[i].severity,
                agents_port(a, checks[i].name), checks[i].more);
}

/* Listens, and never accepts: the kernel takes connections all the same. */
static int listen_mute(int *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    cr_assert(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 &&
              listen(fd, 100) == 0 &&
              getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static struct healthy start(const char *more, bool slow)
{
    struct healthy t = { .agents = agents_start(NULL, 8), .mute = -1 };
    struct buf yaml = { 0 };
    char *targets = agents_yaml_each(t.agents);
    int port;

    buf_fmt(&yaml, HEAD "%s%s", more, targets);
    add_checks(&yaml, t.agents);
    if (slow) {
        t.mute = listen_mute(&port);
        buf_fmt(&yaml,
                "  - id: slow\n    name: the slow one\n    kind: http\n"
                "    url: http://127.0.0.1:%d/\n    interval_s: 3600\n"
                "    timeout_ms: 6000\n",
                port);
    }
    free(targets);
    t.yaml = buf_take(&yaml);
    t.h = harness_start(&(struct harness_options){ .yaml = t.yaml });
    return t;
}

struct healthy healthy_start(const char *more)
{
    return start(more, false);
}

struct healthy healthy_start_slow(void)
{
    return start("", true);
}

void healthy_stop(struct healthy *t)
{
    harness_stop(t->h);
    agents_stop(t->agents);
    if (t->mute >= 0)
        close(t->mute);
    free(t->yaml);
}

void healthy_down(struct healthy *t, const char *agent, bool down)
{
    char *how = xasprintf("{\"agent\":\"%s\",\"down\":%s}", agent,
                          down ? "true" : "false");

    json_decref(agents_control(t->agents, how));
    free(how);
}

void healthy_wait(struct healthy *t, const char *check, const char *mark)
{
    char *query = xasprintf("select count(*) from opsbot.check_states where"
                            " check_id = '%s' and mark = '%s'",
                            check, mark);

    wait_sql(t->h, 1, 30000, query);
    free(query);
}

json_t *healthy_ask(struct healthy *t, const char *text)
{
    struct asked a = type_text(t->h, "U0ANN", "C0OPS", text);

    return wait_answers(t->h, a.interaction, 1, 30000);
}

char *healthy_since(struct healthy *t, const char *check)
{
    return sql(t->h,
               "select extract(epoch from since) from opsbot.check_states"
               " where check_id = '%s'",
               check);
}
