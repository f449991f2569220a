/*
 * mute_inhibit: which alerts others mute, by the keys that both sides of a
 * rule have (route_parts.h): Postgres joins keys, and knows no matchers.
 * Declared in mute_parts.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/mute_parts.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define KEYS_MOST "10" /* that are due, of one transaction */

/* By what the alert g, f is inhibited; null: nothing. */
#define INHIBITED_BY(g, f)                                                     \
    "(select i.rule from opsbot.alert_inhibit m"                               \
    " join opsbot.alert_inhibit i on i.key = m.key and i.source"               \
    " join opsbot.alerts b on b.\"group\" = i.\"group\""                       \
    "  and b.fingerprint = i.fingerprint and b.firing"                         \
    " where not m.source and m.\"group\" = " g " and m.fingerprint = " f       \
    " limit 1)"

static const struct db_stmt stmt_live = {
    .name = "inhibit_live",
    .sql = "select k.key, s.rule from jsonb_array_elements_text($1::jsonb)"
           "  k(key) cross join lateral (select i.rule"
           "  from opsbot.alert_inhibit i join opsbot.alerts b"
           "   on b.\"group\" = i.\"group\" and b.fingerprint = i.fingerprint"
           "   and b.firing where i.key = k.key and i.source"
           "  and not $2::jsonb ? i.fingerprint limit 1) s"
           " order by k.key collate \"C\"",
    .params = 2,
};

/*
 * What goes and what comes is due to be looked at on the other side. The
 * fences (offset 0) keep Postgres at its indexes: how many rows a JSON list
 * has it can only guess, and it would rather read all alerts there are.
 */
static const struct db_stmt stmt_keep = {
    .name = "inhibit_keep",
    .sql =
        "with given as materialized (select a.g, x.f, x.s, x.k, min(x.r) as r"
        "  from jsonb_to_recordset($1::jsonb)"
        "   as x(f text, k text, s boolean, r text) cross join lateral"
        "  (select b.\"group\" as g from opsbot.alerts b"
        "   where b.fingerprint = x.f and b.firing offset 0) a"
        "  group by 1, 2, 3, 4),"
        " had as materialized (select i.* from"
        "  jsonb_array_elements_text($2::jsonb) p(f) cross join lateral"
        "  (select h.ctid as at, h.\"group\" as g, h.fingerprint as f,"
        "   h.source as s, h.key as k from opsbot.alert_inhibit h"
        "   where h.fingerprint = p.f offset 0) i),"
        " gone as (delete from opsbot.alert_inhibit where ctid = any(array("
        "   select at from (select at, g, f, s, k from had) h where not exists"
        "    (select 1 from given x where (x.g, x.f, x.s, x.k) ="
        "     (h.g, h.f, h.s, h.k)))) returning key, source),"
        " made as (insert into opsbot.alert_inhibit (\"group\", fingerprint,"
        "  source, key, rule) select g, f, s, k, r from given x where not"
        "   exists (select 1 from had h where (x.g, x.f, x.s, x.k) ="
        "    (h.g, h.f, h.s, h.k))"
        "  on conflict do nothing returning key, source)"
        " insert into opsbot.alert_inhibit_due (key)"
        " select distinct key from (select * from gone union all"
        "  select * from made) c where c.source",
    .params = 2,
};

static const struct db_stmt stmt_of = {
    .name = "inhibit_of",
    .sql = "select coalesce(" INHIBITED_BY(
        "x.g", "x.f") ", '') from rows from (jsonb_to_recordset($1::jsonb)"
                      " as (g bigint, f text)) with ordinality as x(g, f, n)"
                      " order by x.n",
    .params = 1,
};

static const struct db_stmt stmt_due = {
    .name = "inhibit_due",
    .sql = "select id from opsbot.alert_inhibit_due order by id"
           " limit " KEYS_MOST " for update skip locked",
};

/*
 * Some of those whose state is not what it should be. Of a key that has a
 * source, whoever is not muted; of one that has none, whoever is, unless
 * another key's source mutes it.
 */
static const struct db_stmt stmt_changed = {
    .name = "inhibit_changed",
    .sql = "with k as materialized (select d.key, (select i.rule"
           "   from opsbot.alert_inhibit i join opsbot.alerts b"
           "    on b.\"group\" = i.\"group\" and b.fingerprint = i.fingerprint"
           "    and b.firing where i.key = d.key and i.source limit 1) as rule"
           "  from (select distinct key from opsbot.alert_inhibit_due"
           "   where id in (select value::bigint from"
           "    jsonb_array_elements_text($1::jsonb))) d)"
           " select distinct on (1, 2) x.g, x.f, x.rule from ("
           "  (select a.\"group\" as g, a.fingerprint as f, k.rule from k"
           "   join opsbot.alert_inhibit t on t.key = k.key and not t.source"
           "   join opsbot.alerts a on a.\"group\" = t.\"group\""
           "    and a.fingerprint = t.fingerprint where k.rule is not null"
           "    and a.firing and a.silence = 0 and a.quiet_why = ''"
           "   limit $2::bigint) union all"
           "  (select a.\"group\", a.fingerprint, null from k"
           "   join opsbot.alert_inhibit t on t.key = k.key and not t.source"
           "   join opsbot.alerts a on a.\"group\" = t.\"group\""
           "    and a.fingerprint = t.fingerprint where k.rule is null"
           "    and a.firing and a.silence = 0 and a.quiet_why <> ''"
           "    and " INHIBITED_BY(
               "a.\"group\"",
               "a.fingerprint") " is null"
                                "   limit $2::bigint)) x order by 1, 2",
    .params = 2,
};

