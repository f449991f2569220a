/* check_store_read: how things stood, and how that changed. See
 * check_store.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/check/check_store.h"

#define MS(column)                                                             \
    " coalesce((extract(epoch from " column ") * 1000)::bigint, 0)"

static const struct db_stmt stmt_states = {
    .name = "check_states_read",
    .sql = "select check_id, mark," MS("since") "," MS("last_ok") "," MS(
        "last_at") ", ok::int, took_us, text, in_row from opsbot.check_states",
};

static const struct db_stmt stmt_changes = {
    .name = "check_changes_read",
    .sql =
        "select" MS("at") ", from_mark, to_mark, text"
                          " from opsbot.check_changes where check_id = $1::text"
                          " order by at desc limit $2::bigint",
    .params = 2,
};

static enum check_mark mark_of(const char *name)
{
    if (strcmp(name, "passing") == 0)
        return CHECK_PASSING;
    return strcmp(name, "failing") == 0 ? CHECK_FAILING : CHECK_UNKNOWN;
}

static void state_from(const struct db_rows *rows, size_t row,
                       struct check_state *out)
{
    *out = (struct check_state){
        .mark = mark_of(rows_text(rows, row, 1)),
        .since = rows_int(rows, row, 2),
        .last_ok = rows_int(rows, row, 3),
        .in_row = (unsigned)rows_int(rows, row, 8),
        .last = { .at = rows_int(rows, row, 4),
                  .ok = rows_int(rows, row, 5) != 0,
                  .took_us = rows_int(rows, row, 6) },
    };
    snprintf(out->last.text, sizeof out->last.text, "%s",
             rows_text(rows, row, 7));
}

bool check_store_read(struct db *db, struct check_board *board, struct err *err)
{
    struct check_state state;
    struct db_rows *rows;

    if (!db_run(db, &stmt_states, &rows, err, NULL))
        return false;
    for (size_t i = 0; i < rows_count(rows); i++) {
        state_from(rows, i, &state);
        check_board_restore(board, rows_text(rows, i, 0), &state);
    }
    rows_free(rows);
    return true;
}

bool check_changes_load(struct db *db, const char *id, size_t limit,
                        struct check_change **out, size_t *count,
                        struct err *err)
{
    struct db_rows *rows;
    char most[24];

    *out = NULL;
    *count = 0;
    snprintf(most, sizeof most, "%zu", limit);
    if (!db_run(db, &stmt_changes, &rows, err, id, most))
        return false;
    *count = rows_count(rows);
    *out = xcalloc(*count + 1, sizeof **out);
    for (size_t i = 0; i < *count; i++)
        (*out)[i] = (struct check_change){
            .at = rows_int(rows, i, 0),
            .from = mark_of(rows_text(rows, i, 1)),
            .to = mark_of(rows_text(rows, i, 2)),
            .text = xstrdup(rows_text(rows, i, 3)),
        };
    rows_free(rows);
    return true;
}

void check_changes_free(struct check_change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(changes[i].text);
    free(changes);
}
