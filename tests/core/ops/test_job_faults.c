/* job: crashes, take-overs, stores that are away, cancels. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/dlq.h"
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

static bool cancel(const char *id)
{
    struct act act = act_of("C1", "cancel");
    struct job job;
    bool found, first;

    act.user = "U0BOB";
    cr_assert(job_cancel(w.db, id, &act, &job, &found, &first, &w.err), "%s",
              w.err.text);
    cr_assert(found);
    job_dispose(&job);
    return first;
}

static void expect_all(int count)
{
    jobs_expect(&w, "J1", JOB_DONE, count, 0, 0);
    cr_expect_eq(cli_number(&w.s, "xlen s"), count);
    cr_expect_eq(cli_number(&w.s, "xlen s.dlq"), 0);
    jobs_expect_each_once(&w, "s", count);
}

TestSuite(job_faults, .init = start, .fini = stop);

/* However many steps were done, another replica goes on from there. */
Test(job_faults, a_crash_after_any_step_moves_nothing_twice)
{
    char replica[] = "a";

    jobs_fill(&w, 2600);
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, NULL);
    for (int steps = 0; steps < 4; steps++) {
        struct job_run *run = jobs_claim(&w, replica);

        cr_assert(run);
        for (int i = 0; i < steps; i++)
            cr_expect_eq(jobs_step(&w, run, NULL), JOB_STEP_MORE);
        job_run_free(run);
        jobs_expire(&w);
        replica[0]++;
    }
    cr_expect_eq(jobs_run(&w, "z"), JOB_STEP_OVER);
    expect_all(2600);
}

Test(job_faults, a_crash_behind_the_intent)
{
    struct job_run *run;

    jobs_fill(&w, 20);
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, NULL);
    run = jobs_claim(&w, "r1");
    free(cli(&w.s, "acl setuser default -xadd"));
    cr_expect_eq(jobs_step(&w, run, NULL), JOB_STEP_LATER, "Redis refuses");
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.jobs where"
                                   " error like 'Redis refused%'"),
                 1);
    free(cli(&w.s, "acl setuser default +xadd -xdel"));
    cr_expect_eq(jobs_step(&w, run, NULL), JOB_STEP_LATER);
    cr_expect_eq(cli_number(&w.s, "xlen s"), 0, "all or nothing");
    cr_expect_eq(look_number(&w.s, "select count(*) from"
                                   " opsbot.operation_batches where moved is"
                                   " null"),
                 1);
    job_run_free(run);
    cr_assert(job_release(w.db, "r1", &w.err));
    free(cli(&w.s, "acl setuser default +xdel"));
    cr_expect_eq(jobs_run(&w, "r2"), JOB_STEP_OVER);
    expect_all(20);
}

Test(job_faults, two_replicas_in_turn)
{
    struct job_run *a, *b;
    enum job_step first, second = JOB_STEP_MORE;

    jobs_fill(&w, 3000);
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, NULL);
    a = jobs_claim(&w, "r1");
    cr_expect_eq(jobs_step(&w, a, NULL), JOB_STEP_MORE);
    cr_expect_null(jobs_claim(&w, "r2"), "it is leased");
    jobs_expire(&w);
    b = jobs_claim(&w, "r1"); /* another thread of the same replica */
    cr_assert(b);
    first = jobs_step(&w, a, NULL);
    cr_expect_eq(first, JOB_STEP_LOST);
    while (second == JOB_STEP_MORE)
        second = jobs_step(&w, b, NULL);
    cr_expect_eq(second, JOB_STEP_OVER);
    job_run_free(a);
    job_run_free(b);
    expect_all(3000);
}

Test(job_faults, cancel_stops_after_the_batch)
{
    struct job_run *run;

    jobs_fill(&w, 3000);
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, NULL);
    run = jobs_claim(&w, "r1");
    cr_expect_eq(jobs_step(&w, run, NULL), JOB_STEP_MORE);
    cr_expect_eq(jobs_step(&w, run, NULL), JOB_STEP_MORE);
    cr_expect(cancel("J1"));
    cr_expect_not(cancel("j1"), "asked before");
    cr_expect_eq(jobs_step(&w, run, NULL), JOB_STEP_OVER);
    job_run_free(run);
    jobs_expect(&w, "J1", JOB_CANCELLED, 1000, 0, 0);
    cr_expect_eq(cli_number(&w.s, "xlen s.dlq"), 2000);
    cr_expect_eq(look_number(&w.s, "select count(*) from"
                                   " opsbot.operation_batches where moved is"
                                   " null"),
                 0);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.operations"
                                   " where outcome ->> 'cancelled_by' ="
                                   " 'U0BOB'"),
                 1);
}

