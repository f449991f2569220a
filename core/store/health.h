/*
 * store_health: is a store (Redis, Postgres) up, for everybody at once.
 *
 * One object per store, shared by every connection to it. The first
 * connection that misses its deadline marks it down; from then on every call
 * fails at once with a since-when, and only the prober (one a second, see
 * redis_probe() and db_probe()) brings it back. Any thread; all atomics.
 */
#ifndef CORE_STORE_HEALTH_H
#define CORE_STORE_HEALTH_H

#include <stdatomic.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/meter.h"

struct store_health {
    const char *name;              /* "Redis", "Postgres" */
    _Atomic int64_t down_since;    /* wall ms; 0: up */
    _Atomic int64_t up_since;      /* wall ms of the last return */
    _Atomic int64_t round_trip_us; /* the last one measured */
    _Atomic uint64_t falls;        /* times it went down: for metrics */
    struct meter took;             /* all of them */
    bool quiet; /* one that logs nothing: a health check's own */
};

bool store_up(const struct store_health *h);
/* Wall ms; 0: it is up, or h is NULL. */
int64_t store_down_since(const struct store_health *h);
/* Marks it down unless it already is; logs the change once, with why. */
void store_fell(struct store_health *h, const char *why);
/* Marks it up; logs the change with how long it was away. */
void store_rose(struct store_health *h);
/* A round trip that was answered. */
void store_took(struct store_health *h, int64_t us);
/* Sets "Redis is down since 14:02:11 UTC (35 s)". Returns false. */
bool store_err(const struct store_health *h, enum err_kind kind,
               struct err *err);

#endif
