/*
 * alerts: what alerts cost: from an event to its card, from a click to the
 * edited card, a storm, and 100,000 that are active at once.
 */
#ifndef BENCH_ALERTS_H
#define BENCH_ALERTS_H

#include <stdbool.h>

/* Prints its figures; true when each is within its aim. */
bool alerts_bench(void);

#endif