static const struct db_stmt stmt_orphans = {
    .name = "inhibit_orphans",
    .sql = "select a.\"group\", a.fingerprint, null from opsbot.alerts a"
           " where a.firing and a.quiet_why <> '' and a.silence = 0"
           " and " INHIBITED_BY("a.\"group\"",
                                "a.fingerprint") " is null"
                                                 " order by 1, 2"
                                                 " limit $1::bigint",
    .params = 1,
};

static const struct db_stmt stmt_done = {
    .name = "inhibit_done",
    .sql = "delete from opsbot.alert_inhibit_due where id in (select"
           " value::bigint from jsonb_array_elements_text($1::jsonb))",
    .params = 1,
};

char *inhibit_why(const char *rule)
{
    return xasprintf("inhibited by %s", rule);
}

/* ---- keys ------------------------------------------------------------------------- */

bool inhibit_live(struct db *db, const char *keys, const char *without,
                  struct live_keys *out, struct err *err)
{
    struct db_rows *rows = NULL;
    bool ok = db_run(db, &stmt_live, &rows, err, keys, without);

    *out = (struct live_keys){ .count = rows_count(rows) };
    if (!ok)
        return false;
    out->items = xcalloc(out->count + 1, sizeof *out->items);
    for (size_t i = 0; i < out->count; i++)
        out->items[i] = (struct live_key){ xstrdup(rows_text(rows, i, 0)),
                                           xstrdup(rows_text(rows, i, 1)) };
    rows_free(rows);
    return true;
}

void live_keys_dispose(struct live_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        free(keys->items[i].key);
        free(keys->items[i].rule);
    }
    free(keys->items);
    *keys = (struct live_keys){ .items = NULL };
}

bool inhibit_keep(struct db *db, const char *keys, const char *prints,
                  struct err *err)
{
    return db_run(db, &stmt_keep, NULL, err, keys, prints);
}

bool inhibit_of(const struct alert_world *w, const char *prints, char **why,
                size_t count, struct err *err)
{
    struct db_rows *rows = NULL;

    if (count == 0)
        return true;
    if (!db_run(w->db, &stmt_of, &rows, err, prints))
        return false;
    for (size_t i = 0; i < count && i < rows_count(rows); i++) {
        const char *rule = rows_text(rows, i, 0);

        why[i] = *rule ? inhibit_why(rule) : xstrdup("");
    }
    rows_free(rows);
    return true;
}

/* ---- what is due -------------------------------------------------------------------- */

/* The first column of each row as a JSON list. Heap. */
static char *ids_text(const struct db_rows *rows)
{
    struct buf out = { 0 };

    buf_char(&out, '[');
    for (size_t i = 0; i < rows_count(rows); i++)
        buf_fmt(&out, "%s%s", i ? "," : "", rows_text(rows, i, 0));
    buf_char(&out, ']');
    return buf_take(&out);
}

/* Rows of group, alert, rule. */
static void page_take(struct mute_page *page, const struct db_rows *rows)
{
    for (size_t i = 0; i < rows_count(rows); i++) {
        char *why = rows_null(rows, i, 2) ? xstrdup("")
                                          : inhibit_why(rows_text(rows, i, 2));

        page_add(page, rows_int(rows, i, 0), rows_text(rows, i, 1),
                 &(struct mute_mark){ .why = why });
        free(why);
    }
}

static bool changed(const struct alert_world *w, const char *ids,
                    struct mute_page *page, struct err *err)
{
    struct db_rows *rows = NULL;
    char most[TEXT_NUMBER];
    bool ok = db_run(w->db, &stmt_changed, &rows, err, ids,
                     text_number(most, MUTE_PAGE));

    page_take(page, rows);
    rows_free(rows);
    return ok;
}

/* A page; they are done when there is none left. *more: there may be. */
static bool due_in(const struct alert_world *w, struct mute_page *page,
                   bool *more, struct err *err)
{
    struct db_rows *rows = NULL;
    char *ids;
    bool ok;

    *more = false;
    if (!db_begin(w->db, err) || !db_run(w->db, &stmt_due, &rows, err, NULL))
        return false;
    *more = rows_count(rows) > 0;
    ids = ids_text(rows);
    rows_free(rows);
    ok =
        !*more || (changed(w, ids, page, err) && page_write(w, page, err) &&
                   (page->count || db_run(w->db, &stmt_done, NULL, err, ids)) &&
                   db_commit(w->db, err));
    free(ids);
    return ok;
}

bool inhibit_due(const struct alert_world *w, int64_t moment, struct err *err)
{
    bool ok, more;

    do {
        struct mute_page page = { .count = 0 };

        ok = due_in(w, &page, &more, err);
        db_rollback(w->db); /* no-op once it is committed */
        page_dispose(&page);
    } while (ok && more && clock_mono_ms() < moment);
    return ok;
}

bool inhibit_heal(const struct alert_world *w, bool *more, struct err *err)
{
    struct mute_page page = { .count = 0 };
    struct db_rows *rows = NULL;
    char most[TEXT_NUMBER];
    bool ok = db_begin(w->db, err) && db_run(w->db, &stmt_orphans, &rows, err,
                                             text_number(most, MUTE_PAGE));

    page_take(&page, rows);
    rows_free(rows);
    *more = page.count == MUTE_PAGE;
    ok = ok && page_write(w, &page, err) && db_commit(w->db, err);
    db_rollback(w->db); /* no-op once it is committed */
    page_dispose(&page);
    return ok;
}
