/*
 * bare: a requeue without promises: 500 entries a call of one Lua script that
 * reads, strips, adds and deletes. No intent, no audit, no card, no rate: the
 * most that Redis itself can do on this machine.
 */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include "tests/harness/harness.h"

/* Moves all; the milliseconds it took. */
double bare_requeue(struct harness *h);

#endif
