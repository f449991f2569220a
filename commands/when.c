/* when: see when.h. */
#include "commands/when.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/base/duration.h"
#include "core/base/mem.h"
#include "core/base/zone.h"

#define MINUTE_MS INT64_C(60000)

/* ---- where ----------------------------------------------------------------- */

/* A zone, or so many minutes east of UTC. */
struct place {
    const struct zone *zone; /* NULL: offset */
    int offset;
};

/* n digits; -1: they are not there. */
static int digits(const char *s, size_t n)
{
    int value = 0;

    if (strspn(s, "0123456789") < n)
        return -1;
    while (n-- > 0)
        value = value * 10 + *s++ - '0';
    return value;
}

/* "+02:00", "-0530", "+2". */
static bool offset_read(const char *s, int *minutes)
{
    int sign = *s == '-' ? -1 : 1, hours, rest = 0;
    size_t n;

    if (*s != '+' && *s != '-')
        return false;
    n = strspn(++s, "0123456789");
    if (n != 1 && n != 2 && n != 4)
        return false;
    hours = digits(s, n == 1 ? 1 : 2);
    s += n == 4 ? 2 : n;
    if (n == 4 || *s == ':') {
        s += n != 4;
        rest = digits(s, 2);
        s += rest < 0 ? 0 : 2;
    }
    *minutes = sign * (hours * 60 + rest);
    return !*s && hours <= 14 && rest >= 0 && rest < 60;
}

static bool is_utc(const char *name)
{
    return strcasecmp(name, "Z") == 0 || strcasecmp(name, "UTC") == 0 ||
           strcasecmp(name, "GMT") == 0;
}

static bool place_read(const char *name, struct place *out)
{
    *out = (struct place){ .zone = NULL };
    if (is_utc(name))
        out->zone = zone_find("UTC");
    else if (strchr(name, '/')) /* not "Cuba": it may be the next word */
        out->zone = zone_find(name);
    return out->zone || offset_read(name, &out->offset);
}

static int64_t moment_in(const struct place *place, const struct zone_time *t)
{
    return zone_moment(place->zone, t->year, t->month, t->day, t->hour,
                       t->minute) -
           (place->zone ? 0 : place->offset * MINUTE_MS) +
           t->second * INT64_C(1000);
}

static void today_in(const struct place *place, int64_t now,
                     struct zone_time *out)
{
    zone_local(place->zone, now + (place->zone ? 0 : place->offset * MINUTE_MS),
               out);
}

/* ---- what its clock shows -------------------------------------------------- */

/* *rest: what follows. dated: not a clock alone. */
static bool wall_read(const char *text, struct zone_time *out, bool *dated,
                      const char **rest)
{
    static const char *const forms[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M",
                                         "%Y-%m-%d", "%H:%M" };
    const size_t n = sizeof forms / sizeof *forms;

    for (size_t i = 0; i < n; i++) {
        struct tm tm = { 0 };

        *rest = strptime(text, forms[i], &tm);
        if (!*rest)
            continue;
        *out = (struct zone_time){ .year = tm.tm_year + 1900,
                                   .month = tm.tm_mon + 1,
                                   .day = tm.tm_mday,
                                   .hour = tm.tm_hour,
                                   .minute = tm.tm_min,
                                   .second = tm.tm_sec };
        *dated = i + 1 < n;
        return true;
    }
    return false;
}

/* The clock was put back: it shows the same once more. */
static int64_t once_more(const struct place *place, const struct zone_time *t,
                         int64_t first, int64_t now)
{
    for (int minutes = 30; place->zone && minutes <= 120; minutes += 30) {
        int64_t at = first + minutes * MINUTE_MS;
        struct zone_time there;

        zone_local(place->zone, at, &there);
        if (at > now && there.hour == t->hour && there.minute == t->minute)
            return at;
    }
    return first;
}

static int64_t next_clock(const struct place *place, struct zone_time *t,
                          int64_t now)
{
    struct zone_time today;
    int64_t at;

    today_in(place, now, &today);
    t->year = today.year;
    t->month = today.month;
    t->day = today.day;
    at = moment_in(place, t);
    if (at <= now)
        at = once_more(place, t, at, now);
    if (at > now)
        return at;
    t->day++;
    return moment_in(place, t);
}

