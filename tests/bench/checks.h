/*
 * checks: what health checks cost the bot: two hundred HTTP checks every ten
 * seconds.
 */
#ifndef BENCH_CHECKS_H
#define BENCH_CHECKS_H

#include <stdbool.h>

/* Prints what it measures; false when it is more than 5 % of a core. */
bool checks_bench(void);

#endif
