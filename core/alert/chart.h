/*
 * chart: the picture behind an alert, as PNG: a line of what was measured, the
 * limit that it crossed, when the alert began; under it a strip that shows
 * when it had fired before. Without text: what it shows in words, numbers
 * included, is chart_alt(), which stands beside it (messages.md §4).
 *
 * The same values give the same bytes. No state, no I/O; any thread.
 */
#ifndef CORE_ALERT_CHART_H
#define CORE_ALERT_CHART_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/config_alerts.h"

#define CHART_WIDTH  720 /* pixels */
#define CHART_LINE   180 /* height of the line; without points there is none */
#define CHART_STRIP  36  /* height of the strip */
#define CHART_POINTS 2000

struct chart_point {
    int64_t at;   /* wall ms, in their order */
    double value; /* NAN: not known; the line has a gap there */
};

/* It fired. */
struct chart_band {
    int64_t from, to; /* wall ms; to 0: it still does */
    enum alert_severity severity;
};

/* All borrowed. */
struct chart {
    int64_t from, to; /* wall ms: what it shows; from < to */
    const struct chart_point *points;
    size_t points_count;
    double limit; /* NAN: none is known */
    int64_t mark; /* when this alert began; 0: not shown */
    const struct chart_band *bands;
    size_t bands_count;
};

/* Appends. ERR_USER: there is nothing to be drawn, or too much of it. */
MUST_CHECK bool chart_png(const struct chart *c, struct buf *out,
                          struct err *err);

/* "5xx rate, 24 h to 14:08 UTC: lowest 0.1, highest 7.2, last 7.2, limit 2.
 * Fired 3 times, 42 m in all." At most 1,000 characters; heap. */
char *chart_alt(const struct chart *c, const char *what);

#endif
