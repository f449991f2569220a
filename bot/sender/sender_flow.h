/*
 * sender_flow: posts that go one after the other: those of one lane with one
 * channel, or one response URL. Edits are a flow beside the channel's posts:
 * their budget is another, which all channels share. And what finds flows: a
 * table by name, a heap by time.
 *
 * Part of sender_lane: pure, one thread.
 */
#ifndef BOT_SENDER_FLOW_H
#define BOT_SENDER_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bot/sender/post.h"

/* Where to: each has connections of its own. */
enum road { ROAD_API, ROAD_URL, ROADS };

struct flow {
    struct flow *next;  /* in a ready list */
    struct flow *chain; /* in the table */
    const char *key;    /* the first post's channel or URL; NULL: alone */
    size_t slot;
    enum post_lane lane;
    enum road road;
    bool edits;                 /* chat.update */
    struct node *first, **last; /* posts, linked by node.next */
    bool flying;                /* the first one is in flight */
    int64_t due;                /* in the heap */
};

#define FLOW_SLOTS 4096

struct flow_table {
    struct flow *slots[FLOW_SLOTS];
};

/* Appends post, whose rule is set, to its flow. New: nobody knew the flow, it
 * has no place yet. */
struct flow *flow_join(struct flow_table *t, struct post *post, bool *is_new);
struct post *flow_first(const struct flow *f);
/* Takes the first post out. */
void flow_drop_first(struct flow *f);
void flow_free(struct flow_table *t, struct flow *f); /* it is empty */

/* Flows by due, then by age of their first post. None may be empty. */
struct flow_heap {
    struct flow **flows;
    size_t len, cap;
};

void flow_heap_push(struct flow_heap *h, struct flow *f);
struct flow *flow_heap_pop(struct flow_heap *h); /* h->len > 0 */

#endif
