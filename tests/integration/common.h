/*
 * common: what several integration tests do. One thread, one harness; what
 * cannot be done fails the test, as in harness.h.
 */
#ifndef INTEGRATION_COMMON_H
#define INTEGRATION_COMMON_H

#include "tests/harness/harness.h"

#define COMES_MS 60000 /* for what must come: when a wait gives up */

/* ---- people, without waiting for them ------------------------------------ */

/* One thing a person did: where to look for its answer. */
struct asked {
    char interaction[48];
    char envelope[48]; /* "" when nobody took it */
    char trace[48];    /* what the audit calls it, by the road that it went */
};
/* From the answer of a control call (borrowed). */
struct asked asked_from(struct harness *h, const json_t *answer);

/* Types "/ops text" and goes on at once. */
struct asked type_text(struct harness *h, const char *user, const char *channel,
                       const char *text);

/* A button that somebody sees: enough to press it later. */
struct seen_button {
    char user[16], channel[16], ts[32], action_id[64];
    char *value; /* heap */
};
/* The i-th button of that label in an answer; false: there are not so many. */
bool find_nth_button(const json_t *reply, const char *label, size_t i,
                     const char *user, const char *channel,
                     struct seen_button *out);
struct asked press_seen(struct harness *h, const struct seen_button *b);

/* Its messages by now, as say() gives them, without Slack's own about an app
 * that did not answer. New ref. */
json_t *answers_to(struct harness *h, const char *interaction);
/* Waits until there are n of them. New ref. */
json_t *wait_answers(struct harness *h, const char *interaction, size_t n,
                     int limit_ms);

/* When an envelope was acked (ms), and whether with a payload. -1: not acked,
 * -2: not even delivered. */
long ack_of(struct harness *h, const char *envelope, bool *payload);

/* ---- the world ----------------------------------------------------------- */

/* POST /control/fault with this JSON, as json_pack() makes it. */
void fault(struct harness *h, json_t *what);
/* How many calls of a method there were, and how many were answered ok. */
size_t calls_of(struct harness *h, const char *method, size_t *ok);
/* Messages in a channel that hold text, those of the API alone. */
size_t posted_with(struct harness *h, const char *channel, const char *text);
/* Waits until there are exactly n of them. */
void wait_posts(struct harness *h, const char *channel, const char *text,
                size_t n);
long long link_number(struct harness *h, const char *key);

/* n dead letters in stream.dlq, with ids 1700000000000-1 and so on, each
 * with its number in field n and as original_id 1600000000000-<number>. */
void dead_letters(struct harness *h, const char *stream, int n);

/* Waits until the first column of a query, or a Redis number, is want. */
void wait_sql(struct harness *h, long long want, int limit_ms,
              const char *query);
void wait_redis(struct harness *h, long long want, int limit_ms,
                const char *command);
/* Waits until no entry is in the inbox, no intent is open and no post waits.
 * Who still works on something (a halt's targets, a job) may write the next
 * one a moment later: wait for its end first. */
void wait_settled(struct harness *h, int limit_ms);
void wait_health(struct opsbot *bot, const char *text, int limit_ms);

/* Fails the test, showing what there is instead. */
void expect_shown(const json_t *reply, const char *text);
void expect_not_shown(const json_t *reply, const char *text);
/* say(), expect_shown(), and frees it. */
void expect_said(struct harness *h, const char *user, const char *channel,
                 const char *text, const char *shown);

/* Another session of Postgres that holds a lock on a table. */
struct table_lock;
struct table_lock *table_lock(struct harness *h, const char *table);
void table_unlock(struct table_lock *lock);

#endif
