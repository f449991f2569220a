/* duration: what people write for a length of time, and what is none. */
#include <criterion/criterion.h>

#include "core/base/duration.h"

TestSuite(duration, .timeout = 30);

static void expect(const char *text, int64_t want)
{
    int64_t ms = -1;

    cr_expect(duration_parse(text, &ms), "%s", text);
    cr_expect_eq(ms, want, "%s is %ld", text, (long)ms);
}

Test(duration, has_units_and_a_sum_of_them)
{
    expect("0", 0);
    expect("00", 0);
    expect("1s", 1000);
    expect("45s", 45000);
    expect("30m", 1800000);
    expect("4h", 14400000);
    expect("1d", 86400000);
    expect("2w", 1209600000);
    expect("1h30m", 5400000);
    expect("3650d", DURATION_MOST);
}

Test(duration, anything_else_is_none_and_changes_nothing)
{
    static const char *const none[] = {
        "",     "5",    "m",  "5 m",   " 5m",     "5m ",
        "-5m",  "+5m",  "5x", "5ms",   "1.5h",    "0m",
        "5m0s", "1h30", "5M", "3651d", "3650d1s", "99999999999999999999s"
    };
    int64_t ms = 7;

    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        cr_expect_not(duration_parse(none[i], &ms), "%s", none[i]);
    cr_expect_not(duration_parse(NULL, &ms));
    cr_expect_eq(ms, 7);
}
