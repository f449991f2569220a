/*
 * entry: what stream ids and fields say. Pure, any thread.
 */
#include "core/ops/entry.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

/* Before 2001 ids are counters that somebody made up. */
#define FIRST_TIME INT64_C(1000000000000)
#define DAY_MS     INT64_C(86400000)
#define KEY_BYTES  256

static bool parse_half(const char *s, const char **end, uint64_t *out)
{
    size_t digits = strspn(s, "0123456789");

    if (digits == 0 || digits > 20)
        return false;
    errno = 0;
    *out = strtoull(s, NULL, 10);
    *end = s + digits;
    return errno == 0;
}

bool entry_id_parse(const char *text, char out[ENTRY_ID])
{
    const char *at;
    uint64_t ms, seq;

    if (!parse_half(text, &at, &ms) || *at != '-' ||
        !parse_half(at + 1, &at, &seq) || *at != '\0')
        return false;
    snprintf(out, ENTRY_ID, "%" PRIu64 "-%" PRIu64, ms, seq);
    return true;
}

int64_t entry_ms(const char *id)
{
    uint64_t ms = strtoull(id, NULL, 10);

    return ms > INT64_MAX ? INT64_MAX : (int64_t)ms;
}

int entry_id_compare(const char *a, const char *b)
{
    char *x, *y;
    uint64_t ma = strtoull(a, &x, 10), mb = strtoull(b, &y, 10);

    if (ma == mb && *x == '-' && *y == '-') {
        ma = strtoull(x + 1, NULL, 10);
        mb = strtoull(y + 1, NULL, 10);
    }
    return ma < mb ? -1 : ma > mb;
}

static int by_age(const void *a, const void *b)
{
    return entry_id_compare(*(char *const *)a, *(char *const *)b);
}

size_t entry_ids_sort(char **ids, size_t count)
{
    size_t kept = 0;

    qsort(ids, count, sizeof *ids, by_age);
    for (size_t i = 0; i < count; i++)
        if (kept > 0 && strcmp(ids[kept - 1], ids[i]) == 0)
            free(ids[i]);
        else
            ids[kept++] = ids[i];
    return kept;
}

int64_t entry_age(const char *id, int64_t now)
{
    int64_t at = strtoll(id, NULL, 10);

    if (at < FIRST_TIME || at > now + DAY_MS)
        return -1;
    return at < now ? now - at : 0;
}

char *entry_text(const struct reply *value, size_t max)
{
    size_t len = reply_len(value);

    return text_repair(reply_str(value), len < max ? len : max);
}

bool entry_key_fit(const struct reply *key, const char *prefix)
{
    const char *s = reply_str(key);
    size_t len = reply_len(key);

    if (len == 0 || len > KEY_BYTES || memchr(s, '\0', len))
        return false;
    return text_valid(s, len) && strncmp(s, prefix, strlen(prefix)) != 0;
}
