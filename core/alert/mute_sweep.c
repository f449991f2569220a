/*
 * mute_sweep: what nobody says: a source that a person resolved, that
 * retention took away; rules that a reload has changed. Declared in
 * mute_parts.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/mute_parts.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

/* Their targets are due. */
static const struct db_stmt stmt_gone = {
    .name = "inhibit_gone",
    .sql = "with gone as (delete from opsbot.alert_inhibit i where i.source"
           "  and not exists (select 1 from opsbot.alerts a where a.\"group\" ="
           "   i.\"group\" and a.fingerprint = i.fingerprint and a.firing)"
           "  returning i.key) insert into opsbot.alert_inhibit_due (key)"
           " select distinct key from gone",
};

/* Targets that are over keep no key either; a page of them. */
static const struct db_stmt stmt_stale = {
    .name = "inhibit_stale",
    .sql = "delete from opsbot.alert_inhibit where ctid in (select i.ctid"
           "  from opsbot.alert_inhibit i where not exists (select 1"
           "   from opsbot.alerts a where a.\"group\" = i.\"group\""
           "   and a.fingerprint = i.fingerprint and a.firing)"
           "  and not i.source limit 5000)",
};

static const struct db_stmt stmt_state = {
    .name = "inhibit_rules_state",
    .sql = "select digest = $1::text, done from opsbot.alert_inhibit_rules",
    .params = 1,
};

/* Of two replicas with other rules, while one is being reloaded, none begins
 * anew more often than that. */
static const struct db_stmt stmt_anew = {
    .name = "inhibit_rules_anew",
    .sql = "insert into opsbot.alert_inhibit_rules as r (digest, at)"
           " values ($1::text, now()) on conflict (one) do update set"
           " digest = excluded.digest, at = excluded.at, \"group\" = 0,"
           " fingerprint = '', done = false where r.digest <> excluded.digest"
           " and r.at < now() - interval '1 min'",
    .params = 1,
};

static const struct db_stmt stmt_claim = {
    .name = "inhibit_rules_claim",
    .sql = "select \"group\", fingerprint from opsbot.alert_inhibit_rules"
           " where digest = $1::text and not done for update skip locked",
    .params = 1,
};

static const struct db_stmt stmt_page = {
    .name = "inhibit_rules_page",
    .sql = "select a.\"group\", a.fingerprint, a.labels from opsbot.alerts a"
           " where a.firing and (a.\"group\", a.fingerprint) >"
           "  ($1::bigint, $2::text) order by 1, 2 limit $3::bigint",
    .params = 3,
};

static const struct db_stmt stmt_got = {
    .name = "inhibit_rules_got",
    .sql = "update opsbot.alert_inhibit_rules set \"group\" = $1::bigint,"
           " fingerprint = $2::text, done = $3::boolean",
    .params = 3,
};

/* ---- keys of other rules ------------------------------------------------------------ */

static void add_keys(const struct router *r, const struct db_rows *rows,
                     size_t i, struct buf *keys)
{
    struct labels l = { .items = NULL };
    struct inhibit_key *all;
    size_t count;

    group_labels_read(&l, rows_text(rows, i, 2));
    count = rules_keys(r, &l, &all);
    for (size_t k = 0; k < count; k++) {
        char *one = json_text(
            member_str("f", rows_text(rows, i, 1)), member_str("k", all[k].key),
            member_bool("s", all[k].source), member_str("r", all[k].rule));

        buf_char(keys, keys->len > 1 ? ',' : '[');
        buf_str(keys, one);
        free(one);
    }
    free(all);
    labels_dispose(&l);
}

static bool keep_page(const struct alert_world *w, const struct db_rows *rows,
                      struct err *err)
{
    struct buf keys = { 0 }, prints = { 0 };
    bool ok;

    for (size_t i = 0; i < rows_count(rows); i++) {
        add_keys(router_of(w->config), rows, i, &keys);
        buf_char(&prints, i ? ',' : '[');
        json_quote(&prints, rows_text(rows, i, 1));
    }
    buf_str(&keys, keys.len ? "]" : "[]");
    buf_str(&prints, prints.len ? "]" : "[]");
    ok = inhibit_keep(w->db, buf_text(&keys), buf_text(&prints), err);
    buf_dispose(&keys);
    buf_dispose(&prints);
    return ok;
}

/* *more: another page follows. */
static bool page_in(const struct alert_world *w, const char *digest, bool *more,
                    struct err *err)
{
    struct db_rows *at = NULL, *rows = NULL;
    char most[TEXT_NUMBER];
    size_t count = 0;
    bool ok = db_run(w->db, &stmt_claim, &at, err, digest);

    *more = false;
    if (ok && rows_count(at) > 0) {
        ok = db_run(w->db, &stmt_page, &rows, err, rows_text(at, 0, 0),
                    rows_text(at, 0, 1), text_number(most, MUTE_PAGE));
        count = rows_count(rows);
        *more = count == MUTE_PAGE;
        ok = ok && keep_page(w, rows, err) &&
             db_run(w->db, &stmt_got, NULL, err,
                    count ? rows_text(rows, count - 1, 0) : "0",
                    count ? rows_text(rows, count - 1, 1) : "",
                    *more ? "false" : "true");
    }
    rows_free(rows);
    rows_free(at);
    return ok;
}

static bool rules_page(const struct alert_world *w, const char *digest,
                       bool *more, struct err *err)
{
    bool ok = db_begin(w->db, err) && page_in(w, digest, more, err) &&
              db_commit(w->db, err);

    db_rollback(w->db); /* no-op once it is committed */
    return ok;
}

static bool rules_follow(const struct alert_world *w, int64_t moment,
                         struct err *err)
{
    char digest[SHA256_HEX];
    struct db_rows *rows = NULL;
    bool same, more = true, ok;

    rules_digest(router_of(w->config), digest);
    if (!db_run(w->db, &stmt_state, &rows, err, digest))
        return false;
    same = rows_count(rows) > 0 && rows_text(rows, 0, 0)[0] == 't';
    more = !same || rows_text(rows, 0, 1)[0] != 't';
    rows_free(rows);
    ok = same || db_run(w->db, &stmt_anew, NULL, err, digest);
    while (ok && more && clock_mono_ms() < moment)
        ok = rules_page(w, digest, &more, err);
    return ok;
}

bool inhibit_sweep(const struct alert_world *w, int64_t moment, struct err *err)
{
    bool more = true;

    if (!rules_follow(w, moment, err) ||
        !db_run(w->db, &stmt_gone, NULL, err, NULL) ||
        !db_run(w->db, &stmt_stale, NULL, err, NULL))
        return false;
    while (more && clock_mono_ms() < moment)
        if (!inhibit_heal(w, &more, err))
            return false;
    return true;
}
