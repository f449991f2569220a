/*
 * loop: one epoll set, two heaps of timers, and what is done once per turn.
 *
 * Timers run either on real time (protocol deadlines) or on Slack's time
 * (slacktime: retries, connection life). Both are one-shot and belong to the
 * struct that embeds them; an armed timer must be stopped before it is freed.
 * A turn is: wait, sources, timers, then the turn hooks in order of adding.
 */
#ifndef SANDBOX_LOOP_H
#define SANDBOX_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "tests/sandbox/wire/slacktime.h"

struct loop;

/* Something with a file descriptor. Embedded by its owner. */
struct source {
    int fd;
    uint32_t events; /* what epoll was told last */
    void (*ready)(struct source *source, uint32_t events);
};

enum time_base { TIME_REAL, TIME_SLACK };

struct timer {
    void (*fire)(void *arg);
    void *arg;
    int64_t at_us; /* on its base */
    size_t slot;   /* place in the heap, 0: not armed */
    enum time_base base;
};

MUST_CHECK bool loop_new(struct loop **out, const struct slacktime *time,
                         struct err *err);
void loop_free(struct loop *loop);

/* Until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* The next turn starts without waiting. */
void loop_again(struct loop *loop);
/* At most 8. */
void loop_each_turn(struct loop *loop, void (*hook)(void *arg), void *arg);

MUST_CHECK bool loop_add(struct loop *loop, struct source *source,
                         uint32_t events);
void loop_watch(struct loop *loop, struct source *source, uint32_t events);
void loop_remove(struct loop *loop, struct source *source);

/* Arms or re-arms; fires once, delay_us from now on the timer's base. */
void timer_start(struct loop *loop, struct timer *timer, int64_t delay_us);
void timer_stop(struct loop *loop, struct timer *timer);

#endif
