/*
 * A real Prometheus with a rule on the bot's own metrics, a real Alertmanager:
 * what fires is a card, what is repeated is the same one, what is over is
 * resolved in it.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/core/check/prometheus.h"
#include "tests/core/check/alertmanager.h"
#include "tests/integration/halting.h"
#include "tests/integration/incoming.h"

#define RULE                                                                   \
    "groups:\n"                                                                \
    "  - name: bot\n"                                                          \
    "    interval: 1s\n"                                                       \
    "    rules:\n"                                                             \
    "      - alert: TradingIsHalted\n"                                         \
    "        expr: opsbot_halts_active > 0\n"                                  \
    "        labels: { severity: page, service: trading }\n"                   \
    "        annotations:\n"                                                   \
    "          summary: Trading is halted\n"                                   \
    "          description: '{{ $value }} scope(s) are halted'\n"              \
    "          runbook_url: https://runbooks.example/halted\n"

static struct harness *h;
static struct prometheus prometheus;
static struct alertmanager alertmanager;
static char *job;

static void write_rule(const char *path)
{
    FILE *f = fopen(path, "w");

    cr_assert_not_null(f);
    fputs(RULE, f);
    cr_assert_eq(fclose(f), 0);
}

static void start(void)
{
    char *rule;

    h = incoming_start(
        "  tokens: [{ name: alertmanager, token: " ALERT_TOKEN " }]\n", NULL);
    rule = xasprintf("%s/rule.yml", h->dir);
    write_rule(rule);
    alertmanager_start(&alertmanager, h, opsbot_address(h->bot), ALERT_TOKEN);
    job = xasprintf("job_name: opsbot\n"
                    "    static_configs: [{ targets: ['%s'] }]\n"
                    "rule_files: ['%s']\n"
                    "alerting: { alertmanagers: [{ static_configs:"
                    " [{ targets: ['127.0.0.1:%d'] }] }] }",
                    opsbot_address(h->bot), rule, alertmanager.port);
    prometheus.job = job;
    prometheus_start(&prometheus);
    free(rule);
}

static void stop(void)
{
    prometheus_stop(&prometheus);
    alertmanager_stop(&alertmanager);
    harness_stop(h);
    free(job);
}

TestSuite(alertmanager, .init = start, .fini = stop, .timeout = 600);

Test(alertmanager, fires_repeats_and_resolves_in_one_card)
{
    expect_patiently(h, "halt all maintenance", "alted");
    incoming_wait(h, "Trading is halted");
    incoming_wait(h, "1 scope(s) are halted");
    alertmanager_wait_told(&alertmanager, 3);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.alerts where firing and severity = 0"
             " and fingerprint <> ''");
    unhalt_all(h);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.alert_groups where resolved_at is not"
             " null and resolved_by = '' and runbook ="
             " 'https://runbooks.example/halted'");
    incoming_wait(h, "Resolved");
    incoming_cards(h, "Trading is halted", 1);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.alert_groups"), 1);
}

/* It tries until it is answered 2xx. */
Test(alertmanager, a_bot_that_is_away_is_told_when_it_is_back)
{
    expect_patiently(h, "halt all maintenance", "alted");
    incoming_wait(h, "Trading is halted");
    opsbot_kill9(h->bot);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    unhalt_all(h);
    wait_sql(h, 0, COMES_MS,
             "select count(*) from opsbot.alert_groups where resolved_at is"
             " null");
    incoming_cards(h, "Trading is halted", 1);
}
