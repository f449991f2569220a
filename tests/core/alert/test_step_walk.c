/*
 * step_walk: all that can happen to a group, in any order; what holds then is
 * what stepped.h checks.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/core/alert/stepped.h"

TestSuite(step_walk, .init = stepped_start, .fini = stepped_stop);

#define WALKS 60
#define STEPS 300

/* Random ones, from one seed: the rows of test_step.c are those that people thought of. */
Test(step_walk, whatever_happens_nothing_is_forgotten)
{
    static const char *const all[] = {
        "fire",     "fire",     "worse",  "over",   "end",      "same",
        "mute",     "unmute",   "+1s",    "+30s",   "+4m",      "+5m",
        "+1h",      "+3h",      "ack U1", "ack U2", "unack U1", "ack U1 for 2m",
        "escalate", "resolve!", "better",
    };
    unsigned seed = 20260105;
    char row[60];

    for (int walk = 0; walk < WALKS; walk++) {
        stepped_start();
        step_route.wait_ms = walk % 3 ? 10 * MINUTE : 0;
        step_route.wait_set = walk % 2;
        happens("fire");
        for (int i = 0; i < STEPS; i++) {
            const char *what =
                all[(unsigned)rand_r(&seed) % (sizeof all / sizeof *all)];
            const struct alert_group *g = &step_group;

            if (!g->firing)
                what = "fire";
            if (*what == 'w' && g->severity == ALERT_CRITICAL)
                continue;
            if (*what == 'b' && g->severity == ALERT_INFO)
                continue;
            happens(what);
            snprintf(row, sizeof row, "walk %d, step %d: %s", walk, i, what);
            step_check(row);
        }
    }
}
