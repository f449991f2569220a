/*
 * due: the clock of all groups. Declared in take.h. No state of its own: it
 * runs on the thread whose connection it is given.
 *
 * What is due is locked, stepped and saved in one transaction; a replica that
 * dies in it has done nothing, and whoever looks next does it.
 */
#include <stdlib.h>

#include "core/alert/group_parts.h"
#include "core/alert/turn.h"
#include "core/base/mem.h"
#include "core/base/text.h"

static const struct db_stmt stmt_due = {
    .name = "alert_groups_due",
    .sql = "select " GROUP_COLUMNS " from opsbot.alert_groups g"
           " where g.due_at <= " ALERT_MOMENT(
               "$1::bigint") " order by g.due_at limit $2::bigint for update "
                             "skip locked",
    .params = 2,
};

static const struct db_stmt stmt_overdue = {
    .name = "alert_overdue",
    .sql = "select greatest(0, coalesce((extract(epoch from clock_timestamp()"
           " - min(due_at)) * 1000)::bigint, 0)) from opsbot.alert_groups"
           " where due_at is not null",
};

static const struct db_stmt stmt_counts = {
    .name = "alert_counts",
    .sql = "select severity, count(*),"
           " count(*) filter (where acked_by = '' and quiet_why = ''),"
           " sum(firing) from opsbot.alert_groups where resolved_at is null"
           " group by severity",
};

static bool tick_all(struct turns *t, struct alert_group *groups, size_t count,
                     struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct step_input in = { .kind = STEP_TICK };
        struct step_out out;

        turn_group(t, &groups[i], &in, &out);
        step_out_dispose(&out);
    }
    return turns_write(t, err);
}

static bool due_in(struct turns *t, size_t most, size_t *fired, struct err *err)
{
    char now[TEXT_NUMBER], limit[TEXT_NUMBER];
    struct db_rows *rows = NULL;
    struct alert_group *groups;
    bool ok;

    if (!db_begin(t->w->db, err) ||
        !db_run(t->w->db, &stmt_due, &rows, err, text_number(now, t->now),
                text_number(limit, (int64_t)most)))
        return false;
    *fired = rows_count(rows);
    groups = xcalloc(*fired + 1, sizeof *groups);
    for (size_t i = 0; i < *fired; i++)
        group_from(&groups[i], rows, i);
    rows_free(rows);
    ok = tick_all(t, groups, *fired, err) && db_commit(t->w->db, err);
    groups_free(groups, *fired);
    return ok;
}

bool alerts_due(const struct alert_world *w, size_t most, size_t *fired,
                struct err *err)
{
    struct turns t;
    bool ok;

    *fired = 0;
    turns_begin(&t, w);
    ok = due_in(&t, most, fired, err);
    db_rollback(w->db); /* no-op once it is committed */
    turns_dispose(&t);
    if (!ok)
        *fired = 0;
    return ok;
}

bool alerts_overdue(struct db *db, int64_t *ms, struct err *err)
{
    struct db_rows *rows = NULL;

    *ms = 0;
    if (!db_run(db, &stmt_overdue, &rows, err, NULL))
        return false;
    *ms = rows_int(rows, 0, 0);
    rows_free(rows);
    return true;
}

bool alerts_count(struct db *db, struct alert_counts *out, struct err *err)
{
    struct db_rows *rows = NULL;

    *out = (struct alert_counts){ 0 };
    if (!db_run(db, &stmt_counts, &rows, err, NULL))
        return false;
    for (size_t i = 0; i < rows_count(rows); i++) {
        int64_t severity = rows_int(rows, i, 0);

        if (severity < 0 || severity >= ALERT_SEVERITIES)
            continue;
        out->groups[severity] = rows_int(rows, i, 1);
        out->unacked[severity] = rows_int(rows, i, 2);
        out->alerts += rows_int(rows, i, 3);
    }
    rows_free(rows);
    return true;
}
