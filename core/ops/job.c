/*
 * job: jobs as rows: begun, listed, cancelled, claimed. No state of its own:
 * it runs on the thread whose connection it is given.
 */
#include "core/ops/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/audit.h"
#include "core/ops/job_parts.h"
#include "core/ops/operation.h"
#include "core/ops/outbox.h"

#define COLUMNS                                                                \
    "id, kind, state, stream, dlq, rate, total, moved, gone, refused, error,"  \
    " act ->> 'user', act ->> 'user_name', act ->> 'channel', cancelled_by,"   \
    " cancelled_name,"                                                         \
    " (extract(epoch from created_at) * 1000)::bigint,"                        \
    " (extract(epoch from started_at) * 1000)::bigint,"                        \
    " (extract(epoch from finished_at) * 1000)::bigint"

/* What a person typed, or an id in full; a lone shown head means the newest. */
#define MEANT                                                                  \
    "(select id from opsbot.jobs where id in ($1::text, $2::text) or"          \
    " (length($2::text) = $3::int and left(id, $3::int) = $2::text)"           \
    " order by (id = $1::text) desc, created_at desc limit 1)"

static const struct db_stmt stmt_add = {
    .name = "job_add",
    .sql = "insert into opsbot.jobs (id, kind, act, stream, dlq, ids, upper_id,"
           " total, rate, response_url) values ($1::text, $2::text, $3::jsonb,"
           " $4::text, $5::text, $6::jsonb, $7::text, $8::bigint, $9::integer,"
           " $10::text)",
    .params = 10,
};

static const struct db_stmt stmt_load = {
    .name = "job_load",
    .sql = "select " COLUMNS " from opsbot.jobs where id = " MEANT,
    .params = 3,
};

static const struct db_stmt stmt_list = {
    .name = "job_list",
    .sql = "select " COLUMNS " from opsbot.jobs order by"
           " (state in ('running', 'cancelling')) desc, created_at desc, id"
           " limit $1::bigint",
    .params = 1,
};

static const struct db_stmt stmt_list_of = {
    .name = "job_list_of",
    .sql = "select " COLUMNS " from opsbot.jobs where act->>'user' = $2::text"
           " order by (state in ('running', 'cancelling')) desc,"
           " created_at desc, id limit $1::bigint",
    .params = 2,
};

static const struct db_stmt stmt_cancel = {
    .name = "job_cancel",
    .sql = "update opsbot.jobs set state = 'cancelling',"
           " cancelled_by = $4::text, cancelled_name = $5::text"
           " where id = " MEANT " and state = 'running' returning id",
    .params = 5,
};

static const char *const kinds[] = {
    [JOB_REQUEUE] = "requeue",
    [JOB_DISCARD] = "discard",
    [JOB_RESTORE] = "restore",
};

static const char *const states[] = {
    [JOB_RUNNING] = "running", [JOB_CANCELLING] = "cancelling",
    [JOB_DONE] = "done",       [JOB_CANCELLED] = "cancelled",
    [JOB_FAILED] = "failed",
};

const char *job_kind_name(enum job_kind kind)
{
    return kinds[kind];
}

const char *job_kind_done(enum job_kind kind)
{
    static const char *const done[] = {
        [JOB_REQUEUE] = "requeued",
        [JOB_DISCARD] = "discarded",
        [JOB_RESTORE] = "restored",
    };

    return done[kind];
}

const char *job_state_name(enum job_state state)
{
    return states[state];
}

static int place_of(const char *word, const char *const *names, int count)
{
    int i = 0;

    while (i < count - 1 && strcmp(names[i], word) != 0)
        i++;
    return i;
}

/* ---- rows ------------------------------------------------------------------ */

static struct job job_from(const struct db_rows *rows, size_t i)
{
    return (struct job){
        .id = xstrdup(rows_text(rows, i, 0)),
        .kind = (enum job_kind)place_of(rows_text(rows, i, 1), kinds, 3),
        .state = (enum job_state)place_of(rows_text(rows, i, 2), states, 5),
        .stream = xstrdup(rows_text(rows, i, 3)),
        .dlq = xstrdup(rows_text(rows, i, 4)),
        .rate = (int)rows_int(rows, i, 5),
        .total = rows_int(rows, i, 6),
        .moved = rows_int(rows, i, 7),
        .gone = rows_int(rows, i, 8),
        .refused = rows_int(rows, i, 9),
        .error = xstrdup(rows_text(rows, i, 10)),
        .actor = xstrdup(rows_text(rows, i, 11)),
        .actor_name = xstrdup(rows_text(rows, i, 12)),
        .channel = xstrdup(rows_text(rows, i, 13)),
        .cancelled_by = xstrdup(rows_text(rows, i, 14)),
        .cancelled_name = xstrdup(rows_text(rows, i, 15)),
        .created_at = rows_int(rows, i, 16),
        .started_at = rows_int(rows, i, 17),
        .finished_at = rows_int(rows, i, 18),
    };
}

void job_dispose(struct job *job)
{
    free(job->id);
    free(job->stream);
    free(job->dlq);
    free(job->error);
    free(job->actor);
    free(job->actor_name);
    free(job->channel);
    free(job->cancelled_by);
    free(job->cancelled_name);
    *job = (struct job){ 0 };
}

static const char *shown_length(char out[8])
{
    snprintf(out, 8, "%d", OP_SHOWN);
    return out;
}

