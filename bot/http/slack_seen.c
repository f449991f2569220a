#include "bot/http/slack_seen.h"

#include <stdbool.h>
#include <stdlib.h>

#include "core/base/mem.h"

#define BUCKETS 65536

struct seen_table {
    struct seen ring[SEEN_MOST];
    size_t at; /* the next to be used: the oldest */
    struct seen *buckets[BUCKETS];
};

struct seen_table *seen_new(void)
{
    return xcalloc(1, sizeof(struct seen_table));
}

void seen_free(struct seen_table *t)
{
    free(t);
}

static uint64_t hex16(const char *text)
{
    uint64_t n = 0;

    for (int i = 0; i < 16; i++)
        n = n << 4 |
            (uint64_t)(text[i] <= '9' ? text[i] - '0' : text[i] - 'a' + 10);
    return n;
}

/* What was never in use is in no bucket: its key is that of none. */
static void unlink_entry(struct seen_table *t, const struct seen *entry)
{
    struct seen **at = &t->buckets[entry->key[0] % BUCKETS];

    while (*at && *at != entry)
        at = &(*at)->next;
    if (*at)
        *at = entry->next;
}

static struct seen *find(struct seen_table *t, const uint64_t key[2])
{
    struct seen *e = t->buckets[key[0] % BUCKETS];

    while (e && (e->key[0] != key[0] || e->key[1] != key[1]))
        e = e->next;
    return e;
}

static struct seen *add(struct seen_table *t, const uint64_t key[2])
{
    struct seen *e = &t->ring[t->at];

    t->at = (t->at + 1) % SEEN_MOST;
    unlink_entry(t, e);
    *e = (struct seen){ .key = { key[0], key[1] },
                        .next = t->buckets[key[0] % BUCKETS] };
    t->buckets[key[0] % BUCKETS] = e;
    return e;
}

enum seen_state seen_look(struct seen_table *t, const char *signature,
                          uint64_t who, int64_t now, struct seen **entry)
{
    uint64_t key[2] = { hex16(signature + 3), hex16(signature + 19) };
    struct seen *e = find(t, key);

    if (e && e->state != SEEN_FREE && now - e->at < SEEN_MS) {
        *entry = e;
        return e->state;
    }
    if (!e)
        e = add(t, key);
    e->who = who;
    e->at = now;
    e->state = SEEN_PENDING;
    *entry = e;
    return SEEN_FREE;
}

void seen_conclude(struct seen *entry, uint64_t who, enum seen_state state)
{
    if (entry->who == who)
        entry->state = state;
}
