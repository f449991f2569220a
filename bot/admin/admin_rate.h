/*
 * admin_rate: how many requests of whom: a token bucket for each identity. One
 * thread; no clock of its own.
 */
#ifndef BOT_ADMIN_RATE_H
#define BOT_ADMIN_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADMIN_BUCKETS 64 /* of a newcomer: the one unused for longest */

struct admin_bucket {
    char who[96]; /* "" : free */
    double left;
    int64_t at; /* mono ms: when left was true */
};

/* Zeroed but for: */
struct admin_rates {
    unsigned rate; /* a second; twice as many may come at once */
    struct admin_bucket buckets[ADMIN_BUCKETS];
};

/* Takes one request of who. False: too many; wait_s is set to how long it
 * takes until the next one passes. now: mono ms. */
bool admin_rate_take(struct admin_rates *rates, const char *who, int64_t now,
                     int *wait_s);

#endif
