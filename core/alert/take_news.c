/*
 * take_news: which events are news, and where each of them leads. Declared in
 * take_parts.h.
 *
 * What is late changes nothing: what fired before the alert was over the last
 * time, what ended before it began to fire as it does now. An alert that is
 * routed another way than before leaves the group that it was in.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/group_parts.h"
#include "core/alert/take_parts.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define BUCKETS 256

/* Held until the end: two replicas never take the same alert at once. */
static const struct db_stmt stmt_lock = {
    .name = "alert_prints_lock",
    .sql = "select pg_advisory_xact_lock(20260105, value::integer)"
           " from jsonb_array_elements_text($1::jsonb)",
    .params = 1,
};

static const struct db_stmt stmt_news = {
    .name = "alert_news_add",
    .sql = "insert into opsbot.alert_news (id) select value from"
           " (select distinct value from jsonb_array_elements_text($1::jsonb)"
           "  order by value) news on conflict do nothing returning id",
    .params = 1,
};

/* Each is looked for by its key (offset 0 keeps it so): whoever plans this does
 * not know how short the list is, and would read all alerts there are. */
static const struct db_stmt stmt_over = {
    .name = "alert_over_look",
    .sql = "select fingerprint, " ALERT_MS(
        "ended") " from opsbot.alert_over where"
                 " fingerprint = any (array(select"
                 "  jsonb_array_elements_text($1::jsonb)))",
    .params = 1,
};

static const struct db_stmt stmt_firing = {
    .name = "alert_firing_look",
    .sql = "select a.fingerprint, " ALERT_MS(
        "a.at") ", g.key"
                " from jsonb_array_elements_text($1::jsonb) p (print),"
                " lateral (select f.fingerprint, f.at, f.\"group\""
                "  from opsbot.alerts f where f.firing and f.fingerprint = "
                "p.print"
                "  offset 0) a,"
                " lateral (select o.key from opsbot.alert_groups o"
                "  where o.id = a.\"group\" and o.resolved_at is null offset "
                "0) g",
    .params = 1,
};

/* ---- fingerprints ------------------------------------------------------------------- */

static int print_order(const void *a, const void *b)
{
    return strcmp(((const struct print *)a)->text,
                  ((const struct print *)b)->text);
}

static struct print *print_find(struct taking *t, const char *text)
{
    struct print key = { .text = text };

    return bsearch(&key, t->prints, t->prints_count, sizeof key, print_order);
}

/* Of all events that are news, each once. */
static void prints_gather(struct taking *t)
{
    size_t n = 0, kept = 0;

    t->prints = xcalloc(t->count + 1, sizeof *t->prints);
    for (size_t i = 0; i < t->count; i++)
        if (t->news[i])
            t->prints[n++].text = t->events[i].fingerprint;
    qsort(t->prints, n, sizeof *t->prints, print_order);
    for (size_t i = 0; i < n; i++)
        if (!kept || strcmp(t->prints[kept - 1].text, t->prints[i].text) != 0)
            t->prints[kept++] = t->prints[i];
    t->prints_count = kept;
}

static bool print_has(const struct print *p, const char *key)
{
    for (size_t i = 0; i < p->keys_count; i++)
        if (strcmp(p->keys[i], key) == 0)
            return true;
    return false;
}

static void print_add(struct print *p, const char *key)
{
    if (print_has(p, key))
        return;
    p->keys = xrealloc(p->keys, (p->keys_count + 1) * sizeof *p->keys);
    memset(p->keys[p->keys_count], 0, GROUP_KEY);
    memcpy(p->keys[p->keys_count++], key, strnlen(key, GROUP_KEY - 1));
}

static bool prints_look(struct taking *t)
{
    const char **texts = xcalloc(t->prints_count + 1, sizeof *texts);
    struct db_rows *over = NULL, *firing = NULL;
    struct print *p;
    char *list;
    bool ok;

    for (size_t i = 0; i < t->prints_count; i++)
        texts[i] = t->prints[i].text;
    list = json_list(texts, t->prints_count);
    free(texts);
    ok = db_run(t->w->db, &stmt_over, &over, t->err, list) &&
         db_run(t->w->db, &stmt_firing, &firing, t->err, list);
    free(list);
    for (size_t i = 0; ok && i < rows_count(over); i++)
        if ((p = print_find(t, rows_text(over, i, 0))))
            p->ended = rows_int(over, i, 1);
    for (size_t i = 0; ok && i < rows_count(firing); i++)
        if ((p = print_find(t, rows_text(firing, i, 0)))) {
            if (rows_int(firing, i, 1) > p->at)
                p->at = rows_int(firing, i, 1);
            print_add(p, rows_text(firing, i, 2));
        }
    rows_free(over);
    rows_free(firing);
    return ok;
}

