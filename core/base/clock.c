#include "core/base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static int64_t now_us(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_mono_ms(void)
{
    return now_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_mono_us(void)
{
    return now_us(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void)
{
    return now_us(CLOCK_REALTIME) / 1000;
}

void clock_rest(int64_t ms)
{
    struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

const char *clock_rfc3339(int64_t wall_ms, char out[CLOCK_TEXT])
{
    int64_t ms = wall_ms < 0 ? 0 : wall_ms < CLOCK_LAST ? wall_ms : CLOCK_LAST;
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    size_t n;

    gmtime_r(&seconds, &tm);
    n = strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, CLOCK_TEXT - n, ".%03dZ", (int)(ms % 1000));
    return out;
}

/* ".301207": the first three digits. Moves *s past it. */
static int64_t read_fraction(const char **s)
{
    int64_t ms = 0, unit = 100;

    if (**s != '.')
        return 0;
    for (++*s; **s >= '0' && **s <= '9'; ++*s, unit /= 10)
        ms += (**s - '0') * unit;
    return ms;
}

int64_t clock_read(const char *text)
{
    struct tm tm = { 0 };
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    int64_t seconds, ms;

    if (!rest)
        rest = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);
    if (!rest)
        return 0;
    ms = read_fraction(&rest);
    seconds = timegm(&tm);
    rest = strptime(rest, "%z", &tm);
    if (!rest || *rest)
        return 0;
    return (seconds - tm.tm_gmtoff) * 1000 + ms;
}

const char *clock_age(int64_t ms, char out[CLOCK_TEXT])
{
    int64_t s = ms < 0 ? 0 : ms / 1000;

    if (s < 60)
        snprintf(out, CLOCK_TEXT, "%d s", (int)s);
    else if (s < 3600)
        snprintf(out, CLOCK_TEXT, "%d m", (int)(s / 60));
    else if (s < 86400)
        snprintf(out, CLOCK_TEXT, "%d h %d m", (int)(s / 3600),
                 (int)(s % 3600 / 60));
    else
        snprintf(out, CLOCK_TEXT, "%lld d %d h", (long long)(s / 86400),
                 (int)(s % 86400 / 3600));
    return out;
}
