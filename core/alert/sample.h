/*
 * sample: how deep the dead letters of each stream were, and how long its
 * oldest entry had waited to be confirmed, for a day: Redis keeps no history,
 * and an alert about a queue is understood by how it came to that.
 *
 * One of each minute and stream; the last of a minute holds. Written by the
 * replica that leads (bot/alerts/watch_samples.c), read for pictures. No state
 * of its own: it runs on the thread whose connection it is given.
 */
#ifndef CORE_ALERT_SAMPLE_H
#define CORE_ALERT_SAMPLE_H

#include "core/alert/chart.h"
#include "core/store/db.h"

struct sample {
    const char *stream;     /* borrowed */
    int64_t dead, waits_ms; /* -1: not known */
};

/* Of this minute; what is a day old goes. */
MUST_CHECK bool samples_add(struct db *db, const struct sample *samples,
                            size_t count, struct err *err);

enum sample_kind { SAMPLE_DEAD, SAMPLE_WAITS };

/* Of one stream: how many, or seconds; at most `most`, each the most of its
 * stretch of time, with a gap where nobody looked; heap. */
MUST_CHECK bool samples_read(struct db *db, const char *stream,
                             enum sample_kind kind, int64_t from, int64_t to,
                             size_t most, struct chart_point **points,
                             size_t *count, struct err *err);

#endif
