/*
 * retention: takes away what is older than config.keep says. The leader's
 * work, once a day; safe anywhere, twice, at once.
 */
#ifndef CORE_OPS_RETENTION_H
#define CORE_OPS_RETENTION_H

#include <stdint.h>

#include "core/config.h"
#include "core/store/db.h"
#include "core/store/redis.h"

struct retention {
    int64_t at; /* wall ms of the last run; 0: none known */
    int64_t partitions, operations, outbox, trash; /* taken away by it */
};

/* In small pieces: no statement holds rows for longer than its share. What
 * still runs, waits or cannot be delivered stays, whatever its age. */
MUST_CHECK bool retention_run(struct redis *r, struct db *db,
                              const struct config *cfg, struct retention *out,
                              struct err *err);

#endif
