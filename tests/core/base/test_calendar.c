/* calendar: what is a time of the day, a day of the week, a date. */
#include <criterion/criterion.h>

#include "core/base/calendar.h"

TestSuite(calendar, .timeout = 30);

Test(calendar, times_of_the_day)
{
    static const char *const none[] = { "",      "9:00",  "24:01", "25:00",
                                        "10:60", "1o:00", "10-00", "10:0",
                                        "-1:00", " 9:00" };
    int minutes = 7;

    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        cr_expect_not(calendar_clock(none[i], &minutes), "%s", none[i]);
    cr_expect_eq(minutes, 7);
    cr_expect(calendar_clock("00:00", &minutes));
    cr_expect_eq(minutes, 0);
    cr_expect(calendar_clock("09:30-10:00", &minutes));
    cr_expect_eq(minutes, 570);
    cr_expect(calendar_clock("24:00", &minutes));
    cr_expect_eq(minutes, 1440);
}

Test(calendar, days_of_the_week)
{
    cr_expect_eq(calendar_weekday("sun"), 0);
    cr_expect_eq(calendar_weekday("mon-fri"), 1);
    cr_expect_eq(calendar_weekday("sat"), 6);
    cr_expect_eq(calendar_weekday("mo"), -1);
    cr_expect_eq(calendar_weekday(""), -1);
    cr_expect_eq(calendar_weekday("Mon"), -1);
}

Test(calendar, dates_that_there_are)
{
    static const char *const none[] = {
        "",           "2026-1-5",    "2026-13-01", "2026-00-01",
        "2026-02-29", "2100-02-29",  "1999-12-31", "2026-04-31",
        "2026-01-00", "2026-01-05 ", "2026/01/05", "20x6-01-05"
    };
    int y = 1, m = 2, d = 3;

    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        cr_expect_not(calendar_date(none[i], &y, &m, &d), "%s", none[i]);
    cr_expect(y == 1 && m == 2 && d == 3);
    cr_expect(calendar_date("2000-02-29", &y, &m, &d));
    cr_expect(calendar_date("2028-02-29", &y, &m, &d));
    cr_expect(calendar_date("2026-12-31", &y, &m, &d));
    cr_expect(y == 2026 && m == 12 && d == 31);
}
