/*
 * worker: the threads that answer. Each owns one connection to Redis and one
 * to Postgres.
 *
 *   quick (4)  take up to 16 at once: ask all in one round trip, answer each,
 *              commit all audit rows in one transaction, then let the answers
 *              go
 *   slow (2)   one at a time: commands that run straight, and what was taken
 *              over from a dead replica
 *   urgent (1) the same, for halts and acknowledgements alone: however busy
 *              the others are, stopping has a worker of its own
 *
 * An answer leaves after its audit row is committed (P3). While Postgres is
 * away the rows of reads wait in Redis; while both are away an answer that
 * needs neither still leaves, with its row in the journal.
 */
#ifndef BOT_WORKER_H
#define BOT_WORKER_H

#include "bot/flow/askings.h"
#include "bot/flow/inbox.h"
#include "bot/outbox/poster.h"
#include "commands/command.h"
#include "core/config_now.h"

struct workers;

struct worker_needs {
    const struct config_holder *config;
    const struct services *services; /* borrowed for life */
    const struct inbox *inbox;
    struct sender *sender;
    struct askings *askings; /* where answers go that are not there yet */
    struct queue *intake;    /* for what is settled without a road */
    struct store_health *redis, *postgres;
    void (*vitals)(void *arg, struct vitals *out); /* any thread */
    void *vitals_arg;
    struct queue *home; /* for whoever opens App Home */
    /* Somebody pressed something there, or changed something; any thread. */
    void (*changed)(void *arg, const char *user, bool at_home);
    void *changed_arg;
    void (*posted)(void *arg); /* an effect wrote to the outbox; any thread */
    void (*clicked)(void *arg, const struct poster_click *click);
    void *posted_arg; /* of both */
};

struct workers *workers_start(const struct worker_needs *needs,
                              struct err *err);
/* Which queue an envelope is for; NULL: it needs no answer. Any thread. */
struct queue *workers_route(void *workers, const struct envelope *env);

/* What was taken over from a dead replica: to a slow worker, or settled when
 * it needs no answer. Takes env; false: full, it is still the caller's. */
MUST_CHECK bool workers_recover(struct workers *w, struct envelope *env);
/* How many more of these would find room now. */
size_t workers_room(struct workers *w);

struct worker_facts {
    int64_t turned_ms;                   /* the longest since a thread turned */
    size_t waiting, quick, slow, urgent; /* all, and of each lane */
    uint64_t answered, failed;
};
void workers_facts(struct workers *w, struct worker_facts *out);

/* Finishes what is queued, joins, frees. */
void workers_stop(struct workers *w);

#endif
