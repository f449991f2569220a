/*
 * storm_parts: what the files of storm share. Internal to core/alert.
 *
 *   storm.c       a new group: does it fold?
 *   storm_load.c  what a digest shows
 *   storm_roll.c  the roll-call
 *   storm_due.c   the clock
 */
#ifndef CORE_ALERT_STORM_PARTS_H
#define CORE_ALERT_STORM_PARTS_H

#include "core/alert/storm.h"
#include "core/alert/take.h"

/* Held until the transaction ends: one at a time opens, changes or ends
 * digests and roll-calls. */
MUST_CHECK bool storm_lock(struct db *db, struct err *err);
/* What the digest shows has changed. */
MUST_CHECK bool storm_touch(struct db *db, int64_t id, struct err *err);

/* The groups whose numbers are in column 0 of rows, in their order; one that
 * is not there any more is left out. out is empty before. */
MUST_CHECK bool storm_list(struct db *db, const struct db_rows *rows,
                           size_t count, struct group_list *out,
                           struct err *err);

#endif
