/*
 * queue: a list under a mutex, a condition to wait for it. Any thread.
 *
 * Every answer (full, closed, done) is decided under the lock. Waits are on
 * the monotonic clock: setting the time must not wake or hang a thread.
 */
#include "core/base/queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/cond.h"
#include "core/base/mem.h"

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a node came, a kick, or closed */
    struct node *first;
    struct node **end; /* where the next node is linked */
    size_t entries, max_entries;
    size_t bytes, max_bytes;
    bool kicked; /* the next take does not wait */
    bool closed;
};

struct queue *queue_new(size_t max_entries, size_t max_bytes)
{
    struct queue *q = xcalloc(1, sizeof *q);

    pthread_mutex_init(&q->lock, NULL);
    cond_init(&q->changed);
    q->end = &q->first;
    q->max_entries = max_entries;
    q->max_bytes = max_bytes;
    return q;
}

void queue_free(struct queue *q)
{
    if (!q)
        return;
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

/* queue_force() may have gone past the bounds: no subtraction here that could
 * wrap. */
static bool fits(const struct queue *q, const struct node *node)
{
    return q->entries < q->max_entries && q->bytes <= q->max_bytes &&
           node->bytes <= q->max_bytes - q->bytes;
}

static enum push put(struct queue *q, struct node *node, bool bounded)
{
    enum push answer = PUSH_OK;

    pthread_mutex_lock(&q->lock);
    if (q->closed) {
        answer = PUSH_CLOSED;
    } else if (bounded && !fits(q, node)) {
        answer = PUSH_FULL;
    } else {
        node->next = NULL;
        *q->end = node;
        q->end = &node->next;
        q->entries++;
        q->bytes += node->bytes;
        pthread_cond_signal(&q->changed);
    }
    pthread_mutex_unlock(&q->lock);
    return answer;
}

enum push queue_push(struct queue *q, struct node *node)
{
    return put(q, node, true);
}

bool queue_force(struct queue *q, struct node *node)
{
    return put(q, node, false) == PUSH_OK;
}

static void wait_for_change(struct queue *q, int wait_ms)
{
    int64_t until = clock_mono_ms() + wait_ms;
    bool late = wait_ms == 0;

    while (!q->first && !q->kicked && !q->closed && !late) {
        if (wait_ms < 0)
            pthread_cond_wait(&q->changed, &q->lock);
        else
            late = !cond_wait(&q->changed, &q->lock, until);
    }
}

/* Unlinks up to max nodes. */
static struct node *cut_off(struct queue *q, size_t max)
{
    struct node *taken = q->first, **end = &q->first;

    for (; max > 0 && *end; max--) {
        q->entries--;
        q->bytes -= (*end)->bytes;
        end = &(*end)->next;
    }
    if (end == &q->first)
        return NULL;
    q->first = *end;
    *end = NULL;
    if (!q->first)
        q->end = &q->first;
    return taken;
}

struct node *queue_take(struct queue *q, size_t max, int wait_ms)
{
    struct node *taken;

    pthread_mutex_lock(&q->lock);
    if (wait_ms != 0)
        wait_for_change(q, wait_ms);
    q->kicked = false;
    taken = cut_off(q, max);
    pthread_mutex_unlock(&q->lock);
    return taken;
}

void queue_kick(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->kicked = true;
    pthread_cond_signal(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

void queue_close(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

bool queue_done(struct queue *q)
{
    bool done;

    pthread_mutex_lock(&q->lock);
    done = q->closed && !q->first;
    pthread_mutex_unlock(&q->lock);
    return done;
}

size_t queue_len(struct queue *q)
{
    size_t entries;

    pthread_mutex_lock(&q->lock);
    entries = q->entries;
    pthread_mutex_unlock(&q->lock);
    return entries;
}
