/*
 * job_hold: having a job: its lease, claimed, looked at, renewed and given up,
 * and what else its row says of who has it and why it waits. What the job
 * does: job_row.c. No state of its own: it runs on the thread whose connection
 * it is given.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/job_run.h"
#include "core/ops/outbox.h"

#define LEASE "now() + $3::bigint * interval '1 ms'"

static const struct db_stmt stmt_claim = {
    .name = "job_claim",
    .sql = "update opsbot.jobs set owner = $1::text,"
           " lease_until = now() + $2::bigint * interval '1 ms',"
           " started_at = coalesce(started_at, now())"
           " where id = (select id from opsbot.jobs"
           "  where state in ('running', 'cancelling') and"
           "  (owner is null or lease_until <= now())"
           "  order by created_at, id limit 1 for update skip locked)"
           " returning id",
    .params = 2,
};

static const struct db_stmt stmt_release = {
    .name = "job_release",
    .sql = "update opsbot.jobs set owner = null, lease_until = null"
           " where state in ('running', 'cancelling') and"
           " split_part(owner, '#', 1) = $1::text",
    .params = 1,
};

static const struct db_stmt stmt_look = {
    .name = "job_look",
    .sql = "select state, batch from opsbot.jobs where id = $1::text"
           " and owner = $2::text",
    .params = 2,
};

static const struct db_stmt stmt_fence = {
    .name = "job_fence",
    .sql = "update opsbot.jobs set lease_until = " LEASE
           " where id = $1::text and owner = $2::text"
           " returning state, batch, cancelled_by",
    .params = 3,
};

static const struct db_stmt stmt_waits = {
    .name = "job_waits",
    .sql = "update opsbot.jobs j set lease_until = " LEASE ", error = $4::text"
           " from (select id, error from opsbot.jobs where id = $1::text"
           "  for update) was where j.id = was.id and j.owner = $2::text"
           " returning j.state, j.batch, was.error is distinct from j.error",
    .params = 4,
};

/* ---- claiming -------------------------------------------------------------- */

bool job_claim(struct db *db, const char *replica, struct job_run **run,
               struct err *err)
{
    struct db_rows *rows = NULL;
    char nonce[RANDOM_ID], lease[24], *owner;
    bool ok;

    *run = NULL;
    digest_random(nonce);
    owner = xasprintf("%s#%s", replica, nonce);
    ok = db_run(db, &stmt_claim, &rows, err, owner,
                text_number(lease, JOB_LEASE_MS));
    if (ok && rows_count(rows) > 0) {
        *run = xcalloc(1, sizeof **run);
        (*run)->id = xstrdup(rows_text(rows, 0, 0));
        (*run)->owner = xstrdup(owner);
    }
    rows_free(rows);
    free(owner);
    return ok;
}

bool job_release(struct db *db, const char *replica, struct err *err)
{
    return db_run(db, &stmt_release, NULL, err, replica);
}

const char *job_run_id(const struct job_run *run)
{
    return run->id;
}

bool job_run_touched(struct job_run *run)
{
    bool touched = run->touched;

    run->touched = false;
    return touched;
}

void job_run_free(struct job_run *run)
{
    if (!run)
        return;
    run_forget(run);
    free(run->id);
    free(run->owner);
    free(run);
}

/* ---- having it ------------------------------------------------------------- */

/* Columns: state, batch. */
static enum held held_from(const struct job_run *run,
                           const struct db_rows *rows, struct err *err)
{
    const char *state = rows_text(rows, 0, 0);

    if (rows_count(rows) == 0)
        return HELD_LOST;
    if (run->loaded && rows_int(rows, 0, 1) != run->next_batch) {
        err_set(err, ERR_DB,
                "Postgres has lost what was committed last: read anew");
        return HELD_UNKNOWN;
    }
    if (strcmp(state, job_state_name(JOB_RUNNING)) == 0)
        return HELD;
    if (strcmp(state, job_state_name(JOB_CANCELLING)) == 0)
        return HELD_CANCELLING;
    return HELD_OVER;
}

enum held run_look(struct job_run *run, struct db *db, struct err *err)
{
    struct db_rows *rows = NULL;
    enum held held;

    if (!db_run(db, &stmt_look, &rows, err, run->id, run->owner))
        return HELD_UNKNOWN;
    held = held_from(run, rows, err);
    rows_free(rows);
    return held;
}

enum held run_fence(struct job_run *run, struct db *db, struct err *err)
{
    struct db_rows *rows = NULL;
    char lease[24];
    enum held held;

    if (!db_run(db, &stmt_fence, &rows, err, run->id, run->owner,
                text_number(lease, JOB_LEASE_MS)))
        return HELD_UNKNOWN;
    held = held_from(run, rows, err);
    free(run->job.cancelled_by);
    run->job.cancelled_by = xstrdup(rows_text(rows, 0, 2));
    rows_free(rows);
    return held;
}

bool run_touch(struct job_run *run, struct db *db, struct err *err)
{
    char *thing = xasprintf("job:%s", run->id);
    bool ok = outbox_touch(db, thing, err);

    free(thing);
    run->touched_at = clock_mono_ms();
    run->touched = true;
    return ok;
}

enum held run_waits(struct job_run *run, struct db *db, const char *why,
                    struct err *err)
{
    struct db_rows *rows = NULL;
    char lease[24];
    enum held held = HELD_UNKNOWN;
    bool ok = db_begin(db, err) &&
              db_run(db, &stmt_waits, &rows, err, run->id, run->owner,
                     text_number(lease, JOB_LEASE_MS), why);

    if (ok && rows_count(rows) > 0 && strcmp(rows_text(rows, 0, 2), "t") == 0)
        ok = run_touch(run, db, err);
    if (ok && db_commit(db, err))
        held = held_from(run, rows, err);
    db_rollback(db);
    rows_free(rows);
    return held;
}
