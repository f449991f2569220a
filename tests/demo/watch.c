/* watch: see watch.h. */
#include "tests/demo/watch.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "tests/core/check/prometheus.h"
#include "tests/harness/servers.h"
#include "tests/core/check/alertmanager.h"

#define TOKEN "demo-alertmanager"

struct watch {
    struct prometheus prometheus;
    struct alertmanager alertmanager;
    char *job;
};

/* What the bot would raise by itself about checks and dead letters comes from
 * Prometheus here. */
const char watch_yaml[] =
    "alerts:\n"
    "  stream: " WATCH_STREAM "\n"
    "  tokens: [{ name: alertmanager, token: " TOKEN " }]\n"
    "  route:\n"
    "    channels: [" WATCH_CHANNEL "]\n"
    "    group_by: [alertname, service]\n"
    "    routes:\n"
    "      - name: pages\n"
    "        match: ['severity=~\"critical|high\"']\n"
    "        escalation: desk\n"
    "        routes:\n"
    "          - name: pay\n"
    "            match: [service=pay]\n"
    "            runbook: https://runbooks.example/pay\n"
    "      - name: the rest\n"
    "        mute: [night]\n"
    "  windows:\n"
    "    - { name: night, times: [\"22:00-06:00\"] }\n"
    "  policies:\n"
    "    - name: desk\n"
    "      steps:\n"
    "        - { after: 2m, to: [\"oncall:desk\"] }\n"
    "        - { after: 5m, to: [C0OPS] }\n"
    "  rotations:\n"
    "    - { name: desk, users: [U0BOB, U0CAT], from: 2026-01-05 }\n"
    "  watch: { checks: false, dlq_age: 0, dlq_inflow: 0, dlq_causes: false,"
    " lag: 0 }\n";

/* An agent that flaps is away all the while: the card would be over and back
 * in the middle of a step. */
static const char rules[] =
    "groups:\n"
    "  - name: demo\n"
    "    interval: 1s\n"
    "    rules:\n"
    "      - alert: AgentAway\n"
    "        expr: min_over_time(opsbot_check_up{check=~\"execution|risk\"}"
    "[5s]) == 0\n"
    "        labels: { severity: critical, service: '{{ $labels.check }}' }\n"
    "        annotations:\n"
    "          summary: the agent {{ $labels.check }} is away\n"
    "          description: Its /health does not answer.\n"
    "          runbook_url: https://runbooks.example/agent-away\n"
    "      - alert: DatabaseSlow\n"
    "        expr: opsbot_check_up{check=\"orders-db\"} == 0\n"
    "        labels: { severity: high, service: orders }\n"
    "        annotations:\n"
    "          summary: the orders database takes too long to connect to\n";

static char *write_rules(const struct harness *h)
{
    char *path = below(h, "rules.yml");
    FILE *f = fopen(path, "w");

    if (!f || fputs(rules, f) == EOF || fclose(f) != 0)
        harness_fail("cannot write %s", path);
    return path;
}

struct watch *watch_start(struct harness *h)
{
    struct watch *w = xcalloc(1, sizeof *w);
    const char *bot = opsbot_address(h->bot);
    char *path = write_rules(h);

    alertmanager_start(&w->alertmanager, h, bot, TOKEN);
    w->job = xasprintf("job_name: opsbot\n"
                       "    static_configs: [{ targets: ['%s'] }]\n"
                       "rule_files: ['%s']\n"
                       "alerting: { alertmanagers: [{ static_configs:"
                       " [{ targets: ['127.0.0.1:%d'] }] }] }",
                       bot, path, w->alertmanager.port);
    w->prometheus.job = w->job;
    prometheus_start(&w->prometheus);
    free(path);
    return w;
}

void watch_stop(struct watch *w)
{
    if (!w)
        return;
    prometheus_stop(&w->prometheus);
    alertmanager_stop(&w->alertmanager);
    free(w->job);
    free(w);
}
