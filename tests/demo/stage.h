/*
 * stage: the running demo: Redis, Postgres, sandbox, bot, feed, the agents of
 * a pipeline, what is not well, and who is typing. What is typed or pressed is shown with its
 * answer. Main thread.
 */
#ifndef DEMO_STAGE_H
#define DEMO_STAGE_H

#include <jansson.h>

#include "tests/demo/feed.h"
#include "tests/demo/site.h"
#include "tests/demo/watch.h"
#include "tests/harness/agents.h"
#include "tests/harness/harness.h"

#define STAGE_CHANNEL "C0OPS"
#define STAGE_TIMES   256
#define STAGE_AGENTS  8 /* each takes its time to stop */

struct stage {
    struct harness *h;
    struct feed *feed;
    struct agents *agents;
    struct site *site;
    struct watch *watch;
    char *configuration; /* of the bot */
    char *redis_path;
    bool echo;        /* what is typed is shown as well: the tour */
    json_t *last;     /* the newest answer, to press buttons of */
    char *shown;      /* the same as text, without colours; never NULL */
    char *news;       /* what others were shown meanwhile; never NULL */
    const char *wipe; /* printed before the next news; NULL: nothing */
    json_t *seen;     /* ts of what was shown, and how it read then */
    int64_t times[STAGE_TIMES]; /* of answers, µs, from typing to seeing */
    size_t answers;
};

/* All of it, warm; *s is zeroed before. */
void stage_start(struct stage *s);
void stage_stop(struct stage *s); /* also what is only half started */

/* Types "/ops text" as user (an id), waits for the answer, and shows both.
 * False: there was none. */
bool stage_say(struct stage *s, const char *user, const char *text);

/* Presses the nth button of that label in the last answer, else in the newest
 * message that has one. False: there is no such button, or no answer. */
bool stage_press(struct stage *s, const char *user, const char *label, int nth);

/* Types without waiting for anything. */
void stage_send(struct stage *s, const char *user, const char *text);

/* Shows messages that came meanwhile and that user sees, and, where a person
 * types, what was edited; waits up to limit_ms for the first. False: there
 * was none. */
bool stage_news(struct stage *s, const char *user, int limit_ms);

/*
 * The newest message that user sees and that holds text, as it is by now:
 * without showing it, as plain text (heap), or NULL; and, waiting for it up
 * to limit_ms, shown, and taken for the last answer: its buttons can be
 * pressed. False: there was none.
 */
char *stage_peek(struct stage *s, const char *user, const char *text);
bool stage_watch(struct stage *s, const char *user, const char *text,
                 int limit_ms);

/* Says "@opsbot text" in the channel; the answer, which shows expected, becomes
 * the last one. False: none came within limit_ms. */
bool stage_mention(struct stage *s, const char *user, const char *text,
                   const char *expected, int limit_ms);

/* Opens App Home; the tab, once it shows expected, becomes the last answer. */
bool stage_home(struct stage *s, const char *user, const char *expected,
                int limit_ms);

/* An agent goes away, or comes back. */
void stage_agent(struct stage *s, const char *name, bool on);

/* The middle, and the longest, of the times of answers so far. */
double stage_median_ms(const struct stage *s);
double stage_longest_ms(const struct stage *s);

#endif
