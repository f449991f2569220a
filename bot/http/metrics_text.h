/*
 * metrics_text: Prometheus' text format (version 0.0.4), written family by
 * family. Pure; one thread at a time.
 *
 *     metric_family(&m, "opsbot_queue_waiting", METRIC_GAUGE, "Entries in …");
 *     metric_value(&m, 3, "queue", "intake");
 *
 * Names and labels' names are constants of ours, in base units (seconds,
 * bytes); a counter's name ends in _total. Labels' values may be anything.
 */
#ifndef BOT_METRICS_TEXT_H
#define BOT_METRICS_TEXT_H

#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/meter.h"

enum metric_type { METRIC_GAUGE, METRIC_COUNTER, METRIC_HISTOGRAM };

/* Zeroed but for out, which is borrowed. */
struct metrics {
    struct buf *out;
    const char *name; /* of the family that is being written; borrowed */
};

void metric_family(struct metrics *m, const char *name, enum metric_type type,
                   const char *help);

/* One sample of it. A value below 0 is not known, and is left out. labels:
 * name, value, name, value, …, NULL. */
void metric_sample(struct metrics *m, double value, const char *const *labels);
#define metric_value(m, value, ...)                                            \
    metric_sample(m, value, (const char *const[]){ __VA_ARGS__, NULL })

/* All series of one histogram: _bucket, _sum and _count, in seconds. label
 * NULL: without one. */
void metric_histogram(struct metrics *m, const struct meter *meter,
                      const char *label, const char *value);

/* A family with one sample without labels. */
void metric_single(struct metrics *m, const char *name, enum metric_type type,
                   const char *help, double value);

#endif
