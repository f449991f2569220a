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
#include "core/base/text.h"

#define PIECE 1000

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

#define FROM_SQL                                                               \
    " from opsbot.alerts a join folded on folded.id = a.\"group\""             \
    " join opsbot.alert_groups g on g.id = a.\"group\""

static const struct db_stmt stmt_content = {
    .name = "storm_content",
    .sql = FOLDED " select md5(coalesce(string_agg(md5(" LINE_SQL "), ''"
                  " order by g.id, a.fingerprint), ''))" FROM_SQL,
    .params = 1,
};

static const struct db_stmt stmt_lines = {
    .name = "storm_lines",
    .sql = FOLDED " select g.id, a.fingerprint, " LINE_SQL FROM_SQL
                  " where (a.\"group\", a.fingerprint) >"
                  "  ($2::bigint, $3::text)"
                  " order by a.\"group\", a.fingerprint limit $4::bigint",
    .params = 4,
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
        buf_str(out, rows_text(rows, i++, 2));
        buf_char(out, '\n');
    }
    return i;
}

bool storm_file_lines(struct db *db, const char *storm, struct buf *out,
                      int64_t *count, struct err *err)
{
    char *print = xstrdup(""), after[TEXT_NUMBER] = "0", most[TEXT_NUMBER];
    struct db_rows *rows = NULL;
    bool ok = true, more = true;

    *count = 0;
    text_number(most, PIECE);
    while (ok && more) {
        size_t taken = 0;

        ok = db_run(db, &stmt_lines, &rows, err, storm, after, print, most);
        if (ok)
            taken = add(out, rows);
        more = taken == PIECE;
        if (more) {
            text_number(after, rows_int(rows, taken - 1, 0));
            free(print);
            print = xstrdup(rows_text(rows, taken - 1, 1));
        }
        *count += (int64_t)taken;
        rows_free(rows);
        rows = NULL;
    }
    free(print);
    return ok;
}
