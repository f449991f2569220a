/*
 * retention: takes away what is older than config.keep says. The leader's
 * work, once a day; safe anywhere, twice, at once. It runs on the thread
 * whose connections it is given.
 *
 * In pieces of at most RETENTION_ROWS: no statement holds rows, and no call
 * the thread, for longer than its share. What still runs, waits or stands
 * stays, whatever its age; what cannot be delivered stays for
 * RETENTION_UNDELIVERED_DAYS at least. An alert that is open stays with all
 * that belongs to it, but for what its history has beyond RETENTION_HISTORY
 * lines: of those the first of each kind stays. A period of 0 days: kept for ever.
 */
#ifndef CORE_OPS_RETENTION_H
#define CORE_OPS_RETENTION_H

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/store/db.h"
#include "core/store/redis.h"

#define RETENTION_TIMER            "retention"
#define RETENTION_ROWS             1000
#define RETENTION_UNDELIVERED_DAYS 90
#define RETENTION_NEWS_DAYS        30   /* alerts: which news came before */
#define RETENTION_HISTORY          1000 /* lines of one alert, the newest */

struct retention {
    int64_t at; /* wall ms when it was over; 0: none known */
    int64_t partitions, operations, outbox, trash; /* taken away by it */
    int64_t checks; /* days of results of checks */
    int64_t alerts; /* that were over */
    bool over;      /* nothing is left to do */
    size_t step;    /* where it stands: 0 to begin */
    size_t stream;  /* of the step about streams */
};

/* One piece. Starts with an empty struct, goes on until over. A failure loses
 * nothing: the same call may be repeated. */
MUST_CHECK bool retention_step(struct redis *r, struct db *db,
                               const struct config *cfg, struct retention *run,
                               struct err *err);

/* What came of a run, for timer_note() (heap), and back. last: NULL gives
 * none. */
char *retention_text(const struct retention *run);
void retention_read(const char *last, struct retention *out);

#endif