bool job_load(struct db *db, const char *id, struct job *out, bool *found,
              struct err *err)
{
    struct db_rows *rows = NULL;
    char typed[OP_ID], shown[8];

    *out = (struct job){ 0 };
    *found = false;
    operation_id_typed(id, typed);
    if (!db_run(db, &stmt_load, &rows, err, id, typed, shown_length(shown)))
        return false;
    *found = rows_count(rows) > 0;
    if (*found)
        *out = job_from(rows, 0);
    rows_free(rows);
    return true;
}

static bool list(struct db *db, const char *user, size_t limit,
                 struct job **jobs, size_t *count, struct err *err)
{
    struct db_rows *rows = NULL;
    char most[24];
    bool ok;

    *jobs = NULL;
    *count = 0;
    text_number(most, (int64_t)limit);
    ok = user ? db_run(db, &stmt_list_of, &rows, err, most, user)
              : db_run(db, &stmt_list, &rows, err, most);
    if (!ok)
        return false;
    *count = rows_count(rows);
    *jobs = xcalloc(*count + 1, sizeof **jobs);
    for (size_t i = 0; i < *count; i++)
        (*jobs)[i] = job_from(rows, i);
    rows_free(rows);
    return true;
}

bool job_list(struct db *db, size_t limit, struct job **jobs, size_t *count,
              struct err *err)
{
    return list(db, NULL, limit, jobs, count, err);
}

bool job_list_of(struct db *db, const char *user, size_t limit,
                 struct job **jobs, size_t *count, struct err *err)
{
    return list(db, user, limit, jobs, count, err);
}

void job_list_free(struct job *jobs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        job_dispose(&jobs[i]);
    free(jobs);
}

/* ---- beginning ------------------------------------------------------------- */

static bool add_row(struct db *db, const struct job_start *start,
                    struct err *err)
{
    const struct json_doc *bound = start->bound;
    char *act = operation_act_text(start->act);
    char *ids = json_doc_raw(bound, "ids");
    char total[24], rate[24];
    bool ok;

    text_number(total, json_doc_int(bound, "count", 0));
    text_number(rate, json_doc_int(bound, "rate", JOB_RATE));
    ok =
        db_run(db, &stmt_add, NULL, err, start->act->op,
               json_doc_str(bound, "kind"), act, json_doc_str(bound, "stream"),
               json_doc_str(bound, "dlq"), ids, json_doc_str(bound, "upper_id"),
               total, rate, start->response_url ? start->response_url : "");
    free(ids);
    free(act);
    return ok;
}

static bool record_attempt(struct db *db, const struct job_start *start,
                           struct err *err)
{
    char *detail = json_doc_raw(start->bound, "");
    struct audit_row row = { .act = start->act,
                             .kind = AUDIT_ATTEMPT,
                             .outcome = "attempt",
                             .detail = detail };
    bool ok = audit_write(db, &row, err);

    free(detail);
    return ok;
}

/* The card as the job stands now, where it was asked for and in channels.ops. */
static bool put_cards(struct db *db, const struct config *cfg,
                      const struct job_start *start, struct err *err)
{
    const char *channels[2];
    size_t n = act_channels(start->act, cfg, channels);
    char *thing = xasprintf("job:%s", start->act->op), *body = NULL;
    struct outbox_new row = { .op = start->act->op,
                              .thing = thing,
                              .lane = OUTBOX_CLICK };
    struct job job;
    bool found, ok = job_load(db, start->act->op, &job, &found, err);

    if (ok)
        row.body = body = start->body(&job, start->arg);
    for (size_t i = 0; ok && i < n; i++) {
        bool here = channels[i] == start->act->channel;

        row.channel = channels[i];
        row.response_url = here ? start->response_url : NULL;
        ok = outbox_put(db, &row, err);
    }
    job_dispose(&job);
    free(body);
    free(thing);
    return ok;
}

bool job_begin(struct db *db, const struct config *cfg,
               const struct job_start *start, bool *added, struct err *err)
{
    char *entity = xasprintf("job:%s:%s", json_doc_str(start->bound, "kind"),
                             json_doc_str(start->bound, "dlq"));
    bool ok = operation_add(db, start->act, entity, added, err);

    free(entity);
    return ok && (!*added ||
                  (record_attempt(db, start, err) && add_row(db, start, err) &&
                   put_cards(db, cfg, start, err)));
}

/* ---- cancelling ------------------------------------------------------------ */

bool job_cancel(struct db *db, const char *id, const struct act *act,
                struct job *out, bool *found, bool *first, struct err *err)
{
    struct db_rows *rows = NULL;
    char typed[OP_ID], shown[8];
    bool ok;

    *out = (struct job){ 0 };
    *found = *first = false;
    operation_id_typed(id, typed);
    if (!db_run(db, &stmt_cancel, &rows, err, id, typed, shown_length(shown),
                act->user, act->user_name))
        return false;
    *first = rows_count(rows) > 0;
    ok = job_load(db, *first ? rows_text(rows, 0, 0) : id, out, found, err);
    if (ok && *first) {
        char *thing = xasprintf("job:%s", out->id);

        ok = outbox_touch(db, thing, err);
        free(thing);
    }
    rows_free(rows);
    if (!ok)
        job_dispose(out);
    return ok;
}
