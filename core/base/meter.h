/*
 * meter: how often something was done, and how long it took: a histogram with
 * fixed buckets. Any thread, no lock, no allocation: two atomic additions.
 *
 * Zeroed is empty. What one thread reads while others count is never torn: its
 * buckets are cumulative, its count is what they add up to, and neither ever
 * goes back. The sum may be ahead of the count by what is being added.
 */
#ifndef CORE_BASE_METER_H
#define CORE_BASE_METER_H

#include <stdatomic.h>
#include <stdint.h>

/* Upper bounds, from 100 µs to 30 s; 0.8 and 2.5 s are the bot's own promises
 * of an ack. The last bucket takes all above. */
#define METER_BOUNDS 18
extern const int64_t meter_bounds_us[METER_BOUNDS];

struct meter {
    _Atomic uint64_t buckets[METER_BOUNDS + 1];
    _Atomic uint64_t sum_us;
};

void meter_add(struct meter *m, int64_t us); /* below 0 counts as 0 */

struct meter_reading {
    uint64_t upto[METER_BOUNDS]; /* how many took at most that bound */
    uint64_t count;              /* all */
    uint64_t sum_us;
};
void meter_read(const struct meter *m, struct meter_reading *out);

/* ---- what is only counted ------------------------------------------------- */

/* Some more, one more, and how many by now: for what nothing else is ordered by. */
void meter_more(_Atomic uint64_t *n, uint64_t more);
void meter_one(_Atomic uint64_t *n);
uint64_t meter_counted(const _Atomic uint64_t *n);

#endif
