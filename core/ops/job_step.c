/*
 * job_step: a job carried out, one step at a time. No state of its own: it
 * runs on the thread whose connections it is given.
 *
 *     list the next batches → commit their intents and the outcomes of those
 *     before → run them, one a step → list …
 *
 * Batches are planned ahead, so that one commit is shared by many; with a
 * rate there is one at a time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
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
        return STEP_LOST;
    return STEP_LATER;
}

/* Postgres failed, and perhaps committed: it alone knows how things stand. */
static enum job_step read_anew(struct step *s)
{
    db_rollback(s->db);
    run_forget(s->run);
    *s->wait_ms = LATER_MS;
    return STEP_LATER;
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

static enum move_end run_one(struct step *s, struct batch *b, bool close)
{
    struct job_run *run = s->run;
    const struct reply *results;
    struct move move = {
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
    enum move_end end = move_run(s->r, s->cfg, &move, &results, s->err);

    if (end == MOVE_DONE)
        take_results(b, results);
    else if (end == MOVE_UNKNOWN)
        b->state = BATCH_DOUBTFUL;
    if (end == MOVE_DONE && close)
        b->gone = b->refused = 0;
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
    return STEP_LOST;
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
    return STEP_OVER;
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

static size_t batch_size(const struct job_run *run)
{
    size_t half = (size_t)(run->job.rate > 1 ? run->job.rate / 2 : 1);

    return run->job.rate == 0 || half > JOB_BATCH ? JOB_BATCH : half;
}

/* Of the ids alone, those that have no batch yet. */
static void ids_left(const struct job_run *run, struct move_list *want)
{
    size_t i = 0;

    while (i < run->ids_count &&
           entry_id_compare(run->ids[i], run->cursor) <= 0)
        i++;
    want->ids = run->ids + i;
    want->ids_count = run->ids_count - i;
    if (want->ids_count > want->count)
        want->ids_count = want->count;
}

static struct batch *batches_from(const struct job_run *run,
                                  const struct reply *list, size_t *count)
{
    struct batch *batches;

    *count = reply_count(list) - 1; /* the first says that it is a list */
    batches = xcalloc(*count + 1, sizeof *batches);
    for (size_t i = 0; i < *count; i++) {
        const struct reply *ids = reply_at(list, i + 1);
        struct batch *b = &batches[i];

        b->number = run->next_batch + (int64_t)i;
        b->count = reply_count(ids);
        b->ids = xcalloc(b->count + 1, sizeof *b->ids);
        for (size_t j = 0; j < b->count; j++)
            b->ids[j] = xstrdup(reply_str(reply_at(ids, j)));
    }
    return batches;
}

/* Run before, and forgotten by Postgres: on record again, its marker tells
 * what came of it. */
static struct batch *lost_batch(const struct job_run *run,
                                const struct move_list *want,
                                const struct reply *list)
{
    struct batch *b = xcalloc(1, sizeof *b);

    b->number = run->next_batch;
    b->ids = move_list_lost(want, list, &b->count);
    log_warn("job", &(struct log_ctx){ .op = run->id },
             "Postgres has lost batch %lld, which was run: taken from its"
             " marker, %zu entries",
             (long long)b->number, b->count);
    return b;
}

/* What comes after the cursor; none: *count 0. */
static enum move_end list_next(struct step *s, struct batch **next,
                               size_t *count)
{
    const struct job_run *run = s->run;
    char *source = job_source_key(run->job.kind, run->job.dlq);
    char *marker = move_marker(s->cfg, run->id, run->next_batch);
    struct move_list want = {
        .source = source,
        .marker = marker,
        .after = run->cursor,
        .upper = run->upper,
        .count = run->job.rate ? batch_size(run) : RUN_AHEAD,
        .each = batch_size(run),
    };
    enum move_end end = MOVE_DONE;
    const struct reply *list = NULL;
    bool lost = false;

    *next = NULL;
    *count = 0;
    if (run->ids)
        ids_left(run, &want);
    if (run->ids ? want.ids_count > 0 : run->upper[0] != '\0')
        end = move_list(s->r, &want, &list, &lost, s->err);
    if (end == MOVE_DONE && lost) {
        *next = lost_batch(run, &want, list);
        *count = 1;
    } else if (end == MOVE_DONE && list) {
        *next = batches_from(run, list, count);
    }
    free(marker);
    free(source);
    return end;
}

/* They are committed: on with them. Takes next. */
static void go_on(struct job_run *run, struct batch *next, size_t count)
{
    const struct batch *last = &next[count - 1];

    batches_free(run->batches, run->count);
    run->batches = next;
    run->count = count;
    run->at = 0;
    run->next_batch = last->number + 1;
    snprintf(run->cursor, sizeof run->cursor, "%s", run_cursor(run, last));
}

/* One transaction: outcomes of what was run, intents of what comes, or the
 * end. Takes next. */
static enum job_step commit_plan(struct step *s, struct batch *next,
                                 size_t count)
{
    enum held held;

    if (!db_begin(s->db, s->err))
        goto failed;
    held = run_fence(s->run, s->db, s->err);
    if (held == HELD_UNKNOWN)
        goto failed;
    if (held == HELD_LOST || held == HELD_CANCELLING || count == 0) {
        batches_free(next, count);
        if (held == HELD_LOST)
            return lost(s);
        return commit_end(s, held == HELD_CANCELLING ? JOB_CANCELLED : JOB_DONE,
                          NULL);
    }
    if (!run_settle(s->run, s->db, s->err) ||
        !run_intend(s->run, s->db, next, count, s->err) ||
        !db_commit(s->db, s->err))
        goto failed;
    go_on(s->run, next, count);
    return STEP_MORE;
failed:
    batches_free(next, count);
    return read_anew(s);
}

static enum job_step plan(struct step *s)
{
    struct batch *next;
    size_t count;

    switch (list_next(s, &next, &count)) {
    case MOVE_DONE:
        return commit_plan(s, next, count);
    case MOVE_FORBIDDEN:
        return fail(s);
    case MOVE_REFUSED:
    case MOVE_UNKNOWN:
        break;
    }
    return later(s);
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

    switch (run_one(s, b, false)) {
    case MOVE_DONE:
        run->at++;
        pace(s, b->count);
        return STEP_MORE;
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

    *wait_ms = 0;
    switch (run->loaded ? run_look(run, db, err) : run_load(run, db, err)) {
    case HELD:
        break;
    case HELD_CANCELLING:
        return end(&s, JOB_CANCELLED, NULL);
    case HELD_OVER:
        return STEP_OVER;
    case HELD_LOST:
        return lost(&s);
    case HELD_UNKNOWN:
        return read_anew(&s);
    }
    if (too_early(&s))
        return STEP_MORE;
    if (run->at == run->count) {
        done = plan(&s);
        if (done != STEP_MORE)
            return done;
    }
    return next_batch(&s);
}
