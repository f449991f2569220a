#include "core/base/zone_rule.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- reading: each moves *p past what it has read --------------------------- */

static bool name_read(const char **p)
{
    const char *s = *p;

    if (*s == '<') {
        s = strchr(s, '>');
        if (!s)
            return false;
        *p = s + 1;
        return true;
    }
    while (isalpha((unsigned char)*s))
        s++;
    if (s - *p < 3)
        return false;
    *p = s;
    return true;
}

static bool number_read(const char **p, int most, int *out)
{
    char *end;
    long n;

    if (!isdigit((unsigned char)**p))
        return false;
    n = strtol(*p, &end, 10);
    if (n > most)
        return false;
    *out = (int)n;
    *p = end;
    return true;
}

/* "-3", "5:30", "167:00:00": seconds. */
static bool time_read(const char **p, int *out)
{
    int sign = 1, hours, minutes = 0, seconds = 0;

    if (**p == '-' || **p == '+')
        sign = *(*p)++ == '-' ? -1 : 1;
    if (!number_read(p, 167, &hours))
        return false;
    if (**p == ':' && (++*p, !number_read(p, 59, &minutes)))
        return false;
    if (**p == ':' && (++*p, !number_read(p, 59, &seconds)))
        return false;
    *out = sign * (hours * 3600 + minutes * 60 + seconds);
    return true;
}

static bool expect(const char **p, char c)
{
    if (**p != c)
        return false;
    ++*p;
    return true;
}

/* ",M3.5.0/2" */
static bool day_read(const char **p, struct zone_day *out)
{
    out->seconds = 7200;
    if (!expect(p, ','))
        return false;
    out->kind = **p == 'M' || **p == 'J' ? *(*p)++ : '0';
    if (out->kind == 'M') {
        if (!number_read(p, 12, &out->month) || out->month < 1 ||
            !expect(p, '.') || !number_read(p, 5, &out->week) ||
            out->week < 1 || !expect(p, '.') || !number_read(p, 6, &out->day))
            return false;
    } else if (!number_read(p, 365, &out->day)) {
        return false;
    }
    return **p != '/' || (++*p, time_read(p, &out->seconds));
}

bool zone_rule_read(struct zone_rule *out, const char *text)
{
    const char *p = text;
    int west;

    *out = (struct zone_rule){ .given = true };
    if (!name_read(&p) || !time_read(&p, &west))
        return false;
    out->standard = out->summer = -west;
    if (!*p)
        return true;
    if (!name_read(&p))
        return false;
    out->summer = out->standard + 3600;
    if (*p != ',') {
        if (!time_read(&p, &west))
            return false;
        out->summer = -west;
    }
    return day_read(&p, &out->begins) && day_read(&p, &out->ends) && !*p;
}

/* ---- asking ----------------------------------------------------------------- */

/* Midnight of a day, as if there were no zones. */
static int64_t midnight(int year, int month, int day)
{
    struct tm tm = { .tm_year = year - 1900,
                     .tm_mon = month - 1,
                     .tm_mday = day };

    return (int64_t)timegm(&tm);
}

static bool leaps(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* When it is, by the clocks of before. */
static int64_t day_of(const struct zone_day *d, int year)
{
    int64_t first, next;
    int weekday, day;

    if (d->kind == 'J')
        day = d->day + (leaps(year) && d->day > 59 ? 1 : 0);
    else
        day = d->day + 1;
    if (d->kind != 'M')
        return midnight(year, 1, day) + d->seconds;
    first = midnight(year, d->month, 1);
    next = midnight(year, d->month + 1, 1);
    weekday = (int)((first / 86400 % 7 + 7 + 4) % 7);
    first += (int64_t)((d->day - weekday + 7) % 7 + (d->week - 1) * 7) * 86400;
    return (first >= next ? first - 7 * 86400 : first) + d->seconds;
}

int zone_rule_offset(const struct zone_rule *rule, int64_t at)
{
    time_t there = (time_t)(at + rule->standard);
    int64_t begins, ends;
    struct tm tm;
    bool summer;

    if (rule->standard == rule->summer)
        return rule->standard;
    gmtime_r(&there, &tm);
    begins = day_of(&rule->begins, tm.tm_year + 1900) - rule->standard;
    ends = day_of(&rule->ends, tm.tm_year + 1900) - rule->summer;
    /* In the south summer has the turn of the year in it. */
    summer =
        begins < ends ? at >= begins && at < ends : at >= begins || at < ends;
    return summer ? rule->summer : rule->standard;
}
