/*
 * job_mover: who moved an entry out of a key. No state of its own: it runs on
 * the thread whose connections it is given.
 *
 * What is finished Postgres knows; of what is under way the markers in Redis
 * tell, and Postgres only which markers to ask for.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/entry.h"
#include "core/ops/job_parts.h"
#include "core/ops/operation.h"

/* Single requeues are found by their entity, batches by the time they span:
 * finished ones first. */
static const struct db_stmt stmt_movers = {
    .name = "job_movers",
    .sql = "select o.id, o.actor, o.actor_name, coalesce(j.kind, 'requeue'),"
           " (extract(epoch from coalesce(o.done_at, o.created_at)) * 1000)"
           "  ::bigint, b.batch, b.moved ->> $2::text"
           " from (select op, batch, moved from opsbot.operation_batches"
           "  where dlq = $1::text and first_ms <= $3::bigint and"
           "  last_ms >= $3::bigint and (moved ? $2::text or"
           "   (moved is null and ids ? $2::text))"
           "  union all select b.op, b.batch, b.moved from opsbot.operations o"
           "  join opsbot.operation_batches b on b.op = o.id and b.batch = 0"
           "  where o.entity = 'dlq:' || $1::text || ':' || $2::text and"
           "  (b.moved ? $2::text or o.state = 'intent')) b"
           " join opsbot.operations o on o.id = b.op"
           " left join opsbot.jobs j on j.id = b.op"
           " order by b.moved is null, o.created_at limit 100",
    .params = 3,
};

void job_mover_dispose(struct job_mover *m)
{
    free(m->op);
    free(m->by);
    free(m->by_name);
    free(m->new_id);
    free(m->kind);
    *m = (struct job_mover){ 0 };
}

static void mover_from(struct job_mover *m, const struct db_rows *rows,
                       size_t i, const char *new_id)
{
    *m = (struct job_mover){
        .op = xstrdup(rows_text(rows, i, 0)),
        .by = xstrdup(rows_text(rows, i, 1)),
        .by_name = xstrdup(rows_text(rows, i, 2)),
        .kind = xstrdup(rows_text(rows, i, 3)),
        .at = rows_int(rows, i, 4),
        .new_id = xstrdup(new_id),
    };
}

/* Of those without an outcome: which left a marker with the entry in it? */
static bool ask_markers(struct redis *r, const struct config *cfg,
                        const struct db_rows *rows, const char *id,
                        struct job_mover *out, struct err *err)
{
    redis_reset(r);
    for (size_t i = 0; i < rows_count(rows); i++) {
        char *marker =
            move_marker(cfg, rows_text(rows, i, 0), rows_int(rows, i, 5));

        redis_cmd(r, "GET", marker);
        free(marker);
    }
    if (!redis_run(r, err))
        return false;
    for (size_t i = 0; i < rows_count(rows) && !out->by; i++) {
        char *new_id = move_marked(redis_reply(r, i), id);

        if (new_id)
            mover_from(out, rows, i, new_id);
        free(new_id);
    }
    return true;
}

bool job_mover_of(struct redis *r, struct db *db, const struct config *cfg,
                  const char *dlq, const char *id, struct job_mover *out,
                  struct err *err)
{
    struct db_rows *rows = NULL;
    char ms[24];
    bool ok;

    *out = (struct job_mover){ 0 };
    text_number(ms, entry_ms(id));
    if (!db_run(db, &stmt_movers, &rows, err, dlq, id, ms))
        return false;
    ok = true;
    if (rows_count(rows) > 0 && !rows_null(rows, 0, 6))
        mover_from(out, rows, 0, rows_text(rows, 0, 6));
    else if (rows_count(rows) > 0)
        ok = ask_markers(r, cfg, rows, id, out, err);
    rows_free(rows);
    return ok;
}
