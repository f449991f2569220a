/*
 * sender_int: what sender.c and sender_follow.c share. Nobody else.
 *
 * Everything but the queue and the atomics belongs to the sender thread.
 */
#ifndef BOT_SENDER_INT_H
#define BOT_SENDER_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "bot/sender/sender.h"
#include "bot/sender/sender_http.h"
#include "bot/sender/sender_lane.h"
#include "bot/sender/sender_verdict.h"

enum count {
    COUNT_SENT,
    COUNT_REFUSED,
    COUNT_GIVEN_UP,
    COUNT_UNKNOWN,
    COUNT_RETRIED,
    COUNT_LIMITED,
    COUNT_BLOCKS,
    COUNTS
};

struct sender {
    struct queue *inbox;
    pthread_t thread;
    _Atomic size_t held, held_bytes; /* submitted, not over */
    atomic_bool woken;
    _Atomic int64_t stop_at; /* mono ms; 0: run */

    /* The thread's. */
    struct lanes *lanes;
    struct wire *wire;
    int64_t complained_at, token_logged_at;
    unsigned retries; /* since the last complaint */

    /* Facts. */
    _Atomic int64_t turned_at, oldest_since; /* mono ms; 0: none */
    atomic_bool token_refused;
    _Atomic uint64_t counts[COUNTS];
    _Atomic uint64_t results[CALL_RULES][POST_RESULTS], limited[CALL_RULES];
    _Atomic uint64_t in_lane[POST_LANES]; /* as held */
};

/* post has left the lanes: counts it, tells its owner, frees it. body: Slack's
 * answer, or "". */
void sender_finish(struct sender *s, struct post *post, enum post_result result,
                   const char *body);

/* The same for one in flight. */
void sender_settle(struct sender *s, struct post *post, enum post_result result,
                   const char *body);

/* Judges the answer to a post in flight, and does what follows. */
void sender_follow(struct sender *s, struct post *post,
                   const struct answer *answer);

#endif
