/*
 * mute_reach: what a silence would make quiet, before it is made. Declared in
 * mute.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/mute_parts.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define PAGE    5000
#define TIME_MS 500 /* then it is "at least" */

static const struct db_stmt stmt_open = {
    .name = "silence_reach",
    .sql = "select a.\"group\", a.fingerprint, a.labels, g.severity, g.title"
           " from opsbot.alerts a join opsbot.alert_groups g"
           "  on g.id = a.\"group\""
           " where a.firing and a.silence = 0 and g.resolved_at is null"
           " and (a.\"group\", a.fingerprint) > ($1::bigint, $2::text)"
           " order by a.\"group\", a.fingerprint limit $3::bigint",
    .params = 3,
};

void silence_reach_dispose(struct silence_reach *r)
{
    for (size_t i = 0; i < r->shown; i++)
        free(r->first[i].title);
    *r = (struct silence_reach){ .groups = 0 };
}

/* The worst of them are shown, the oldest first. */
static void show(struct silence_reach *r, const struct silence_reached *one)
{
    size_t at = r->shown;

    while (at > 0 && r->first[at - 1].severity > one->severity)
        at--;
    if (at == SILENCE_SHOWN)
        return;
    if (r->shown == SILENCE_SHOWN)
        free(r->first[--r->shown].title);
    memmove(&r->first[at + 1], &r->first[at],
            (r->shown - at) * sizeof *r->first);
    r->first[at] = *one;
    r->first[at].title = xstrdup(one->title);
    r->shown++;
}

static void count_row(struct silence_reach *r, const struct matchers *m,
                      const struct db_rows *rows, size_t i, int64_t *last)
{
    struct silence_reached one = {
        .number = rows_int(rows, i, 0),
        .severity = (enum alert_severity)rows_int(rows, i, 3),
        .title = (char *)(uintptr_t)rows_text(rows, i, 4)
    };
    struct labels l = { .items = NULL };

    group_labels_read(&l, rows_text(rows, i, 2));
    if (matchers_fit(m, &l)) {
        r->alerts++;
        if (one.number != *last) {
            r->groups++;
            r->criticals += one.severity == ALERT_CRITICAL;
            show(r, &one);
        }
        *last = one.number;
    }
    labels_dispose(&l);
}

static bool count_all(struct db *db, const struct matchers *m,
                      struct silence_reach *r, struct err *err)
{
    int64_t until = clock_mono_ms() + TIME_MS, group = 0, last = 0;
    char *print = xstrdup("");
    size_t count = PAGE;
    bool ok = true;

    while (ok && count == PAGE && clock_mono_ms() < until) {
        char from[TEXT_NUMBER], most[TEXT_NUMBER];
        struct db_rows *rows = NULL;

        ok = db_run(db, &stmt_open, &rows, err, text_number(from, group), print,
                    text_number(most, PAGE));
        count = ok ? rows_count(rows) : 0;
        for (size_t i = 0; i < count; i++)
            count_row(r, m, rows, i, &last);
        if (count) {
            group = rows_int(rows, count - 1, 0);
            free(print);
            print = xstrdup(rows_text(rows, count - 1, 1));
        }
        rows_free(rows);
    }
    r->more = ok && count == PAGE;
    free(print);
    return ok;
}

bool silence_reach(struct db *db, const char *const *matchers, size_t count,
                   struct silence_reach *out, struct err *err)
{
    struct matchers m = { 0 };
    bool ok;

    *out = (struct silence_reach){ .groups = 0 };
    ok = matchers_read(&m, matchers, count, err) && count_all(db, &m, out, err);
    matchers_dispose(&m);
    if (!ok)
        silence_reach_dispose(out);
    return ok;
}
