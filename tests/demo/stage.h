/*
 * stage: the running demo: Redis, Postgres, sandbox, bot, feed, and who is
 * typing. What is typed or pressed is shown with its answer. Main thread.
 */
#ifndef DEMO_STAGE_H
#define DEMO_STAGE_H

#include <jansson.h>

#include "tests/demo/feed.h"
#include "tests/harness/harness.h"

#define STAGE_CHANNEL "C0OPS"
#define STAGE_TIMES   256

struct stage {
    struct harness *h;
    struct feed *feed;
    char *redis_path;
    bool echo;       /* what is typed is shown as well: the tour */
    json_t *last;    /* the newest answer, to press buttons of */
    char *shown;     /* the same as text, without colours; never NULL */
    char *news;      /* what others were shown meanwhile; never NULL */
    char newest[32]; /* ts: all messages up to it were shown, or are nobody's */
    json_t *shown_ts;           /* of later ones that were shown; an object */
    int64_t times[STAGE_TIMES]; /* of answers, µs, from typing to seeing */
    size_t answers;
};

/* All of it, warm; *s is zeroed before. */
void stage_start(struct stage *s);
void stage_stop(struct stage *s); /* also what is only half started */

/* Types "/ops text" as user (an id), waits for the answer, and shows both.
 * False: there was none. */
bool stage_say(struct stage *s, const char *user, const char *text);

/* Presses the nth button of that label in the last answer. False: there is
 * no such button, or no answer. */
bool stage_press(struct stage *s, const char *user, const char *label, int nth);

/* Types without waiting for anything. */
void stage_send(struct stage *s, const char *user, const char *text);

/* Shows messages that came meanwhile and that user sees; waits up to
 * limit_ms for the first. False: there was none. */
bool stage_news(struct stage *s, const char *user, int limit_ms);

/* The middle, and the longest, of the times of answers so far. */
double stage_median_ms(const struct stage *s);
double stage_longest_ms(const struct stage *s);

#endif
