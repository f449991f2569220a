/*
 * jobs: what the tests of bulk moves share: a world with a stream "orders"
 * and its dead letters, and looking at what became of them.
 */
#ifndef INTEGRATION_JOBS_H
#define INTEGRATION_JOBS_H

#include "tests/integration/common.h"

#define ALL     "dlq requeue orders --all"
#define SLOW_MS 60000

/* ann may everything; bob what a requeue needs, dan nothing. */
#define NOBODY                                                                 \
    "channels:\n"                                                              \
    "  ops: C0GENERAL\n"                                                       \
    "admins: [U0ANN]\n"
#define AND_BOB                                                                \
    "roles:\n"                                                                 \
    "  - name: operator\n"                                                     \
    "    users: [U0BOB]\n"                                                     \
    "    rights: [dlq.requeue, dlq.discard]\n"

/* Everything, with so many dead letters, and a card in #general besides. */
struct harness *start_jobs(int letters);

/* The typed twin of the newest question's button: "confirm 7F3K21"; static. */
const char *typed(struct harness *h, const char *verb);
/* Requeues all at so many a second: "2". */
void begin_slowly(struct harness *h, const char *rate);
/* As ann in #ops, whatever the answer. */
void say_quietly(struct harness *h, const char *text);

/* Waits until exactly one job is in that state. */
void wait_job(struct harness *h, const char *state, int limit_ms);
/* Waits until so many entries are in the stream, or more. */
void wait_moved(struct harness *h, long long least);
/* Waits until exactly one message of the channel holds text. */
void wait_posted(struct harness *h, const char *channel, const char *text);

/* All n are in the stream, each once. */
void expect_each_once(struct harness *h, int n);
/* Waits until so many audit rows are so; 0: there is none now. */
void expect_audited(struct harness *h, const char *where, long long n);

#endif