/* A replica that was thought dead wakes up behind the cancel. */
Test(job_faults, a_batch_closed_by_cancel_never_lands)
{
    struct job_run *run;
    const struct reply *results;
    struct move move;
    struct batch *late;

    jobs_fill(&w, 1500);
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, NULL);
    run = jobs_claim(&w, "r1");
    cr_expect_eq(jobs_step(&w, run, NULL), JOB_STEP_MORE);
    jobs_expire(&w);
    cr_expect(cancel("J1"));
    cr_expect_eq(jobs_run(&w, "r2"), JOB_STEP_OVER);
    jobs_expect(&w, "J1", JOB_CANCELLED, 500, 0, 0);
    late = &run->batches[1];
    move = (struct move){ .kind = JOB_REQUEUE,
                          .op = "J1",
                          .batch = late->number,
                          .stream = "s",
                          .dlq = "s.dlq",
                          .ids = (const char *const *)late->ids,
                          .count = late->count,
                          .range = true };
    cr_expect_eq(move_run(w.r, &w.cfg, &move, &results, &w.err),
                 MOVE_FORBIDDEN);
    cr_expect_eq(cli_number(&w.s, "xlen s.dlq"), 1000);
    cr_expect_eq(jobs_step(&w, run, NULL), JOB_STEP_LOST);
    job_run_free(run);
}

Test(job_faults, an_answer_that_came_too_late_lands_once)
{
    struct job_run *run;
    enum job_step done = JOB_STEP_MORE;

    jobs_fill(&w, 600);
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, NULL);
    run = jobs_claim(&w, "r1");
    cr_expect_eq(jobs_step(&w, run, NULL), JOB_STEP_MORE);
    redis_deadline(w.r, 100);
    part_pause(w.s.harness, PART_REDIS);
    cr_expect_eq(jobs_step(&w, run, NULL), JOB_STEP_LATER);
    cr_expect_eq(jobs_step(&w, run, NULL), JOB_STEP_LATER, "it is down");
    part_resume(w.s.harness, PART_REDIS);
    redis_deadline(w.r, STORES_MS);
    cr_assert(redis_probe(w.r, &w.err), "%s", w.err.text);
    while (done == JOB_STEP_MORE)
        done = jobs_step(&w, run, NULL);
    cr_expect_eq(done, JOB_STEP_OVER);
    job_run_free(run);
    expect_all(600);
}

Test(job_faults, postgres_away_loses_nothing)
{
    struct job_run *run;
    enum job_step done = JOB_STEP_MORE;

    jobs_fill(&w, 5000);
    jobs_begin_all(&w, "J1", JOB_REQUEUE, 0, NULL);
    run = jobs_claim(&w, "r1");
    for (int i = 0; i < 3; i++)
        cr_expect_eq(jobs_step(&w, run, NULL), JOB_STEP_MORE);
    part_stop(w.s.harness, PART_POSTGRES);
    cr_expect_eq(jobs_step(&w, run, NULL), JOB_STEP_LATER);
    part_start(w.s.harness, PART_POSTGRES);
    cr_assert(db_probe(w.db, &w.err), "%s", w.err.text);
    while (done == JOB_STEP_MORE)
        done = jobs_step(&w, run, NULL);
    cr_expect_eq(done, JOB_STEP_OVER);
    job_run_free(run);
    expect_all(5000);
}

/* ---- who moved it ----------------------------------------------------------- */

static void expect_mover(const char *id, const char *op, const char *kind)
{
    struct job_mover m;

    cr_assert(job_mover_of(w.r, w.db, &w.cfg, "s.dlq", id, &m, &w.err), "%s",
              w.err.text);
    cr_expect_str_eq(m.op ? m.op : "", op);
    cr_expect_str_eq(m.kind ? m.kind : "", kind);
    if (m.op)
        cr_expect_str_eq(m.by, "U0ANN");
    job_mover_dispose(&m);
}

Test(job_faults, a_job_is_known_as_the_mover_before_and_after_its_end)
{
    struct act act = act_of("OP9", "dlq requeue");
    struct requeue_want want = { .act = &act, .name = &jobs_name };
    struct requeue out;
    struct job_run *run;
    char *id;

    jobs_fill(&w, 3);
    id = cli(&w.s, "xrange s.dlq - + count 1 | head -1");
    expect_mover(id, "", "");
    jobs_begin_all(&w, "J1", JOB_DISCARD, 0, NULL);
    run = jobs_claim(&w, "r1");
    cr_expect_eq(jobs_step(&w, run, NULL), JOB_STEP_MORE);
    expect_mover(id, "J1", "discard");
    cr_expect_eq(jobs_step(&w, run, NULL), JOB_STEP_OVER);
    job_run_free(run);
    expect_mover(id, "J1", "discard");
    want.id = id;
    cr_assert(dlq_requeue(w.r, w.db, &w.cfg, &want, &out, &w.err), "%s",
              w.err.text);
    cr_expect_eq(out.result, REQUEUE_DISCARDED);
    cr_expect_str_eq(out.op, "J1");
    requeue_dispose(&out);
    free(id);
}
