/* queue: order, bounds, waits, and the end. Races: tests/tsan. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/queue.h"

static struct node nodes[8];

static void fill(struct queue *q, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        nodes[i].bytes = 10;
        cr_assert_eq(queue_push(q, &nodes[i]), PUSH_OK);
    }
}

static size_t drain(struct queue *q)
{
    size_t n = 0;

    for (struct node *at = queue_take(q, 100, 0); at; at = at->next)
        n++;
    return n;
}

Test(queue, gives_back_in_order_and_in_portions)
{
    struct queue *q = queue_new(8, 1000);
    struct node *taken;

    fill(q, 5);
    taken = queue_take(q, 2, 0);
    cr_assert_eq(taken, &nodes[0]);
    cr_assert_eq(taken->next, &nodes[1]);
    cr_assert_null(taken->next->next);
    cr_assert_eq(queue_len(q), 3);
    cr_assert_eq(queue_push(q, &nodes[5]), PUSH_OK);
    taken = queue_take(q, 100, 0);
    cr_assert_eq(taken, &nodes[2]);
    cr_assert_eq(taken->next->next->next, &nodes[5]);
    cr_assert_null(queue_take(q, 100, 0));
    queue_free(q);
}

Test(queue, refuses_past_either_bound)
{
    struct queue *q = queue_new(3, 25);
    struct node big = { .bytes = 26 }, small = { .bytes = 5 };

    cr_assert_eq(queue_push(q, &big), PUSH_FULL);
    fill(q, 2);
    nodes[2].bytes = 6;
    cr_assert_eq(queue_push(q, &nodes[2]), PUSH_FULL, "bytes");
    cr_assert_eq(queue_push(q, &small), PUSH_OK);
    cr_assert_eq(queue_push(q, &nodes[3]), PUSH_FULL, "entries");
    cr_assert(queue_force(q, &nodes[3]));
    cr_assert_eq(queue_len(q), 4);
    cr_assert_eq(queue_push(q, &nodes[4]), PUSH_FULL);
    drain(q);
    queue_free(q);
}

Test(queue, counts_bytes_past_the_bound)
{
    struct queue *q = queue_new(8, 20);
    struct node big = { .bytes = 100 }, empty = { .bytes = 0 };

    cr_assert(queue_force(q, &big));
    cr_assert_eq(queue_push(q, &empty), PUSH_FULL);
    cr_assert_eq(drain(q), 1);
    cr_assert_eq(queue_push(q, &empty), PUSH_OK);
    drain(q);
    queue_free(q);
}

Test(queue, waits_no_longer_than_asked)
{
    struct queue *q = queue_new(8, 100);
    int64_t start = clock_mono_ms(), took;

    cr_assert_null(queue_take(q, 1, 50));
    took = clock_mono_ms() - start;
    cr_assert_geq(took, 49);
    cr_assert_lt(took, 20000);
    queue_free(q);
}

Test(queue, a_kick_is_remembered_once)
{
    struct queue *q = queue_new(8, 100);
    int64_t start = clock_mono_ms();

    queue_kick(q);
    queue_kick(q);
    cr_assert_null(queue_take(q, 1, 40000));
    cr_assert_lt(clock_mono_ms() - start, 20000);
    start = clock_mono_ms();
    cr_assert_null(queue_take(q, 1, 30));
    cr_assert_geq(clock_mono_ms() - start, 29);
    queue_free(q);
}

static void *push_late(void *arg)
{
    struct queue *q = arg;

    usleep(20000);
    nodes[0].bytes = 1;
    cr_assert_eq(queue_push(q, &nodes[0]), PUSH_OK);
    return NULL;
}

Test(queue, wakes_who_waits_for_ever, .timeout = 20)
{
    struct queue *q = queue_new(8, 100);
    pthread_t thread;

    pthread_create(&thread, NULL, push_late, q);
    cr_assert_eq(queue_take(q, 1, -1), &nodes[0]);
    pthread_join(thread, NULL);
    queue_free(q);
}

Test(queue, closed_gives_what_is_left_then_is_done, .timeout = 20)
{
    struct queue *q = queue_new(8, 100);

    fill(q, 2);
    cr_assert_not(queue_done(q));
    queue_close(q);
    cr_assert_not(queue_done(q));
    cr_assert_eq(queue_push(q, &nodes[3]), PUSH_CLOSED);
    cr_assert_not(queue_force(q, &nodes[3]));
    cr_assert_eq(drain(q), 2);
    cr_assert(queue_done(q));
    cr_assert_null(queue_take(q, 1, -1));
    queue_free(q);
    queue_free(NULL);
}
