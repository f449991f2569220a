/*
 * held: events while Postgres is away: in Redis (stream <prefix>alerts), while
 * that is away too in the journal (JOURNAL_ALERT). Taken when it is back.
 */
#ifndef CORE_ALERT_HELD_H
#define CORE_ALERT_HELD_H

#include "core/alert/take.h"
#include "core/ops/journal.h"
#include "core/store/redis.h"

#define JOURNAL_ALERT "alert"

/* Where they are now; PLACE_NONE: nowhere, err says why. */
enum held_place { HELD_NONE, HELD_REDIS, HELD_JOURNAL };
/* posted: criticals were sent to Slack without Postgres. redis, journal may be
 * NULL: away. */
enum held_place held_put(struct redis *redis, struct journal *journal,
                         const struct config *cfg,
                         const struct alert_event *events, size_t count,
                         bool posted, struct err *err);
/* What is in Redis, oldest first, at most TAKE_MOST; taken and deleted.
 * *taken: how many; 0: there are none left. w->redis is not NULL. */
MUST_CHECK bool held_drain(const struct alert_world *w, size_t *taken,
                           struct err *err);
/* One record of the journal. */
MUST_CHECK bool held_of_journal(const struct alert_world *w, const char *json,
                                struct err *err);
/* The same while Redis alone is back: it waits there then. */
MUST_CHECK bool held_to_redis(struct redis *redis, const struct config *cfg,
                              const char *json, struct err *err);
/* How many are in Redis. */
MUST_CHECK bool held_count(struct redis *redis, const struct config *cfg,
                           int64_t *count, struct err *err);

/* Did the last statement fail because of what is in it, so that it will fail
 * for ever? Otherwise Postgres cannot take anything now. */
bool held_is_poison(const struct db *db);
/* Did it fail because another replica wanted the same at once (a deadlock, a
 * key that both made)? Nothing is wrong with it: it is to be tried again. */
bool held_lost_race(const struct db *db);
/* Such an event becomes a dead letter of alerts.dead, to be shown and requeued
 * like any other, and is logged. redis may be NULL: away. */
MUST_CHECK bool held_bury(struct redis *redis, const struct config *cfg,
                          const struct alert_event *e, const char *why,
                          struct err *err);

#endif
