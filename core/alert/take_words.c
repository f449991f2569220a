/*
 * take_words: what a group says: the words of the worst and newest of its
 * alerts. Declared in take_parts.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/group_parts.h"
#include "core/alert/take_parts.h"
#include "core/base/mem.h"

static const struct db_stmt stmt_words = {
    .name = "alert_words",
    .sql = "select distinct on (a.\"group\") a.\"group\", a.title, a.message,"
           " a.fingerprint"
           " from opsbot.alerts a where a.firing and a.\"group\" in"
           "  (select value::bigint from"
           "   jsonb_array_elements_text($1::jsonb))"
           " order by a.\"group\", a.severity, a.at desc, a.fingerprint",
    .params = 1,
};

static void text_to(char **text, const char *value, bool *other)
{
    if (strcmp(*text, value) == 0)
        return;
    free(*text);
    *text = xstrdup(value);
    *other = true;
}

static void links_to(struct alert_group *g, const struct alert_event *e)
{
    for (size_t i = 0; i < g->links_count; i++) {
        free(g->links[i].label);
        free(g->links[i].url);
    }
    g->links_count = e->links_count;
    for (size_t i = 0; i < e->links_count; i++)
        g->links[i] = (struct alert_link){ xstrdup(e->links[i].label),
                                           xstrdup(e->links[i].url) };
}

void take_speak(struct touched_group *to, const struct alert_event *e)
{
    struct alert_group *g = &to->g;
    bool other = false;

    for (int i = 0; i < (int)e->severity; i++)
        if (g->by[i] > 0) { /* no more, where it was the worst */
            to->silent |= strcmp(g->speaker, e->fingerprint) == 0;
            return;
        }
    to->silent = false;
    text_to(&g->speaker, e->fingerprint, &(bool){ false });
    text_to(&g->title, e->title, &other);
    text_to(&g->message, e->message, &other);
    text_to(&g->source, e->source, &other);
    if (e->runbook[0])
        text_to(&g->runbook, e->runbook, &other);
    links_to(g, e);
    to->in.news.renewed |= other;
    to->moved |= other;
}

bool take_words(struct taking *t)
{
    int64_t *numbers = xcalloc(t->groups_count + 1, sizeof *numbers);
    int64_t(*places)[2] = take_places(t);
    struct db_rows *rows = NULL;
    size_t n = 0;
    char *list;
    bool ok = true;

    for (size_t i = 0; i < t->groups_count; i++)
        if (t->groups[i].silent && t->groups[i].g.firing > 0)
            numbers[n++] = t->groups[i].g.number;
    list = numbers_text(numbers, n);
    if (n)
        ok = db_run(t->w->db, &stmt_words, &rows, t->err, list);
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct touched_group *g =
            take_group_at(t, places, rows_int(rows, i, 0));

        if (!g)
            continue;
        text_to(&g->g.title, rows_text(rows, i, 1), &g->in.news.renewed);
        text_to(&g->g.message, rows_text(rows, i, 2), &g->in.news.renewed);
        text_to(&g->g.speaker, rows_text(rows, i, 3), &(bool){ false });
    }
    rows_free(rows);
    free(list);
    free(places);
    free(numbers);
    return ok;
}
