/*
 * queue_threads: several producers and consumers on one small queue, for the
 * thread sanitizer. Exit status 0: every node came out once, in each
 * producer's order; the bound held; close and kick woke who waited.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/queue.h"

#define PRODUCERS 4
#define CONSUMERS 3
#define EACH      20000
#define BOUND     64

struct item {
    struct node node;
    int producer, number;
};

static struct queue *queue;
static atomic_int failures, taken, full;
static atomic_bool seen[PRODUCERS][EACH];

static void fail(const char *what)
{
    if (atomic_fetch_add(&failures, 1) < 10)
        fprintf(stderr, "queue_threads: %s\n", what);
}

static void *produce(void *arg)
{
    int producer = *(const int *)arg;

    for (int i = 0; i < EACH; i++) {
        struct item *item = xcalloc(1, sizeof *item);
        enum push answer;

        item->node.bytes = 1;
        item->producer = producer;
        item->number = i;
        while ((answer = queue_push(queue, &item->node)) == PUSH_FULL) {
            atomic_fetch_add(&full, 1);
            sched_yield();
        }
        if (answer != PUSH_OK)
            fail("a push was refused before the end");
    }
    return NULL;
}

static void consume_one(struct item *item, int last[PRODUCERS])
{
    if (item->number <= last[item->producer])
        fail("out of order");
    last[item->producer] = item->number;
    if (atomic_exchange(&seen[item->producer][item->number], true))
        fail("came out twice");
    atomic_fetch_add(&taken, 1);
    free(item);
}

static void *consume(void *arg)
{
    int last[PRODUCERS] = { -1, -1, -1, -1 };

    (void)arg;
    while (!queue_done(queue)) {
        struct node *next, *node = queue_take(queue, 16, 50);

        if (queue_len(queue) > BOUND)
            fail("the bound was passed");
        for (; node; node = next) {
            next = node->next;
            consume_one((struct item *)node, last);
        }
    }
    return NULL;
}

static void *kick(void *arg)
{
    const atomic_bool *stop = arg;

    while (!atomic_load(stop)) {
        queue_kick(queue);
        sched_yield();
    }
    return NULL;
}

static void run(void)
{
    pthread_t producers[PRODUCERS], consumers[CONSUMERS], kicker;
    int numbers[PRODUCERS];
    atomic_bool stop = false;

    for (int i = 0; i < CONSUMERS; i++)
        pthread_create(&consumers[i], NULL, consume, NULL);
    for (int i = 0; i < PRODUCERS; i++) {
        numbers[i] = i;
        pthread_create(&producers[i], NULL, produce, &numbers[i]);
    }
    pthread_create(&kicker, NULL, kick, &stop);
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(producers[i], NULL);
    queue_close(queue);
    for (int i = 0; i < CONSUMERS; i++)
        pthread_join(consumers[i], NULL);
    atomic_store(&stop, true);
    pthread_join(kicker, NULL);
}

/* Waits for ever: only a kick, then the close, ends the takes. */
static void *wait_twice(void *arg)
{
    struct queue *q = arg;

    if (queue_take(q, 1, -1))
        fail("a kick brought a node");
    while (!queue_done(q))
        if (queue_take(q, 1, -1))
            fail("the close brought a node");
    return NULL;
}

static void wake_waiters(void)
{
    struct queue *q = queue_new(1, 1);
    pthread_t waiters[CONSUMERS];

    for (int i = 0; i < CONSUMERS; i++)
        pthread_create(&waiters[i], NULL, wait_twice, q);
    for (int i = 0; i < CONSUMERS; i++)
        queue_kick(q);
    queue_close(q);
    for (int i = 0; i < CONSUMERS; i++)
        pthread_join(waiters[i], NULL);
    queue_free(q);
}

int main(void)
{
    queue = queue_new(BOUND, 1000000);
    run();
    if (atomic_load(&taken) != PRODUCERS * EACH)
        fail("nodes were lost");
    if (atomic_load(&full) == 0)
        fail("the bound was never met: the test is too weak");
    queue_free(queue);
    wake_waiters();
    return atomic_load(&failures) ? EXIT_FAILURE : EXIT_SUCCESS;
}
