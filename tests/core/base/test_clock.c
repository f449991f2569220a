/* clock: what moments and ages look like. */
#include <criterion/criterion.h>
#include <string.h>

#include "core/base/clock.h"

Test(clock, moves_forward)
{
    int64_t before = clock_mono_us();

    cr_assert_geq(clock_mono_us(), before);
    cr_assert_leq(before / 1000, clock_mono_ms());
    cr_assert_gt(clock_wall_ms(), INT64_C(1700000000000));
}

Test(clock, rests)
{
    int64_t before = clock_mono_us();

    clock_rest(20);
    cr_assert_geq(clock_mono_us() - before, 20000);
}

Test(clock, writes_rfc_3339)
{
    char out[CLOCK_TEXT];

    cr_assert_str_eq(clock_rfc3339(0, out), "1970-01-01T00:00:00.000Z");
    cr_assert_str_eq(clock_rfc3339(INT64_C(1795189267301), out),
                     "2026-11-20T15:41:07.301Z");
}

/* As a damaged record, or another tool, may say. */
Test(clock, writes_moments_beyond_every_calendar)
{
    char out[CLOCK_TEXT];

    cr_assert_str_eq(clock_rfc3339(INT64_MAX, out), "9999-12-31T23:59:59.999Z");
    cr_assert_str_eq(clock_rfc3339(INT64_MIN, out), "1970-01-01T00:00:00.000Z");
    cr_assert_str_eq(clock_rfc3339(-1, out), "1970-01-01T00:00:00.000Z");
}

Test(clock, says_ages)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        { -5, "0 s" },
        { 0, "0 s" },
        { 59999, "59 s" },
        { 60000, "1 m" },
        { 3599999, "59 m" },
        { 3600000, "1 h 0 m" },
        { 11520000, "3 h 12 m" },
        { 187200000, "2 d 4 h" },
    };
    char out[CLOCK_TEXT];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_str_eq(clock_age(cases[i].ms, out), cases[i].text);
}

Test(clock, reads_times)
{
    const int64_t at = 1763653267301;
    const struct {
        const char *text;
        int64_t ms;
    } times[] = {
        { "2025-11-20T15:41:07.301Z", at },
        { "2025-11-20T15:41:07.301999Z", at },
        { "2025-11-20 14:11:07.3-01:30", at - 1 },
        { "2025-11-20T15:41:07+0000", at - 301 },
        { "2025-11-20T15:41:07", 0 },
        { "2025-11-20", 0 },
        { "yesterday", 0 },
        { "", 0 },
    };

    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        cr_expect_eq(clock_read(times[i].text), times[i].ms, "%s: %lld",
                     times[i].text, (long long)clock_read(times[i].text));
}
