/*
 * metrics_parts: what the files of metrics.h share. Nobody else includes this.
 */
#ifndef BOT_METRICS_PARTS_H
#define BOT_METRICS_PARTS_H

#include "bot/http/health.h"
#include "bot/http/metrics_text.h"

#define GAUGE   METRIC_GAUGE
#define COUNTER METRIC_COUNTER

/* ms as seconds, and a moment (wall ms; 0: none): -1 where it is not known. */
double metric_seconds(int64_t ms);
double metric_moment(int64_t wall_ms);

/* Sections of the page, each in a file of its own. */
void metrics_slack(struct metrics *m, const struct health_facts *f);
void metrics_http(struct metrics *m, const struct health_facts *f);
void metrics_commands(struct metrics *m, const struct health_facts *f);
void metrics_alerts(struct metrics *m, const struct health_facts *f);
void metrics_checks(struct metrics *m, const struct health_checks *c);

#endif
