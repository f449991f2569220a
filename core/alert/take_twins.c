/*
 * take_twins: cards that were posted without Postgres: whom they told, and
 * those of a group that turned out to have one already. Declared in
 * take_parts.h.
 *
 * The event they were posted for knows by which operation they can be found;
 * the group has another. Each is looked for, and edited to say whose it is;
 * where there is none, none is posted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/take_parts.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/ops/outbox.h"

static const struct db_stmt stmt_twins = {
    .name = "alert_twins",
    .sql = "select distinct g.id, x.op, c.channel"
           " from jsonb_to_recordset($1::jsonb) as x (key text, op text)"
           " cross join lateral (select id, channels from"
           "  opsbot.alert_groups a where a.key = x.key"
           "  order by a.resolved_at is null desc, a.id desc limit 1) g"
           " cross join lateral jsonb_array_elements_text(g.channels)"
           "  as c (channel)"
           " where not exists (select from opsbot.alert_groups o"
           "  where o.op = x.op) order by g.id, x.op, c.channel",
    .params = 1,
};

/* The lists of all events as one; *any: it is not empty. Heap. */
static char *all_shown(const struct taking *t, bool *any)
{
    struct buf list = { 0 };

    buf_char(&list, '[');
    for (size_t i = 0; i < t->count; i++) {
        const char *shown = t->events[i].shown;
        size_t len = shown ? strlen(shown) : 0;

        if (len <= 2) /* "[]" */
            continue;
        buf_str(&list, list.len > 1 ? "," : "");
        buf_add(&list, shown + 1, len - 2);
    }
    *any = list.len > 1;
    buf_char(&list, ']');
    return buf_take(&list);
}

static bool put(struct taking *t, const struct db_rows *rows, size_t i)
{
    const char *op = rows_text(rows, i, 1);
    char *thing = xasprintf(GROUP_TWIN "%s:%s", rows_text(rows, i, 0), op);
    char *body =
        json_text(member_str("text", "Posted while Postgres was away."));
    bool ok = outbox_put(t->w->db,
                         &(struct outbox_new){ .op = op,
                                               .channel = rows_text(rows, i, 2),
                                               .body = body,
                                               .thing = thing,
                                               .lane = OUTBOX_EDIT,
                                               .look = true },
                         t->err);

    free(thing);
    free(body);
    return ok;
}

bool take_twins(struct taking *t)
{
    struct db_rows *rows = NULL;
    bool any, ok = true;
    char *list = all_shown(t, &any);

    if (any)
        ok = db_run(t->w->db, &stmt_twins, &rows, t->err, list);
    for (size_t i = 0; ok && i < rows_count(rows); i++)
        ok = put(t, rows, i);
    if (ok)
        t->out->cards += rows_count(rows);
    rows_free(rows);
    free(list);
    return ok;
}

/* ---- whom they told ------------------------------------------------------------ */

static struct touched_group *of_key(struct taking *t, const char *key)
{
    for (size_t i = 0; i < t->groups_count; i++)
        if (strcmp(t->groups[i].g.key, key) == 0)
            return &t->groups[i];
    return NULL;
}

static void told_by(struct taking *t, const struct json_doc *doc, size_t i)
{
    char key[40], told[40], paged[40];
    struct touched_group *to;

    snprintf(key, sizeof key, "shown.%zu.key", i);
    snprintf(told, sizeof told, "shown.%zu.told", i);
    snprintf(paged, sizeof paged, "shown.%zu.paged", i);
    to = of_key(t, json_doc_str(doc, key));
    if (!to)
        return;
    to->in.news.told |= json_doc_bool(doc, told);
    to->in.news.paged |= json_doc_bool(doc, paged);
}

void take_told(struct taking *t)
{
    struct err ignored;

    for (size_t i = 0; i < t->count; i++) {
        const char *shown = t->events[i].shown;
        char *text;
        struct json_doc *doc;

        if (!shown || strlen(shown) <= 2) /* "[]" */
            continue;
        text = json_text(member_raw("shown", shown));
        doc = json_doc_parse(text, strlen(text), &ignored);
        for (size_t n = 0; doc && n < json_doc_count(doc, "shown"); n++)
            told_by(t, doc, n);
        json_doc_free(doc);
        free(text);
    }
}
