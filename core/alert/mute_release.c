/*
 * mute_release: a silence is over: what it muted gets its voice back, unless
 * something else mutes it. Declared in mute_parts.h.
 */
#include <stdlib.h>

#include "core/alert/mute_parts.h"
#include "core/base/mem.h"
#include "core/base/text.h"

static const struct db_stmt stmt_muted = {
    .name = "silence_muted",
    .sql = "select a.\"group\", a.fingerprint, a.labels from opsbot.alerts a"
           " where a.silence = $1::bigint and a.silence <> 0 and a.firing"
           " order by a.\"group\", a.fingerprint limit $2::bigint",
    .params = 2,
};

/* Every batch that read it as holding is in by then, none after it does: no
 * group is locked by whoever waits here. */
static const struct db_stmt stmt_barrier = {
    .name = "silence_settle_barrier",
    .sql = "select pg_advisory_xact_lock(hashtext('opsbot.silences'))",
};

/* Another silence may go on muting it, or an inhibitor. */
static void release_row(struct mute_work *k, struct mute_page *page,
                        const struct db_rows *rows, size_t i, const char *rule)
{
    struct labels l = { .items = NULL };
    const struct muting *m;
    struct mute_mark mark = { .why = rule, .was = k->id };

    group_labels_read(&l, rows_text(rows, i, 2));
    m = mutings_find(&k->holding, &l);
    if (m)
        mark = (struct mute_mark){
            .why = m->why, .until = m->until, .silence = m->id, .was = k->id
        };
    page_add(page, rows_int(rows, i, 0), rows_text(rows, i, 1), &mark);
    labels_dispose(&l);
}

static char *prints_text(const struct db_rows *rows)
{
    struct buf out = { 0 };

    buf_char(&out, '[');
    for (size_t i = 0; i < rows_count(rows); i++) {
        char *one = json_text(member_int("g", rows_int(rows, i, 0)),
                              member_str("f", rows_text(rows, i, 1)));

        buf_str(&out, i ? "," : NULL);
        buf_str(&out, one);
        free(one);
    }
    buf_char(&out, ']');
    return buf_take(&out);
}

static bool muted_rows(struct mute_work *k, struct db_rows **rows)
{
    char id[TEXT_NUMBER], most[TEXT_NUMBER];

    return db_run(k->w->db, &stmt_muted, rows, k->err, text_number(id, k->id),
                  text_number(most, MUTE_PAGE));
}

/* There is none: a batch that took it for holding may still be on its way. */
static bool release_last(struct mute_work *k)
{
    struct db_rows *rows = NULL;
    bool ok = db_run(k->w->db, &stmt_barrier, NULL, k->err, NULL) &&
              muted_rows(k, &rows);

    k->more = rows_count(rows) > 0; /* of the next page: no group is locked
                                     * behind the barrier */
    rows_free(rows);
    return ok;
}

bool release_rows(struct mute_work *k, struct mute_page *page)
{
    struct db_rows *rows = NULL;
    char *prints, **rules;
    size_t count;
    bool ok;

    if (!muted_rows(k, &rows))
        return false;
    count = rows_count(rows);
    if (count == 0) {
        rows_free(rows);
        return release_last(k);
    }
    rules = xcalloc(count + 1, sizeof *rules);
    prints = prints_text(rows);
    ok = inhibit_of(k->w, prints, rules, count, k->err);
    for (size_t i = 0; i < count; i++) {
        if (ok)
            release_row(k, page, rows, i, rules[i]);
        free(rules[i]);
    }
    k->more = true;
    free(rules);
    free(prints);
    rows_free(rows);
    return ok;
}
