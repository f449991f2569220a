/*
 * queue: the only way threads give each other work.
 *
 * An intrusive first-in first-out list with a bound in entries and in bytes.
 * Full is an answer (PUSH_FULL), never a wait. Pushing passes ownership of
 * the node, and of all it points to, to whoever takes it. Any thread.
 */
#ifndef CORE_BASE_QUEUE_H
#define CORE_BASE_QUEUE_H

#include <stddef.h>

#include "core/base/err.h"

/* First member of everything that travels. */
struct node {
    struct node *next;
    size_t bytes; /* what it counts for; set before the push */
};

enum push { PUSH_OK, PUSH_FULL, PUSH_CLOSED };

struct queue;

struct queue *queue_new(size_t max_entries, size_t max_bytes);
void queue_free(struct queue *q); /* must be empty; NULL is fine */

/* On PUSH_OK the queue owns the node, otherwise it is still the caller's. */
MUST_CHECK enum push queue_push(struct queue *q, struct node *node);

/* As queue_push, past the bound: for what is bounded elsewhere (answers,
 * settled ids). False only when closed. */
MUST_CHECK bool queue_force(struct queue *q, struct node *node);

/*
 * Takes up to max nodes, in order, linked by next. Waits up to wait_ms (-1:
 * for ever) while there are none. NULL: time is over, kicked, or closed and
 * empty (queue_done() tells).
 */
struct node *queue_take(struct queue *q, size_t max, int wait_ms);

/* One waiter, or the next take, returns at once, with or without. Several
 * kicks before that are one. */
void queue_kick(struct queue *q);
void queue_close(struct queue *q); /* refuses pushes; takes go on till empty */
bool queue_done(struct queue *q);  /* closed and empty */
size_t queue_len(struct queue *q); /* entries now: for health and limits */

#endif
