/*
 * values: what a word of a command line says: a number, a time.
 * Declared in args.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "commands/args.h"
#include "core/base/duration.h"

bool args_number(const char *text, long min, long max, long *out,
                 struct err *err)
{
    char *end;

    errno = 0;
    *out = strtol(text, &end, 10);
    if (end == text || *end || errno || *out < min || *out > max)
        return err_set(err, ERR_USER,
                       "`%.40s` is not a whole number from %ld to %ld.", text,
                       min, max);
    return true;
}

static bool read_moment(const char *text, int64_t *at)
{
    static const char *const forms[] = { "%Y-%m-%d", "%Y-%m-%dT%H:%M",
                                         "%Y-%m-%dT%H:%M:%S" };

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct tm tm = { 0 };
        const char *end = strptime(text, forms[i], &tm);

        if (end && *end == 'Z' && i > 0)
            end++;
        if (end && !*end) {
            *at = (int64_t)timegm(&tm) * 1000;
            return true;
        }
    }
    return false;
}

bool args_since(const char *text, int64_t now, int64_t *ago_ms, struct err *err)
{
    int64_t at;

    if (duration_parse(text, ago_ms) && *ago_ms > 0)
        return true;
    if (!read_moment(text, &at))
        return err_set(err, ERR_USER,
                       "`%.40s` is not a time. Say how long ago (`45s`, `30m`, "
                       "`2h`, `7d`) or since when in UTC (`2026-11-20`, "
                       "`2026-11-20T14:00`).",
                       text);
    if (at > now)
        return err_set(err, ERR_USER, "`%.40s` is in the future.", text);
    *ago_ms = now - at;
    return true;
}
