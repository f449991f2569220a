/*
 * mute: what mutes a batch of events. See mute.h.
 */
#include "core/alert/mute.h"

#include <stdlib.h>
#include <string.h>

#include "core/alert/mute_parts.h"
#include "core/base/mem.h"

static const struct db_stmt stmt_shared = {
    .name = "mute_silences_shared",
    .sql = "select pg_advisory_xact_lock_shared(hashtext('opsbot.silences'))",
};

/* Of two batches at once one may have the source, the other its target. */
static const struct db_stmt stmt_rules = {
    .name = "mute_rules_lock",
    .sql = "select pg_advisory_xact_lock(hashtext('opsbot.inhibit'))",
};

/* Fenced as in mute_inhibit.c. */
static const struct db_stmt stmt_silenced = {
    .name = "mute_silenced",
    .sql = "update opsbot.alerts a set silence = y.s from (select b.g, x.f,"
           "  x.s from jsonb_to_recordset($1::jsonb) as x (f text, s bigint)"
           "  cross join lateral (select c.\"group\" as g from opsbot.alerts c"
           "   where c.fingerprint = x.f and c.firing and c.quiet_why <> ''"
           "   and c.silence <> x.s offset 0) b) y"
           " where a.\"group\" = y.g and a.fingerprint = y.f",
    .params = 1,
};

/* ---- lists ------------------------------------------------------------------------ */

/* A JSON list, while it is written. */
struct list {
    struct buf text;
    size_t count;
};

static void list_next(struct list *l)
{
    buf_char(&l->text, l->count++ ? ',' : '[');
}

/* Takes object. */
static void list_object(struct list *l, char *object)
{
    list_next(l);
    buf_str(&l->text, object);
    free(object);
}

static void list_word(struct list *l, const char *word)
{
    list_next(l);
    json_quote(&l->text, word);
}

static const char *list_end(struct list *l)
{
    buf_str(&l->text, l->count ? "]" : "[]");
    return buf_text(&l->text);
}

/* ---- a batch ----------------------------------------------------------------------- */

struct keys {
    struct inhibit_key *items;
    size_t count;
};

/* What is known of the events of a batch, for as long as it is asked. */
struct batch {
    const struct alert_world *w;
    const struct router *router;
    const struct alert_event *events;
    const bool *news; /* of each: the others count for nothing */
    size_t count;
    struct keys *keys; /* of each that fires */
    bool *last;        /* of each: no later one is of its alert */
    struct list prints;
    struct err *err;
};

static int by_print(const void *a, const void *b, void *events)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    const struct alert_event *e = events;
    int order = strcmp(e[x].fingerprint, e[y].fingerprint);

    return order ? order : (x > y) - (x < y);
}

static void batch_order(struct batch *b)
{
    size_t *order = xcalloc(b->count + 1, sizeof *order);
    const struct alert_event *e = b->events;
    size_t n = 0;

    for (size_t i = 0; i < b->count; i++)
        if (b->news[i])
            order[n++] = i;
    qsort_r(order, n, sizeof *order, by_print, (void *)(uintptr_t)b->events);
    for (size_t i = 0; i < n; i++) {
        b->last[order[i]] =
            i + 1 == n ||
            strcmp(e[order[i]].fingerprint, e[order[i + 1]].fingerprint) != 0;
        if (b->last[order[i]])
            list_word(&b->prints, e[order[i]].fingerprint);
    }
    free(order);
}

static void batch_begin(struct batch *b, const struct alert_world *w,
                        const struct alert_event *events, const bool *news,
                        size_t count, struct err *err)
{
    *b = (struct batch){ .w = w,
                         .router = router_of(w->config),
                         .events = events,
                         .news = news,
                         .count = count,
                         .err = err };
    b->last = xcalloc(count + 1, sizeof *b->last);
    b->keys = xcalloc(count + 1, sizeof *b->keys);
    batch_order(b);
    for (size_t i = 0; i < count; i++)
        if (news[i] && !events[i].resolved)
            b->keys[i].count =
                rules_keys(b->router, &events[i].labels, &b->keys[i].items);
}

static void batch_end(struct batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        free(b->keys[i].items);
    free(b->keys);
    free(b->last);
    buf_dispose(&b->prints.text);
}

static bool has_keys(const struct batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->keys[i].count)
            return true;
    return false;
}

/* ---- silences ------------------------------------------------------------------------ */

static bool look_silences(struct batch *b, char **why, int64_t *until)
{
    struct mutings holding;
    bool ok = db_run(b->w->db, &stmt_shared, NULL, b->err, NULL) &&
              mutings_load(b->w, &holding, b->err);

    if (!ok)
        return false;
    for (size_t i = 0; holding.count && i < b->count; i++) {
        const struct muting *m =
            !b->news[i] || b->events[i].resolved
                ? NULL
                : mutings_find(&holding, &b->events[i].labels);

        why[i] = m ? xstrdup(m->why) : NULL;
        until[i] = m ? m->until : 0;
    }
    mutings_dispose(&holding);
    return true;
}

