/*
 * check_threads: the pool of checks under everything at once, for the thread
 * sanitizer: a schedule, people who ask rounds and leave, slow checks, a
 * reader, and a stop in the middle. Exit status 0: no check ran twice at
 * once, every round got all of its results, each of them once; meanwhile the
 * configuration is another one again and again.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bot/flow/check_pool.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/check/board.h"

#define CHECKS 40
#define ASKERS 4
#define ROUNDS 60
#define LONG   20000

static atomic_int failures, ran, done;
static atomic_bool over;
/* Two configurations: the second lacks some of the first, has some of its own,
 * and asks some in another way. */
static struct config_check specs[CHECKS], others[CHECKS];
static char ids[2 * CHECKS][8];
static struct config config = { .checks = specs, .checks_count = CHECKS };
static struct config other = { .checks = others, .checks_count = CHECKS };
static struct config_holder holder = { .now = &config };
static const struct check_world world = { .config = &holder };
static struct check_board *board;
static struct check_pool *pool;

static void fail(const char *what)
{
    if (atomic_fetch_add(&failures, 1) < 10)
        fprintf(stderr, "check_threads: %s\n", what);
}

/* ---- checks that take a moment, in place of core's ------------------------- */

struct checker {
    unsigned long n; /* written without a lock: one thread at a time */
    atomic_int users;
};

struct checker *checker_new(const struct config_check *spec,
                            const struct check_world *w)
{
    (void)spec;
    (void)w;
    return xcalloc(1, sizeof(struct checker));
}

void checker_run(struct checker *c, struct check_result *out)
{
    struct timespec t = { .tv_nsec = 100000 };

    if (atomic_fetch_add(&c->users, 1) != 0)
        fail("a check runs twice at once");
    c->n++;
    if (c->n % 16 == 0)
        t.tv_nsec = 30000000;
    nanosleep(&t, NULL);
    *out = (struct check_result){ .ok = c->n % 3 != 0,
                                  .at = clock_wall_ms(),
                                  .text = "x" };
    atomic_fetch_add(&ran, 1);
    atomic_fetch_sub(&c->users, 1);
}

void checker_free(struct checker *c)
{
    free(c);
}

/* ---- who wants something of them -------------------------------------------- */

static void took(void *arg, const struct config_check *spec,
                 const struct check_result *result)
{
    (void)arg;
    check_board_note(board, spec->id, result, NULL);
}

/* arg: who waits for it, or NULL. */
static void completed(void *arg)
{
    atomic_fetch_add(&done, 1);
    if (arg)
        sem_post(arg);
}

static bool is_complete(sem_t *all_in)
{
    int64_t until = clock_mono_ms() + LONG;
    struct timespec t = { until / 1000, until % 1000 * 1000000 };

    return sem_clockwait(all_in, CLOCK_MONOTONIC, &t) == 0;
}

static void *schedule(void *arg)
{
    struct timespec t = { .tv_nsec = 2000000 };

    while (!atomic_load(&over)) {
        const struct config *cfg = config_now(&holder);

        for (unsigned i = 0; i < CHECKS; i++)
            check_pool_run(pool, cfg->checks[i].id);
        nanosleep(&t, NULL);
    }
    return arg;
}

static void *reload(void *arg)
{
    struct timespec t = { .tv_nsec = 3000000 };

    for (int i = 0; !atomic_load(&over); i++) {
        const struct config *next = i % 2 ? &config : &other;

        check_board_adopt(board, next);
        check_pool_adopt(pool, next);
        atomic_store(&holder.now, next);
        nanosleep(&t, NULL);
    }
    return arg;
}

static void *look(void *arg)
{
    struct check_pool_facts facts;
    struct check_state state;

    while (!atomic_load(&over)) {
        check_pool_facts(pool, &facts);
        if (facts.threads > CHECK_THREADS || facts.running > facts.threads)
            fail("more run than may");
        for (unsigned i = 0; i < 2 * CHECKS; i++)
            check_board_get(board, ids[i], &state);
        check_board_failing(board, CHECK_CRITICAL);
    }
    return arg;
}

