/* window: hours and days, past midnight, by the clock of a zone. */
#include <criterion/criterion.h>

#include "core/alert/route.h"
#include "core/base/zone.h"

/* Of November 2026: the 16th is a Monday. */
static bool has(const struct config_window *w, int day, int hour, int minute)
{
    return window_has(
        w, zone_moment(zone_find(w->zone), 2026, 11, day, hour, minute));
}

#define TEXTS(...) ((char *[]){ __VA_ARGS__ })
#define MON                                                                    \
    (char[])                                                                   \
    {                                                                          \
        "mon-fri"                                                              \
    }

Test(window, has_its_hours_and_not_its_end)
{
    struct config_window w = { .times = TEXTS((char[]){ "09:00-17:30" }),
                               .times_count = 1 };

    cr_expect_not(has(&w, 16, 8, 59));
    cr_expect(has(&w, 16, 9, 0));
    cr_expect(has(&w, 16, 17, 29));
    cr_expect_not(has(&w, 16, 17, 30));
}

Test(window, crosses_midnight)
{
    struct config_window w = { .times = TEXTS((char[]){ "22:00-06:00" }),
                               .times_count = 1 };

    cr_expect(has(&w, 16, 22, 0));
    cr_expect(has(&w, 16, 23, 59));
    cr_expect(has(&w, 17, 0, 0));
    cr_expect(has(&w, 17, 5, 59));
    cr_expect_not(has(&w, 17, 6, 0));
    cr_expect_not(has(&w, 17, 21, 59));
}

Test(window, behind_midnight_belongs_to_the_day_before)
{
    struct config_window w = { .times = TEXTS((char[]){ "22:00-06:00" }),
                               .times_count = 1,
                               .days = TEXTS(MON),
                               .days_count = 1 };

    cr_expect_not(has(&w, 16, 3, 0), "Monday morning is Sunday's night");
    cr_expect(has(&w, 16, 22, 0));
    cr_expect(has(&w, 20, 23, 0), "Friday");
    cr_expect(has(&w, 21, 5, 0), "still Friday's");
    cr_expect_not(has(&w, 21, 22, 0));
    cr_expect_not(has(&w, 22, 5, 0));
}

Test(window, days_alone_are_whole_days)
{
    struct config_window w = { .days = TEXTS((char[]){ "sat-sun" }),
                               .days_count = 1 };

    cr_expect_not(has(&w, 20, 23, 59));
    cr_expect(has(&w, 21, 0, 0));
    cr_expect(has(&w, 22, 23, 59));
    cr_expect_not(has(&w, 23, 0, 0));
}

Test(window, days_may_go_round_the_end_of_the_week)
{
    struct config_window w = {
        .days = TEXTS((char[]){ "sat-mon" }, (char[]){ "wed" }), .days_count = 2
    };

    cr_expect(has(&w, 16, 12, 0));
    cr_expect_not(has(&w, 17, 12, 0));
    cr_expect(has(&w, 18, 12, 0));
    cr_expect_not(has(&w, 20, 12, 0));
    cr_expect(has(&w, 21, 12, 0));
}

Test(window, several_times_of_a_day)
{
    struct config_window w = { .times = TEXTS((char[]){ "08:00-10:00" },
                                              (char[]){ "18:00-24:00" }),
                               .times_count = 2 };

    cr_expect(has(&w, 16, 9, 0));
    cr_expect_not(has(&w, 16, 12, 0));
    cr_expect(has(&w, 16, 23, 59));
    cr_expect_not(has(&w, 17, 0, 0));
}

Test(window, one_without_times_and_days_is_always)
{
    struct config_window w = { .name = NULL };

    cr_expect(has(&w, 16, 0, 0));
}

/* 22:00 in Berlin is 21:00 UTC in winter and 20:00 in summer. */
Test(window, goes_by_its_zone_and_its_summer)
{
    struct config_window w = { .times = TEXTS((char[]){ "22:00-06:00" }),
                               .times_count = 1,
                               .zone = (char[]){ "Europe/Berlin" } };

    cr_expect_not(window_has(&w, zone_moment(NULL, 2026, 1, 10, 20, 59)));
    cr_expect(window_has(&w, zone_moment(NULL, 2026, 1, 10, 21, 0)));
    cr_expect(window_has(&w, zone_moment(NULL, 2026, 7, 10, 20, 0)));
    cr_expect_not(window_has(&w, zone_moment(NULL, 2026, 7, 10, 4, 0)));
    cr_expect(window_has(&w, zone_moment(NULL, 2026, 1, 11, 4, 59)));
}

/* The night of the change has an hour less, or one more: it is out when the
 * clock on the wall says so. */
Test(window, when_clocks_change)
{
    struct config_window w = { .times = TEXTS((char[]){ "01:00-03:00" }),
                               .times_count = 1,
                               .zone = (char[]){ "Europe/Berlin" } };

    cr_expect(window_has(&w, zone_moment(NULL, 2026, 3, 29, 0, 59)));
    cr_expect_not(window_has(&w, zone_moment(NULL, 2026, 3, 29, 1, 0)));
    cr_expect(window_has(&w, zone_moment(NULL, 2026, 10, 25, 0, 30)));
    cr_expect(window_has(&w, zone_moment(NULL, 2026, 10, 25, 1, 30)));
    cr_expect_not(window_has(&w, zone_moment(NULL, 2026, 10, 25, 2, 0)));
}
