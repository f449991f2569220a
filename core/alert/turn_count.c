/*
 * turn_count: groups locked by their numbers, and what their alerts say of
 * them. Declared in turn.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/group_parts.h"
#include "core/alert/turn.h"
#include "core/base/mem.h"

static const struct db_stmt stmt_lock = {
    .name = "alert_groups_lock",
    .sql = "select " GROUP_COLUMNS " from opsbot.alert_groups g where g.id ="
           " any (array(select jsonb_array_elements_text($1::jsonb)::bigint))"
           " order by g.key, g.id for update",
    .params = 1,
};

/* Why: of the one that is muted for the shortest time, as far as is known. */
static const struct db_stmt stmt_count = {
    .name = "alert_quiet_counts",
    .sql =
        "select a.\"group\", count(*),"
        " count(*) filter (where a.quiet_why <> ''),"
        " coalesce((array_agg(a.quiet_why order by a.quiet_until,"
        "  a.quiet_why) filter (where a.quiet_why <> ''))[1], ''), " ALERT_MS(
            "min(a.quiet_until)") " from opsbot.alerts a where a.firing"
                                  " and a.\"group\" = any (array(select"
                                  "  jsonb_array_elements_text("
                                  "   $1::jsonb)::bigint))"
                                  " group by a.\"group\"",
    .params = 1,
};

char *numbers_text(const int64_t *numbers, size_t count)
{
    struct buf out = { 0 };

    buf_char(&out, '[');
    for (size_t i = 0; i < count; i++)
        buf_fmt(&out, "%s%lld", i ? "," : "", (long long)numbers[i]);
    buf_char(&out, ']');
    return buf_take(&out);
}

bool groups_lock(struct db *db, const int64_t *numbers, size_t count,
                 struct alert_group **out, size_t *found, struct err *err)
{
    struct db_rows *rows = NULL;
    char *list = numbers_text(numbers, count);
    bool ok = db_run(db, &stmt_lock, &rows, err, list);

    free(list);
    *found = rows_count(rows);
    *out = xcalloc(*found + 1, sizeof **out);
    for (size_t i = 0; i < *found; i++)
        group_from(&(*out)[i], rows, i);
    rows_free(rows);
    return ok;
}

void groups_free(struct alert_group *groups, size_t count)
{
    for (size_t i = 0; i < count; i++)
        group_dispose(&groups[i]);
    free(groups);
}

bool quiet_counts(struct db *db, const int64_t *groups, size_t count,
                  struct quiet_count **out, size_t *found, struct err *err)
{
    struct db_rows *rows = NULL;
    char *list = numbers_text(groups, count);
    bool ok = db_run(db, &stmt_count, &rows, err, list);

    free(list);
    *found = rows_count(rows);
    *out = xcalloc(*found + 1, sizeof **out);
    for (size_t i = 0; i < *found; i++)
        (*out)[i] = (struct quiet_count){ .group = rows_int(rows, i, 0),
                                          .firing = rows_int(rows, i, 1),
                                          .muted = rows_int(rows, i, 2),
                                          .why = xstrdup(rows_text(rows, i, 3)),
                                          .until = rows_int(rows, i, 4) };
    rows_free(rows);
    return ok;
}

void quiet_counts_free(struct quiet_count *counts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(counts[i].why);
    free(counts);
}
