/*
 * canary: secrets that a test gives the bot, and a search for them in all that
 * came out of it (P8). Each has the word CANARY in it, right at its beginning,
 * so that half of one is found as well. What is found fails the test, with the
 * place and what stands around it. One thread.
 */
#ifndef INTEGRATION_CANARY_H
#define INTEGRATION_CANARY_H

#include "tests/harness/harness.h"

/* A secret's name follows it: CANARY "redis-0123456789". */
#define CANARY "c4n4ry"

/* One without that word: a key's own bytes, an address that Slack gave. What
 * it is, and it; both are copied, and looked for from now on. */
void canary_also(const char *what, const char *text);
void canary_forget(void); /* those */

/* None of them is in text. where: for who reads of it. */
void canary_look(const char *where, const char *text);
/* The same; takes text. */
void canary_take(const char *where, char *text);
/* In a file; there may be none. */
void canary_file(const char *path);
/* In every file of a directory, at any depth. How many there were. */
size_t canary_files(const char *dir);

/* ---- where the bot of a harness leaves something ------------------------------ */

/* Every row of schema opsbot, and what Postgres itself says of its clients.
 * Response URLs may stand in columns of that name: a row is posted by them. */
void canary_postgres(struct harness *h);
/* Every key that begins with opsbot: but the trash, ops.control, notify:ack. */
void canary_redis(struct harness *h);
/* Each call of the Web API and of response URLs, each message that is not a
 * person's own, each view and home. A call's Authorization, the path of a
 * response URL and a view's private metadata are Slack's own. */
void canary_slack(struct harness *h);
/* /health, /ready, /metrics, what is not there, and the log so far. */
void canary_pages(struct harness *h);

#endif
