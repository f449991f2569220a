/* job: many entries moved in batches, each once, whatever happens between. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
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

TestSuite(job, .init = start, .fini = stop);

Test(job, moves_five_thousand_once)
{
    struct job_set set;

    jobs_fill(&w, 5000);
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, &set);
    cr_expect_eq(set.count, 5000);
    job_set_dispose(&set);
    cr_expect_eq(jobs_run(&w, "r1"), JOB_STEP_OVER);
    jobs_expect(&w, "J1", JOB_DONE, 5000, 0, 0);
    cr_expect_eq(cli_number(&w.s, "xlen s"), 5000);
    cr_expect_eq(cli_number(&w.s, "xlen s.dlq"), 0);
    jobs_expect_each_once(&w, "s", 5000);
    cr_expect_null(jobs_claim(&w, "r2"), "nothing is left");
    cr_expect_gt(cli_number(&w.s, "pttl opsbot:op:J1:0"), 604000000);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.audit_events"
                                   " where operation = 'J1' and (kind, outcome)"
                                   " in (('attempt', 'attempt'),"
                                   " ('outcome', 'ok'))"),
                 2);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.operations"
                                   " where state = 'done' and"
                                   " outcome ->> 'moved' = '5000'"),
                 1);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.outbox where"
                                   " thing = 'job:J1' and wanted > 1"),
                 1);
}

Test(job, what_arrives_later_is_not_touched)
{
    jobs_fill(&w, 10);
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, NULL);
    free(cli(&w.s, "xadd s.dlq '*' n late"));
    cr_expect_eq(jobs_run(&w, "r1"), JOB_STEP_OVER);
    jobs_expect(&w, "J1", JOB_DONE, 10, 0, 0);
    cr_expect_eq(cli_number(&w.s, "xlen s.dlq"), 1);
}

Test(job, what_went_away_counts_as_gone)
{
    jobs_fill(&w, 10);
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, NULL);
    free(cli(&w.s, "xtrim s.dlq maxlen 7"));
    cr_expect_eq(jobs_run(&w, "r1"), JOB_STEP_OVER);
    jobs_expect(&w, "J1", JOB_DONE, 7, 3, 0);
}

Test(job, of_ids_takes_those_that_are_there_each_once)
{
    const char *ids[] = { "20-1", "3-1", "20-1", "10-1", "99-9" };
    const char *bad[] = { "20-1", "20-1; drop" };
    struct job_set set;

    free(cli(&w.s, "xadd s.dlq 3-1 n 0"));
    free(cli(&w.s, "xadd s.dlq 10-1 n 1"));
    free(cli(&w.s, "xadd s.dlq 11-1 n other"));
    free(cli(&w.s, "xadd s.dlq 20-1 n 2"));
    cr_expect_not(
        job_set_find(w.r, JOB_REQUEUE, &jobs_name, bad, 2, &set, &w.err));
    cr_expect(strstr(w.err.text, "is not an entry id"), "%s", w.err.text);
    jobs_begin_ids(&w, "J1", JOB_REQUEUE, ids, 5, &set);
    cr_expect_eq(set.count, 3);
    cr_expect_eq(set.missing, 1u);
    cr_expect_str_eq(set.ids[0], "3-1");
    cr_expect_str_eq(set.ids[2], "20-1");
    job_set_dispose(&set);
    free(cli(&w.s, "xdel s.dlq 3-1"));
    cr_expect_eq(jobs_run(&w, "r1"), JOB_STEP_OVER);
    jobs_expect(&w, "J1", JOB_DONE, 2, 1, 0);
    cr_expect_eq(cli_number(&w.s, "xlen s.dlq"), 1);
}

Test(job, discard_and_restore_leave_the_fields_as_they_were)
{
    char *before, *after, *trash;

    jobs_fill(&w, 1);
    before = cli(&w.s, "xrange s.dlq - + | tail -n +2");
    jobs_begin_all(&w, "J1", JOB_DISCARD, 0, NULL);
    cr_expect_eq(jobs_run(&w, "r1"), JOB_STEP_OVER);
    cr_expect_eq(cli_number(&w.s, "xlen s.dlq"), 0);
    trash = cli(&w.s, "xrange s.dlq.trash - +");
    cr_expect(strstr(trash, "opsbot_dead_id"), "%s", trash);
    cr_expect(strstr(trash, "opsbot_op\nJ1"), "%s", trash);
    jobs_begin_all(&w, "J2", JOB_RESTORE, 0, NULL);
    cr_expect_eq(jobs_run(&w, "r1"), JOB_STEP_OVER);
    after = cli(&w.s, "xrange s.dlq - + | tail -n +2");
    cr_expect_str_eq(before, after);
    cr_expect_eq(cli_number(&w.s, "xlen s.dlq.trash"), 0);
    free(before);
    free(after);
    free(trash);
}

Test(job, too_many_fields_are_refused_alone)
{
    jobs_fill(&w, 3);
    free(cli(&w.s, "eval \"local a = {} for i = 1, 3600 do a[2 * i - 1] = i"
                   " a[2 * i] = 'v' end redis.call('XADD', 's.dlq', '*',"
                   " unpack(a))\" 0"));
    free(cli(&w.s, "xadd s.dlq '*' n 3"));
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, NULL);
    cr_expect_eq(jobs_run(&w, "r1"), JOB_STEP_OVER);
    jobs_expect(&w, "J1", JOB_DONE, 4, 0, 1);
    cr_expect_eq(cli_number(&w.s, "xlen s.dlq"), 1);
    jobs_expect_each_once(&w, "s", 4);
}

Test(job, large_entries_make_small_batches)
{
    free(cli(&w.s, "eval \"for i = 0, 9 do redis.call('XADD', 's.dlq', '*',"
                   " 'n', i, 'v', string.rep('x', 1000000)) end\" 0"));
    free(cli(&w.s, "eval \"redis.call('XADD', 's.dlq', '*', 'n', 10, 'v',"
                   " string.rep('x', 6000000))\" 0"));
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, NULL);
    cr_expect_eq(jobs_run(&w, "r1"), JOB_STEP_OVER);
    jobs_expect(&w, "J1", JOB_DONE, 11, 0, 0);
    cr_expect_leq(look_number(&w.s, "select max(jsonb_array_length(ids)) from"
                                    " opsbot.operation_batches"),
                  4);
    jobs_expect_each_once(&w, "s", 11);
}

Test(job, a_key_of_a_wrong_type_fails_it)
{
    struct job_set set;
    struct job job;
    bool found;

    jobs_fill(&w, 10);
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, NULL);
    free(cli(&w.s, "set s x"));
    cr_expect_eq(jobs_run(&w, "r1"), JOB_STEP_OVER);
    jobs_expect(&w, "J1", JOB_FAILED, 0, 0, 0);
    cr_assert(job_load(w.db, "j1", &job, &found, &w.err) && found);
    cr_expect(strstr(job.error, "`s` is a string in Redis, not a stream"), "%s",
              job.error);
    job_dispose(&job);
    cr_expect_eq(cli_number(&w.s, "xlen s.dlq"), 10);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.operations"
                                   " where state = 'refused'"),
                 1);
    free(cli(&w.s, "set s.dlq x"));
    cr_expect_not(
        job_set_find(w.r, JOB_DISCARD, &jobs_name, NULL, 0, &set, &w.err));
    cr_expect_eq(w.err.kind, ERR_USER);
    cr_expect(strstr(w.err.text, "nothing was discarded"), "%s", w.err.text);
}

Test(job, keeps_to_its_rate)
{
    struct job_run *run;
    int64_t began;
    int wait;
    enum job_step done;

    jobs_fill(&w, 30);
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 20, NULL);
    run = jobs_claim(&w, "r1");
    began = clock_mono_ms();
    cr_expect_eq(jobs_step(&w, run, &wait), JOB_STEP_MORE);
    cr_expect_eq(cli_number(&w.s, "xlen s"), 10);
    cr_expect_gt(wait, 0);
    cr_expect_leq(wait, 500);
    do
        done = jobs_step(&w, run, NULL);
    while (done == JOB_STEP_MORE);
    cr_expect_geq(clock_mono_ms() - began, 990, "20 of 30 are for a second");
    cr_expect_eq(done, JOB_STEP_OVER);
    jobs_expect(&w, "J1", JOB_DONE, 30, 0, 0);
    job_run_free(run);
}

/* A restarted Redis, or SCRIPT FLUSH, in the middle of one. */
Test(job, goes_on_when_redis_has_forgotten_the_scripts)
{
    struct job_run *run;
    enum job_step done = JOB_STEP_MORE;

    jobs_fill(&w, 4000);
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, NULL);
    run = jobs_claim(&w, "r1");
    for (int i = 0; done == JOB_STEP_MORE; i++) {
        if (i == 2 || i == 5)
            free(cli(&w.s, "script flush"));
        done = jobs_step(&w, run, NULL);
    }
    cr_expect_eq(done, JOB_STEP_OVER);
    job_run_free(run);
    jobs_expect(&w, "J1", JOB_DONE, 4000, 0, 0);
    jobs_expect_each_once(&w, "s", 4000);
}
