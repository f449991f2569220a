#include "tests/core/alert/events.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <string.h>

#include "core/base/text.h"

static char payload[] = "payload", trace[] = "traceId", severity[] = "severity",
            title[] = "title", message[] = "message", source[] = "source",
            labels[] = "labels", links[] = "links", at[] = "at",
            status[] = "status", runbook[] = "runbook",
            fingerprint[] = "fingerprint", sev0[] = "Sev0",
            hush[] = "customer_iban";
static char *masked[] = { hush };
static struct config_severity names[] = { { sev0, ALERT_CRITICAL } };

struct config events_config = {
    .alerts = {
        .fields = { .payload = payload, .trace = trace, .severity = severity,
                    .title = title, .message = message, .source = source,
                    .labels = labels, .links = links, .at = at,
                    .status = status, .runbook = runbook,
                    .fingerprint = fingerprint },
        .names = names,
        .names_count = 1,
    },
    .mask = masked,
    .mask_count = 1,
};

struct alert_event *events_json(const char *body, size_t *count, size_t *bad)
{
    struct alert_event *events;
    struct err err = { 0 };

    cr_assert(events_of_json(&events, count, bad, &events_config, body,
                             strlen(body), &err),
              "%s: %s", body, err.text);
    return events;
}

struct alert_event *events_am(const char *body, size_t *count, size_t *bad)
{
    struct alert_event *events;
    struct err err = { 0 };

    cr_assert(events_of_alertmanager(&events, count, bad, &events_config, body,
                                     strlen(body), &err),
              "%s: %s", body, err.text);
    return events;
}

struct alert_event event_fields(const char *id, const char *name, ...)
{
    const char *fields[40] = { name };
    struct alert_event e;
    struct err err = { 0 };
    size_t n = 1;
    va_list more;

    va_start(more, name);
    while (n < 39 && (fields[n] = va_arg(more, const char *)))
        n++;
    va_end(more);
    cr_assert(event_of_fields(&e, &events_config, id, fields, n / 2, &err),
              "%s", err.text);
    return e;
}

static void text_whole(const char *text, size_t bytes)
{
    cr_assert_not_null(text);
    cr_expect(text_valid(text, strlen(text)), "%s", text);
    cr_expect_leq(strlen(text), bytes, "%s", text);
}

void event_whole(const struct alert_event *e)
{
    text_whole(e->id, 200);
    text_whole(e->fingerprint, 64);
    text_whole(e->trace, 200);
    text_whole(e->source, 400);
    text_whole(e->title, 4 * (size_t)EVENT_TITLE);
    text_whole(e->message, 4 * (size_t)EVENT_MESSAGE);
    text_whole(e->runbook, 8000);
    cr_expect(*e->id && *e->fingerprint && *e->title && *e->source);
    cr_expect_str_eq(labels_get(&e->labels, "severity"),
                     event_severity_name(e->severity));
    cr_expect(*labels_get(&e->labels, "alertname"));
    cr_expect(*labels_get(&e->labels, "source"));
    cr_expect_leq(e->labels.count, LABELS_MOST);
    cr_expect_leq(e->links_count, EVENT_LINKS);
    for (size_t i = 0; i < e->links_count; i++) {
        text_whole(e->links[i].url, 8000);
        cr_expect(strncmp(e->links[i].url, "http", 4) == 0);
        cr_expect(*e->links[i].label);
    }
    cr_expect_gt(e->received, 0);
    cr_expect(e->resolved ? e->ended > 0 : e->ended == 0 && e->at > 0);
    cr_expect(e->at <= e->received && e->ended <= e->received);
}
