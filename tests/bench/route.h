/*
 * route: how long a route decision takes. No servers, no bot.
 */
#ifndef TESTS_BENCH_ROUTE_H
#define TESTS_BENCH_ROUTE_H

#include <stdbool.h>

/* Prints its table. False: one of its aims was missed. */
bool route_bench(void);

#endif
