/* round: several answers, from several threads, at their own times. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "core/check/round.h"

static const unsigned which[] = { 4, 2, 9 };
static struct config_check checks[10];
static const struct config config = { .checks = checks, .checks_count = 10 };
static const struct check_result good = { .ok = true, .at = 1, .text = "ok" };
static atomic_int completed;

static void complete(void *arg)
{
    atomic_fetch_add((atomic_int *)arg, 1);
}

Test(round, none_is_complete_at_once)
{
    struct round *r = round_new(&config, which, 0);

    cr_expect_eq(round_count(r), 0);
    cr_expect_eq(round_missing(r), 0);
    round_on_done(r, complete, &completed);
    cr_expect_eq(atomic_load(&completed), 1);
    round_drop(r);
}

Test(round, each_is_in_or_is_not)
{
    struct round *r = round_new(&config, which, 3);
    struct check_result out;

    cr_expect_eq(round_check(r, 2), &checks[9]);
    round_on_done(r, complete, &completed);
    cr_expect_not(round_get(r, 0, &out));
    cr_expect_not(round_put(r, 1, &good));
    cr_expect(round_get(r, 1, &out));
    cr_expect_str_eq(out.text, "ok");
    cr_expect_eq(round_missing(r), 2);
    cr_expect_not(round_put(r, 1, &(struct check_result){ .text = "again" }));
    round_get(r, 1, &out);
    cr_expect_str_eq(out.text, "ok", "the first one counts");
    cr_expect_eq(round_missing(r), 2);
    cr_expect_not(round_put(r, 0, &good));
    cr_expect_eq(atomic_load(&completed), 0);
    cr_expect(round_put(r, 2, &good));
    cr_expect_eq(atomic_load(&completed), 1);
    cr_expect_not(round_put(r, 2, &good));
    cr_expect_eq(atomic_load(&completed), 1, "told once");
    round_drop(r);
}

static void *put_all(void *arg)
{
    struct round *r = arg;

    for (size_t i = 0; i < round_count(r); i++)
        round_put(r, i, &good);
    round_drop(r);
    return NULL;
}

static void wake(void *arg)
{
    sem_post(arg);
}

/* The last one to let go frees it, whoever that is. */
Test(round, the_asker_may_leave_first)
{
    sem_t all_in;

    sem_init(&all_in, 0, 0);
    for (int i = 0; i < 200; i++) {
        struct round *r = round_new(&config, which, 3);
        pthread_t thread;

        cr_assert_eq(pthread_create(&thread, NULL, put_all, round_hold(r)), 0);
        if (i % 2) {
            round_on_done(r, wake, &all_in);
            sem_wait(&all_in);
        }
        round_drop(r);
        pthread_join(thread, NULL);
    }
    round_drop(NULL);
    sem_destroy(&all_in);
}
