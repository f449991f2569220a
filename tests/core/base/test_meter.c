/* meter: buckets with fixed bounds, and what is read from them. */
#include <criterion/criterion.h>

#include "core/base/meter.h"

Test(meter, bounds_rise)
{
    for (int i = 1; i < METER_BOUNDS; i++)
        cr_expect_lt(meter_bounds_us[i - 1], meter_bounds_us[i], "%d", i);
}

Test(meter, nothing_was_counted)
{
    static struct meter m;
    struct meter_reading r;

    meter_read(&m, &r);
    cr_expect_eq(r.count, 0);
    cr_expect_eq(r.sum_us, 0);
    cr_expect_eq(r.upto[METER_BOUNDS - 1], 0);
}

/* A bound belongs to its bucket: "le" is at most. */
Test(meter, each_bound_is_in_its_own_bucket)
{
    for (int i = 0; i < METER_BOUNDS; i++) {
        struct meter m = { 0 };
        struct meter_reading r;

        meter_add(&m, meter_bounds_us[i]);
        meter_add(&m, meter_bounds_us[i] + 1);
        meter_read(&m, &r);
        cr_expect_eq(r.upto[i], 1, "%d", i);
        if (i > 0)
            cr_expect_eq(r.upto[i - 1], 0, "%d", i);
        if (i + 1 < METER_BOUNDS)
            cr_expect_eq(r.upto[i + 1], 2, "%d", i);
        cr_expect_eq(r.count, 2);
        cr_expect_eq(r.sum_us, 2 * (uint64_t)meter_bounds_us[i] + 1);
    }
}

Test(meter, what_took_no_time_and_what_took_for_ever)
{
    struct meter m = { 0 };
    struct meter_reading r;

    meter_add(&m, -5); /* a clock that was set back */
    meter_add(&m, 0);
    meter_add(&m, 3600 * (int64_t)1000000);
    meter_read(&m, &r);
    cr_expect_eq(r.upto[0], 2);
    cr_expect_eq(r.upto[METER_BOUNDS - 1], 2);
    cr_expect_eq(r.count, 3);
    cr_expect_eq(r.sum_us, 3600 * (uint64_t)1000000);
}

Test(meter, counts)
{
    _Atomic uint64_t n = 0;

    meter_one(&n);
    meter_more(&n, 41);
    cr_expect_eq(meter_counted(&n), 42);
}
