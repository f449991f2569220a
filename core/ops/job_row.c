/*
 * job_row: what a running job's rows say, read and written: its batches, its
 * counts, its end. Whose the job is: job_hold.c. No state of its own: it runs
 * on the thread whose connection it is given.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/audit.h"
#include "core/ops/job_run.h"
#include "core/ops/operation.h"

#define TOUCH_MS 2000 /* between two changes of its cards */

static const struct db_stmt stmt_row = {
    .name = "job_row",
    .sql = "select act, ids, upper_id, cursor_id, batch from opsbot.jobs"
           " where id = $1::text and owner = $2::text",
    .params = 2,
};

static const struct db_stmt stmt_open = {
    .name = "job_open_batches",
    .sql = "select batch, ids from opsbot.operation_batches"
           " where op = $1::text and moved is null order by batch",
    .params = 1,
};

static const struct db_stmt stmt_counts = {
    .name = "job_counts",
    .sql = "update opsbot.jobs set moved = $2::bigint, gone = $3::bigint,"
           " refused = $4::bigint, error = null where id = $1::text",
    .params = 4,
};

static const struct db_stmt stmt_cursor = {
    .name = "job_cursor",
    .sql = "update opsbot.jobs set cursor_id = $2::text, batch = $3::integer"
           " where id = $1::text",
    .params = 3,
};

static const struct db_stmt stmt_end = {
    .name = "job_end",
    .sql = "update opsbot.jobs set state = $2::text, error = $3::text,"
           " gone = $4::bigint, owner = null, lease_until = null,"
           " finished_at = now() where id = $1::text",
    .params = 4,
};

/* ---- reading it ------------------------------------------------------------ */

static void batches_free(struct batch *batches, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < batches[i].count; j++)
            free(batches[i].ids[j]);
        free(batches[i].ids);
        free(batches[i].moved);
    }
    free(batches);
}

void run_forget(struct job_run *run)
{
    job_dispose(&run->job);
    json_doc_free(run->act_doc);
    json_doc_free(run->ids_doc);
    free(run->ids);
    free(run->upper);
    batches_free(run->batches, run->count);
    batches_free(run->ahead, run->ahead_count);
    run->act_doc = run->ids_doc = NULL;
    run->ids = NULL;
    run->ids_count = 0;
    run->upper = NULL;
    run->batches = NULL;
    run->ahead = NULL;
    run->count = run->at = run->ahead_count = 0;
    run->listed = run->loaded = false;
}

static bool parse(struct json_doc **doc, const char *text, struct err *err)
{
    *doc = json_doc_parse(text, strlen(text), err);
    return *doc != NULL;
}

/* The texts are borrowed from doc. */
static const char **list_from(const struct json_doc *doc, size_t *count)
{
    size_t n = json_doc_count(doc, "");
    const char **ids = xcalloc(n + 1, sizeof *ids);

    for (size_t i = 0; i < n; i++) {
        char at[24];

        ids[i] = json_doc_str(doc, text_number(at, (int64_t)i));
    }
    *count = n;
    return ids;
}

static bool row_from(struct job_run *run, const struct db_rows *rows,
                     struct err *err)
{
    if (!parse(&run->act_doc, rows_text(rows, 0, 0), err) ||
        (!rows_null(rows, 0, 1) &&
         !parse(&run->ids_doc, rows_text(rows, 0, 1), err)))
        return err_prefix(err, "job %s", run->id);
    run->act = operation_act(run->act_doc, run->id);
    if (run->ids_doc)
        run->ids = list_from(run->ids_doc, &run->ids_count);
    run->upper = xstrdup(rows_text(rows, 0, 2));
    snprintf(run->cursor, sizeof run->cursor, "%s", rows_text(rows, 0, 3));
    run->next_batch = rows_int(rows, 0, 4);
    return true;
}

static bool open_from(struct job_run *run, const struct db_rows *rows,
                      struct err *err)
{
    run->batches = xcalloc(rows_count(rows) + 1, sizeof *run->batches);
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct batch *b = &run->batches[run->count++];
        struct json_doc *doc;
        const char **ids;

        *b = (struct batch){ .number = rows_int(rows, i, 0),
                             .state = BATCH_DOUBTFUL };
        if (!parse(&doc, rows_text(rows, i, 1), err))
            return err_prefix(err, "job %s", run->id);
        ids = list_from(doc, &b->count);
        b->ids = xcalloc(b->count + 1, sizeof *b->ids);
        for (size_t j = 0; j < b->count; j++)
            b->ids[j] = xstrdup(ids[j]);
        free(ids);
        json_doc_free(doc);
    }
    return true;
}

enum held run_load(struct job_run *run, struct db *db, struct err *err)
{
    struct db_rows *row = NULL, *open = NULL;
    enum held held = run_look(run, db, err);
    bool found, ok = held == HELD || held == HELD_CANCELLING;

    if (!ok)
        return held;
    run_forget(run);
    ok = job_load(db, run->id, &run->job, &found, err) &&
         db_run(db, &stmt_row, &row, err, run->id, run->owner) &&
         db_run(db, &stmt_open, &open, err, run->id);
    if (ok && rows_count(row) == 0)
        held = HELD_LOST;
    else
        ok = ok && row_from(run, row, err) && open_from(run, open, err);
    run->loaded = ok && held != HELD_LOST;
    rows_free(row);
    rows_free(open);
    if (!run->loaded)
        run_forget(run);
    return ok ? held : HELD_UNKNOWN;
}

