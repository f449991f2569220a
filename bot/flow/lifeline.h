/*
 * lifeline: our own heartbeat, to heartbeat.url: a dead man's switch. Whoever
 * is called there raises the alarm when we fall silent.
 *
 * One GET a minute, on a thread of its own, and only while all is well with
 * us: Slack is connected, both stores answer, every thread turns. While it is
 * not, none is sent; as soon as it is again, one is. An answer that is not 2xx,
 * or none within LIFELINE_MS, is a failure: logged once until the next success,
 * tried again after LIFELINE_AGAIN_MS. Nobody waits for it.
 */
#ifndef BOT_LIFELINE_H
#define BOT_LIFELINE_H

#include <stdint.h>

#include "core/config.h"

#define LIFELINE_EVERY_MS 60000
#define LIFELINE_AGAIN_MS 10000
#define LIFELINE_MS       4000 /* of one request */

enum lifeline_state {
    LIFELINE_OFF,     /* no heartbeat.url */
    LIFELINE_OK,      /* the last one was taken, or the first is about to go */
    LIFELINE_HELD,    /* not all is well with us: it is held back */
    LIFELINE_FAILING, /* it was not taken */
    LIFELINE_STATES
};
const char *lifeline_name(enum lifeline_state state); /* "held back" */

struct lifeline;

/* All borrowed for life. well: false, with what is not; on the thread of the
 * lifeline. */
struct lifeline_needs {
    const struct config_heartbeat *config;
    bool (*well)(void *arg, struct err *why);
    void *arg;
};

/* Without a URL there is no thread. NULL: it could not be started. */
struct lifeline *lifeline_start(const struct lifeline_needs *needs,
                                struct err *err);

struct lifeline_facts {
    enum lifeline_state state;
    int64_t since;     /* wall ms: of that state; 0: since the start */
    int64_t at;        /* wall ms: of the last that was taken; 0: none yet */
    int64_t turned_ms; /* -1: there is no thread */
    char why[200];     /* held back, or not taken; "" */
};
/* Any thread; NULL is off. */
void lifeline_facts(struct lifeline *l, struct lifeline_facts *out);

/* No beat begins any more, and well() is not called again; waits for no
 * request. NULL is fine. */
void lifeline_end(struct lifeline *l);
/* Joins, at most LIFELINE_MS after lifeline_end(); frees. NULL is fine. */
void lifeline_stop(struct lifeline *l);

#endif
