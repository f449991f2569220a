/*
 * slacktime: see slacktime.h.
 */
#include "tests/sandbox/wire/slacktime.h"

#include "core/base/clock.h"

void slacktime_init(struct slacktime *t)
{
    t->scale = 1;
    t->base_us = clock_wall_ms() * 1000;
    t->anchor_us = clock_mono_us();
}

int64_t slacktime_us(const struct slacktime *t)
{
    int64_t passed = clock_mono_us() - t->anchor_us;

    return t->base_us + (int64_t)((double)passed * t->scale);
}

void slacktime_set_scale(struct slacktime *t, double scale)
{
    t->base_us = slacktime_us(t);
    t->anchor_us = clock_mono_us();
    t->scale = scale;
}

void slacktime_advance(struct slacktime *t, int64_t us)
{
    t->base_us += us;
}
