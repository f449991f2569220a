/*
 * prober_threads: stores that are away are probed, fall and rise while
 * everybody asks how they are; pulses are ended while they turn. For the
 * thread sanitizer; exit status 0: all turned, and stopped when told.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "bot/flow/prober.h"
#include "bot/flow/pulse.h"
#include "core/base/clock.h"
#include "core/store/health.h"

#define READERS 3
#define PULSES  20
#define WAIT_MS 20000

static struct store_health redis = { .name = "Redis" };
static struct store_health postgres = { .name = "Postgres" };
static struct prober *prober;
static atomic_int failures, turns;
static atomic_bool over;

static void fail(const char *what)
{
    if (atomic_fetch_add(&failures, 1) < 10)
        fprintf(stderr, "prober_threads: %s\n", what);
}

static void *ask(void *arg)
{
    struct err err;

    while (!atomic_load(&over)) {
        if (!store_up(&redis))
            store_err(&redis, ERR_REDIS, &err);
        if (!store_up(&postgres))
            store_err(&postgres, ERR_DB, &err);
        store_fell(&redis, "a worker missed its deadline");
        if (prober_turned_ms(prober) < 0)
            fail("it runs, and says that it does not");
        sched_yield();
    }
    return arg;
}

static void turn(void *arg)
{
    atomic_fetch_add((atomic_int *)arg, 1);
    store_rose(&redis);
}

/* Ended before, in and after a turn. */
static void end_pulses(void)
{
    int64_t limit = clock_mono_ms() + WAIT_MS;
    struct err err;

    for (int i = 0; i < PULSES; i++) {
        int before = atomic_load(&turns);
        struct pulse *p = pulse_start("pulse", 1, turn, &turns, &err);

        while (i % 3 && atomic_load(&turns) < before + i % 3 &&
               clock_mono_ms() < limit)
            pulse_turned_ms(p);
        pulse_end(p);
        pulse_stop(p);
        before = atomic_load(&turns);
        sched_yield();
        if (atomic_load(&turns) != before)
            fail("it turns though it was stopped");
    }
    if (atomic_load(&turns) < PULSES / 3)
        fail("pulses did not turn");
}

int main(void)
{
    /* Nobody is there: every probe fails, at once. */
    struct config config = {
        .redis = { .path = (char[]){ "/nowhere/redis.sock" } },
        .database_url = (char[]){ "postgresql:///x?host=/nowhere" },
    };
    pthread_t readers[READERS];
    struct err err = { 0 };

    prober = prober_new(&config, &redis, &postgres, &err);
    if (!prober || !prober_run(prober, &err))
        return EXIT_FAILURE;
    for (int i = 0; i < READERS; i++)
        pthread_create(&readers[i], NULL, ask, NULL);
    end_pulses();
    atomic_store(&over, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    if (store_up(&postgres))
        fail("nobody is there, and Postgres is up");
    prober_stop(prober);
    return atomic_load(&failures) ? EXIT_FAILURE : EXIT_SUCCESS;
}
