/*
 * check_pool_int: the pool from the inside, for the files of
 * bot/flow/check_pool*.c: check_pool.c has the threads, check_pool_slots.c the
 * checks. Everything here is under the pool's lock, unless it says otherwise.
 */
#ifndef BOT_CHECK_POOL_INT_H
#define BOT_CHECK_POOL_INT_H

#include <pthread.h>

#include "bot/flow/check_pool.h"
#include "core/base/news.h"

/* Somebody who waits for a result of a check. */
struct waiter {
    struct waiter *next;
    struct round *round;
    size_t index;
};

enum run { RUN_NOT, RUN_QUEUED, RUN_NOW };

/* One check. */
struct slot {
    struct slot *next, *next_retired; /* queued; retired */
    const struct config_check *spec;
    struct checker *checker; /* of the thread that runs it */
    enum run run;
    bool retired;           /* a reload took it away: it counts no more */
    int64_t began;          /* mono ms, of RUN_NOW */
    struct waiter *joined;  /* of the run under way */
    struct waiter *waiting; /* of the next */
};

/* One thread, or the place of one. */
enum hand_state { HAND_FREE, HAND_ALIVE, HAND_OVER };
struct hand {
    struct check_pool *pool;
    pthread_t thread;
    enum hand_state state;
    pthread_cond_t call;
    bool called;       /* there is work for it, and it has not come yet */
    struct hand *next; /* idle */
};

struct check_pool {
    struct check_pool_needs needs;
    pthread_mutex_t lock; /* of all below, and of the hands */
    pthread_cond_t fewer; /* a thread is over */
    bool ending;
    struct slot **slots; /* as in the configuration */
    unsigned count;
    struct slot *queue, **last; /* each check is in it once at most */
    unsigned queued;
    struct slot *retired; /* that run, or are queued, still */
    unsigned retired_count;
    struct hand hands[CHECK_THREADS];
    struct hand *idle; /* the last one to become so first: others may end */
    size_t alive;
    size_t coming; /* that were called */
    size_t rounds; /* not complete yet */
    struct news news;
};

/* ---- the checks (check_pool_slots.c) -------------------------------------------- */

/* NULL: there is none of that id. */
struct slot *slot_find(const struct check_pool *p, const char *id);
void slot_enqueue(struct check_pool *p, struct slot *s);
/* The next that is queued (there is one), which runs from now on. */
struct slot *slot_dequeue(struct check_pool *p);
/* Its run is over. Gives s when it is nobody's any more: it is for
 * slot_free(), without the lock; else NULL. */
struct slot *slot_over(struct check_pool *p, struct slot *s);
void slot_free(struct slot *s);
void slots_free(struct slot *s); /* a list of retired ones */

void waiter_add(struct waiter **list, struct round *round, size_t index);
/* Frees the list. result NULL: there will be none. How many rounds were
 * completed by it. Without the lock. */
size_t waiters_tell(struct waiter *list, const struct check_result *result);

#endif
