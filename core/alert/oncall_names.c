/*
 * oncall_names: what those on call are called, from what they did here last.
 * See oncall.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/oncall.h"
#include "core/base/json.h"
#include "core/base/mem.h"

static const struct db_stmt stmt_names = {
    .name = "oncall_names",
    .sql = "select x.id, a.actor_name from (select distinct id from"
           " jsonb_array_elements_text($1::jsonb) id) x, lateral (select"
           " actor_name from opsbot.audit_events where actor = x.id and"
           " actor_name <> '' order by recorded_at desc limit 1) a",
    .params = 1,
};

static char *name_in(const struct db_rows *rows, const char *id)
{
    for (size_t i = 0; i < rows_count(rows); i++)
        if (strcmp(rows_text(rows, i, 0), id) == 0)
            return xstrdup(rows_text(rows, i, 1));
    return NULL;
}

void oncall_names(struct db *db, struct oncall *items, size_t count)
{
    const char **ids = xcalloc(3 * count + 1, sizeof *ids);
    struct err ignored = { 0 };
    struct db_rows *rows = NULL;
    char *list;

    for (size_t i = 0; i < count; i++) {
        ids[3 * i] = items[i].user;
        ids[3 * i + 1] = items[i].next;
        ids[3 * i + 2] = items[i].override_by;
    }
    list = json_list(ids, 3 * count);
    if (db && db_run(db, &stmt_names, &rows, &ignored, list))
        for (size_t i = 0; i < count; i++) {
            items[i].user_name = name_in(rows, items[i].user);
            items[i].next_name = name_in(rows, items[i].next);
            items[i].by_name = name_in(rows, items[i].override_by);
        }
    rows_free(rows);
    free(list);
    free(ids);
}
