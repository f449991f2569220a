/*
 * requests_metrics: what /metrics says of HTTP requests and of Slack's request
 * URLs. Pure: appends Prometheus' text to out. Any thread.
 */
#ifndef BOT_REQUESTS_METRICS_H
#define BOT_REQUESTS_METRICS_H

#include "bot/http/slack.h"
#include "core/base/buf.h"

void requests_metrics(const struct server_facts *http,
                      const struct slack_facts *slack, struct buf *out);

#endif
