/*
 * prompt: the person types, after the tour. Main thread.
 */
#ifndef DEMO_PROMPT_H
#define DEMO_PROMPT_H

#include "tests/demo/stage.h"

/* Until "quit", the end of the input, or *stop becomes true. */
void prompt_run(struct stage *s, const volatile int *stop);

#endif
