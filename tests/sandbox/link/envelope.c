/*
 * envelope: see envelope.h.
 */
#include "tests/sandbox/link/envelope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* Over, oldest first. */
struct history {
    struct envelope *oldest;
    struct envelope *newest;
    size_t count;
};

struct envelopes {
    struct envelope **buckets;
    size_t bucket_count; /* a power of two */
    size_t count;
    struct history people;
    struct history load;
};

static uint64_t hash(const char *id, size_t len)
{
    uint64_t h = 14695981039346656037U;

    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)id[i]) * 1099511628211U;
    return h ^ h >> 29;
}

static struct envelope **bucket(const struct envelopes *all, const char *id,
                                size_t len)
{
    return &all->buckets[hash(id, len) & (all->bucket_count - 1)];
}

struct envelopes *envelopes_new(void)
{
    struct envelopes *all = xcalloc(1, sizeof(*all));

    all->bucket_count = 4096;
    all->buckets = xcalloc(all->bucket_count, sizeof(*all->buckets));
    return all;
}

static void envelope_free(struct envelope *e)
{
    free(e->interaction);
    json_decref(e->payload);
    json_decref(e->answer);
    free(e);
}

void envelopes_free(struct envelopes *all, struct loop *loop)
{
    if (!all)
        return;
    for (size_t i = 0; i < all->bucket_count; i++) {
        while (all->buckets[i]) {
            struct envelope *e = all->buckets[i];

            all->buckets[i] = e->next_in_bucket;
            timer_stop(loop, &e->timer);
            envelope_free(e);
        }
    }
    free(all->buckets);
    free(all);
}

static void grow(struct envelopes *all)
{
    struct envelope **old = all->buckets;
    size_t count = all->bucket_count;

    all->bucket_count *= 2;
    all->buckets = xcalloc(all->bucket_count, sizeof(*all->buckets));
    for (size_t i = 0; i < count; i++) {
        while (old[i]) {
            struct envelope *e = old[i];
            struct envelope **to = bucket(all, e->id, strlen(e->id));

            old[i] = e->next_in_bucket;
            e->next_in_bucket = *to;
            *to = e;
        }
    }
    free(old);
}

struct envelope *envelope_new(struct envelopes *all, const char *id)
{
    struct envelope *e = xcalloc(1, sizeof(*e));
    struct envelope **to;

    if (all->count >= all->bucket_count)
        grow(all);
    snprintf(e->id, sizeof(e->id), "%s", id);
    e->kept = true;
    e->timer.arg = e;
    to = bucket(all, e->id, strlen(e->id));
    e->next_in_bucket = *to;
    *to = e;
    all->count++;
    return e;
}

struct envelope *envelope_find(const struct envelopes *all, const char *id,
                               size_t len)
{
    struct envelope *e = *bucket(all, id, len);

    while (e && (strncmp(e->id, id, len) != 0 || e->id[len] != '\0'))
        e = e->next_in_bucket;
    return e;
}

static void forget(struct envelopes *all, struct envelope *e)
{
    struct envelope **at = bucket(all, e->id, strlen(e->id));

    while (*at != e)
        at = &(*at)->next_in_bucket;
    *at = e->next_in_bucket;
    all->count--;
    e->kept = false;
    if (!e->holds)
        envelope_free(e);
}

void envelope_retire(struct envelopes *all, struct envelope *e)
{
    struct history *h = e->has_load ? &all->load : &all->people;
    struct envelope *oldest = h->oldest;

    if (h->newest)
        h->newest->newer = e;
    else
        h->oldest = e;
    h->newest = e;
    if (++h->count <= ENVELOPES_KEPT)
        return;
    h->count--;
    h->oldest = oldest->newer;
    forget(all, oldest);
}

void envelope_hold(struct envelope *e)
{
    e->holds++;
}

void envelope_release(struct envelope *e)
{
    if (--e->holds)
        return;
    json_decref(e->answer);
    e->answer = NULL;
    if (!e->kept)
        envelope_free(e);
}

const char *envelope_type(enum envelope_kind kind)
{
    switch (kind) {
    case ENV_EVENT:
        return "events_api";
    case ENV_INTERACTIVE:
        return "interactive";
    case ENV_COMMAND:
        return "slash_commands";
    }
    return "";
}

static json_t *envelope_json(const struct envelope *e)
{
    json_t *json =
        json_pack("{ss ss sI sn sb}", "envelope_id", e->id, "kind",
                  envelope_type(e->kind), "sent", (json_int_t)e->sent_ms,
                  "acked_ms", "payload", e->had_payload);

    if (e->acked_us)
        json_object_set_new(
            json, "acked_ms",
            json_real((double)(e->acked_us - e->sent_us) / 1000));
    if (e->kind == ENV_EVENT)
        json_object_set_new(json, "attempt", json_integer(e->attempt));
    if (e->error)
        json_object_set_new(json, "error", json_string(e->error));
    if (e->status)
        json_object_set_new(json, "status", json_integer(e->status));
    return json;
}

json_t *envelopes_json(const struct envelopes *all)
{
    json_t *list = json_array();

    for (struct envelope *e = all->people.oldest; e; e = e->newer)
        json_array_append_new(list, envelope_json(e));
    for (size_t i = 0; i < all->bucket_count; i++)
        for (struct envelope *e = all->buckets[i]; e; e = e->next_in_bucket)
            if (!e->has_load && e->state <= ENVELOPE_SENT)
                json_array_append_new(list, envelope_json(e));
    for (struct envelope *e = all->load.oldest; e; e = e->newer)
        json_array_append_new(list, envelope_json(e));
    return list;
}
