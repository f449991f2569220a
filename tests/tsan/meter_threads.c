/*
 * meter_threads: several threads count on one meter while others read it, for
 * the thread sanitizer. Exit status 0: no reading was torn or went back, and
 * in the end nothing was lost.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/http/metrics_text.h"

#define WRITERS 4
#define READERS 2
#define EACH    500000

static struct meter meter;
static atomic_int failures, done;

static void fail(const char *what)
{
    if (atomic_fetch_add(&failures, 1) < 10)
        fprintf(stderr, "meter_threads: %s\n", what);
}

static void *count(void *arg)
{
    unsigned number = *(const unsigned *)arg;

    for (unsigned i = 0; i < EACH; i++)
        meter_add(&meter, (int64_t)((i * 7919 + number) % 40000) * 1000);
    atomic_fetch_add(&done, 1);
    return NULL;
}

static void expect_whole(const struct meter_reading *r,
                         const struct meter_reading *before)
{
    for (int i = 0; i < METER_BOUNDS; i++) {
        if (i > 0 && r->upto[i] < r->upto[i - 1])
            fail("a bucket is smaller than the one before it");
        if (r->upto[i] < before->upto[i])
            fail("a bucket went back");
    }
    if (r->count < r->upto[METER_BOUNDS - 1] || r->count < before->count)
        fail("the count is less than its buckets, or went back");
    if (r->sum_us < before->sum_us)
        fail("the sum went back");
}

/* As it is written: +Inf is the count. */
static void expect_page(void)
{
    struct buf out = { 0 };
    struct metrics m = { .out = &out, .name = "x" };
    const char *inf, *whole;

    metric_histogram(&m, &meter, "a", "b");
    inf = strstr(buf_text(&out), "le=\"+Inf\"} ");
    whole = strstr(buf_text(&out), "x_count{a=\"b\"} ");
    if (!inf || !whole ||
        strtoull(inf + strlen("le=\"+Inf\"} "), NULL, 10) !=
            strtoull(whole + strlen("x_count{a=\"b\"} "), NULL, 10))
        fail("+Inf is not the count");
    buf_dispose(&out);
}

static void *look(void *arg)
{
    struct meter_reading before = { 0 }, now;

    (void)arg;
    while (atomic_load(&done) < WRITERS) {
        meter_read(&meter, &now);
        expect_whole(&now, &before);
        before = now;
        expect_page();
    }
    return NULL;
}

int main(void)
{
    pthread_t writers[WRITERS], readers[READERS];
    unsigned numbers[WRITERS];
    struct meter_reading end;

    for (int i = 0; i < READERS; i++)
        pthread_create(&readers[i], NULL, look, NULL);
    for (unsigned i = 0; i < WRITERS; i++) {
        numbers[i] = i;
        pthread_create(&writers[i], NULL, count, &numbers[i]);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    meter_read(&meter, &end);
    if (end.count != (uint64_t)WRITERS * EACH)
        fail("some were lost");
    return atomic_load(&failures) ? EXIT_FAILURE : EXIT_SUCCESS;
}