bool take_lock(struct taking *t)
{
    bool seen[BUCKETS] = { false };
    int64_t buckets[BUCKETS];
    size_t n = 0;
    char *list;
    bool ok;

    for (size_t i = 0; i < t->count; i++)
        seen[text_hash(t->events[i].fingerprint) % BUCKETS] = true;
    for (int i = 0; i < BUCKETS; i++)
        if (seen[i])
            buckets[n++] = i;
    list = numbers_text(buckets, n);
    ok = db_run(t->w->db, &stmt_lock, NULL, t->err, list);
    free(list);
    return ok;
}

/* ---- news ------------------------------------------------------------------------------ */

static int text_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct added {
    const char **ids; /* sorted */
    bool *used;
    size_t count;
};

/* Of two of one id in a batch the first one is the news. */
static bool added_has(struct added *a, const char *id)
{
    const char **at =
        bsearch(&id, a->ids, a->count, sizeof *a->ids, text_order);

    if (!at || a->used[at - a->ids])
        return false;
    a->used[at - a->ids] = true;
    return true;
}

static void mark_news(struct taking *t, const struct db_rows *rows)
{
    struct added a = { .count = rows_count(rows) };

    a.ids = xcalloc(a.count + 1, sizeof *a.ids);
    a.used = xcalloc(a.count + 1, sizeof *a.used);
    for (size_t i = 0; i < a.count; i++)
        a.ids[i] = rows_text(rows, i, 0);
    qsort(a.ids, a.count, sizeof *a.ids, text_order);
    for (size_t i = 0; i < t->count; i++) {
        t->news[i] = added_has(&a, t->events[i].id);
        t->out->known += !t->news[i];
    }
    free(a.ids);
    free(a.used);
}

bool take_news(struct taking *t)
{
    const char **ids = xcalloc(t->count + 1, sizeof *ids);
    struct db_rows *rows = NULL;
    char *list;
    bool ok;

    for (size_t i = 0; i < t->count; i++)
        ids[i] = t->events[i].id;
    list = json_list(ids, t->count);
    free(ids);
    ok = db_run(t->w->db, &stmt_news, &rows, t->err, list);
    free(list);
    if (ok)
        mark_news(t, rows);
    rows_free(rows);
    return ok;
}

/* ---- where it leads ---------------------------------------------------------------------- */

static struct target *target_add(struct taking *t, size_t event,
                                 const struct route *route, const char *key)
{
    struct target *target;

    if (t->targets_count % 256 == 0)
        t->targets =
            xrealloc(t->targets, (t->targets_count + 256) * sizeof *t->targets);
    target = &t->targets[t->targets_count++];
    *target =
        (struct target){ .event = event, .route = route, .group = TAKE_NONE };
    memcpy(target->key, key, strnlen(key, GROUP_KEY - 1));
    return target;
}

/* An end whose moment is not told is as old as the news of it. */
static int64_t end_of(const struct alert_event *e)
{
    return e->ended ? e->ended : e->received;
}

static int64_t begin_of(const struct alert_event *e)
{
    return e->at ? e->at : e->received;
}

static bool is_late(const struct print *p, const struct alert_event *e)
{
    bool told = e->ended && e->ended < e->received;

    if (!e->resolved)
        return begin_of(e) < p->ended || begin_of(e) < p->at;
    if (end_of(e) < p->at)
        return true;
    return !told && e->at && e->at < p->at;
}

static void ends(struct taking *t, size_t event, struct print *p)
{
    int64_t end = end_of(&t->events[event]);

    for (size_t i = 0; i < p->keys_count; i++)
        target_add(t, event, NULL, p->keys[i]);
    p->keys_count = 0;
    p->at = 0;
    if (end > p->ended) {
        p->ended = end;
        p->ends = true;
    }
}

static void fires(struct taking *t, size_t event, struct print *p)
{
    const struct alert_event *e = &t->events[event];
    const struct route *routes[ROUTES_MOST];
    struct print now = { .text = p->text };
    unsigned muted;
    size_t n = router_decide(t->turns.router, &e->labels, t->turns.now, routes,
                             &muted);

    for (size_t i = 0; i < n; i++) {
        char key[GROUP_KEY] = "";

        route_key(routes[i], &e->labels, e->fingerprint, key);
        if (!print_has(&now, key))
            target_add(t, event, routes[i], key);
        print_add(&now, key);
    }
    for (size_t i = 0; i < p->keys_count; i++)
        if (!print_has(&now, p->keys[i]))
            target_add(t, event, NULL, p->keys[i]);
    free(p->keys);
    p->keys = now.keys;
    p->keys_count = now.keys_count;
    p->at = begin_of(e);
}

bool take_targets(struct taking *t)
{
    prints_gather(t);
    if (!prints_look(t))
        return false;
    for (size_t i = 0; i < t->count; i++) {
        struct print *p =
            t->news[i] ? print_find(t, t->events[i].fingerprint) : NULL;

        if (!p)
            continue;
        if (is_late(p, &t->events[i])) {
            t->out->known++;
            t->news[i] = false;
            continue;
        }
        t->out->news++;
        if (t->events[i].resolved)
            ends(t, i, p);
        else
            fires(t, i, p);
    }
    return true;
}
