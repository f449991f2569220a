/*
 * posts: an outbox in a Postgres of its own, rows put into it, and what a
 * replica claims of them. What cannot be done fails the test. One thread.
 */
#ifndef TESTS_CORE_OPS_POSTS_H
#define TESTS_CORE_OPS_POSTS_H

#include "core/ops/outbox.h"
#include "tests/core/ops/world.h"

/* Those of the running test. */
extern struct world w;
extern struct outbox_row *posts_claimed; /* last, if there was anything */
extern size_t posts_claimed_count;

void posts_start(void);
void posts_stop(void);

/* Its body is "hi" unless it has another. */
void posts_put(struct outbox_new new);
#define PUT(...) posts_put((struct outbox_new){ __VA_ARGS__ })
/* In the lane of clicks. */
void posts_add(const char *op, const char *channel);

/* The operations claimed: "A/C1 B/C2 ". Borrowed until the next. */
const char *posts_claim_as(const char *replica, size_t max, int64_t lease_ms);
const char *posts_claim(void); /* as r1, for a minute */
/* A row claimed last, and that it was sent. */
const struct outbox_row *posts_row(const char *op);
void posts_sent(const char *op, const char *ts);

/* A statement that gives a row. */
void posts_run(const char *statement);
struct outbox_state posts_state(void);

#endif
