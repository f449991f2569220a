#include "tests/bench/storm.h"

#include <stdio.h>

#include "core/base/clock.h"

#define EACH        10  /* alerts in a body */
#define APART_MS    600 /* criticals meanwhile */
#define IDLE_MS     230 /* so that no channel gets more than one a second */
#define FIRST_IDLE  900000
#define FIRST_STORM 950000

void storm_idle(struct harness *h, const struct alarm_to *to,
                struct storm_figures *out)
{
    struct cards_delays *d = &out->idle;

    out->own = cards_own_latency(h);
    cards_singles(h,
                  &(struct cards_singles){ .to = *to,
                                           .first = FIRST_IDLE,
                                           .count = STORM_IDLE,
                                           .apart_ms = IDLE_MS },
                  d);
    out->idle_50 = cards_percentile(d->ms, d->count, 0.5);
    out->idle_95 = cards_percentile(d->ms, d->count, 0.95);
    printf("event to card, idle:  p50 %6.1f ms  p95 %6.1f ms, the sandbox "
           "itself %.1f ms (aim 150 over it)\n",
           out->idle_50, out->idle_95, out->own);
}

static void meanwhile(struct harness *h, const struct alarm_to *to,
                      struct storm_figures *out)
{
    struct cards_delays *d = &out->meanwhile;

    cards_singles(h,
                  &(struct cards_singles){ .to = *to,
                                           .first = FIRST_STORM,
                                           .count = STORM_SINGLES,
                                           .apart_ms = APART_MS },
                  d);
    out->meanwhile_95 = cards_percentile(d->ms, d->count, 0.95);
    out->over_95 = cards_percentile(d->over, d->count, 0.95);
    printf("  event to card of a critical meanwhile: p95 %.1f ms; forbidden by "
           "Slack's 429s: p95 %.1f ms; over that: p95 %.1f ms (aim 1000)\n",
           out->meanwhile_95, cards_percentile(d->forbidden, d->count, 0.95),
           out->over_95);
}

static void print_seen(const struct storm_figures *f)
{
    const struct cards_seen *s = &f->seen;

    printf("  criticals: %d not named, %d later than 5 s (the last after %.1f "
           "s); groups not named: %d, with two cards: %d\n",
           s->critical_lost, s->late, s->last_s, s->lost + f->meanwhile.lost,
           s->twice + f->meanwhile.twice);
    printf("  messages: %ld, edits: %ld, refused with 429: %ld\n", s->messages,
           s->edits, s->refused);
}

void storm_blow(struct harness *h, const struct alarm_to *to,
                void (*settle)(struct harness *h), struct storm_figures *out)
{
    struct alarm_feed feed = {
        .like = { .groups = STORM_GROUPS,
                  .critical = STORM_CRITICAL,
                  .channels = CARD_CHANNELS,
                  .since = clock_wall_ms() },
        .bodies = STORM_ALERTS / EACH,
        .each = EACH,
        .connections = 4,
        .rate = STORM_ALERTS / STORM_SECONDS,
    };
    pid_t children[ALARM_CONNECTIONS];
    double began = (double)clock_wall_ms();

    cards_limit_some(h);
    alarm_feed_start(to, &feed, children);
    harness_sleep(20000); /* its first wave of cards is over */
    meanwhile(h, to, out);
    alarm_feed_wait(&feed, children);
    settle(h);
    cards_seen(h, STORM_GROUPS, STORM_CRITICAL, began, &out->seen);
    print_seen(out);
}
