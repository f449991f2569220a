/*
 * zone: TZif files (RFC 8536). The 64-bit block has what changed until some
 * year, the line behind it the rule that holds from then on (zone_rule.c).
 */
#include "core/base/zone.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/mem.h"
#include "core/base/zone_rule.h"

#define ZONES     "/usr/share/zoneinfo"
#define FILE_MOST 65536
#define HEADER    44

struct change {
    int64_t at; /* seconds since 1970 */
    int offset;
};

struct zone {
    struct zone *next;
    char *name;
    int first; /* offset before the first change */
    struct change *changes;
    size_t count;
    struct zone_rule rule; /* behind the last one */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct zone *known;

/* ---- reading ------------------------------------------------------------- */

static int64_t number(const unsigned char *p, int bytes)
{
    uint64_t n = p[0] & 0x80 ? UINT64_MAX : 0;

    for (int i = 0; i < bytes; i++)
        n = n << 8 | p[i];
    return (int64_t)n;
}

/* What the header says there is of. */
struct counts {
    size_t utc, standard, leaps, times, types, chars;
};

static bool header(const unsigned char *p, size_t len, struct counts *c)
{
    if (len < HEADER || memcmp(p, "TZif", 4) != 0)
        return false;
    *c = (struct counts){
        .utc = (size_t)number(p + 20, 4),
        .standard = (size_t)number(p + 24, 4),
        .leaps = (size_t)number(p + 28, 4),
        .times = (size_t)number(p + 32, 4),
        .types = (size_t)number(p + 36, 4),
        .chars = (size_t)number(p + 40, 4),
    };
    return c->utc <= FILE_MOST && c->standard <= FILE_MOST &&
           c->leaps <= FILE_MOST && c->times <= FILE_MOST && c->types > 0 &&
           c->types <= 256 && c->chars <= FILE_MOST;
}

static size_t body(const struct counts *c, size_t time_bytes)
{
    return c->times * (time_bytes + 1) + c->types * 6 + c->chars +
           c->leaps * (time_bytes + 4) + c->standard + c->utc;
}

static bool changes_read(struct zone *z, const unsigned char *p,
                         const struct counts *c)
{
    const unsigned char *which = p + c->times * 8;
    const unsigned char *types = which + c->times;

    z->first = (int)number(types, 4);
    z->changes = xcalloc(c->times + 1, sizeof *z->changes);
    for (size_t i = 0; i < c->times; i++) {
        if (which[i] >= c->types)
            return false;
        z->changes[z->count++] = (struct change){
            .at = number(p + i * 8, 8),
            .offset = (int)number(types + which[i] * 6, 4),
        };
    }
    return true;
}

/* "\nCET-1CEST,M3.5.0,M10.5.0/3\n" */
static bool rule_read(struct zone *z, const char *p, size_t len)
{
    const char *end = len > 1 ? memchr(p + 1, '\n', len - 1) : NULL;
    char *text;
    bool ok;

    if (!end || *p != '\n')
        return false;
    if (end == p + 1)
        return true;
    text = xstrndup(p + 1, (size_t)(end - p - 1));
    ok = zone_rule_read(&z->rule, text);
    free(text);
    return ok;
}

static bool data_read(struct zone *z, const char *data, size_t len)
{
    const unsigned char *p = (const unsigned char *)data;
    struct counts c;
    size_t skip;

    if (!header(p, len, &c) || p[4] < '2')
        return false;
    skip = HEADER + body(&c, 4);
    if (skip > len || !header(p + skip, len - skip, &c))
        return false;
    skip += HEADER;
    if (body(&c, 8) >= len - skip || !changes_read(z, p + skip, &c))
        return false;
    skip += body(&c, 8);
    return rule_read(z, data + skip, len - skip);
}

/* A name that stays where the zones are. */
static bool plain(const char *name)
{
    return *name && *name != '/' && !strstr(name, "..") &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                        "0123456789+-_/") == strlen(name);
}

static void zone_free(struct zone *z)
{
    free(z->name);
    free(z->changes);
    free(z);
}

static struct zone *zone_read(const char *name)
{
    char *path = xasprintf(ZONES "/%s", name);
    char *data = xmalloc(FILE_MOST);
    struct zone *z = xcalloc(1, sizeof *z);
    FILE *file = fopen(path, "re");
    size_t len = file ? fread(data, 1, FILE_MOST, file) : 0;

    if (file)
        fclose(file);
    z->name = xstrdup(name);
    if (!data_read(z, data, len)) {
        zone_free(z);
        z = NULL;
    }
    free(data);
    free(path);
    return z;
}

static const struct zone utc = { .name = NULL };

const struct zone *zone_find(const char *name)
{
    struct zone *z;

    if (!name || strcmp(name, "UTC") == 0)
        return &utc;
    if (!plain(name))
        return NULL;
    pthread_mutex_lock(&lock);
    for (z = known; z && strcmp(z->name, name) != 0; z = z->next)
        ;
    if (!z && (z = zone_read(name)) != NULL) {
        z->next = known;
        known = z;
    }
    pthread_mutex_unlock(&lock);
    return z;
}

/* ---- asking -------------------------------------------------------------- */

static int offset_at(const struct zone *z, int64_t at)
{
    size_t low = 0, high = z->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (z->changes[middle].at <= at)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == z->count && z->rule.given)
        return zone_rule_offset(&z->rule, at);
    return low == 0 ? z->first : z->changes[low - 1].offset;
}

static int64_t seconds_of(int64_t wall_ms)
{
    return wall_ms >= 0 ? wall_ms / 1000 : -((999 - wall_ms) / 1000);
}

void zone_local(const struct zone *zone, int64_t wall_ms, struct zone_time *out)
{
    int64_t at = seconds_of(wall_ms);
    int offset = zone ? offset_at(zone, at) : 0;
    time_t t = (time_t)(at + offset);
    struct tm tm;

    gmtime_r(&t, &tm);
    *out = (struct zone_time){
        .year = tm.tm_year + 1900,
        .month = tm.tm_mon + 1,
        .day = tm.tm_mday,
        .hour = tm.tm_hour,
        .minute = tm.tm_min,
        .second = tm.tm_sec,
        .weekday = tm.tm_wday,
        .offset = offset,
    };
}

int64_t zone_moment(const struct zone *zone, int year, int month, int day,
                    int hour, int minute)
{
    struct tm tm = { .tm_year = year - 1900,
                     .tm_mon = month - 1,
                     .tm_mday = day,
                     .tm_hour = hour,
                     .tm_min = minute };
    int64_t there = (int64_t)timegm(&tm);
    int before, after;

    if (!zone)
        return there * 1000;
    /* A clock is not put twice within two days. With what held before: the
     * first of two, and past what was left out. */
    before = offset_at(zone, there - 86400);
    after = offset_at(zone, there + 86400);
    if (offset_at(zone, there - before) == before)
        return (there - before) * 1000;
    if (offset_at(zone, there - after) == after)
        return (there - after) * 1000;
    return (there - before) * 1000;
}
