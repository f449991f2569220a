/* event_alertmanager: the webhook as Alertmanager and Grafana send it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/core/alert/events.h"

static struct alert_event *events;
static size_t count, bad;

static void finish(void)
{
    events_free(events, count);
}

TestSuite(event_alertmanager, .fini = finish, .timeout = 30);

static void am(const char *body)
{
    events_free(events, count);
    events = events_am(body, &count, &bad);
    for (size_t i = 0; i < count; i++)
        event_whole(&events[i]);
}

/* As Alertmanager 0.25 writes it. */
static const char *webhook(const char *status, const char *ends)
{
    static char body[3000];

    snprintf(
        body, sizeof body,
        "{\"receiver\":\"ops\",\"status\":\"%s\",\"alerts\":[{\"status\":\"%"
        "s\","
        "\"labels\":{\"alertname\":\"PayDown\",\"instance\":\"pay:9001\","
        "\"job\":\"pay\",\"severity\":\"page\"},\"annotations\":{"
        "\"description\":\"pay:9001 has been down for 5 m\",\"runbook_url\":"
        "\"https://r.example/pay\",\"summary\":\"Pay is down\"},\"startsAt\":"
        "\"2025-11-20T15:41:00.301Z\",\"endsAt\":\"%s\",\"generatorURL\":"
        "\"http://prom.example:9090/"
        "graph?g0.expr=up+%%3D%%3D+0\\u0026g0.tab=1\","
        "\"fingerprint\":\"1a30ba71cca2921f\"}],\"groupLabels\":{\"alertname\":"
        "\"PayDown\"},\"commonLabels\":{\"alertname\":\"PayDown\"},"
        "\"commonAnnotations\":{\"summary\":\"Pay is down\"},\"externalURL\":"
        "\"http://am.example:9093\",\"version\":\"4\",\"groupKey\":"
        "\"{}:{alertname=\\\"PayDown\\\"}\",\"truncatedAlerts\":0}",
        status, status, ends);
    return body;
}

#define NEVER "0001-01-01T00:00:00Z"

Test(event_alertmanager, one_that_fires)
{
    am(webhook("firing", NEVER));
    cr_assert_eq(count, 1);
    cr_expect_str_eq(events->source, "alertmanager");
    cr_expect_str_eq(events->title, "Pay is down");
    cr_expect_str_eq(events->message, "pay:9001 has been down for 5 m");
    cr_expect_str_eq(events->runbook, "https://r.example/pay");
    cr_expect_str_eq(events->fingerprint, "1a30ba71cca2921f");
    cr_expect_eq(events->severity, ALERT_CRITICAL);
    cr_expect_str_eq(labels_get(&events->labels, "alertname"), "PayDown");
    cr_expect_str_eq(labels_get(&events->labels, "severity"), "critical");
    cr_expect_eq(events->at, 1763653260301);
    cr_expect_eq(events->links_count, 2);
    cr_expect_str_eq(events->links[0].label, "Source");
    cr_expect_str_eq(events->links[0].url, "http://prom.example:9090/graph?"
                                           "g0.expr=up+%3D%3D+0&g0.tab=1");
    cr_expect_str_eq(events->links[1].url, "http://am.example:9093");
    cr_expect(events->resolves && !events->resolved);
}

/* endsAt of what fires is when Prometheus would give up: no end. */
Test(event_alertmanager, what_it_repeats_is_the_same_news)
{
    char *id;

    am(webhook("firing", NEVER));
    id = xstrdup(events->id);
    am(webhook("firing", "2025-11-20T16:41:00Z"));
    cr_expect_str_eq(events->id, id);
    cr_expect_eq(events->ended, 0);
    am(webhook("resolved", "2025-11-20T15:59:00Z"));
    cr_expect_str_neq(events->id, id);
    cr_expect(events->resolved);
    cr_expect_eq(events->ended, 1763654340000);
    cr_expect_eq(events->at, 1763653260301);
    free(id);
}

