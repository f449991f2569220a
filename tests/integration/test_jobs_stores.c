/*
 * Bulk moves whose stores hang, or forget what they committed last: each
 * entry moved once, and on record.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/integration/bulk.h"

#define MANY   600
#define FROZEN 10000 /* ms: as long as a job's lease */

/* ---- a Postgres that forgets ------------------------------------------------- */

/* Commits wait in its memory until a page is full: a SIGKILL takes those. */
static void make_forgetful(struct harness *h)
{
    free(sql(h, "alter system set wal_writer_delay = '10s'"));
    free(sql(h, "alter system set wal_writer_flush_after = '1GB'"));
    free(sql(h, "select pg_reload_conf()"));
    free(sql(h, "checkpoint"));
}

/* As after a failover to a replica that lagged: Redis is ahead, and its
 * markers tell of batches that no row knows. */
Test(jobs_stores, postgres_forgets_in_the_middle)
{
    struct harness *h = start_jobs(MANY);
    int kills = 0;

    begin_slowly(h, "40");
    wait_posted(h, "C0OPS", "Requeueing · orders");
    wait_posted(h, "C0GENERAL", "Requeueing · orders");
    wait_sql(h, 2, 20000,
             "select count(*) from opsbot.outbox where ts is not null");
    make_forgetful(h);
    while (!opsbot_log_has(h->bot, "Postgres has lost batch")) {
        long long before = redis_number(h, "XLEN orders");

        cr_assert_lt(++kills, 12, "it never forgets");
        wait_moved(h, before + 40);
        part_kill(h, PART_POSTGRES);
        part_start(h, PART_POSTGRES);
        wait_moved(h, before + 80);
    }
    wait_job(h, "done", SLOW_MS);
    wait_settled(h, SLOW_MS);
    bulk_expect(h, MANY);
    harness_stop(h);
}

/* ---- stores that hang ---------------------------------------------------------- */

/* What was on its way lands when it wakes. */
static void expect_late_landing(enum part part)
{
    struct harness *h = start_jobs(MANY);

    begin_slowly(h, "100");
    wait_moved(h, 150);
    part_pause(h, part);
    opsbot_wait_log(h->bot, "is down", 10000);
    harness_sleep(FROZEN);
    part_resume(h, part);
    wait_job(h, "done", SLOW_MS);
    wait_settled(h, SLOW_MS);
    bulk_expect(h, MANY);
    harness_stop(h);
}

Test(jobs_stores, redis_hangs_in_the_middle)
{
    expect_late_landing(PART_REDIS);
}

Test(jobs_stores, postgres_hangs_in_the_middle)
{
    expect_late_landing(PART_POSTGRES);
}
