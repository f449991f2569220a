/*
 * lease: who leads, and whose turn a timer is. No state of its own: it runs
 * on the thread whose connections it is given.
 *
 * Leadership only saves work: nothing is wrong when two believe to lead. A
 * timer is claimed by one conditional UPDATE, so it fires once, whoever asks.
 */
#ifndef CORE_OPS_LEASE_H
#define CORE_OPS_LEASE_H

#include <stdint.h>

#include "core/store/db.h"
#include "core/store/redis.h"

#define LEASE_LEADER   "leader"
#define LEASE_MS       10000
#define LEASE_RENEW_MS 3000

/* Takes the lease, or renews it; *held says whether it is ours now. */
MUST_CHECK bool lease_hold(struct db *db, const char *name, const char *owner,
                           int64_t ms, bool *held, struct err *err);
MUST_CHECK bool lease_drop(struct db *db, const char *name, const char *owner,
                           struct err *err);
/* Gives up the leases that a dead replica held here. Halts, jobs and the outbox
 * have their own. */
MUST_CHECK bool lease_release(struct db *db, const char *owner,
                              struct err *err);
/* A lease in Redis, as key <prefix><name>, while Postgres is away. */
MUST_CHECK bool lease_hold_redis(struct redis *r, const char *prefix,
                                 const char *name, const char *owner,
                                 int64_t ms, bool *held, struct err *err);
MUST_CHECK bool lease_drop_redis(struct redis *r, const char *prefix,
                                 const char *name, const char *owner,
                                 struct err *err);

/* Claims a timer that is due, and sets it due again in every_ms. Joins the
 * open transaction: what the timer does belongs into it. A timer nobody has
 * heard of is due at once. Waits for nobody: one that is just being claimed
 * is not ours. */
MUST_CHECK bool timer_claim(struct db *db, const char *name, int64_t every_ms,
                            bool *mine, struct err *err);
/* Due in in_ms after all: it took longer than a transaction may, or failed. */
MUST_CHECK bool timer_due(struct db *db, const char *name, int64_t in_ms,
                          struct err *err);
/* What came of it: a JSON object, for health. */
MUST_CHECK bool timer_note(struct db *db, const char *name, const char *last,
                           struct err *err);
/* The same, read. Heap; NULL: there is none. */
MUST_CHECK bool timer_last(struct db *db, const char *name, char **last,
                           struct err *err);

#endif
