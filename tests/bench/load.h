/*
 * load: what a bench asks of the sandbox's load generator, and what came out.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "tests/harness/harness.h"

struct load {
    const char *command; /* "/ops" */
    const char *text;    /* "ping" */
    int count, window;   /* closed loop: commands, in flight */
    int rate, seconds;   /* open loop instead, when rate is not 0 */
};

struct figures {
    long sent, replied, lost;
    double per_second;
    double p50, p90, p99; /* ms, from the envelope sent to its reply */
};

/* Fails when a command was lost or refused. */
void load_run(struct harness *h, const struct load *load, struct figures *out);

/* The middle one of an odd number of values. Sorts them. */
double load_median(double *values, size_t n);

#endif
