/*
 * metrics_http: of the page, requests by HTTP, and those of Slack at its
 * request URLs. See metrics_parts.h.
 */
#include "bot/http/metrics_parts.h"

static void by_status(struct metrics *m, const struct server_facts *http)
{
    static const char *const classes[] = { "1xx", "2xx", "3xx", "4xx", "5xx" };

    metric_family(m, "opsbot_http_requests_total", COUNTER,
                  "Requests answered, by class of status");
    for (int i = 0; i < 5; i++)
        metric_value(m, (double)http->statuses[i + 1], "status", classes[i]);
    metric_single(m, "opsbot_http_connections", GAUGE, "Open connections",
                  http->connections);
}

void metrics_http(struct metrics *m, const struct health_facts *f)
{
    const struct slack_facts *s = &f->slack;
    const struct {
        const char *outcome;
        uint64_t count;
    } rows[] = {
        { "taken", s->taken },         { "forged", s->forged },
        { "stale", s->stale },         { "replay", s->replays },
        { "malformed", s->malformed }, { "refused", s->refused },
        { "late", s->late },
    };

    by_status(m, &f->http);
    metric_family(m, "opsbot_slack_requests_total", COUNTER,
                  "Requests at Slack's URLs, by what came of them");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        metric_value(m, (double)rows[i].count, "outcome", rows[i].outcome);
    metric_single(m, "opsbot_slack_requests_held", GAUGE,
                  "Envelopes by request URL without their answer", s->held);
}