/* Which silence it is, for when it is over. */
static bool keep_silences(struct batch *b)
{
    struct list rows = { .count = 0 };
    struct mutings holding;
    bool ok = mutings_load(b->w, &holding, b->err);

    for (size_t i = 0; ok && holding.count && i < b->count; i++) {
        const struct alert_event *e = &b->events[i];
        const struct muting *m = e->resolved || !b->last[i]
                                     ? NULL
                                     : mutings_find(&holding, &e->labels);

        if (m)
            list_object(&rows, json_text(member_str("f", e->fingerprint),
                                         member_int("s", m->id)));
    }
    ok = ok && (rows.count == 0 || db_run(b->w->db, &stmt_silenced, NULL,
                                          b->err, list_end(&rows)));
    mutings_dispose(&holding);
    buf_dispose(&rows.text);
    return ok;
}

/* ---- inhibition ----------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct live_key *)a)->key,
                  ((const struct live_key *)b)->key);
}

/* Sources of the batch itself, as it leaves them. */
static void live_add_own(struct live_keys *live, const struct batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        for (size_t k = 0; b->last[i] && k < b->keys[i].count; k++) {
            const struct inhibit_key *key = &b->keys[i].items[k];

            if (!key->source)
                continue;
            live->items =
                xrealloc(live->items, (live->count + 1) * sizeof *live->items);
            live->items[live->count++] =
                (struct live_key){ xstrdup(key->key), xstrdup(key->rule) };
        }
    qsort(live->items, live->count, sizeof *live->items, by_key);
}

static char *inhibited(const struct live_keys *live, const struct keys *keys)
{
    for (size_t k = 0; k < keys->count; k++) {
        struct live_key want = { .key = keys->items[k].key };
        const struct live_key *hit =
            keys->items[k].source
                ? NULL
                : bsearch(&want, live->items, live->count, sizeof want, by_key);

        if (hit)
            return inhibit_why(hit->rule);
    }
    return NULL;
}

static char *target_keys(const struct batch *b)
{
    struct list all = { .count = 0 };

    for (size_t i = 0; i < b->count; i++)
        for (size_t k = 0; k < b->keys[i].count; k++)
            if (!b->keys[i].items[k].source)
                list_word(&all, b->keys[i].items[k].key);
    list_end(&all);
    return buf_take(&all.text);
}

static bool look_rules(struct batch *b, char **why)
{
    struct live_keys live;
    char *keys;
    bool ok;

    if (!has_keys(b))
        return true;
    keys = target_keys(b);
    ok = db_run(b->w->db, &stmt_rules, NULL, b->err, NULL) &&
         inhibit_live(b->w->db, keys, list_end(&b->prints), &live, b->err);
    free(keys);
    if (!ok)
        return false;
    live_add_own(&live, b);
    for (size_t i = 0; live.count && i < b->count; i++)
        if (!why[i] && b->keys[i].count)
            why[i] = inhibited(&live, &b->keys[i]);
    live_keys_dispose(&live);
    return true;
}

/* Of alerts that fire, as the batch leaves them. */
static bool keep_rules(struct batch *b)
{
    struct list rows = { .count = 0 };
    bool ok;

    if (b->router->rules_count == 0)
        return true;
    for (size_t i = 0; i < b->count; i++)
        for (size_t k = 0; b->last[i] && k < b->keys[i].count; k++)
            list_object(&rows,
                        json_text(member_str("f", b->events[i].fingerprint),
                                  member_str("k", b->keys[i].items[k].key),
                                  member_bool("s", b->keys[i].items[k].source),
                                  member_str("r", b->keys[i].items[k].rule)));
    ok = inhibit_keep(b->w->db, list_end(&rows), list_end(&b->prints), b->err);
    buf_dispose(&rows.text);
    return ok;
}

/* ---- what takes ask -------------------------------------------------------------------- */

bool mute_look(const struct alert_world *w, const struct alert_event *events,
               const bool *news, size_t count, char **why, int64_t *until,
               struct err *err)
{
    struct batch b;
    bool ok;

    for (size_t i = 0; i < count; i++) {
        why[i] = NULL;
        until[i] = 0;
    }
    batch_begin(&b, w, events, news, count, err);
    ok = look_silences(&b, why, until) && look_rules(&b, why);
    batch_end(&b);
    return ok;
}

bool mute_follow(const struct alert_world *w, const struct alert_event *events,
                 const bool *news, size_t count, int64_t **groups,
                 size_t *groups_count, struct err *err)
{
    struct batch b;
    bool ok;

    *groups = NULL;
    *groups_count = 0;
    batch_begin(&b, w, events, news, count, err);
    ok = keep_silences(&b) && keep_rules(&b);
    batch_end(&b);
    return ok;
}
