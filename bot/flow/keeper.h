/*
 * keeper: what must happen every few seconds whatever else goes on. One
 * thread.
 *
 *   1 s   probes a store that is down (one probe a second brings it back);
 *         migrates a database that was away at start
 *   3 s   takes over what dead replicas left in the inbox
 *   5 s   says that this replica lives
 *   2 s   moves audit rows that waited in Redis to Postgres
 *   10 s  finishes requeues that a crash cut between effect and outcome;
 *         counts what waits, for health
 *   10 m  asks Slack who is in the user groups that roles name
 *   1 h   makes the audit partitions of the months to come
 */
#ifndef BOT_KEEPER_H
#define BOT_KEEPER_H

#include "bot/flow/worker.h"
#include "core/roster.h"

struct keeper;

struct keeper_needs {
    const struct config *config;
    const struct inbox *inbox;
    struct store_health *redis, *postgres;
    struct sender *sender;
    struct roster *roster; /* filled with what is known from before */
};

/*
 * Does the first round before it returns: probes both stores, migrates, says
 * that this replica lives. A store that is away is no failure; a database
 * that cannot be migrated is (ERR_CONFIG).
 */
struct keeper *keeper_new(const struct keeper_needs *needs, struct err *err);

/* Starts the thread. workers take what is taken over; posted() is called when
 * an outcome wrote to the outbox. */
MUST_CHECK bool keeper_run(struct keeper *k, struct workers *workers,
                           void (*posted)(void *arg), void *posted_arg,
                           struct err *err);

struct keeper_facts {
    int64_t turned_ms;
    int64_t inbox_depth; /* -1: not known */
    int64_t outbox_waiting, outbox_oldest_ms;
    uint64_t taken_over, settled, drained;
};
void keeper_facts(struct keeper *k, struct keeper_facts *out);

/* Joins, frees. NULL is fine. */
void keeper_stop(struct keeper *k);

#endif
