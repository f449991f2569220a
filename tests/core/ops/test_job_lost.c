/*
 * job: Postgres has lost its last commits (a failover to a replica that
 * lagged), Redis has not: markers tell of batches that no row knows.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/job_run.h"
#include "tests/core/ops/jobs.h"

static struct world w;

static void start(void)
{
    world_start(&w, WITH_BOTH);
}

static void stop(void)
{
    world_stop(&w);
}

static void change(const char *statements)
{
    cr_assert(db_script(w.db, "change", statements, &w.err), "%s", w.err.text);
}

/* As it was when it had just begun. */
static void lose_all(void)
{
    change("delete from opsbot.operation_batches;"
           " update opsbot.jobs set cursor_id = '0-0', batch = 0, moved = 0,"
           " gone = 0, refused = 0, state = 'running', owner = null,"
           " lease_until = null, finished_at = null");
}

static void steps(struct job_run *run, int count)
{
    for (int i = 0; i < count; i++)
        cr_assert_eq(jobs_step(&w, run, NULL), JOB_STEP_MORE, "%s", w.err.text);
}

static enum job_step to_the_end(struct job_run *run)
{
    enum job_step done;

    do
        done = jobs_step(&w, run, NULL);
    while (done == JOB_STEP_MORE || done == JOB_STEP_LATER);
    return done;
}

static void expect_all(int count)
{
    jobs_expect(&w, "J1", JOB_DONE, count, 0, 0);
    cr_expect_eq(cli_number(&w.s, "xlen s"), count);
    cr_expect_eq(cli_number(&w.s, "xlen s.dlq"), 0);
    jobs_expect_each_once(&w, "s", count);
    cr_expect_eq(look_number(&w.s, "select count(*) from"
                                   " opsbot.operation_batches b,"
                                   " jsonb_object_keys(b.moved)"),
                 count, "each is on record");
}

TestSuite(job_lost, .init = start, .fini = stop);

Test(job_lost, batches_are_taken_from_their_markers)
{
    struct job_run *run;

    jobs_fill(&w, 2600);
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, NULL);
    run = jobs_claim(&w, "r1");
    steps(run, 3);
    job_run_free(run);
    lose_all();
    cr_expect_eq(jobs_run(&w, "r2"), JOB_STEP_OVER);
    expect_all(2600);
}

/* The replica that was at work notices by itself. */
Test(job_lost, what_is_kept_in_memory_is_read_anew)
{
    struct job_run *run;

    jobs_fill(&w, 5000);
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, NULL);
    run = jobs_claim(&w, "r1");
    steps(run, 2);
    change("delete from opsbot.operation_batches;"
           " update opsbot.jobs set cursor_id = '0-0', batch = 0");
    cr_expect_eq(jobs_step(&w, run, NULL), JOB_STEP_LATER);
    cr_expect_eq(to_the_end(run), JOB_STEP_OVER);
    job_run_free(run);
    expect_all(5000);
}

Test(job_lost, the_end_too)
{
    jobs_fill(&w, 1200);
    jobs_begin_all(&w, "J1", JOB_DISCARD, 0, NULL);
    cr_expect_eq(jobs_run(&w, "r1"), JOB_STEP_OVER);
    lose_all();
    change("update opsbot.operations set state = 'intent', outcome = null");
    cr_expect_eq(jobs_run(&w, "r2"), JOB_STEP_OVER);
    jobs_expect(&w, "J1", JOB_DONE, 1200, 0, 0);
    cr_expect_eq(cli_number(&w.s, "xlen s.dlq.trash"), 1200);
}

/* What was gone or refused then is so now. */
Test(job_lost, gone_and_refused_are_counted_as_they_were)
{
    const char *ids[] = { "1-1", "2-1", "3-1", "4-1" };
    struct job_run *run;

    for (size_t i = 0; i < 4; i++)
        free(cli(&w.s, "xadd s.dlq %s n %zu", ids[i], i));
    jobs_begin_ids(&w, "J1", JOB_REQUEUE, ids, 4, NULL);
    free(cli(&w.s, "xdel s.dlq 2-1"));
    run = jobs_claim(&w, "r1");
    steps(run, 1);
    job_run_free(run);
    lose_all();
    cr_expect_eq(jobs_run(&w, "r2"), JOB_STEP_OVER);
    jobs_expect(&w, "J1", JOB_DONE, 3, 1, 0);
    cr_expect_eq(cli_number(&w.s, "xlen s"), 3);

    free(cli(&w.s, "xadd s.dlq 5-1 n 5"));
    free(cli(&w.s, "eval \"local f = {} for i = 1, 7950 do f[i] = i end"
                   " redis.call('XADD', 's.dlq', '6-1', unpack(f))\" 0"));
    free(cli(&w.s, "xadd s.dlq 7-1 n 7"));
    jobs_begin_all(&w, "J2", JOB_REQUEUE, 0, NULL);
    run = jobs_claim(&w, "r1");
    steps(run, 1);
    job_run_free(run);
    change("delete from opsbot.operation_batches where op = 'J2';"
           " update opsbot.jobs set cursor_id = '0-0', batch = 0, moved = 0,"
           " owner = null where id = 'J2'");
    cr_expect_eq(jobs_run(&w, "r2"), JOB_STEP_OVER);
    jobs_expect(&w, "J2", JOB_DONE, 2, 0, 1);
}

/* A number that was given twice, for other entries. */
Test(job_lost, a_marker_of_other_entries_is_not_taken_for_its_own)
{
    jobs_fill(&w, 2600);
    free(cli(&w.s, "set opsbot:op:J1:2 '1-1 2-2'"));
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, NULL);
    cr_expect_eq(jobs_run(&w, "r1"), JOB_STEP_OVER);
    expect_all(2600);
    cr_expect_eq(cli_number(&w.s, "keys opsbot:op:J1:2:* | wc -l"), 1);
}

/* The rest was promised to stay: it does. */
Test(job_lost, what_was_cancelled_does_not_go_on)
{
    struct act act = act_of("C1", "cancel");
    struct job_run *run;
    struct job job;
    bool found, first;

    jobs_fill(&w, 1500);
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, NULL);
    run = jobs_claim(&w, "r1");
    steps(run, 1);
    cr_assert(job_cancel(w.db, "J1", &act, &job, &found, &first, &w.err));
    job_dispose(&job);
    cr_expect_eq(jobs_step(&w, run, NULL), JOB_STEP_OVER);
    job_run_free(run);
    lose_all();
    change("update opsbot.operations set state = 'intent', outcome = null");
    cr_expect_eq(jobs_run(&w, "r2"), JOB_STEP_OVER);
    jobs_expect(&w, "J1", JOB_FAILED, 500, 0, 0);
    cr_expect_eq(cli_number(&w.s, "xlen s.dlq"), 1000);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.jobs where"
                                   " error like '%ended before%'"),
                 1);
}
