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
    cr_expect_eq(jobs_run(&w, "r1"), STEP_OVER);
    jobs_expect(&w, "J1", JOB_DONE, 5000, 0, 0);
    cr_expect_eq(cli_number(&w.s, "xlen s"), 5000);
    cr_expect_eq(cli_number(&w.s, "xlen s.dlq"), 0);
    jobs_expect_each_once(&w, "s", 5000);
}
