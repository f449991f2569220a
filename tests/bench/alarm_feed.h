/*
 * alarm_feed: who sends alerts: to the bot, or a peer of its, Alertmanager's
 * webhook bodies; to an Alertmanager what Prometheus sends. Over connections
 * that are kept.
 */
#ifndef BENCH_ALARM_FEED_H
#define BENCH_ALARM_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/harness/harness.h"

struct alarm_to {
    const char *address; /* "127.0.0.1:9090"; borrowed */
    bool prometheus;     /* it is an Alertmanager */
};

/* One body: alerts numbered first … first + count - 1, those whose number is a
 * multiple of `groups` in one group, and so on; the first `critical` groups
 * are critical, the others warnings; channels C0A0 … by group. */
struct alarm_body {
    long first, count;
    int groups, critical, channels;
    int64_t since; /* wall ms: startsAt */
    bool resolved;
};
char *alarm_body(const struct alarm_to *to,
                 const struct alarm_body *b); /* heap */

/* POST. The status. */
long alarm_post(struct harness *h, const struct alarm_to *to, const char *body);

/* `bodies` of them, `each` alerts in a body, at `rate` alerts a second (0: as
 * fast as they are taken), over so many connections, each a process of its
 * own. Until all are taken; what is answered with 429 or 503 is sent again.
 * Gives how long it took, ms. */
struct alarm_feed {
    struct alarm_body like; /* first and count are set */
    long bodies, each;
    int connections, rate;
};
double alarm_feed(const struct alarm_to *to, const struct alarm_feed *feed);
/* The same, while something else is done; alarm_feed_wait() is the end. */
void alarm_feed_start(const struct alarm_to *to, const struct alarm_feed *feed,
                      pid_t *children);
void alarm_feed_wait(const struct alarm_feed *feed, const pid_t *children);

#define ALARM_CONNECTIONS 16

#endif
