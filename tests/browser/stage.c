/*
 * stage: what a browser is pointed at: Redis, Postgres, the sandbox with its
 * page, agents to be halted, and the bot. Main thread.
 *
 * Prints one line of JSON when all is there: "url" of the page, "redis" (the
 * socket's path), "agents" (where they are steered). Then obeys lines of
 * standard input, and answers each with a line, "ok", when it is done:
 *
 *     stop PART, start PART      a server, politely; with its data and address
 *     stop bot, start bot
 *
 * Ends with standard input, so with whoever started it.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/harness/agents.h"
#include "tests/harness/harness.h"

#define AGENTS 3

static const char configuration[] = "channels:\n"
                                    "  ops: C0OPS\n"
                                    "roles:\n"
                                    "  - name: operator\n"
                                    "    users: [U0ANN]\n"
                                    "    rights: ['*']\n"
                                    "  - name: viewer\n"
                                    "    users: [U0BOB]\n"
                                    "    rights: [dlq.show, jobs]\n";

/* Of alerts only what a test sends; what it says is for #general leaves the
 * others' channel out of a storm. An acknowledgement of an info is soon asked
 * about. */
static const char alerts[] =
    "alerts:\n"
    "  stream: alerts\n"
    "  route:\n"
    "    channels: [C0OPS]\n"
    "    escalation: desk\n"
    "    routes:\n"
    "      - { match: [room=general], channels: [C0GENERAL] }\n"
    "  info: { ack_lease: 1m }\n"
    "  policies:\n"
    "    - name: desk\n"
    "      steps:\n"
    "        - { after: 10m, to: [U0BOB] }\n"
    "        - { after: 20m, to: [C0GENERAL] }\n"
    "  watch: { checks: false, dlq_age: 0, "
    "dlq_inflow: 0, dlq_causes: false, lag: 0, "
    "outbox: 0, deaf: 0 }\n";

/* One is well; two fail, and are not critical, so that halts can be ended. The
 * first port is an agent's, the other one nobody's. */
static const char checks[] = "checks:\n"
                             "  - id: execution\n"
                             "    kind: http\n"
                             "    severity: critical\n"
                             "    interval_s: 5\n"
                             "    url: http://127.0.0.1:%d/health\n"
                             "  - id: ledger\n"
                             "    name: Ledger database\n"
                             "    kind: tcp\n"
                             "    interval_s: 5\n"
                             "    fail_after: 1\n"
                             "    url: 127.0.0.1:1\n"
                             "    runbook: https://wiki.example/ledger\n"
                             "  - id: broker-token\n"
                             "    kind: secrets\n"
                             "    severity: warning\n"
                             "    interval_s: 5\n"
                             "    fail_after: 1\n"
                             "    variables: [BROKER_TOKEN]\n";

static const struct {
    const char *name;
    enum part part;
} parts[] = {
    { "redis", PART_REDIS },
    { "postgres", PART_POSTGRES },
    { "sandbox", PART_SANDBOX },
};

/* False: there is no such part. */
static bool steer_part(struct harness *h, const char *name, bool start)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(parts[i].name, name) == 0) {
            (start ? part_start : part_stop)(h, parts[i].part);
            return true;
        }
    return false;
}

static void steer_bot(struct harness *h, bool start)
{
    if (!start) {
        opsbot_stop(h->bot, 0);
        return;
    }
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
}

static void obey(struct harness *h, char *line)
{
    char *rest = line, *verb = strsep(&rest, " ");
    bool start = strcmp(verb, "start") == 0;

    if (!rest || (!start && strcmp(verb, "stop") != 0))
        harness_fail("the stage does not know \"%s\"", line);
    if (strcmp(rest, "bot") == 0)
        steer_bot(h, start);
    else if (!steer_part(h, rest, start))
        harness_fail("the stage has no \"%s\"", rest);
    puts("ok");
    fflush(stdout);
}

static void announce(const struct harness *h, const struct agents *agents)
{
    json_t *line = json_pack(
        "{s:s, s:o, s:o}", "url", h->sandbox_url, "redis",
        json_sprintf("%s/redis.sock", h->dir), "agents",
        json_sprintf("http://127.0.0.1:%d/control", agents_port(agents, NULL)));

    json_dumpf(line, stdout, JSON_COMPACT);
    puts("");
    fflush(stdout);
    json_decref(line);
}

int main(void)
{
    /* Who may what is in the file. */
    static const char *const env[] = { "OPSBOT_ADMINS=", NULL };
    struct agents *agents = agents_start(NULL, AGENTS);
    char *halt = agents_yaml_each(agents);
    char *asked = xasprintf(checks, agents_port(agents, "execution"));
    char *yaml = xasprintf("%s%s%s%s", configuration, alerts, asked, halt);
    struct harness *h =
        harness_start(&(struct harness_options){ .yaml = yaml, .env = env });
    char line[128];

    announce(h, agents);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        obey(h, line);
    }
    harness_stop(h);
    agents_stop(agents);
    free(yaml);
    free(asked);
    free(halt);
    return 0;
}
