/* duration: see duration.h. */
#include "core/base/duration.h"

#include <stddef.h>
#include <string.h>

static int64_t unit_ms(char unit)
{
    switch (unit) {
    case 's':
        return 1000;
    case 'm':
        return 60000;
    case 'h':
        return 3600000;
    case 'd':
        return 86400000;
    case 'w':
        return 7 * 86400000;
    default:
        return 0;
    }
}

/* One number and its unit at *at, which moves behind them; 0: there is none,
 * or it is too long. */
static int64_t part(const char **at)
{
    int64_t n = 0, unit;
    const char *s = *at;

    for (; *s >= '0' && *s <= '9'; s++)
        if ((n = n * 10 + (*s - '0')) > DURATION_MOST)
            return 0;
    unit = unit_ms(*s);
    if (unit == 0 || n > DURATION_MOST / unit)
        return 0;
    *at = s + 1;
    return n * unit;
}

bool duration_parse(const char *text, int64_t *ms)
{
    int64_t sum = 0;

    if (!text || !*text)
        return false;
    if (strspn(text, "0") == strlen(text)) {
        *ms = 0;
        return true;
    }
    while (*text) {
        int64_t n = part(&text);

        sum += n;
        if (n == 0 || sum > DURATION_MOST)
            return false;
    }
    *ms = sum;
    return true;
}
