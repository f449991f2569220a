/*
 * wait: control calls that are answered later, when something is so.
 *
 * Whoever waits gives a question; it is asked again whenever
 * sandbox_changed() was called, at the end of that loop turn, and a last time
 * when the time is over. One thread.
 */
#ifndef SANDBOX_WAIT_H
#define SANDBOX_WAIT_H

#include "tests/sandbox/wire/http.h"

struct waits;

/*
 * What is waited for. ask: the answer (new), or NULL: not yet; over: there
 * will be no other time, so it must answer. drop frees what.
 */
struct wait_question {
    json_t *(*ask)(struct sandbox *sb, void *what, bool over);
    void (*drop)(void *what);
    void *what;
};

struct waits *waits_new(struct sandbox *sb);
void waits_free(struct waits *waits);
/* Asks everybody who waits. */
void waits_look(struct waits *waits);

/* Takes call and q.what; asks at once. */
void wait_for(struct waits *waits, struct http_call *call, int64_t timeout_ms,
              struct wait_question q);

/* GET /control/wait: takes call. */
void wait_control(struct sandbox *sb, struct http_call *call,
                  const json_t *query);

#endif
