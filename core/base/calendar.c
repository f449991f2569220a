/* calendar: see calendar.h. */
#include "core/base/calendar.h"

#include <string.h>

/* The number that n digits at s make; -1: they are no digits. */
static int number(const char *s, size_t n)
{
    int value = 0;

    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        value = value * 10 + (s[i] - '0');
    }
    return value;
}

bool calendar_clock(const char *s, int *minutes)
{
    int hour = number(s, 2), minute;

    if (hour < 0 || s[2] != ':')
        return false;
    minute = number(s + 3, 2);
    if (minute < 0 || minute > 59 || hour * 60 + minute > 24 * 60)
        return false;
    *minutes = hour * 60 + minute;
    return true;
}

int calendar_weekday(const char *s)
{
    static const char *const names[] = { "sun", "mon", "tue", "wed",
                                         "thu", "fri", "sat" };

    for (int i = 0; i < 7; i++)
        if (strncmp(s, names[i], CALENDAR_DAY) == 0)
            return i;
    return -1;
}

static int days_of(int year, int month)
{
    static const int days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

bool calendar_date(const char *s, int *year, int *month, int *day)
{
    int y, m, d;

    if (strlen(s) != 10 || s[4] != '-' || s[7] != '-')
        return false;
    y = number(s, 4);
    m = number(s + 5, 2);
    d = number(s + 8, 2);
    if (y < 2000 || m < 1 || m > 12 || d < 1 || d > days_of(y, m))
        return false;
    *year = y;
    *month = m;
    *day = d;
    return true;
}
