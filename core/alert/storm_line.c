/*
 * storm_line: what is in the file of a storm: its alerts, one a line. See
 * storm_file_parts.h.
 *
 * Piece by piece, however many there are: no statement and no buffer of ours
 * but the file itself holds all of them.
 */
#include <stdlib.h>

#include "core/alert/storm_file_parts.h"
#include "core/base/mem.h"

#define ONE_LINE(text)                                                         \
    "btrim(regexp_replace(" text ", '[[:cntrl:][:space:]]+', ' ', 'g'))"

/* Of alerts a and their groups g. */
#define LINE_SQL                                                               \
    "concat_ws(E'\\t', 'A-' || g.id,"                                          \
    " (array['critical', 'high', 'warning', 'info'])[a.severity + 1],"         \
    " case when not a.firing then 'resolved'"                                  \
    "  when a.quiet_why <> '' then 'silenced'"                                 \
    "  when g.acked_by <> '' then 'acknowledged' else 'firing' end,"           \
    " to_char(a.at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"     \
    " " ONE_LINE("a.title") ", " ONE_LINE(                                     \
        "coalesce(a.labels->>'service', '')") ", " ONE_LINE("g.source") ")"

/* By the index of each group, however little Postgres knows yet of a table that
 * has just grown. */
#define FROM_SQL                                                               \
    " from folded join opsbot.alert_groups g on g.id = folded.id"              \
    " cross join lateral (select * from opsbot.alerts x"                       \
    "  where x.\"group\" = folded.id offset 0) a"

static const struct db_stmt stmt_content = {
    .name = "storm_content",
    .sql = FOLDED " select md5(coalesce(string_agg(md5(" LINE_SQL "), ''"
                  " order by g.id, a.fingerprint), ''))" FROM_SQL,
    .params = 1,
};

static const struct db_stmt stmt_open = {
    .name = "storm_lines",
    .sql = "declare storm_lines no scroll cursor for " FOLDED
           " select " LINE_SQL FROM_SQL " order by g.id, a.fingerprint",
    .params = 1,
};

static const struct db_stmt stmt_piece = {
    .name = "storm_lines_piece",
    .sql = "fetch 1000 from storm_lines",
};

static const struct db_stmt stmt_close = {
    .name = "storm_lines_close",
    .sql = "close storm_lines",
};

bool storm_file_content(struct db *db, const char *storm, char **content,
                        struct err *err)
{
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_content, &rows, err, storm))
        return false;
    *content = xstrdup(rows_text(rows, 0, 0));
    rows_free(rows);
    return true;
}

/* How many of a piece still fit. */
static size_t add(struct buf *out, const struct db_rows *rows)
{
    size_t i = 0;

    while (i < rows_count(rows) && out->len < FILE_BYTES) {
        buf_str(out, rows_text(rows, i++, 0));
        buf_char(out, '\n');
    }
    return i;
}

/* *more: there may be another one, and it has room. */
static bool add_piece(struct db *db, struct buf *out, int64_t *count,
                      bool *more, struct err *err)
{
    struct db_rows *rows = NULL;
    size_t taken;

    if (!db_run(db, &stmt_piece, &rows, err, NULL))
        return false;
    taken = add(out, rows);
    *more = taken > 0 && taken == rows_count(rows);
    *count += (int64_t)taken;
    rows_free(rows);
    return true;
}

bool storm_file_lines(struct db *db, const char *storm, struct buf *out,
                      int64_t *count, struct err *err)
{
    bool ok, more = true;

    *count = 0;
    ok = db_run(db, &stmt_open, NULL, err, storm);
    while (ok && more)
        ok = add_piece(db, out, count, &more, err);
    return ok && db_run(db, &stmt_close, NULL, err, NULL);
}