Test(event_alertmanager, what_it_left_out_is_said)
{
    am("{\"version\":\"4\",\"truncatedAlerts\":12,\"alerts\":["
       "{\"labels\":{\"alertname\":\"A\"},\"annotations\":{\"message\":\"m\"}},"
       "{\"labels\":{\"alertname\":\"B\"}}]}");
    cr_assert_eq(count, 2);
    cr_expect_str_eq(events[0].message,
                     "m\nAlertmanager left 12 more alerts of this group out "
                     "(max_alerts of its webhook).");
    cr_expect_str_eq(events[1].message, "");
}

Test(event_alertmanager, links_of_grafana_and_what_the_group_has)
{
    am("{\"status\":\"resolved\",\"commonLabels\":{\"alertname\":\"A\"},"
       "\"alerts\":[{\"silenceURL\":\"https://g.example/s\",\"dashboardURL\":"
       "\"https://g.example/d\",\"panelURL\":\"\"}]}");
    cr_assert_eq(count, 1);
    cr_expect_eq(events->links_count, 2);
    cr_expect_str_eq(events->links[0].label, "Dashboard");
    cr_expect_str_eq(events->links[1].label, "Silence there");
    cr_expect(events->resolved);
    cr_expect_str_eq(events->title, "A");
}

Test(event_alertmanager, a_trace_among_its_labels_is_not_its_id)
{
    am("{\"alerts\":[{\"labels\":{\"traceId\":\"T\",\"alertname\":\"A\"}}]}");
    cr_expect_str_eq(events->trace, "T");
    cr_expect_str_neq(events->id, "T");
}

Test(event_alertmanager, each_field_of_every_wrong_type)
{
    static const char *const fields[] = {
        "status", "labels",       "annotations", "startsAt",
        "endsAt", "generatorURL", "fingerprint", "silenceURL",
    };
    static const char *const whole[] = { "status",      "commonLabels",
                                         "externalURL", "truncatedAlerts",
                                         "version",     "receiver" };
    static const char *const values[] = {
        "null",
        "true",
        "17",
        "-1e300",
        "\"\"",
        "\"x\"",
        "[]",
        "{}",
        "[1,[2]]",
        "{\"summary\":{\"a\":1}}",
        "{\"alertname\":[]}",
        "\"1-2-3\"",
        "\"https://\"",
    };
    char body[500];

    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
            snprintf(body, sizeof body,
                     "{\"alerts\":[{\"labels\":{\"alertname\":\"A\"}},"
                     "{\"labels\":{\"alertname\":\"B\"},\"annotations\":"
                     "{\"summary\":\"s\"},\"%s\":%s}]}",
                     fields[f], values[v]);
            am(body);
            cr_expect_eq(count, 2, "%s", body);
        }
        for (size_t f = 0; f < sizeof whole / sizeof *whole; f++) {
            snprintf(body, sizeof body,
                     "{\"alerts\":[{\"labels\":{\"alertname\":\"A\"}}],"
                     "\"%s\":%s}",
                     whole[f], values[v]);
            am(body);
            cr_expect_eq(count, 1, "%s", body);
        }
    }
}

Test(event_alertmanager, a_bad_one_among_good_ones_is_counted)
{
    am("{\"alerts\":[17,{\"labels\":{\"alertname\":\"A\"}},null,{},[]]}");
    cr_expect_eq(count, 1);
    cr_expect_eq(bad, 4);
}

Test(event_alertmanager, what_is_no_webhook_is_refused)
{
    static const char *const bodies[] = {
        "", "[]", "{}", "{\"alerts\":null}", "{\"alerts\":[{},{}]}", "{\"al"
    };
    struct err err = { 0 };

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        cr_expect_not(events_of_alertmanager(&events, &count, &bad,
                                             &events_config, bodies[i],
                                             strlen(bodies[i]), &err),
                      "%s", bodies[i]);
        cr_expect_eq(err.kind, ERR_USER);
    }
    am("{\"alerts\":[]}");
    cr_expect(count == 0 && bad == 0);
}
