#include "bot/flow/inflight.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

#define BUCKETS 16384 /* twice the envelopes that can be in flight */

struct known {
    struct known *next;
    bool marked;
    char id[];
};

struct inflight {
    struct known *buckets[BUCKETS];
    size_t count;
};

/* FNV-1a. Ids come from Slack, or from whoever holds its tokens. */
static size_t bucket_of(const char *id)
{
    uint64_t h = 14695981039346656037u;

    for (; *id; id++)
        h = (h ^ (unsigned char)*id) * 1099511628211u;
    return h % BUCKETS;
}

static struct known **find(struct inflight *set, const char *id)
{
    struct known **at = &set->buckets[bucket_of(id)];

    while (*at && strcmp((*at)->id, id) != 0)
        at = &(*at)->next;
    return at;
}

struct inflight *inflight_new(void)
{
    return xcalloc(1, sizeof(struct inflight));
}

void inflight_free(struct inflight *set)
{
    struct known *next;

    if (!set)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct known *k = set->buckets[i]; k; k = next) {
            next = k->next;
            free(k);
        }
    }
    free(set);
}

bool inflight_add(struct inflight *set, const char *id)
{
    struct known **at = find(set, id);
    size_t size = strlen(id) + 1;

    if (*at)
        return false;
    *at = xmalloc(sizeof **at + size);
    (*at)->next = NULL;
    (*at)->marked = false;
    memcpy((*at)->id, id, size);
    set->count++;
    return true;
}

void inflight_mark(struct inflight *set, const char *id)
{
    struct known *known = *find(set, id);

    if (known)
        known->marked = true;
}

bool inflight_marked(struct inflight *set, const char *id)
{
    const struct known *known = *find(set, id);

    return known && known->marked;
}

void inflight_remove(struct inflight *set, const char *id)
{
    struct known **at = find(set, id), *gone = *at;

    if (!gone)
        return;
    *at = gone->next;
    free(gone);
    set->count--;
}

size_t inflight_count(const struct inflight *set)
{
    return set->count;
}
