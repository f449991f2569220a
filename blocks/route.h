/*
 * route: where an alert would go, and who would hear of it when. Pure.
 */
#ifndef BLOCKS_ROUTE_H
#define BLOCKS_ROUTE_H

#include "blocks/card.h"
#include "core/alert/event.h"
#include "core/alert/mute.h"
#include "core/alert/route.h"

/* Whom a target of the configuration means at a moment. */
struct route_whom {
    const char *target; /* "U1", "dm:U1", "S1", "C1", "oncall:pay",
                         * "webhook:ops", "here" */
    char *person;       /* of oncall: who has it then; heap, or NULL */
};

struct route_told {
    int64_t at;
    struct route_whom *whom; /* heap */
    size_t whom_count;
};

/* One route that takes it. */
struct route_taken {
    const struct route *route;
    struct route_step way[ROUTE_STEPS];
    size_t way_count;
    const struct config_window *window; /* keeps it quiet; NULL: none */
    bool outside;                       /* … because it is not in it */
    struct route_told mention;          /* of the card */
    struct route_told *steps;           /* of its policy; heap */
    size_t steps_count;
};

#define ROUTE_RULES 8
struct route_test {
    const struct alert_event *event;
    int64_t at;                 /* the moment that is asked about */
    struct route_taken *routes; /* heap */
    size_t count;
    const struct silence **silences; /* that mute it then; heap, borrowed */
    size_t silences_count;
    bool unsure; /* Postgres is away: no silences, no overrides */
    struct route_rule rules[ROUTE_RULES];
    size_t rules_count;
};

void route_test_dispose(struct route_test *t);

/* again: the command, for its button; NULL: it gets none. */
void route_test_card(struct card *card, const struct route_test *t,
                     const char *again);

#endif
