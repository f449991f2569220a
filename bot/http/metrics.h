/*
 * metrics: what /metrics says, in Prometheus' text format: names begin with
 * opsbot_ (process_ for what the kernel counts), times are in seconds, sizes
 * in bytes. deploy/prometheus and deploy/grafana are built on these names.
 *
 * Pure but for the meters and the board of checks, which others write to
 * meanwhile. Any thread.
 */
#ifndef BOT_METRICS_H
#define BOT_METRICS_H

#include "bot/http/health.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Appends the page to out. Always 200. What is not known is left out. */
int metrics_report(const struct health_facts *facts, struct buf *out);

#endif
