/*
 * storm_parts: what the files of storm share. Internal to core/alert.
 *
 *   storm.c       a new group: does it fold?
 *   storm_load.c  what a digest shows
 *   storm_roll.c  the roll-call
 *   storm_due.c   the clock
 *   storm_file.c  all of it as a file: who asks for one
 *   storm_owed.c  … and whoever makes it
 */
#ifndef CORE_ALERT_STORM_PARTS_H
#define CORE_ALERT_STORM_PARTS_H

#include "core/alert/storm.h"
#include "core/alert/take.h"

/* The groups that folded into storm $1, once each. */
#define FOLDED                                                                 \
    "with folded as (select distinct f.op, g.id from opsbot.alert_fresh f"     \
    "  left join opsbot.alert_groups g on g.op = f.op"                         \
    "  where f.storm = $1::bigint and f.folded)"

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
