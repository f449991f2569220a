/*
 * take_groups: the groups of a batch: found and locked in the order of their
 * keys, those that flap opened again, others made. Declared in take_parts.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/group_parts.h"
#include "core/alert/take_parts.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define ROUNDS 4 /* others make them meanwhile, or end them */

static const struct db_stmt stmt_open = {
    .name = "alert_groups_open",
    .sql = "select " GROUP_COLUMNS " from opsbot.alert_groups g"
           " where g.resolved_at is null and "
           " g.key = any (array(select jsonb_array_elements_text($1::jsonb)))"
           " order by g.key for update",
    .params = 1,
};

/* The newest one of each key, if it was over after that moment. */
static const struct db_stmt stmt_flapped = {
    .name = "alert_groups_flapped",
    .sql = "select " GROUP_COLUMNS " from opsbot.alert_groups g"
           " where g.resolved_at is not null and g.id in"
           " (select distinct on (f.key) f.id from opsbot.alert_groups f"
           "  where f.resolved_at > " ALERT_MOMENT(
               "$2::bigint") "  and f.key = any (array(select"
                             "   jsonb_array_elements_text($1::jsonb)))"
                             "  order by f.key, f.resolved_at desc, f.id desc)"
                             " order by g.key for update",
    .params = 2,
};

/* Of two that make one at once the second waits, and finds it then. */
static const struct db_stmt stmt_make = {
    .name = "alert_groups_make",
    .sql = "insert into opsbot.alert_groups (key, op, route, route_id, labels,"
           " title, message, source, runbook, links, severity, test, resolves,"
           " channels) select x.key, x.op, x.route, x.route_id, x.labels,"
           " x.title, x.message, x.source, x.runbook, x.links, x.severity,"
           " x.test, x.resolves, x.channels from"
           " jsonb_to_recordset($1::jsonb) as x (key text, op text, route text,"
           "  route_id text, labels jsonb, title text, message text,"
           "  source text, runbook text, links jsonb, severity smallint,"
           "  test boolean, resolves boolean, channels jsonb) order by x.key"
           " on conflict (key) where resolved_at is null do nothing"
           " returning id, key",
    .params = 1,
};

static int group_order(const void *a, const void *b)
{
    return strcmp(((const struct touched_group *)a)->g.key,
                  ((const struct touched_group *)b)->g.key);
}

static struct touched_group *group_find(struct taking *t, const char *key)
{
    struct touched_group find = { .g = { .key = (char *)(uintptr_t)key } };

    return bsearch(&find, t->groups, t->groups_count, sizeof find, group_order);
}

static void group_add(struct taking *t, const struct alert_group *g, bool made)
{
    t->groups[t->groups_count++] = (struct touched_group){
        .g = *g,
        .made = made,
        .moved = made,
        .in = { .kind = STEP_NEWS },
    };
}

static void groups_sort(struct taking *t)
{
    qsort(t->groups, t->groups_count, sizeof *t->groups, group_order);
}

/* ---- keys --------------------------------------------------------------------------- */

static int text_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Keys that have no group yet, each once. fires: only where one is needed. */
static char *keys_missing(struct taking *t, bool fires, size_t *count)
{
    const char **keys = xcalloc(t->targets_count + 1, sizeof *keys);
    size_t n = 0, kept = 0;
    char *list;

    for (size_t i = 0; i < t->targets_count; i++)
        if ((!fires || t->targets[i].route) &&
            !group_find(t, t->targets[i].key))
            keys[n++] = t->targets[i].key;
    qsort(keys, n, sizeof *keys, text_order);
    for (size_t i = 0; i < n; i++)
        if (!kept || strcmp(keys[kept - 1], keys[i]) != 0)
            keys[kept++] = keys[i];
    list = json_list(keys, kept);
    free(keys);
    *count = kept;
    return list;
}

/* ---- found ---------------------------------------------------------------------------- */

static void take_rows(struct taking *t, const struct db_rows *rows)
{
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct alert_group g;

        group_from(&g, rows, i);
        group_add(t, &g, false);
    }
    groups_sort(t);
}

static bool find_open(struct taking *t)
{
    struct db_rows *rows = NULL;
    size_t n;
    char *keys = keys_missing(t, false, &n);
    bool ok = n == 0 || db_run(t->w->db, &stmt_open, &rows, t->err, keys);

    free(keys);
    take_rows(t, rows);
    rows_free(rows);
    return ok;
}

static bool find_flapped(struct taking *t)
{
    struct db_rows *rows = NULL;
    char since[TEXT_NUMBER];
    size_t n;
    char *keys = keys_missing(t, true, &n);
    int64_t flap = t->w->config->alerts.flap_ms;
    bool ok = n == 0 || flap <= 0 ||
              db_run(t->w->db, &stmt_flapped, &rows, t->err, keys,
                     text_number(since, t->turns.now - flap));

    free(keys);
    take_rows(t, rows);
    rows_free(rows);
    return ok;
}

/* ---- made ------------------------------------------------------------------------------- */

static void words_of(struct alert_group *g, const struct alert_event *e)
{
    g->title = xstrdup(e->title);
    g->message = xstrdup(e->message);
    g->speaker = xstrdup(e->fingerprint);
    g->source = xstrdup(e->source);
    g->runbook = xstrdup(e->runbook);
    for (; g->links_count < e->links_count; g->links_count++)
        g->links[g->links_count] = (struct alert_link){
            xstrdup(e->links[g->links_count].label),
            xstrdup(e->links[g->links_count].url),
        };
}