static void ask(int n)
{
    unsigned which[CHECKS];
    size_t count = 1 + (size_t)n % CHECKS;
    struct check_result result;
    struct round *round;
    sem_t all_in;

    for (size_t i = 0; i < count; i++)
        which[i] = (unsigned)((i * 7 + (size_t)n) % CHECKS);
    round = round_new(config_now(&holder), which, count);
    sem_init(&all_in, 0, 0);
    round_on_done(round, completed, n % 3 ? &all_in : NULL);
    if (!check_pool_ask(pool, round))
        fail("there is room for a round");
    if (n % 3) {
        if (!is_complete(&all_in))
            fail("a round is not complete");
        for (size_t i = 0; i < count; i++)
            if (!round_get(round, i, &result) || !result.at)
                fail("a result is missing");
    }
    round_drop(round);
}

static void *ask_all(void *arg)
{
    int first = *(int *)arg;

    for (int i = 0; i < ROUNDS; i++)
        ask(first + i * ASKERS);
    return NULL;
}

static void wait_for_all(void)
{
    int64_t until = clock_mono_ms() + LONG;
    struct timespec t = { .tv_nsec = 1000000 };

    while (atomic_load(&done) < ASKERS * ROUNDS && clock_mono_ms() < until)
        nanosleep(&t, NULL);
    if (atomic_load(&done) != ASKERS * ROUNDS)
        fail("a round was not told that it is complete");
}

/* Rounds that are under way at the end are given up, and nothing leaks. */
static void stop_in_the_middle(void)
{
    unsigned which[CHECKS];
    struct round *round;

    for (unsigned i = 0; i < CHECKS; i++)
        which[i] = i;
    round = round_new(&config, which, CHECKS);
    if (!check_pool_ask(pool, round))
        fail("there is room for the last round");
    check_pool_end(pool);
    if (check_pool_run(pool, ids[0]) || check_pool_ask(pool, round))
        fail("something begins after the end");
    if (!check_pool_stop(pool, clock_mono_ms() + LONG))
        fail("the pool does not stop");
    round_drop(round);
}

static void configure(void)
{
    for (unsigned i = 0; i < CHECKS; i++) {
        snprintf(ids[i], sizeof *ids, "c%u", i);
        snprintf(ids[CHECKS + i], sizeof *ids, "n%u", i);
        specs[i] = (struct config_check){ .id = ids[i],
                                          .fail_after = 2,
                                          .pass_after = 2 };
        others[i] = specs[i];
        if (i % 4 == 1)
            others[i].id = ids[CHECKS + i];
        if (i % 4 == 2)
            others[i].timeout_ms = 7;
    }
}

int main(void)
{
    pthread_t askers[ASKERS], scheduler, looker, reloader;
    int first[ASKERS];

    configure();
    board = check_board_new(&config);
    pool = check_pool_new(&(struct check_pool_needs){ &world, took, NULL });
    pthread_create(&scheduler, NULL, schedule, NULL);
    pthread_create(&looker, NULL, look, NULL);
    pthread_create(&reloader, NULL, reload, NULL);
    for (int i = 0; i < ASKERS; i++) {
        first[i] = i;
        pthread_create(&askers[i], NULL, ask_all, &first[i]);
    }
    for (int i = 0; i < ASKERS; i++)
        pthread_join(askers[i], NULL);
    wait_for_all();
    atomic_store(&over, true);
    pthread_join(scheduler, NULL);
    pthread_join(looker, NULL);
    pthread_join(reloader, NULL);
    stop_in_the_middle();
    if (atomic_load(&ran) < CHECKS)
        fail("not every check ran");
    check_board_free(board);
    return atomic_load(&failures) ? EXIT_FAILURE : EXIT_SUCCESS;
}
