/*
 * jobs: what the tests of jobs share. One thread.
 */
#include "tests/core/ops/jobs.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

static char stream_key[] = "s", dlq_key[] = "s.dlq";
struct stream_name jobs_name = { stream_key, dlq_key, false };

void jobs_fill(struct world *w, int count)
{
    free(cli(&w->s,
             "eval \"for i = 0, %d do redis.call('XADD', 's.dlq', '*', 'n', i,"
             " 'kind', 'alert', 'error', 'boom', 'original_id', '7-' .. i,"
             " 'attempts', '3', 'failed_at', 'now') end\" 0",
             count - 1));
    cr_assert_eq(cli_number(&w->s, "xlen s.dlq"), count);
}

static char *body_of(const struct job *job, void *arg)
{
    (void)arg;
    return xasprintf("{\"text\":\"%s %s\"}", job_kind_name(job->kind), job->id);
}

static void begin(struct world *w, const char *op, enum job_kind kind,
                  const struct job_set *set, int rate)
{
    char *text = job_bound_text(kind, &jobs_name, set, rate);
    struct act act = act_of(op, "dlq requeue");
    struct job_start start = { .act = &act,
                               .bound =
                                   json_doc_parse(text, strlen(text), &w->err),
                               .response_url = "http://127.0.0.1/answer",
                               .body = body_of };
    bool added;

    cr_assert(db_begin(w->db, &w->err));
    cr_assert(job_begin(w->db, &w->cfg, &start, &added, &w->err), "%s",
              w->err.text);
    cr_assert(added);
    cr_assert(db_commit(w->db, &w->err), "%s", w->err.text);
    json_doc_free((struct json_doc *)(uintptr_t)start.bound);
    free(text);
}

static void find_and_begin(struct world *w, const char *op, enum job_kind kind,
                           const char *const *ids, size_t count, int rate,
                           struct job_set *set)
{
    struct job_set found;

    cr_assert(job_set_find(w->r, kind, &jobs_name, ids, count, &found, &w->err),
              "%s", w->err.text);
    begin(w, op, kind, &found, rate);
    if (set)
        *set = found;
    else
        job_set_dispose(&found);
}

void jobs_begin_all(struct world *w, const char *op, enum job_kind kind,
                    int rate, struct job_set *set)
{
    find_and_begin(w, op, kind, NULL, 0, rate, set);
}

void jobs_begin_ids(struct world *w, const char *op, enum job_kind kind,
                    const char *const *ids, size_t count, struct job_set *set)
{
    find_and_begin(w, op, kind, ids, count, 0, set);
}

struct job_run *jobs_claim(struct world *w, const char *replica)
{
    struct job_run *run;

    cr_assert(job_claim(w->db, replica, &run, &w->err), "%s", w->err.text);
    return run;
}

enum job_step jobs_step(struct world *w, struct job_run *run, int *wait_ms)
{
    int ignored;

    return job_step(run, w->r, w->db, &w->cfg, wait_ms ? wait_ms : &ignored,
                    &w->err);
}

enum job_step jobs_run(struct world *w, const char *replica)
{
    struct job_run *run = jobs_claim(w, replica);
    enum job_step done = JOB_STEP_MORE;

    cr_assert(run);
    while (done == JOB_STEP_MORE)
        done = jobs_step(w, run, NULL);
    cr_expect_neq(done, JOB_STEP_LATER, "%s", w->err.text);
    job_run_free(run);
    return done;
}

void jobs_expire(struct world *w)
{
    cr_assert(db_script(w->db, "expire",
                        "update opsbot.jobs set lease_until = now()"
                        " where owner is not null",
                        &w->err));
}

void jobs_expect(struct world *w, const char *op, enum job_state state,
                 int64_t moved, int64_t gone, int64_t refused)
{
    struct job job;
    bool found;

    cr_assert(job_load(w->db, op, &job, &found, &w->err), "%s", w->err.text);
    cr_assert(found);
    cr_expect_eq(job.state, state, "%s: %s", job_state_name(job.state),
                 job.error);
    cr_expect_eq(job.moved, moved, "moved %lld", (long long)job.moved);
    cr_expect_eq(job.gone, gone, "gone %lld", (long long)job.gone);
    cr_expect_eq(job.refused, refused, "refused %lld", (long long)job.refused);
    job_dispose(&job);
}

void jobs_expect_each_once(struct world *w, const char *key, int count)
{
    char *script = xasprintf(
        "eval \"local seen, n = {}, %d for _, e in"
        " ipairs(redis.call('XRANGE', '%s', '-', '+')) do for i = 1,"
        " #e[2], 2 do if e[2][i] == 'n' then seen[e[2][i + 1]] ="
        " (seen[e[2][i + 1]] or 0) + 1 end end end for i = 0, n - 1 do"
        " if seen[tostring(i)] ~= 1 then return n - i end end"
        " return 0\" 0",
        count, key);

    cr_expect_eq(cli_number(&w->s, script), 0, "not each is there once");
    free(script);
}
