/*
 * late: what waited in the journal goes where it belongs, when a store is
 * back (design §3.6). No state of its own: it runs on the thread whose
 * connections it is given.
 */
#ifndef BOT_LATE_H
#define BOT_LATE_H

#include <stddef.h>

#include "core/alert/take.h"
#include "core/ops/journal.h"
#include "core/store/db.h"

/* All borrowed. */
struct late {
    struct journal *journal; /* or NULL */
    const struct config *config;
    struct redis *redis;
    struct db *db;
    const struct store_health *redis_health, *postgres_health;
    const struct alert_world *alerts; /* with our connections */
    int64_t until; /* mono ms: no record is begun after; 0: no such moment */
};

/*
 * Up to `most` records, in order: audit rows to Postgres, or where Redis alone
 * is back to where rows wait there; halts and acknowledgements to Redis. A
 * record that cannot go yet holds back those after it, and is no failure.
 * *drained: how many went.
 */
MUST_CHECK bool late_drain(const struct late *l, size_t most, size_t *drained,
                           struct err *err);

#endif
