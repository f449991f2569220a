/*
 * mute_list: silences as they are stored, and looked at. Declared in mute.h
 * and mute_parts.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/mute_parts.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

static const struct db_stmt stmt_load = {
    .name = "silence_load",
    .sql = "select " SILENCE_COLUMNS ", s.applied from opsbot.silences s"
           " where s.id = $1::bigint",
    .params = 1,
};

static const struct db_stmt stmt_list = {
    .name = "silences_list",
    .sql = "select " SILENCE_COLUMNS " from opsbot.silences s"
           " where s.ended_at is null and s.until > now()"
           " order by s.until, s.id offset $1::bigint limit $2::bigint",
    .params = 2,
};

static const struct db_stmt stmt_over = {
    .name = "silences_over",
    .sql = "select " SILENCE_COLUMNS " from opsbot.silences s"
           " where s.ended_at is not null or s.until <= now()"
           " order by least(s.ended_at, s.until) desc, s.id desc"
           " offset $1::bigint limit $2::bigint",
    .params = 2,
};

static const struct db_stmt stmt_holding = {
    .name = "silences_holding",
    .sql = "select s.id, s.matchers, coalesce(nullif(s.by_name, ''),"
           " s.made_by), s.reason, " ALERT_MS(
               "s.until") " from opsbot.silences s where not s.settled"
                          " and s.ended_at is null and s.until > " ALERT_MOMENT(
                              "$1::bigint") " order by s.until desc, s.id",
    .params = 1,
};

int64_t mute_now(const struct alert_world *w)
{
    return w->now ? w->now : clock_wall_ms();
}

/* ---- one ------------------------------------------------------------------------- */

/* ["a=\"1\"", …] as texts; heap, all of it. */
static char **texts_read(const char *json, size_t *count)
{
    struct err ignored;
    struct json_doc *doc = json_doc_parse(json, strlen(json), &ignored);
    char **out;

    *count = doc ? json_doc_count(doc, "") : 0;
    out = xcalloc(*count + 1, sizeof *out);
    for (size_t i = 0; i < *count; i++) {
        char path[TEXT_NUMBER];

        out[i] = xstrdup(json_doc_str(doc, text_number(path, (int64_t)i)));
    }
    json_doc_free(doc);
    return out;
}

static void texts_free(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

void silence_from(struct silence *out, const struct db_rows *rows, size_t i)
{
    *out = (struct silence){ .id = rows_int(rows, i, 0),
                             .by = xstrdup(rows_text(rows, i, 2)),
                             .by_name = xstrdup(rows_text(rows, i, 3)),
                             .reason = xstrdup(rows_text(rows, i, 4)),
                             .ended_by = xstrdup(rows_text(rows, i, 5)),
                             .ended_by_name = xstrdup(rows_text(rows, i, 6)),
                             .group = rows_int(rows, i, 7),
                             .muting = rows_int(rows, i, 8),
                             .at = rows_int(rows, i, 9),
                             .until = rows_int(rows, i, 10),
                             .ended_at = rows_int(rows, i, 11) };
    out->matchers = texts_read(rows_text(rows, i, 1), &out->matchers_count);
}

void silence_dispose(struct silence *s)
{
    texts_free(s->matchers, s->matchers_count);
    free(s->by);
    free(s->by_name);
    free(s->reason);
    free(s->ended_by);
    free(s->ended_by_name);
    *s = (struct silence){ .id = 0 };
}

bool silence_load(struct db *db, int64_t id, struct silence *out, bool *found,
                  struct err *err)
{
    struct db_rows *rows = NULL;
    char number[TEXT_NUMBER];

    *out = (struct silence){ .id = 0 };
    *found = false;
    if (!db_run(db, &stmt_load, &rows, err, text_number(number, id)))
        return false;
    *found = rows_count(rows) > 0;
    if (*found) {
        silence_from(out, rows, 0);
        out->pending = rows_text(rows, 0, SILENCE_COLUMNS_N)[0] != 't';
    }
    rows_free(rows);
    return true;
}

/* ---- many ------------------------------------------------------------------------ */

bool silences_list(struct db *db, bool over, size_t skip, size_t limit,
                   struct silences *out, struct err *err)
{
    struct db_rows *rows = NULL;
    char offset[TEXT_NUMBER], most[TEXT_NUMBER];
    bool ok = db_run(db, over ? &stmt_over : &stmt_list, &rows, err,
                     text_number(offset, (int64_t)skip),
                     text_number(most, (int64_t)limit + 1));

    *out = (struct silences){ .count = rows_count(rows) };
    if (!ok)
        return false;
    out->more = out->count > limit;
    if (out->more)
        out->count = limit;
    out->items = xcalloc(out->count + 1, sizeof *out->items);
    for (size_t i = 0; i < out->count; i++)
        silence_from(&out->items[i], rows, i);
    rows_free(rows);
    return true;
}

void silences_dispose(struct silences *s)
{
    for (size_t i = 0; i < s->count; i++)
        silence_dispose(&s->items[i]);
    free(s->items);
    *s = (struct silences){ .items = NULL };
}

/* ---- those that hold -------------------------------------------------------------- */

static void muting_from(struct muting *m, const struct db_rows *rows, size_t i)
{
    size_t count;
    char **texts = texts_read(rows_text(rows, i, 1), &count);
    struct err ignored;

    *m = (struct muting){
        .id = rows_int(rows, i, 0),
        .until = rows_int(rows, i, 4),
        .why = xasprintf("S-%s by %s: %s", rows_text(rows, i, 0),
                         rows_text(rows, i, 2), rows_text(rows, i, 3)),
    };
    m->never =
        count == 0 ||
        !matchers_read(&m->match, (const char *const *)texts, count, &ignored);
    texts_free(texts, count);
}

bool mutings_load(const struct alert_world *w, struct mutings *out,
                  struct err *err)
{
    struct db_rows *rows = NULL;
    char now[TEXT_NUMBER];
    bool ok =
        db_run(w->db, &stmt_holding, &rows, err, text_number(now, mute_now(w)));

    *out = (struct mutings){ .count = rows_count(rows) };
    if (!ok)
        return false;
    out->items = xcalloc(out->count + 1, sizeof *out->items);
    for (size_t i = 0; i < out->count; i++)
        muting_from(&out->items[i], rows, i);
    rows_free(rows);
    return true;
}

void mutings_dispose(struct mutings *m)
{
    for (size_t i = 0; i < m->count; i++) {
        matchers_dispose(&m->items[i].match);
        free(m->items[i].why);
    }
    free(m->items);
    *m = (struct mutings){ .items = NULL };
}

const struct muting *mutings_find(const struct mutings *m,
                                  const struct labels *l)
{
    for (size_t i = 0; i < m->count; i++)
        if (!m->items[i].never && matchers_fit(&m->items[i].match, l))
            return &m->items[i];
    return NULL;
}
