/*
 * watch_int: the watch from the inside, for the files of bot/alerts/watch* and
 * their tests. Nobody else includes this.
 *
 *   watch.c          the thread, what it says, its life
 *   watch_checks.c   health checks, as the board has them
 *   watch_self.c     the bot itself: this replica, and the whole of it
 *   watch_streams.c  Redis: dead letters, lag, replicas that are no more
 *   watch_pages.c    pages that were given up
 *   watch_samples.c  how deep they are, kept for pictures
 */
#ifndef BOT_WATCH_INT_H
#define BOT_WATCH_INT_H

#include "bot/alerts/watch.h"
#include "core/base/news.h"
#include "core/ops/dlq_look.h"
#include "core/ops/streams.h"

/* Below `watch` all belongs to its thread. */
struct watch {
    struct watch_needs needs;
    struct pulse *pulse;
    struct redis *redis;
    struct db *db;
    struct own *own;
    struct dlq_looks looks;
    struct news news;
    int64_t due;        /* mono ms: of the next look at the stores */
    int64_t sample_due; /* mono ms */
    uint64_t sample_sum;
    bool read;          /* what stands by Postgres is known */
    int64_t deaf_since; /* wall ms; 0: it hears */
    bool deaf_said;
    /* wall ms: since when records wait with their stores up; 0: none do */
    int64_t audit_since, journal_since;

    _Atomic bool refused;
    _Atomic int64_t standing[OWN_KINDS];
    _Atomic uint64_t raised, over;
    struct meter took;
};

/* Without its thread; and what that does each second. */
struct watch *watch_new(const struct watch_needs *needs);
void watch_turn(struct watch *w);

/* Each says what holds (own_holds()), and what it has looked at
 * (own_looked()): of that what does not hold is over. now: wall ms. */
void watch_checks(struct watch *w, const struct config *cfg);
void watch_replica(struct watch *w, const struct config *cfg,
                   const struct watch_self *self, int64_t now);
void watch_whole(struct watch *w, const struct config *cfg,
                 const struct watch_self *self, int64_t now);
/* With Redis, and with Postgres; false: neither looks further. */
MUST_CHECK bool watch_streams(struct watch *w, const struct config *cfg,
                              int64_t now, struct err *err);
MUST_CHECK bool watch_samples(struct watch *w, const struct config *cfg,
                              const struct stream_report *report,
                              struct err *err);
/* With Postgres. */
MUST_CHECK bool watch_pages(struct watch *w, struct err *err);
MUST_CHECK bool watch_gone(struct watch *w, const struct config *cfg,
                           struct err *err);

#endif
