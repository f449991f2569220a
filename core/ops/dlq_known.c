/*
 * dlq_known: causes of dead letters that were seen before
 * (opsbot.dlq_causes). No state of its own. See dlq_look.h.
 */
#include <stdlib.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/ops/dlq_look.h"

#define MS(column) " (extract(epoch from " column ") * 1000)::bigint"

/* The cause '' says that the queue was looked at: what comes after is new. */
static const struct db_stmt stmt_learn = {
    .name = "dlq_causes_learn",
    .sql = "with known as (select exists (select 1 from opsbot.dlq_causes"
           "  where stream = $1::text) as yes)"
           " insert into opsbot.dlq_causes as c (stream, cause, fresh)"
           " select $1::text, cause, cause <> '' and yes"
           "  from known, jsonb_array_elements_text($2::jsonb) as cause"
           " on conflict (stream, cause) do update set seen = now()"
           "  where c.seen < now() - interval '1 day'",
    .params = 2,
};

static const struct db_stmt stmt_gone = {
    .name = "dlq_causes_gone",
    .sql = "update opsbot.dlq_causes set fresh = false"
           " where stream = $1::text and fresh and cause not in"
           "  (select jsonb_array_elements_text($2::jsonb))",
    .params = 2,
};

static const struct db_stmt stmt_fresh = {
    .name = "dlq_causes_fresh",
    .sql = "select cause," MS("first") " from opsbot.dlq_causes"
                                       " where stream = $1::text and fresh"
                                       " order by first, cause",
    .params = 1,
};

/* With '' among them. Heap. */
static char *list_of(const struct dlq_look *look)
{
    const char **all = xcalloc(look->causes_count + 1, sizeof *all);
    char *list;

    all[0] = "";
    for (size_t i = 0; i < look->causes_count; i++)
        all[i + 1] = look->causes[i];
    list = json_list(all, look->causes_count + 1);
    free(all);
    return list;
}

static void read_fresh(struct dlq_look *look, const struct db_rows *rows)
{
    look->fresh_count = rows_count(rows);
    look->fresh = xcalloc(look->fresh_count + 1, sizeof *look->fresh);
    for (size_t i = 0; i < look->fresh_count; i++)
        look->fresh[i] = (struct dlq_fresh){
            .cause = xstrdup(rows_text(rows, i, 0)),
            .first = rows_int(rows, i, 1),
        };
}

/* Two statements and a look, each by itself: whatever is cut short is done the
 * next time. */
bool dlq_causes_know(struct db *db, struct dlq_look *look, struct err *err)
{
    struct db_rows *rows = NULL;
    char *list;

    if (look->known)
        return true;
    list = list_of(look);
    look->known = db_run(db, &stmt_learn, NULL, err, look->stream, list) &&
                  db_run(db, &stmt_gone, NULL, err, look->stream, list) &&
                  db_run(db, &stmt_fresh, &rows, err, look->stream);
    free(list);
    if (!look->known)
        return false;
    read_fresh(look, rows);
    rows_free(rows);
    return true;
}
