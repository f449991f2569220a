/*
 * keeper: what must happen every few seconds whatever else goes on. One
 * thread.
 *
 *   once  takes up what the run before this one left: its entries of the
 *         inbox, its jobs, posts and halts (see state.h)
 *   3 s   takes over what other dead replicas left in the inbox
 *   5 s   says that this replica lives
 *   1 s   moves what waited in the journal to the stores that are back
 *   2 s   moves audit rows that waited in Redis to Postgres; shares with the
 *         other replicas who has called in
 *   10 s  finishes requeues that a crash cut between effect and outcome;
 *         counts what waits, for health
 *   1 h   makes the audit partitions of the months to come
 */
#ifndef BOT_KEEPER_H
#define BOT_KEEPER_H

#include "bot/flow/worker.h"
#include "core/check/heartbeat.h"
#include "core/ops/incident.h"
#include "core/config_now.h"

struct keeper;

struct keeper_needs {
    const struct config_holder *config;
    const struct inbox *inbox;
    struct journal *journal; /* or NULL */
    const char *predecessor; /* replica id of a dead run, or "" */
    struct heartbeats *heartbeats;
    struct store_health *redis, *postgres;
    struct workers *workers;   /* take what is taken over */
    void (*posted)(void *arg); /* the outbox has something to do */
    void *posted_arg;
};

struct keeper *keeper_start(const struct keeper_needs *needs, struct err *err);

struct keeper_facts {
    int64_t turned_ms;
    int64_t inbox_depth; /* -1: not known, as all that follow */
    int64_t outbox_waiting, outbox_oldest_ms, outbox_undeliverable;
    int64_t audit_waiting;              /* rows in Redis */
    int64_t halts;                      /* scopes that are halted */
    int64_t incidents[INCIDENT_P3 + 1]; /* open, by severity */
    int64_t refusing_since; /* Redis refuses to be written; wall ms or 0 */
    uint64_t taken_over, settled, drained;
};
void keeper_facts(struct keeper *k, struct keeper_facts *out);

/* Joins; its facts are still to be had. NULL is fine. */
void keeper_stop(struct keeper *k);
void keeper_free(struct keeper *k); /* NULL is fine */

#endif
