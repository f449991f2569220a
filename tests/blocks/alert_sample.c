/* alert_sample: see alert_sample.h. */
#include "tests/blocks/alert_sample.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "tests/blocks/shown.h"

static char *anna[] = { TEXT("U0ANNA") };
static char *leads[] = { TEXT("C0LEADS"), TEXT("S0PAY") };
static struct config_step steps[] = {
    { .after_ms = 10 * MIN, .to = anna, .to_count = 1 },
    { .after_ms = 10 * MIN, .to = leads, .to_count = 2 },
    { .after_ms = 30 * MIN, .to = leads, .to_count = 1 },
};
static const struct config_policy policy = { .name = TEXT("pay"),
                                             .steps = steps,
                                             .steps_count = 3 };
static const char *const plan[] = { "@anna", "#leads, @pay-oncall", "#leads" };

struct sample *sample_new(void)
{
    struct sample *s = xcalloc(1, sizeof *s);

    s->g = (struct alert_group){
        .number = 1042,
        .version = 7,
        .key = TEXT("k"),
        .route = TEXT("critical > pay"),
        .route_id = TEXT("0123456789abcdef"),
        .op = TEXT("7F3K21ABCDEFGHJK"),
        .title = TEXT("5xx rate 7.2% (limit 2%)"),
        .message = TEXT("7.2 % of the requests of the last 5 min failed.\n"
                        "Most of them at POST /charge."),
        .source = TEXT("alertmanager"),
        .runbook = TEXT("https://wiki.example/pay/5xx"),
        .severity = ALERT_CRITICAL,
        .resolves = true,
        .firing = 3,
        .total = 3,
        .fresh = 2,
        .started_at = NOW - 6 * MIN,
        .changed_at = NOW - MIN,
        .resolved_by = TEXT(""),
        .acked_by = TEXT(""),
        .acked_name = TEXT(""),
        .ack_note = TEXT(""),
        .assignee = TEXT(""),
        .assigned_by = TEXT(""),
        .quiet_why = TEXT(""),
        .policy = TEXT("pay"),
        .step_at = NOW + 4 * MIN,
        .told_at = NOW - 6 * MIN,
        .told_why = REASON_FIRST,
        .repeat_at = NOW + 240 * MIN,
    };
    labels_set(&s->g.labels, "service", "payments-api");
    s->g.links[0] = (struct alert_link){
        TEXT("source"), TEXT("http://prometheus.example:9090/graph?g0=a&b")
    };
    s->g.links[1] = (struct alert_link){ TEXT("Dashboard"),
                                         TEXT("https://grafana.example/d/1") };
    s->g.links_count = 2;
    sample_alerts(s, 3);
    s->view = (struct alert_view){ .policy = &policy,
                                   .plan = plan,
                                   .alerts = &s->alerts,
                                   .runbook_line =
                                       "Check the database's connections." };
    return s;
}

static void alerts_clear(struct sample *s)
{
    for (size_t i = 0; i < s->alerts.count; i++) {
        labels_dispose(&s->alerts.items[i].labels);
        free(s->alerts.items[i].fingerprint);
    }
    free(s->alerts.items);
    s->alerts = (struct group_alerts){ 0 };
}

void sample_free(struct sample *s)
{
    alerts_clear(s);
    labels_dispose(&s->g.labels);
    free(s);
}

void sample_alerts(struct sample *s, size_t count)
{
    alerts_clear(s);
    s->alerts.items = xcalloc(count + 1, sizeof *s->alerts.items);
    s->alerts.count = count;
    s->g.total = s->g.firing = (int64_t)count;
    for (size_t i = 0; i < count; i++) {
        struct group_alert *a = &s->alerts.items[i];
        char instance[32];

        snprintf(instance, sizeof instance, "web-%zu:8080", i + 1);
        *a = (struct group_alert){
            .fingerprint = xasprintf("f%zu", i),
            .trace = TEXT(""),
            .title = s->g.title,
            .message = s->g.message,
            .severity = ALERT_CRITICAL,
            .firing = true,
            .quiet_why = TEXT(""),
            .at = NOW - 6 * MIN + (int64_t)i * MIN,
            .seen_at = NOW - MIN,
        };
        labels_set(&a->labels, "service", "payments-api");
        labels_set(&a->labels, "severity", "critical");
        labels_set(&a->labels, "alertname", "ErrorRate");
        labels_set(&a->labels, "env", "prod-eu");
        labels_set(&a->labels, "team", "payments");
        labels_set(&a->labels, "impact", "customers cannot pay");
        labels_set(&a->labels, "job", "web");
        labels_set(&a->labels, "instance", instance);
    }
}

void sample_context(struct sample *s)
{
    s->context = (struct alert_context){
        .halts = { { TEXT("payments"), TEXT("wrong prices"), TEXT("U0BEN"),
                     NOW - 3 * MIN } },
        .streams = { { TEXT("payments.events"), 4102, 412,
                       TEXT("HTTP 500 from bank.example") } },
        .checks = { { TEXT("payments-db"), TEXT("connect 35.2 s > 35 s"),
                      NOW - 7 * MIN } },
        .halts_count = 1,
        .streams_count = 1,
        .checks_count = 1,
        .deploy_service = TEXT("payments-api"),
        .deploy_version = TEXT("v214"),
        .deploy_by = TEXT("lee"),
        .deploy_url = TEXT("https://ci.example/214"),
        .deployed_at = NOW - 12 * MIN,
    };
    s->view.context = &s->context;
}

void sample_ack(struct sample *s)
{
    s->g.acked_by = TEXT("U0BEN");
    s->g.acked_name = TEXT("ben");
    s->g.ack_note = TEXT("looking");
    s->g.acked_at = NOW - MIN;
    s->g.ack_until = NOW + 59 * MIN;
    s->g.step_at = 0;
    s->g.step_left_ms = 4 * MIN;
    s->g.told_why = REASON_ACKED;
    s->g.told_at = NOW - MIN;
    s->g.fresh = 0;
}

void sample_silence(struct sample *s)
{
    s->g.muted = s->g.firing;
    s->g.quiet_why = TEXT("S-3: the disk is replaced");
    s->g.quiet_until = NOW + 54 * MIN;
    s->g.step_at = 0;
    s->g.told_why = REASON_SILENCED;
    s->g.told_at = NOW - MIN;
    s->g.fresh = 0;
}

void sample_resolve(struct sample *s)
{
    s->g.resolved_at = NOW;
    s->g.firing = 0;
    s->g.step_at = 0;
    s->g.told_why = REASON_RESOLVED;
    s->g.told_at = NOW;
    for (size_t i = 0; i < s->alerts.count; i++) {
        s->alerts.items[i].firing = false;
        s->alerts.items[i].ended = NOW;
    }
}
