#include "bot/http/requests_metrics.h"

#include <inttypes.h>

static void about(struct buf *out, const char *name, const char *type,
                  const char *help)
{
    buf_fmt(out, "# HELP opsbot_%s %s\n# TYPE opsbot_%s %s\n", name, help, name,
            type);
}

static void by_status(const struct server_facts *http, struct buf *out)
{
    about(out, "http_requests_total", "counter",
          "Requests answered, by class of status");
    for (int i = 1; i <= 5; i++)
        buf_fmt(out,
                "opsbot_http_requests_total{status=\"%dxx\"} %" PRIu64 "\n", i,
                http->statuses[i]);
    about(out, "http_connections", "gauge", "Open connections");
    buf_fmt(out, "opsbot_http_connections %u\n", http->connections);
}

void requests_metrics(const struct server_facts *http,
                      const struct slack_facts *slack, struct buf *out)
{
    const struct {
        const char *outcome;
        uint64_t count;
    } rows[] = {
        { "taken", slack->taken },         { "forged", slack->forged },
        { "stale", slack->stale },         { "replay", slack->replays },
        { "malformed", slack->malformed }, { "refused", slack->refused },
        { "late", slack->late },
    };

    by_status(http, out);
    about(out, "slack_requests_total", "counter",
          "Requests at Slack's URLs, by what came of them");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        buf_fmt(out,
                "opsbot_slack_requests_total{outcome=\"%s\"} %" PRIu64 "\n",
                rows[i].outcome, rows[i].count);
    about(out, "slack_requests_held", "gauge",
          "Envelopes by request URL without their answer");
    buf_fmt(out, "opsbot_slack_requests_held %u\n", slack->held);
}