/* As group_from() would have it: version 0, for it is not there yet. */
static void group_new(struct alert_group *g, const struct taking *t,
                      const struct target *target)
{
    const struct alert_event *e = &t->events[target->event];
    const struct route *r = target->route;
    char op[OP_ID];

    group_op(target->key, e, op);
    *g = (struct alert_group){ .key = xstrdup(target->key),
                               .op = xstrdup(op),
                               .route = xstrdup(r->path),
                               .route_id = xstrdup(r->id),
                               .severity = e->severity,
                               .test = e->test,
                               .resolves = e->resolves,
                               .started_at = e->at > 0 && e->at < t->turns.now
                                                 ? e->at
                                                 : t->turns.now,
                               .channels_count = r->channels_count,
                               .resolved_by = xstrdup(""),
                               .acked_by = xstrdup(""),
                               .acked_name = xstrdup(""),
                               .ack_note = xstrdup(""),
                               .assignee = xstrdup(""),
                               .assigned_by = xstrdup(""),
                               .quiet_why = xstrdup(""),
                               .policy = xstrdup("") };
    route_labels(r, &e->labels, &g->labels);
    words_of(g, e);
    if (r->runbook && !g->runbook[0]) {
        free(g->runbook);
        g->runbook = xstrdup(r->runbook);
    }
    g->channels = xcalloc(r->channels_count + 1, sizeof *g->channels);
    for (size_t i = 0; i < r->channels_count; i++)
        g->channels[i] = xstrdup(r->channels[i]);
}

static char *group_text(const struct alert_group *g)
{
    char *labels = labels_text(&g->labels);
    char *links = group_links_text(g->links, g->links_count);
    char *channels =
        json_list((const char *const *)g->channels, g->channels_count);
    char *text = json_text(
        member_str("key", g->key), member_str("op", g->op),
        member_str("route", g->route), member_str("route_id", g->route_id),
        member_raw("labels", labels), member_str("title", g->title),
        member_str("message", g->message), member_str("source", g->source),
        member_str("runbook", g->runbook), member_raw("links", links),
        member_int("severity", (int)g->severity), member_bool("test", g->test),
        member_bool("resolves", g->resolves), member_raw("channels", channels));

    free(labels);
    free(links);
    free(channels);
    return text;
}

/* By key, of one key the first event first. */
static int want_order(const void *a, const void *b)
{
    const struct target *x = *(const struct target *const *)a;
    const struct target *y = *(const struct target *const *)b;
    int order = strcmp(x->key, y->key);

    return order ? order : (x->event > y->event) - (x->event < y->event);
}

/* For each key that has none, by the first event that leads there. They go to
 * the end of the list. */
static void make_all(struct taking *t, struct turn_rows *rows)
{
    const struct target **want = xcalloc(t->targets_count + 1, sizeof *want);
    const char *last = "";
    size_t n = 0;

    for (size_t i = 0; i < t->targets_count; i++)
        if (t->targets[i].route && !group_find(t, t->targets[i].key))
            want[n++] = &t->targets[i];
    qsort(want, n, sizeof *want, want_order);
    for (size_t i = 0; i < n; i++) {
        struct alert_group g;

        if (strcmp(want[i]->key, last) == 0)
            continue;
        last = want[i]->key;
        group_new(&g, t, want[i]);
        turn_add(rows, group_text(&g));
        group_add(t, &g, true);
    }
    free(want);
}

/* The number of each; one that somebody else made meanwhile is let go. */
static void numbers_of(struct taking *t, const struct db_rows *rows,
                       size_t found)
{
    size_t all = t->groups_count;

    for (size_t i = 0; i < rows_count(rows); i++) {
        struct touched_group find = {
            .g = { .key = (char *)(uintptr_t)rows_text(rows, i, 1) }
        };
        struct touched_group *made = bsearch(
            &find, t->groups + found, all - found, sizeof find, group_order);

        if (made)
            made->g.number = rows_int(rows, i, 0);
    }
    t->groups_count = found;
    for (size_t i = found; i < all; i++)
        if (t->groups[i].g.number)
            t->groups[t->groups_count++] = t->groups[i];
        else
            group_dispose(&t->groups[i].g);
    groups_sort(t);
}

static bool make(struct taking *t)
{
    struct turn_rows rows = { .count = 0 };
    struct db_rows *numbers = NULL;
    size_t found = t->groups_count;
    bool ok = true;

    make_all(t, &rows);
    if (rows.count)
        ok = db_run(t->w->db, &stmt_make, &numbers, t->err, turn_list(&rows));
    numbers_of(t, numbers, found);
    rows_free(numbers);
    buf_dispose(&rows.text);
    return ok;
}

/* ---- all of them ------------------------------------------------------------------------- */

static bool settle(struct taking *t)
{
    for (size_t i = 0; i < t->targets_count; i++) {
        struct touched_group *g = group_find(t, t->targets[i].key);

        if (g)
            t->targets[i].group = (size_t)(g - t->groups);
    }
    return true;
}

bool take_groups(struct taking *t)
{
    size_t missing = 1;

    t->groups = xcalloc(t->targets_count + 1, sizeof *t->groups);
    for (int i = 0; i < ROUNDS && missing; i++) {
        if (!find_open(t) || !find_flapped(t) || !make(t))
            return false;
        free(keys_missing(t, true, &missing));
    }
    if (missing)
        return err_set(t->err, ERR_DB,
                       "Groups of alerts were opened and ended by others all "
                       "the while: nothing was taken. Send them again.");
    return settle(t);
}
