/*
 * storm: what is asked of the bot and of its peers alike: alerts one after the
 * other, and 10,000 of them in a minute while Slack refuses some posts. Prints
 * its figures.
 */
#ifndef BENCH_STORM_H
#define BENCH_STORM_H

#include "tests/bench/cards.h"

#define STORM_ALERTS   10000
#define STORM_SECONDS  60
#define STORM_GROUPS   100
#define STORM_CRITICAL 20
#define STORM_SINGLES  20 /* criticals meanwhile, each a group of its own */
#define STORM_IDLE     40

struct storm_figures {
    double own;              /* ms, p95: what a post costs in the sandbox */
    double idle_50, idle_95; /* ms */
    double meanwhile_95, over_95; /* of criticals; without what Slack forbade */
    struct cards_delays idle, meanwhile;
    struct cards_seen seen;
};

void storm_idle(struct harness *h, const struct alarm_to *to,
                struct storm_figures *out);
/* settle: until nothing more is to be posted. */
void storm_blow(struct harness *h, const struct alarm_to *to,
                void (*settle)(struct harness *h), struct storm_figures *out);

#endif
