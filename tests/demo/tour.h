/*
 * tour: each command typed, its answer shown, and what it promises checked.
 * Main thread.
 */
#ifndef DEMO_TOUR_H
#define DEMO_TOUR_H

#include "tests/demo/stage.h"

/*
 * Runs all steps, then the summary. False: a step failed, and was named with
 * the reason on stderr; or *stop became true between two steps.
 */
bool tour_run(struct stage *s, const volatile int *stop);

/* The name of the step being run, for who has to say where it ended. */
const char *tour_step(void);

#endif
