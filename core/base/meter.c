#include "core/base/meter.h"

const int64_t meter_bounds_us[METER_BOUNDS] = {
    100,    250,     500,     1000,    2500,     5000,
    10000,  25000,   50000,   100000,  250000,   500000,
    800000, 1000000, 2500000, 5000000, 10000000, 30000000,
};

static unsigned bucket_of(int64_t us)
{
    unsigned low = 0, high = METER_BOUNDS;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (us <= meter_bounds_us[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The sum first: whoever sees the count has what it adds up to. */
void meter_add(struct meter *m, int64_t us)
{
    if (us < 0)
        us = 0;
    atomic_fetch_add_explicit(&m->sum_us, (uint64_t)us, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->buckets[bucket_of(us)], 1,
                              memory_order_release);
}

/* Each bucket is read once: what is cumulative is made of what was read. */
void meter_read(const struct meter *m, struct meter_reading *out)
{
    out->count = 0;
    for (unsigned i = 0; i <= METER_BOUNDS; i++) {
        out->count +=
            atomic_load_explicit(&m->buckets[i], memory_order_acquire);
        if (i < METER_BOUNDS)
            out->upto[i] = out->count;
    }
    out->sum_us = atomic_load_explicit(&m->sum_us, memory_order_relaxed);
}

void meter_more(_Atomic uint64_t *n, uint64_t more)
{
    atomic_fetch_add_explicit(n, more, memory_order_relaxed);
}

void meter_one(_Atomic uint64_t *n)
{
    meter_more(n, 1);
}

uint64_t meter_counted(const _Atomic uint64_t *n)
{
    return atomic_load_explicit(n, memory_order_relaxed);
}
