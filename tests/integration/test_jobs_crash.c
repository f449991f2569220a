/*
 * Bulk moves whose bot is killed or stopped in the middle: finished by the
 * next run or by another replica, each entry moved once.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/integration/jobs.h"

Test(jobs, killed_in_the_middle_it_goes_on)
{
    struct harness *h = start_jobs(60);

    begin_slowly(h, "10");
    wait_moved(h, 10);
    opsbot_kill9(h->bot);
    cr_assert_lt(redis_number(h, "XLEN orders"), 60);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_job(h, "done", SLOW_MS);
    wait_settled(h, SLOW_MS);
    expect_each_once(h, 60);
    cr_assert_eq(redis_number(h, "XLEN orders.dlq"), 0);
    wait_posted(h, "C0OPS", "Requeued 60 of 60");
    expect_audited(h, "kind = 'outcome' and command = 'dlq requeue'", 1);
    harness_stop(h);
}

/* Its lease is given up, not waited for. */
Test(jobs, stopped_in_the_middle_it_is_let_go)
{
    struct harness *h = start_jobs(60);

    begin_slowly(h, "10");
    wait_moved(h, 10);
    cr_assert_eq(opsbot_stop(h->bot, 0), 0);
    cr_assert_lt(redis_number(h, "XLEN orders"), 60);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.jobs where state ="
             " 'running' and (owner is null or lease_until <="
             " now())");
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_job(h, "done", SLOW_MS);
    expect_each_once(h, 60);
    harness_stop(h);
}

/* A store that is away for a while holds it up, and that is all. away: how it
 * goes; the tests' Postgres forgets what it committed last when it is killed.
 */
static void expect_patience(enum part part,
                            void (*away)(struct harness *h, enum part part))
{
    struct harness *h = start_jobs(60);

    begin_slowly(h, "10");
    wait_moved(h, 10);
    away(h, part);
    opsbot_wait_log(h->bot, "is down", 10000);
    part_start(h, part);
    wait_job(h, "done", SLOW_MS);
    wait_settled(h, SLOW_MS);
    expect_each_once(h, 60);
    wait_posted(h, "C0OPS", "Requeued 60 of 60");
    expect_audited(h, "kind = 'outcome' and command = 'dlq requeue'", 1);
    harness_stop(h);
}

Test(jobs, redis_is_away_in_the_middle)
{
    expect_patience(PART_REDIS, part_kill);
}

Test(jobs, postgres_is_away_in_the_middle)
{
    expect_patience(PART_POSTGRES, part_stop);
}

static bool has_it(struct harness *h, struct opsbot *bot)
{
    char *owner = sql(h, "select split_part(owner, '#', 1) from opsbot.jobs");
    char *body;
    bool found;

    owner[strcspn(owner, "\n")] = '\0';
    opsbot_get(bot, "/health", &body);
    found = *owner && strstr(body, owner);
    free(owner);
    free(body);
    return found;
}

Test(jobs, another_replica_goes_on)
{
    struct harness *h = start_jobs(60);
    struct opsbot *other = opsbot_start(h, NULL);
    struct opsbot *dead;

    opsbot_wait_ready(other);
    begin_slowly(h, "10");
    wait_moved(h, 10);
    dead = has_it(h, other) ? other : h->bot;
    cr_assert(has_it(h, dead));
    opsbot_kill9(dead);
    cr_assert_lt(redis_number(h, "XLEN orders"), 60);
    wait_job(h, "done", SLOW_MS);
    expect_each_once(h, 60);
    opsbot_restart(dead);
    opsbot_wait_ready(dead);
    wait_settled(h, SLOW_MS);
    expect_audited(h, "kind = 'outcome' and command = 'dlq requeue'", 1);
    harness_stop(h);
}

/* A confirmation that was not taken is asked about; one that was is not. */
Test(jobs, killed_while_confirming)
{
    struct harness *h = start_jobs(3);
    struct table_lock *lock;
    struct asked a;
    json_t *answer;

    say_quietly(h, ALL);
    lock = table_lock(h, "confirmations");
    a = type_text(h, "U0ANN", "C0OPS", typed(h, "confirm"));
    wait_sql(h, 1, 5000, "select count(*) from pg_locks where not granted");
    opsbot_kill9(h->bot);
    table_unlock(lock);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    answer = wait_answers(h, a.interaction, 1, SLOW_MS);
    expect_shown(answer, "I restarted in the middle of this");
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.jobs"), 0);
    json_decref(press(h, "U0ANN", "C0OPS", answer, "Run it"));
    wait_job(h, "done", 20000);
    expect_each_once(h, 3);
    json_decref(answer);
    harness_stop(h);
}
