/*
 * slacktime: the clock that Slack's own waits run on.
 *
 * It starts at the wall clock and runs `scale` times as fast; changing the
 * scale or advancing it never makes it jump back. Microseconds since 1970.
 * The caller owns the struct; one thread.
 */
#ifndef SANDBOX_SLACKTIME_H
#define SANDBOX_SLACKTIME_H

#include <stdint.h>

struct slacktime {
    double scale;      /* Slack's seconds per real second, > 0 */
    int64_t base_us;   /* what it showed … */
    int64_t anchor_us; /* … at this moment of the monotonic clock */
};

void slacktime_init(struct slacktime *t);
int64_t slacktime_us(const struct slacktime *t);
void slacktime_set_scale(struct slacktime *t, double scale);
void slacktime_advance(struct slacktime *t, int64_t us);

#endif
