/*
 * Two containers: a hash table to find the flow of a channel or URL, and a
 * binary heap of the flows that wait for a moment.
 */
#include "bot/sender/sender_flow.h"

#include <stdlib.h>
#include <string.h>

#include "bot/sender/sender_rule.h"
#include "core/base/mem.h"
#include "core/base/text.h"

/* ---- the heap of waiting flows ------------------------------------------ */

static bool before(const struct flow *a, const struct flow *b)
{
    if (a->due != b->due)
        return a->due < b->due;
    return flow_first(a)->started < flow_first(b)->started;
}

static void heap_swap(struct flow_heap *h, size_t a, size_t b)
{
    struct flow *f = h->flows[a];

    h->flows[a] = h->flows[b];
    h->flows[b] = f;
}

void flow_heap_push(struct flow_heap *h, struct flow *f)
{
    size_t i = h->len++;

    if (h->len > h->cap) {
        h->cap = h->cap ? h->cap * 2 : 64;
        h->flows = xrealloc(h->flows, h->cap * sizeof(struct flow *));
    }
    h->flows[i] = f;
    for (; i > 0 && before(h->flows[i], h->flows[(i - 1) / 2]); i = (i - 1) / 2)
        heap_swap(h, i, (i - 1) / 2);
}

struct flow *flow_heap_pop(struct flow_heap *h)
{
    struct flow *top = h->flows[0];
    size_t i = 0;

    h->flows[0] = h->flows[--h->len];
    for (;;) {
        size_t least = i, child = 2 * i + 1;

        for (size_t c = child; c < child + 2 && c < h->len; c++)
            if (before(h->flows[c], h->flows[least]))
                least = c;
        if (least == i)
            return top;
        heap_swap(h, i, least);
        i = least;
    }
}

/* ---- flows ---------------------------------------------------------------- */

static const char *key_of(const struct post *post)
{
    return post->url ? post->url : post->channel;
}

static size_t slot_of(const char *key, enum post_lane lane)
{
    return (text_hash(key) ^ (uint32_t)lane) % FLOW_SLOTS;
}

static bool is_edit(const struct post *post)
{
    return (post->rule->flags & CALL_EDIT) != 0;
}

static struct flow *flow_find(const struct flow_table *t,
                              const struct post *post)
{
    enum road road = post->url ? ROAD_URL : ROAD_API;
    const char *key = key_of(post);
    struct flow *f = key ? t->slots[slot_of(key, post->lane)] : NULL;

    while (f && (f->lane != post->lane || f->road != road ||
                 f->edits != is_edit(post) || strcmp(f->key, key) != 0))
        f = f->chain;
    return f;
}

static struct flow *flow_new(struct flow_table *t, const struct post *post)
{
    struct flow *f = xcalloc(1, sizeof *f);

    f->lane = post->lane;
    f->road = post->url ? ROAD_URL : ROAD_API;
    f->edits = is_edit(post);
    f->last = &f->first;
    f->key = key_of(post);
    if (f->key) {
        f->slot = slot_of(f->key, f->lane);
        f->chain = t->slots[f->slot];
        t->slots[f->slot] = f;
    }
    return f;
}

void flow_free(struct flow_table *t, struct flow *f)
{
    struct flow **at;

    if (f->key) {
        for (at = &t->slots[f->slot]; *at != f; at = &(*at)->chain)
            ;
        *at = f->chain;
    }
    free(f);
}

struct flow *flow_join(struct flow_table *t, struct post *post, bool *is_new)
{
    struct flow *f = flow_find(t, post);

    *is_new = !f;
    if (!f)
        f = flow_new(t, post);
    post->flow = f;
    post->node.next = NULL;
    *f->last = &post->node;
    f->last = &post->node.next;
    return f;
}

struct post *flow_first(const struct flow *f)
{
    return (struct post *)f->first;
}

void flow_drop_first(struct flow *f)
{
    f->first = f->first->next;
    if (!f->first)
        f->last = &f->first;
    else if (f->key)
        f->key = key_of(flow_first(f)); /* the other goes away */
}
