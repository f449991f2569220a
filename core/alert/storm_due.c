/*
 * storm_due: the clock of storms and roll-calls. No state of its own: it runs
 * on the thread whose connection it is given. Declared in storm.h.
 *
 * Any replica, any number at once: what is changed is changed by condition.
 */
#include <stdlib.h>

#include "core/alert/storm_parts.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/outbox.h"

/* $1: new groups a minute above which it goes on; storms may have been
 * switched off since. */
#define CALM                                                                   \
    "s.ended_at is null and s.began_at < clock_timestamp() - interval '1 min'" \
    " and ($1::bigint = 0 or 2 * (select count(*) from (select"                \
    "  from opsbot.alert_fresh f where f.channel = s.channel"                  \
    "  and f.at > clock_timestamp() - interval '1 min'"                        \
    "  limit $1::bigint) recent) < $1::bigint)"

#define SUM                                                                    \
    "coalesce((select sum(g.version) from opsbot.alert_groups g where g.id"    \
    " in (select value::bigint from jsonb_array_elements_text(r.groups))), 0)"

#define MOVED "r.made_at > now() - interval '1 day' and r.versions <> " SUM

#define STALE "storm = 0 and at < clock_timestamp() - interval '10 min'"

static const struct db_stmt stmt_due = {
    .name = "storm_due",
    .sql = "select exists (select from opsbot.alert_storms s where " CALM
           ") or exists (select from opsbot.alert_rolls r where " MOVED
           ") or exists (select from opsbot.alert_fresh where " STALE ")",
    .params = 1,
};

static const struct db_stmt stmt_end = {
    .name = "storm_end",
    .sql = "update opsbot.alert_storms s set ended_at = clock_timestamp()"
           " where " CALM " returning 'storm:' || s.id",
    .params = 1,
};

static const struct db_stmt stmt_moved = {
    .name = "roll_moved",
    .sql = "update opsbot.alert_rolls r set versions = " SUM " where " MOVED
           " returning 'roll:' || r.id",
};

static const struct db_stmt stmt_forget = {
    .name = "storm_forget",
    .sql = "delete from opsbot.alert_fresh where " STALE,
};

static bool is_due(struct db *db, const char *limit, bool *due, struct err *err)
{
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_due, &rows, err, limit))
        return false;
    *due = rows_text(rows, 0, 0)[0] == 't';
    rows_free(rows);
    return true;
}

/* The statement gives the things that have changed. */
static bool touch_all(struct db *db, const struct db_stmt *stmt,
                      const char *limit, struct err *err)
{
    struct db_rows *rows = NULL;
    bool ok = db_run(db, stmt, &rows, err, limit);

    for (size_t i = 0; ok && i < rows_count(rows); i++)
        ok = outbox_touch(db, rows_text(rows, i, 0), err);
    rows_free(rows);
    return ok;
}

bool storm_due(const struct alert_world *w, struct err *err)
{
    char limit[TEXT_NUMBER];
    bool due, ok;

    text_number(limit, w->config->alerts.storm);
    if (!is_due(w->db, limit, &due, err))
        return false;
    if (!due)
        return true;
    ok = db_begin(w->db, err) && storm_lock(w->db, err) &&
         touch_all(w->db, &stmt_end, limit, err) &&
         touch_all(w->db, &stmt_moved, NULL, err) &&
         db_run(w->db, &stmt_forget, NULL, err, NULL) && db_commit(w->db, err);
    db_rollback(w->db);
    return ok;
}
