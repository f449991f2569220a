/*
 * mute_apply: what a silence does to alerts that fire already, and what is
 * undone when it is over: page by page, each a transaction, so that neither a
 * batch of news nor a person waits for a hundred thousand alerts. Declared in
 * mute_parts.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/mute_parts.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

/* Whoever works on it has the row; nobody waits for it. */
static const struct db_stmt stmt_claim = {
    .name = "silence_claim",
    .sql = "select s.settled, s.applied, s.ended_at is not null"
           " or s.until <= " ALERT_MOMENT(
               "$2::bigint") ", s.seen_group, s.seen_print,"
                             " s.ended_by"
                             " from opsbot.silences s where s.id = $1::bigint"
                             " for update skip locked",
    .params = 2,
};

/* The next rows of all, in the order of their key; what cannot match has no
 * labels. Looked for by what they say, Postgres would sort all that are left,
 * page after page. */
static const struct db_stmt stmt_candidates = {
    .name = "silence_candidates",
    .sql = "select a.\"group\", a.fingerprint, case when a.firing"
           " and a.silence = 0 and a.labels @> $1::jsonb then a.labels end"
           " from (select * from opsbot.alerts b"
           "  where (b.\"group\", b.fingerprint) > ($2::bigint, $3::text)"
           "  order by b.\"group\", b.fingerprint limit $4::bigint) a"
           " order by 1, 2",
    .params = 4,
};

static const struct db_stmt stmt_seen = {
    .name = "silence_seen",
    .sql = "update opsbot.silences set seen_group = $2::bigint,"
           " seen_print = $3::text, applied = $4::boolean"
           " where id = $1::bigint",
    .params = 4,
};

static const struct db_stmt stmt_settled = {
    .name = "silence_settled",
    .sql = "with over as (update opsbot.alerts set silence = 0"
           "  where silence = $1::bigint and not firing)"
           " update opsbot.silences set applied = true, settled = true"
           " where id = $1::bigint",
    .params = 1,
};

/* *go false: another has it, or there is nothing to be done. */
static bool claim(struct mute_work *k, bool *go)
{
    struct db_rows *rows = NULL;
    char id[TEXT_NUMBER], now[TEXT_NUMBER];

    *go = false;
    if (!db_run(k->w->db, &stmt_claim, &rows, k->err, text_number(id, k->id),
                text_number(now, mute_now(k->w))))
        return false;
    if (rows_count(rows) > 0) {
        bool done = rows_text(rows, 0, k->release ? 0 : 1)[0] == 't';
        bool over = rows_text(rows, 0, 2)[0] == 't';

        *go = !done && over == k->release;
        k->group = rows_int(rows, 0, 3);
        free(k->print);
        k->print = xstrdup(rows_text(rows, 0, 4));
        free(k->ended_by);
        k->ended_by = xstrdup(rows_text(rows, 0, 5));
    }
    rows_free(rows);
    return true;
}

/* ---- it begins --------------------------------------------------------------------- */

/* What Postgres can look for itself: labels that have to be there. */
static char *wants_text(const struct matchers *m)
{
    struct labels l = { .items = NULL };
    char *text;

    for (size_t i = 0; i < m->count; i++)
        if (m->items[i]->op == MATCH_IS && *m->items[i]->value)
            (void)labels_set(&l, m->items[i]->name, m->items[i]->value);
    text = labels_text(&l);
    labels_dispose(&l);
    return text;
}

static void apply_row(struct mute_work *k, struct mute_page *page,
                      const struct db_rows *rows, size_t i)
{
    struct labels l = { .items = NULL };

    if (rows_null(rows, i, 2))
        return;
    group_labels_read(&l, rows_text(rows, i, 2));
    if (matchers_fit(&k->self->match, &l))
        page_add(page, rows_int(rows, i, 0), rows_text(rows, i, 1),
                 &(struct mute_mark){ .why = k->self->why,
                                      .until = k->self->until,
                                      .silence = k->id });
    labels_dispose(&l);
}

static bool apply_rows(struct mute_work *k, struct mute_page *page)
{
    struct db_rows *rows = NULL;
    char group[TEXT_NUMBER], most[TEXT_NUMBER];
    size_t count;

    if (!db_run(k->w->db, &stmt_candidates, &rows, k->err, k->wants,
                text_number(group, k->group), k->print,
                text_number(most, MUTE_PAGE)))
        return false;
    count = rows_count(rows);
    for (size_t i = 0; i < count; i++)
        apply_row(k, page, rows, i);
    k->more = count == MUTE_PAGE;
    if (count) {
        k->group = rows_int(rows, count - 1, 0);
        free(k->print);
        k->print = xstrdup(rows_text(rows, count - 1, 1));
    }
    rows_free(rows);
    return true;
}

/* ---- both -------------------------------------------------------------------------- */

/* How far it is. */
static bool note(struct mute_work *k)
{
    char id[TEXT_NUMBER], group[TEXT_NUMBER];

    text_number(id, k->id);
    if (!k->release)
        return db_run(k->w->db, &stmt_seen, NULL, k->err, id,
                      text_number(group, k->group), k->print,
                      k->more ? "false" : "true");
    return k->more || db_run(k->w->db, &stmt_settled, NULL, k->err, id);
}

static bool write(struct mute_work *k, struct mute_page *page)
{
    char text[TEXT_NUMBER + 16];
    struct quiet_end heard = { .actor = k->ended_by, .text = text };

    snprintf(text, sizeof text, "S-%lld %s", (long long)k->id,
             k->ended_by[0] ? "was ended" : "is over");
    page->heard = k->release ? &heard : NULL;
    return page_write(k->w, page, k->err) && note(k) &&
           db_commit(k->w->db, k->err);
}

static bool one_page(struct mute_work *k)
{
    struct mute_page page = { .count = 0 };
    bool go = false, ok;

    k->more = false;
    ok = db_begin(k->w->db, k->err) && claim(k, &go);
    if (ok && go)
        ok = (k->release ? release_rows(k, &page) : apply_rows(k, &page)) &&
             write(k, &page);
    db_rollback(k->w->db);
    page_dispose(&page);
    return ok;
}

static bool prepare(struct mute_work *k)
{
    if (!mutings_load(k->w, &k->holding, k->err))
        return false;
    for (size_t i = 0; i < k->holding.count; i++)
        if (k->holding.items[i].id == k->id && !k->holding.items[i].never)
            k->self = &k->holding.items[i];
    if (k->self)
        k->wants = wants_text(&k->self->match);
    return true;
}

/* At least one page, so that it gets on whatever the time. */
static bool work(struct mute_work *k, int64_t moment, bool *left)
{
    bool ok = prepare(k);

    *left = false;
    if (ok && (k->release || k->self))
        do
            ok = one_page(k);
        while (ok && k->more && clock_mono_ms() < moment);
    *left = ok && k->more;
    mutings_dispose(&k->holding);
    free(k->wants);
    free(k->print);
    free(k->ended_by);
    return ok;
}

bool silence_apply(const struct alert_world *w, int64_t id, int64_t moment,
                   bool *left, struct err *err)
{
    struct mute_work k = { .w = w, .id = id, .err = err };

    return work(&k, moment, left);
}

bool silence_release(const struct alert_world *w, int64_t id, int64_t moment,
                     bool *left, struct err *err)
{
    struct mute_work k = { .w = w, .id = id, .release = true, .err = err };

    return work(&k, moment, left);
}
