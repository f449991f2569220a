/*
 * checkers: the health checks while the bot runs.
 *
 *   checks  (a pulse)  has each check run at its interval, by the replica
 *           that leads; by every one while both stores are away. Each has its
 *           own moment in its interval, so that they do not come all at once;
 *           one whose last run is not over yet misses its turn
 *   pool    the threads that run them: see check_pool.h
 *   keeper  (a pulse)  once a second writes what came in to Postgres, every
 *           few seconds reads what other replicas found (core/check)
 *
 * What people ask for (`health`) runs at once, on whichever replica they ask,
 * and counts like any other result.
 */
#ifndef BOT_CHECKERS_H
#define BOT_CHECKERS_H

#include "bot/flow/check_pool.h"
#include "core/check/board.h"
#include "core/store/health.h"

struct checkers;

/* All borrowed for life. */
struct checkers_needs {
    const struct check_world *world;
    struct check_board *board; /* gets what is known from before at start */
    const char *replica;
    struct store_health *postgres;
    bool (*leads)(void *arg); /* any thread; not called after checkers_end() */
    void *leads_arg;
};

struct checkers *checkers_start(const struct checkers_needs *needs,
                                struct err *err);

/* cfg is about to be the present configuration: its checks are known, and how
 * they stand, from now on; they run once it is. Borrowed for life. One thread.
 */
void checkers_adopt(struct checkers *c, const struct config *cfg);

/* As check_pool_ask(). Any thread. */
bool checkers_ask(struct checkers *c, struct round *round);

struct checkers_facts {
    int64_t turned_ms, kept_ms; /* since the two pulses last turned */
    struct check_pool_facts pool;
    size_t results_waiting, changes_waiting; /* for Postgres */
    uint64_t results_lost; /* pushed out by newer ones while it was away */
};
/* Any thread; NULL gives nothing. */
void checkers_facts(struct checkers *c, struct checkers_facts *out);

/* No check begins by itself any more. NULL is fine. */
void checkers_end(struct checkers *c);
/* Waits at most 2 s after checkers_end() for what runs, writes what came in,
 * joins, frees. False: a check is still under way, which may take 40 s more;
 * nothing was freed, and nothing of what it borrows may be: the process has
 * to end. NULL is fine. */
MUST_CHECK bool checkers_stop(struct checkers *c);

#endif
