/*
 * fell: criticals that went by the fallback (alerts.fallback) while Postgres
 * was away: which, for every replica, and for Postgres when it is back, so that
 * none goes twice.
 *
 * In Redis: the hash <prefix>alert:fell, of a card's operation to its group's
 * key. While that is away too in the journal (JOURNAL_FELL). No state of its
 * own: it runs on the thread whose connections it is given.
 */
#ifndef CORE_ALERT_FELL_H
#define CORE_ALERT_FELL_H

#include "core/config.h"
#include "core/ops/journal.h"
#include "core/store/db.h"
#include "core/store/redis.h"

#define JOURNAL_FELL "fell"

/* Whoever is the first sends it: *mine. Where nothing can be kept the caller
 * does, and tells nobody. redis and journal may be NULL: away. */
void fell_claim(struct redis *redis, struct journal *journal,
                const struct config *cfg, const char *key, const char *op,
                bool *mine);

/* What Redis has becomes pages that were sent, as road.h would have put them.
 * One whose group is not there yet stays in Redis, as its alert is held:
 * *left, so many. Safe to repeat and to race. */
MUST_CHECK bool fell_drain(struct redis *redis, struct db *db,
                           const struct config *cfg, size_t *left,
                           struct err *err);

/* One record of the journal: to Postgres, if that is there (not NULL) and has
 * its group; otherwise to Redis. False when neither can be: it waits. */
MUST_CHECK bool fell_of_journal(struct redis *redis, struct db *db,
                                const struct config *cfg, const char *json,
                                struct err *err);

#endif
