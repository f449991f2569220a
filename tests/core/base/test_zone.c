/* zone: what clocks say, before, in and behind the changes that tzdata has. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/zone.h"
#include "core/base/zone_rule.h"

static void says(const char *zone, int64_t at, const char *expected)
{
    struct zone_time t;
    char got[64];

    zone_local(zone_find(zone), at * 1000, &t);
    snprintf(got, sizeof got, "%04d-%02d-%02d %02d:%02d:%02d %d %+d", t.year,
             t.month, t.day, t.hour, t.minute, t.second, t.weekday,
             t.offset / 60);
    cr_expect_str_eq(got, expected, "%s at %lld: %s", zone, (long long)at, got);
}

Test(zone, clocks_are_put_forward_and_back)
{
    says("Europe/Berlin", 1774745999, "2026-03-29 01:59:59 0 +60");
    says("Europe/Berlin", 1774746000, "2026-03-29 03:00:00 0 +120");
    says("Europe/Berlin", 1792889999, "2026-10-25 02:59:59 0 +120");
    says("Europe/Berlin", 1792890000, "2026-10-25 02:00:00 0 +60");
    says("UTC", 1774746000, "2026-03-29 01:00:00 0 +0");
    says(NULL, 0, "1970-01-01 00:00:00 4 +0");
    says(NULL, -1, "1969-12-31 23:59:59 3 +0");
    says("Asia/Kolkata", 1774746000, "2026-03-29 06:30:00 0 +330");
}

Test(zone, the_rule_holds_behind_the_last_change)
{
    says("Europe/Berlin", 4109875200, "2100-03-28 01:00:00 0 +60");
    says("Europe/Berlin", 4118533200, "2100-07-06 07:00:00 2 +120");
    says("Australia/Sydney", 4103308800, "2100-01-11 11:00:00 1 +660");
    says("Australia/Sydney", 4118947200, "2100-07-11 10:00:00 0 +600");
}

Test(zone, a_zone_is_only_what_tzdata_has)
{
    cr_expect_null(zone_find("Mars/Olympus"));
    cr_expect_null(zone_find("../zoneinfo/UTC"));
    cr_expect_null(zone_find("/etc/localtime"));
    cr_expect_null(zone_find(""));
    cr_expect_null(zone_find("tzdata.zi"), "a file, but of no zone");
    cr_expect_null(zone_find("Europe"), "a directory");
    cr_expect_not_null(zone_find("Etc/GMT+5"));
    cr_expect_eq(zone_find("Europe/Berlin"), zone_find("Europe/Berlin"));
}

static void moment(const char *zone, int month, int day, int hour, int minute,
                   int64_t expected)
{
    int64_t got = zone_moment(zone_find(zone), 2026, month, day, hour, minute);

    cr_expect_eq(got, expected * 1000, "%02d-%02d %02d:%02d: %lld", month, day,
                 hour, minute, (long long)got / 1000);
}

Test(zone, a_time_of_day_is_a_moment)
{
    moment("Europe/Berlin", 1, 5, 9, 0, 1767600000);
    moment("Europe/Berlin", 7, 1, 9, 0, 1782889200);
    moment("Europe/Berlin", 1, 32, 9, 0, 1769932800); /* 1 February */
    moment(NULL, 1, 1, 24, 0, 1767312000);
}

Test(zone, a_time_that_is_left_out_is_as_much_later)
{
    moment("Europe/Berlin", 3, 29, 1, 59, 1774745940);
    moment("Europe/Berlin", 3, 29, 2, 30, 1774747800); /* 03:30 there */
    moment("Europe/Berlin", 3, 29, 3, 30, 1774747800);
}

Test(zone, of_two_the_first)
{
    moment("Europe/Berlin", 10, 25, 2, 30, 1792888200);
    moment("Europe/Berlin", 10, 25, 3, 0, 1792893600);
}

/* Every hour of a year there and back. */
Test(zone, what_a_clock_says_is_that_moment_again)
{
    static const char *const zones[] = { "Europe/Berlin", "America/New_York",
                                         "Australia/Sydney", "Asia/Kolkata" };

    for (size_t z = 0; z < 4; z++)
        for (int64_t at = 1767225600; at < 1798761600; at += 1800) {
            const struct zone *zone = zone_find(zones[z]);
            struct zone_time t;
            int64_t back;

            zone_local(zone, at * 1000, &t);
            back = zone_moment(zone, t.year, t.month, t.day, t.hour, t.minute);
            cr_assert(back == at * 1000 || back == (at - 3600) * 1000,
                      "%s %lld", zones[z], (long long)at);
        }
}

/* Against the C library, which knows one zone at a time. */
static void as_libc_says(const char *name)
{
    const struct zone *zone = zone_find(name);

    setenv("TZ", name, 1);
    tzset();
    for (int64_t at = -1000000000; at < 6000000000; at += 1234567) {
        time_t t = (time_t)at;
        struct zone_time got;
        struct tm tm;

        localtime_r(&t, &tm);
        zone_local(zone, at * 1000, &got);
        cr_assert(got.offset == tm.tm_gmtoff && got.hour == tm.tm_hour,
                  "%s %lld: %d, and not %ld", name, (long long)at, got.offset,
                  tm.tm_gmtoff);
    }
}

Test(zone, agrees_with_the_c_library)
{
    as_libc_says("Europe/Berlin");
    as_libc_says("America/New_York");
    as_libc_says("Australia/Lord_Howe");
    as_libc_says("America/Sao_Paulo");
    as_libc_says("Africa/Casablanca");
    as_libc_says("Asia/Tehran");
    as_libc_says("America/Nuuk");
}

Test(zone, rules_that_are_none_are_refused)
{
    static const char *const bad[] = { "",
                                       "CE-1",
                                       "CET",
                                       "CET-1CEST",
                                       "CET-1CEST,M3.5.0",
                                       "CET-1CEST,M13.5.0,M10.5.0",
                                       "CET-1CEST,M3.5.0,M10.5.0/3x",
                                       "<+03-3" };
    struct zone_rule r;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(zone_rule_read(&r, bad[i]), "%s", bad[i]);
    cr_assert(zone_rule_read(&r, "<-03>3"));
    cr_expect_eq(zone_rule_offset(&r, 0), -3 * 3600);
    cr_assert(zone_rule_read(&r, "EST5EDT,J60/0,300/-1:30"));
    cr_expect_eq(zone_rule_offset(&r, 0), -5 * 3600);
    cr_expect_eq(zone_rule_offset(&r, 1782864000), -4 * 3600);
}
