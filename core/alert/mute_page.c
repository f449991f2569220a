/*
 * mute_page: what changes of alerts that fire, so many in one transaction.
 * Declared in mute_parts.h.
 */
#include <stdlib.h>

#include "core/alert/mute_parts.h"
#include "core/base/mem.h"

static const struct db_stmt stmt_lock = {
    .name = "mute_groups_lock",
    .sql =
        "select 1 from opsbot.alert_groups g where g.id in"
        " (select (value->>'g')::bigint from jsonb_array_elements($1::jsonb))"
        " order by g.key, g.id for update",
    .params = 1,
};

/* was: what it was silenced by when it was looked at. */
static const struct db_stmt stmt_change = {
    .name = "mute_alerts",
    .sql = "update opsbot.alerts a set quiet_why = x.why,"
           " quiet_until = " ALERT_MOMENT(
               "x.until") ", silence = x.silence"
                          " from jsonb_to_recordset($1::jsonb) as x (g bigint,"
                          "  f text, why text, until bigint, silence bigint,"
                          "  was bigint) where a.\"group\" = x.g"
                          " and a.fingerprint = x.f and a.firing"
                          " and a.silence = x.was",
    .params = 1,
};

void page_add(struct mute_page *p, int64_t group, const char *fingerprint,
              const struct mute_mark *mark)
{
    char *row = json_text(
        member_int("g", group), member_str("f", fingerprint),
        member_str("why", mark->why), member_int("until", mark->until),
        member_int("silence", mark->silence), member_int("was", mark->was));

    buf_char(&p->rows, p->count++ ? ',' : '[');
    buf_str(&p->rows, row);
    free(row);
    if (p->groups_count && p->groups[p->groups_count - 1] == group)
        return;
    p->groups = xrealloc(p->groups, (p->groups_count + 1) * sizeof *p->groups);
    p->groups[p->groups_count++] = group;
}

bool page_write(const struct alert_world *w, struct mute_page *p,
                struct err *err)
{
    struct db_rows *rows = NULL;
    bool ok;

    if (p->count == 0)
        return true;
    buf_char(&p->rows, ']');
    ok = db_run(w->db, &stmt_lock, &rows, err, buf_text(&p->rows)) &&
         db_run(w->db, &stmt_change, NULL, err, buf_text(&p->rows)) &&
         alerts_quiet_in(w, p->heard, p->groups, p->groups_count, err);
    rows_free(rows);
    return ok;
}

void page_dispose(struct mute_page *p)
{
    buf_dispose(&p->rows);
    free(p->groups);
    *p = (struct mute_page){ .count = 0 };
}
