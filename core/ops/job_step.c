/*
 * job_step: a job carried out, one step at a time. No state of its own: it
 * runs on the thread whose connections it is given.
 *
 *     list the next batches → commit their intents and the outcomes of those
 *     before → run them, one a step → list …
 *
 * With a rate this is done one after the other, and one batch at a time. As
 * fast as it goes, the first two are done for the batches after these while
 * Redis runs these: no batch is sent before its intent is committed, and
 * before each it is looked whether the job is still ours and wanted.
 */
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/meter.h"
#include "core/ops/job_run.h"

#define LATER_MS  1000   /* until a store is asked again */
#define CREDIT_US 500000 /* what a rate may make up after a pause */

struct step {
    struct job_run *run;
    struct redis *r;
    struct db *db;
    const struct config *cfg;
    int *wait_ms;
    struct err *err;
};

/* Tries again: the row says why, if it can. */
static enum job_step later(struct step *s)
{
    struct err why = *s->err, ignored;

    *s->wait_ms = LATER_MS;
    if (run_waits(s->run, s->db, why.text, &ignored) == HELD_LOST)
        return JOB_STEP_LOST;
    return JOB_STEP_LATER;
}

/* Postgres failed, and perhaps committed: it alone knows how things stand. */
static enum job_step read_anew(struct step *s)
{
    db_rollback(s->db);
    run_forget(s->run);
    *s->wait_ms = LATER_MS;
    return JOB_STEP_LATER;
}

/* ---- counted ------------------------------------------------------------------ */

static _Atomic uint64_t entries_moved, entries_gone, entries_refused;

static void count_batch(const struct batch *b)
{
    meter_more(&entries_moved, (uint64_t)b->moved_count);
    meter_more(&entries_gone, (uint64_t)b->gone);
    meter_more(&entries_refused, (uint64_t)b->refused);
}

void job_counted(struct job_counts *out)
{
    *out = (struct job_counts){ .moved = meter_counted(&entries_moved),
                                .gone = meter_counted(&entries_gone),
                                .refused = meter_counted(&entries_refused) };
}

/* ---- one batch ------------------------------------------------------------- */

static void take_results(struct batch *b, const struct reply *results)
{
    struct buf moved = { 0 };

    b->moved_count = b->gone = b->refused = 0;
    buf_char(&moved, '{');
    for (size_t i = 0; i < b->count; i++) {
        enum moved_as as = move_result(results, i);

        b->gone += as == MOVED_GONE;
        b->refused += as == MOVED_REFUSED;
        if (as != MOVED_TO)
            continue;
        buf_fmt(&moved, "%s\"%s\":\"%s\"", b->moved_count ? "," : "", b->ids[i],
                reply_str(reply_at(results, i)));
        b->moved_count++;
    }
    buf_char(&moved, '}');
    free(b->moved);
    b->moved = buf_take(&moved);
    b->state = BATCH_RUN;
}

static void take_end(struct batch *b, enum move_end end,
                     const struct reply *results)
{
    if (end == MOVE_DONE)
        take_results(b, results);
    else if (end == MOVE_UNKNOWN)
        b->state = BATCH_DOUBTFUL;
}

static struct move move_of(const struct job_run *run, const struct batch *b,
                           bool close)
{
    return (struct move){
        .kind = run->job.kind,
        .op = run->id,
        .batch = b->number,
        .stream = run->job.stream,
        .dlq = run->job.dlq,
        .ids = (const char *const *)b->ids,
        .count = b->count,
        .range = !run->ids,
        .close = close,
    };
}

static enum move_end run_one(struct step *s, struct batch *b, bool close)
{
    struct move move = move_of(s->run, b, close);
    const struct reply *results;
    enum move_end end = move_run(s->r, s->cfg, &move, &results, s->err);

    take_end(b, end, results);
    if (end == MOVE_DONE && close)
        b->gone = b->refused = 0;
    if (end == MOVE_DONE)
        count_batch(b);
    return end;
}

/* ---- the end --------------------------------------------------------------- */

/* Sees to it that what was planned and not run is not run any more. */
static bool close_rest(struct step *s)
{
    for (size_t i = 0; i < s->run->count; i++)
        if (s->run->batches[i].state != BATCH_RUN &&
            run_one(s, &s->run->batches[i], true) != MOVE_DONE)
            return false;
    return true;
}

static enum job_step lost(struct step *s)
{
    db_rollback(s->db);
    log_warn("job", &(struct log_ctx){ .op = s->run->id },
             "another replica has the job now");
    return JOB_STEP_LOST;
}

/* Outcomes and the end inside the open transaction, the row locked. */
static enum job_step commit_end(struct step *s, enum job_state state,
                                const char *why)
{
    const struct job *job = &s->run->job;

    if (!run_settle(s->run, s->db, s->err) ||
        !run_finish(s->run, s->db, state, why, s->err) ||
        !db_commit(s->db, s->err))
        return read_anew(s);
    log_info("job", &(struct log_ctx){ .op = s->run->id },
             "%s of %s %s: %lld of %lld moved, %lld gone, %lld refused%s%s",
             job_kind_name(job->kind), job->dlq, job_state_name(state),
             (long long)job->moved, (long long)job->total, (long long)job->gone,
             (long long)job->refused, why ? ": " : "", why ? why : "");
    return JOB_STEP_OVER;
}

static enum job_step end(struct step *s, enum job_state state, const char *why)
{
    enum held held;

    if (!db_begin(s->db, s->err))
        return read_anew(s);
    held = run_fence(s->run, s->db, s->err);
    if (held == HELD_UNKNOWN)
        return read_anew(s);
    if (held == HELD_LOST)
        return lost(s);
    if (held == HELD_CANCELLING && state == JOB_DONE)
        state = JOB_CANCELLED;
    if (close_rest(s))
        return commit_end(s, state, why);
    db_rollback(s->db);
    return later(s);
}

