/*
 * window: hours and days by the clock of a place. A window that crosses
 * midnight belongs to the day on which it begins: "fri 22:00-06:00" ends on
 * Saturday morning.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/alert/route.h"
#include "core/base/zone.h"

#define DAY_MINUTES 1440

/* 0: Sunday; -1: none. Three letters say it. */
static int day_read(const char *s)
{
    static const char *const days[] = { "sun", "mon", "tue", "wed",
                                        "thu", "fri", "sat" };

    for (int i = 0; i < 7; i++)
        if (strncasecmp(s, days[i], 3) == 0)
            return i;
    return -1;
}

/* "mon-fri", "sun", "sat-mon". */
static bool range_has(const char *range, int weekday)
{
    const char *dash = strchr(range, '-');
    int from = day_read(range);
    int to = dash ? day_read(dash + 1) : from;

    if (from < 0 || to < 0)
        return false;
    return (weekday - from + 7) % 7 <= (to - from + 7) % 7;
}

static bool days_have(const struct config_window *w, int weekday)
{
    for (unsigned i = 0; i < w->days_count; i++)
        if (range_has(w->days[i], weekday))
            return true;
    return w->days_count == 0;
}

/* "22:00-06:00" as minutes of the day; to is after from, past midnight too. */
static bool span_read(const char *s, int *from, int *to)
{
    char *end;

    *from = (int)strtol(s, &end, 10) * 60;
    if (*end != ':')
        return false;
    *from += (int)strtol(end + 1, &end, 10);
    if (*end != '-')
        return false;
    *to = (int)strtol(end + 1, &end, 10) * 60;
    if (*end != ':')
        return false;
    *to += (int)strtol(end + 1, &end, 10);
    if (*to <= *from)
        *to += DAY_MINUTES;
    return true;
}

bool window_has(const struct config_window *w, int64_t wall_ms)
{
    struct zone_time t;
    int minute, from, to;

    zone_local(zone_find(w->zone), wall_ms, &t);
    if (w->times_count == 0)
        return days_have(w, t.weekday);
    minute = t.hour * 60 + t.minute;
    for (unsigned i = 0; i < w->times_count; i++) {
        if (!span_read(w->times[i], &from, &to))
            continue;
        if (minute >= from && minute < to && days_have(w, t.weekday))
            return true;
        if (minute + DAY_MINUTES < to && days_have(w, (t.weekday + 6) % 7))
            return true;
    }
    return false;
}