/* "18:00", "18:00Z", "18:00+02:00", "18:00 Europe/Berlin". */
static bool moment_read(const char *text, const struct when_how *how,
                        struct when *out)
{
    const char *zone = how->zone, *rest;
    struct place place = { .zone = zone_find(zone) };
    struct zone_time t;
    bool dated;

    if (!wall_read(text, &t, &dated, &rest))
        return false;
    out->said = *rest != '\0';
    if (out->said) {
        if (!place_read(rest + strspn(rest, " "), &place))
            return false;
        zone =
            is_utc(rest + strspn(rest, " ")) ? "UTC" : rest + strspn(rest, " ");
    }
    snprintf(out->zone, sizeof out->zone, "%s", zone);
    out->at = dated ? moment_in(&place, &t) : next_clock(&place, &t, how->now);
    if (dated && out->at <= how->now)
        out->at = once_more(&place, &t, out->at, how->now);
    return true;
}

struct when_how when_how(const struct call *call)
{
    const char *zone = call->config->alerts.zone;

    return (struct when_how){ .zone = zone ? zone : "UTC", .now = call->now };
}

/* ---- texts ----------------------------------------------------------------- */

static bool no_time(const char *text, const struct when_how *how,
                    const char *lengths, struct err *err)
{
    return err_set(err, ERR_USER,
                   "`%.40s` is not a time. Say %s`14:00` or `2026-11-20T14:00` "
                   "(%s), or with a zone: `14:00 UTC`, `14:00 Europe/Berlin`, "
                   "`14:00+02:00`.",
                   text, lengths, how->zone);
}

bool when_until(const char *text, const struct when_how *how, struct when *out,
                struct err *err)
{
    int64_t ms;

    *out = (struct when){ .said = false };
    if (duration_parse(text, &ms))
        out->at = how->now + ms;
    else if (!moment_read(text, how, out))
        return no_time(text, how,
                       "how long (`1h`, `90m`, `2d`), or until when: ", err);
    return out->at > how->now ||
           err_set(err, ERR_USER, "`%.40s` is over already%s%s.", text,
                   out->zone[0] ? " in " : "", out->zone);
}

bool when_moment(const char *text, const struct when_how *how, struct when *out,
                 struct err *err)
{
    *out = (struct when){ .said = false };
    return moment_read(text, how, out) || no_time(text, how, "", err);
}

/* ---- words ----------------------------------------------------------------- */

/* Names of several places at once, and of none for certain. */
static bool is_short_name(const char *word)
{
    static const char *const names[] = {
        "CET", "CEST", "EET", "EEST", "WET",  "WEST", "BST",
        "IST", "MSK",  "EST", "EDT",  "CST",  "CDT",  "MST",
        "MDT", "PST",  "PDT", "JST",  "AEST", "AEDT"
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(word, names[i]) == 0)
            return true;
    return false;
}

/* "Europe/…", whatever follows. */
static bool has_area(const char *word)
{
    static const char *const areas[] = {
        "Africa/",    "America/",  "Antarctica/", "Arctic/",
        "Asia/",      "Atlantic/", "Etc/",        "Europe/",
        "Australia/", "Pacific/",  "Indian/",
    };

    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
        if (strncasecmp(word, areas[i], strlen(areas[i])) == 0)
            return true;
    return false;
}

static bool is_place(const char *word)
{
    struct place place;

    return is_short_name(word) || has_area(word) || place_read(word, &place);
}

char *when_words(const struct args *args, size_t i, size_t *used)
{
    const char *word = args_word(args, i), *next = args_word(args, i + 1),
               *rest;
    struct zone_time t;
    bool dated;

    *used = *word ? 1 : 0;
    if (!*next || !wall_read(word, &t, &dated, &rest) || *rest ||
        !is_place(next))
        return xstrdup(word);
    *used = 2;
    return xasprintf("%s %s", word, next);
}