static enum job_step fail(struct step *s)
{
    struct err why = *s->err;

    return end(s, JOB_FAILED, why.text);
}

/* ---- planning -------------------------------------------------------------- */

/* One transaction: outcomes of what was run, intents of what is ahead. All but
 * HELD: nothing was committed, or it is not known (HELD_UNKNOWN). */
static enum held commit_ahead(struct step *s)
{
    struct job_run *run = s->run;
    enum held held = HELD_UNKNOWN;

    if (db_begin(s->db, s->err))
        held = run_fence(run, s->db, s->err);
    if (held == HELD &&
        !(run_settle(run, s->db, s->err) && run_intend(run, s->db, s->err) &&
          db_commit(s->db, s->err)))
        held = HELD_UNKNOWN;
    db_rollback(s->db);
    if (held == HELD)
        run_go_on(run);
    return held;
}

/* What holding it or not means for the step. */
static enum job_step go_by(struct step *s, enum held held)
{
    switch (held) {
    case HELD:
        return JOB_STEP_MORE;
    case HELD_CANCELLING:
        return end(s, JOB_CANCELLED, NULL);
    case HELD_OVER:
        return JOB_STEP_OVER;
    case HELD_LOST:
        return lost(s);
    case HELD_UNKNOWN:
        break;
    }
    return read_anew(s);
}

static enum job_step plan(struct step *s)
{
    struct job_run *run = s->run;

    switch (run->listed ? MOVE_DONE : run_list(run, s->r, s->cfg, s->err)) {
    case MOVE_DONE:
        if (run->ahead_count == 0)
            return end(s, JOB_DONE, NULL);
        return go_by(s, commit_ahead(s));
    case MOVE_FORBIDDEN:
        return fail(s);
    case MOVE_REFUSED:
    case MOVE_UNKNOWN:
        break;
    }
    return later(s);
}

/* ---- while Redis works ------------------------------------------------------- */

/*
 * As fast as it goes, Redis should not wait for anybody: while it moves a
 * batch the ids of what comes are asked for behind it, or their intents are
 * committed with the outcomes of what was run.
 */

/* The answers to what move_add() and run_list_add() appended. */
static enum move_end take_answers(struct step *s, const struct move *move,
                                  bool listing)
{
    struct batch *b = &s->run->batches[s->run->at];
    const struct reply *results;
    enum move_end end = move_take(s->r, 0, move, &results, s->err);

    take_end(b, end, results);
    if (listing)
        run_list_take(s->run, s->r, 1);
    if (end == MOVE_DONE)
        count_batch(b);
    /* Perhaps only because Redis has forgotten the script. */
    return end == MOVE_REFUSED ? run_one(s, b, false) : end;
}

/* The next batch, and beside it what can be done for those that follow. */
static enum move_end run_beside(struct step *s, enum held *held)
{
    struct job_run *run = s->run;
    struct move move = move_of(run, &run->batches[run->at], false);
    bool listing;

    redis_reset(s->r);
    if (!move_add(s->r, s->cfg, &move))
        return run_one(s, &run->batches[run->at], false);
    listing = run_list_add(run, s->r, s->cfg);
    if (redis_begin(s->r, s->err)) {
        if (run->ahead_count > 0)
            *held = commit_ahead(s);
        if (redis_finish(s->r, s->err))
            return take_answers(s, &move, listing);
    }
    run->batches[run->at].state = BATCH_DOUBTFUL;
    return MOVE_UNKNOWN;
}

/* ---- the steps ------------------------------------------------------------- */

static bool too_early(struct step *s)
{
    int64_t left = s->run->next_us - clock_mono_us();

    *s->wait_ms = left > 0 ? (int)((left + 999) / 1000) : 0;
    return left > 0;
}

/* Starts the clock for the batch after this one. */
static void pace(struct step *s, size_t entries)
{
    struct job_run *run = s->run;
    int64_t now = clock_mono_us();

    if (run->job.rate == 0)
        return;
    if (run->next_us < now - CREDIT_US)
        run->next_us = now;
    run->next_us += (int64_t)entries * 1000000 / run->job.rate;
    (void)too_early(s);
}

static enum job_step next_batch(struct step *s)
{
    struct job_run *run = s->run;
    struct batch *b = &run->batches[run->at];
    enum held held = HELD;
    enum move_end end = run->job.rate > 0 || b->state == BATCH_DOUBTFUL
                            ? run_one(s, b, false)
                            : run_beside(s, &held);

    if (held != HELD)
        return go_by(s, held);
    switch (end) {
    case MOVE_DONE:
        pace(s, run->batches[run->at++].count);
        return JOB_STEP_MORE;
    case MOVE_FORBIDDEN:
        return fail(s);
    case MOVE_REFUSED:
    case MOVE_UNKNOWN:
        break;
    }
    return later(s);
}

enum job_step job_step(struct job_run *run, struct redis *r, struct db *db,
                       const struct config *cfg, int *wait_ms, struct err *err)
{
    struct step s = { run, r, db, cfg, wait_ms, err };
    enum job_step done;
    enum held held;

    *wait_ms = 0;
    held = run->loaded ? run_look(run, db, err) : run_load(run, db, err);
    if (held != HELD)
        return go_by(&s, held);
    if (too_early(&s))
        return JOB_STEP_MORE;
    if (run->at == run->count) {
        done = plan(&s);
        if (done != JOB_STEP_MORE)
            return done;
    }
    return next_batch(&s);
}
