/*
 * check_pool: the threads that run checks.
 *
 * Threads are started when a check is to be run and none is idle, up to one
 * for each check and CHECK_THREADS in all, and end when they had nothing to
 * do for a while: a target that answers late holds up no other check. A check
 * runs on one thread at a time, and is never run twice at once.
 *
 * Checks are known by their ids. After a reload one that is asked in the same
 * way goes on with what it has kept (its connection); one that is asked
 * otherwise begins anew; one that is gone is not run any more. A run that was
 * under way then is finished for those who wait for it, and counts no more.
 */
#ifndef BOT_CHECK_POOL_H
#define BOT_CHECK_POOL_H

#include "core/check/check.h"
#include "core/check/round.h"

#define CHECK_THREADS 256
/* Whoever asks joins a run under way that was begun less than this ago. */
#define CHECK_JOIN_MS 1000
/* People's rounds under way at once; more are refused. */
#define CHECK_ROUNDS 64

struct check_pool;

struct check_pool_needs {
    const struct check_world *world; /* and its config; borrowed for life */
    /* A result is in. Pool threads, several at once; of one check one after
     * another. */
    void (*took)(void *arg, const struct config_check *spec,
                 const struct check_result *result);
    void *arg;
};

/* No thread yet. */
struct check_pool *check_pool_new(const struct check_pool_needs *needs);
/* Its checks are those of cfg from now on, which is borrowed for life; it is
 * the present one a moment later. One thread. */
void check_pool_adopt(struct check_pool *p, const struct config *cfg);

/* Any thread; each returns at once. */
/* False: its last run is not over yet, there is no such check any more, or the
 * pool ends. */
bool check_pool_run(struct check_pool *p, const char *id);
/* Runs each check of the round now, and puts its result in; one that has been
 * running for longer is run again after that. Keeps a reference until all are
 * in. False: CHECK_ROUNDS are under way, or the pool ends. */
bool check_pool_ask(struct check_pool *p, struct round *round);

struct check_pool_facts {
    size_t threads, running, waiting; /* waiting: for a thread */
    int64_t longest_ms;               /* that one has been running */
};
void check_pool_facts(struct check_pool *p, struct check_pool_facts *out);

/* Begins nothing any more; rounds that are not complete stay so. Waits for
 * nothing. */
void check_pool_end(struct check_pool *p);
/* Waits for the runs under way until that moment (mono ms), then joins and
 * frees. False: some are not over, and go on with what they have borrowed:
 * nothing was freed, and the process has to end without freeing that. NULL is
 * fine. */
MUST_CHECK bool check_pool_stop(struct check_pool *p, int64_t until);

#endif