/* ---- writing it ------------------------------------------------------------ */

bool run_settle(struct job_run *run, struct db *db, struct err *err)
{
    char moved[24], gone[24], refused[24];
    bool ok = true;

    for (size_t i = 0; ok && i < run->count; i++) {
        struct batch *b = &run->batches[i];

        if (b->state != BATCH_RUN)
            continue;
        ok = operation_batch_moved(db, run->id, b->number, b->moved, err);
        run->job.moved += b->moved_count;
        run->job.gone += b->gone;
        run->job.refused += b->refused;
    }
    ok = ok && db_run(db, &stmt_counts, NULL, err, run->id,
                      text_number(moved, run->job.moved),
                      text_number(gone, run->job.gone),
                      text_number(refused, run->job.refused));
    if (ok && clock_mono_ms() - run->touched_at >= TOUCH_MS)
        ok = run_touch(run, db, err);
    return ok;
}

static bool intend_one(struct job_run *run, struct db *db,
                       const struct batch *b, const char *source,
                       struct err *err)
{
    char *ids = json_list((const char *const *)b->ids, b->count);
    struct operation_batch row = {
        .op = run->id,
        .number = b->number,
        .stream = run->job.stream,
        .source = source,
        .ids = ids,
        .first_ms = entry_ms(b->ids[0]),
        .last_ms = entry_ms(b->ids[b->count - 1]),
    };
    bool ok = operation_batch_add(db, &row, err);

    free(ids);
    return ok;
}

/* Where the cursor is behind that batch: it never goes back. */
static const char *run_cursor(const struct job_run *run,
                              const struct batch *last)
{
    const char *end = last->ids[last->count - 1];

    return entry_id_compare(run->cursor, end) > 0 ? run->cursor : end;
}

bool run_intend(struct job_run *run, struct db *db, struct err *err)
{
    char *source = job_source_key(run->job.kind, run->job.dlq), batch[24];
    const struct batch *last = &run->ahead[run->ahead_count - 1];
    bool ok = true;

    for (size_t i = 0; ok && i < run->ahead_count; i++)
        ok = intend_one(run, db, &run->ahead[i], source, err);
    free(source);
    return ok &&
           db_run(db, &stmt_cursor, NULL, err, run->id, run_cursor(run, last),
                  text_number(batch, last->number + 1));
}

void run_go_on(struct job_run *run)
{
    size_t left = run->count - run->at;
    struct batch *all = xcalloc(left + run->ahead_count, sizeof *all);
    const struct batch *last = &run->ahead[run->ahead_count - 1];

    run->next_batch = last->number + 1;
    snprintf(run->cursor, sizeof run->cursor, "%s", run_cursor(run, last));
    if (left)
        memcpy(all, run->batches + run->at, left * sizeof *all);
    memcpy(all + left, run->ahead, run->ahead_count * sizeof *all);
    batches_free(run->batches, run->at);
    free(run->ahead);
    run->batches = all;
    run->count = left + run->ahead_count;
    run->at = 0;
    run->ahead = NULL;
    run->ahead_count = 0;
    run->listed = false;
}

/* ---- the end --------------------------------------------------------------- */

static bool record_outcome(struct job_run *run, struct db *db,
                           enum job_state state, const char *why, bool *first,
                           struct err *err)
{
    int64_t took = clock_wall_ms() - run->act.recorded_at;
    char *detail = json_text(
        member_str("result", job_state_name(state)),
        member_int("moved", run->job.moved), member_int("gone", run->job.gone),
        member_int("refused", run->job.refused),
        member_int("total", run->job.total),
        member_bool("cancelled", state == JOB_CANCELLED),
        member_str("cancelled_by",
                   state == JOB_CANCELLED ? run->job.cancelled_by : NULL),
        member_str("error", why));
    struct audit_row row = { .act = &run->act,
                             .kind = AUDIT_OUTCOME,
                             .outcome = state == JOB_DONE
                                            ? "ok"
                                            : job_state_name(state),
                             .detail = detail,
                             .took_us = took > 0 ? took * 1000 : 0 };
    bool nothing = state != JOB_DONE && run->job.moved == 0;
    bool ok = operation_finish(db, run->id,
                               nothing ? OPERATION_REFUSED : OPERATION_DONE,
                               detail, first, err) &&
              (!*first || audit_write(db, &row, err));

    free(detail);
    return ok;
}

bool run_finish(struct job_run *run, struct db *db, enum job_state state,
                const char *why, struct err *err)
{
    struct job *job = &run->job;
    char gone[24];
    bool first;

    /* What was there when it was shown and was never met has gone since. */
    if (state == JOB_DONE && job->moved + job->refused + job->gone < job->total)
        job->gone = job->total - job->moved - job->refused;
    return record_outcome(run, db, state, why, &first, err) &&
           db_run(db, &stmt_end, NULL, err, run->id, job_state_name(state), why,
                  text_number(gone, job->gone)) &&
           run_touch(run, db, err);
}
