/*
 * app: what the tests of signed requests share: the whole sandbox and an app
 * of a few lines, in one loop and one thread. A suite has app_start() and
 * app_stop() as its .init and .fini; what cannot be done fails the test.
 */
#ifndef SANDBOX_UNIT_APP_H
#define SANDBOX_UNIT_APP_H

#include <jansson.h>
#include <stdbool.h>

#include "tests/sandbox/wire/wire.h"

#define SECRET "8f742231b10e8888abcd99yyyzzz85a5"
#define SEEN   32 /* requests kept */

/* What the app was sent. */
struct seen {
    char *path, *type, *agent, *signature, *timestamp, *retry_num, *reason;
    char *body;
    size_t len;
};

/* What it answers: the first of them once, the last for ever. */
struct answer {
    int status;
    const char *type, *headers, *body;
    bool silent; /* never */
};

extern struct sandbox sb;
extern struct http_server *app;
extern struct seen seen[SEEN]; /* request n is at [n % SEEN] */
extern int seen_count;
extern struct answer answers[8];     /* two of them by answer_with() */
extern const char *challenge_answer; /* NULL: what was asked */

/* The app listens, and has passed the check of its URL. */
void app_start(void);
void app_stop(void);
char *app_url(const char *path); /* heap */

void answer_with(const struct answer *first, const struct answer *then);
/* Waits until the app has been sent n requests; the n-th, borrowed. */
const struct seen *wait_seen(int n);

/* POST /control/path; takes body. The answer, to be freed. */
json_t *control(const char *path, json_t *body);
void did(const char *path, json_t *body); /* … which must be ok */
/* POST /control/delivery for mode http, with the app's URL if none is there. */
json_t *set_delivery(json_t *how);

/* "/ops text" of U0ANN. until: "acked", or "" for something to see. */
json_t *command(const char *text, const char *until);
/* The text of the answer's first message, "" without one. */
const char *said(const json_t *answer);
void expect_said(const char *text, const char *want);
void event(void); /* one event: a reaction */

const char *word(const json_t *object, const char *name); /* "" if absent */
bool is_true(const json_t *object, const char *name);
long long stat_of(const char *name); /* of GET /control/link */

#endif
