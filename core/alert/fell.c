/* fell: kept, leased, ended. See fell.h. */
#include "core/alert/fell.h"

#include <stdlib.h>
#include <string.h>

#include "core/alert/fell_parts.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"

/* ---- in Redis, otherwise in the journal ----------------------------------------- */

static void to_journal(const struct fell_store *s, const struct fell *f,
                       const char *what)
{
    char *record = fell_record(f, what);
    struct err err = { 0 };

    if (!journal_add(s->journal, JOURNAL_FELL, record, &err))
        log_warn("alerts", &(struct log_ctx){ .op = f->op },
                 "what came of its fallback (%s) is kept nowhere: if opsbot is "
                 "killed it may not go, or go again: %s",
                 what, err.text);
    free(record);
}

void fell_keep(const struct fell_store *s, const struct fell *f)
{
    char *hash = fell_hash(s->config), *record = fell_record(f, "kept");
    struct err err = { 0 };

    if (s->redis)
        redis_reset(s->redis);
    if (!s->redis || !redis_one(s->redis, &err, "HSETNX", hash, f->op, record))
        to_journal(s, f, "kept");
    free(hash);
    free(record);
}

void fell_drop(const struct fell_store *s, const struct fell *f)
{
    char *hash = fell_hash(s->config);
    struct err err = { 0 };

    if (s->redis)
        redis_reset(s->redis);
    if (!s->redis || !redis_one(s->redis, &err, "HDEL", hash, f->op))
        to_journal(s, f, "gone");
    free(hash);
}

/* ---- leases ----------------------------------------------------------------------- */

/* Who ends one says so first, and gives the lease back then: it is free for
 * nobody who does not see the end. */
static bool ask(const struct fell_store *s, struct fell *f, enum fell_road road,
                bool *mine, struct err *err)
{
    char *hash = fell_hash(s->config);
    char *lease = fell_lease(s->config, f->op, road);
    char *field = xasprintf("%s:%s", f->op, fell_road_name(road));
    char ms[TEXT_NUMBER];
    bool ok;

    redis_reset(s->redis);
    text_number(ms, FELL_LEASE_MS);
    redis_cmd(s->redis, "SET", lease, s->replica, "NX", "PX", ms);
    redis_cmd(s->redis, "GET", lease);
    redis_cmd(s->redis, "HGET", hash, field);
    ok = redis_run(s->redis, err);
    if (ok) {
        /* ours of before it was started again, too */
        *mine = strcmp(reply_str(redis_reply(s->redis, 1)), s->replica) == 0;
        f->state[road] = fell_state_of(reply_str(redis_reply(s->redis, 2)));
    }
    free(hash);
    free(lease);
    free(field);
    return ok;
}

/* *freed: the lease goes back. */
static bool tell(const struct fell_store *s, const struct fell *f,
                 enum fell_road road, bool freed, struct err *err)
{
    char *hash = fell_hash(s->config);
    char *lease = fell_lease(s->config, f->op, road);
    char *field = xasprintf("%s:%s", f->op, fell_road_name(road));
    bool ok;

    redis_reset(s->redis);
    redis_cmd(s->redis, "HSET", hash, field, fell_state_name(f->state[road]));
    if (freed)
        redis_cmd(s->redis, "DEL", lease);
    ok = redis_run(s->redis, err);
    free(hash);
    free(lease);
    free(field);
    return ok;
}

bool fell_claim(const struct fell_store *s, struct fell *f, enum fell_road road)
{
    struct err err = { 0 };
    bool mine = true;

    if (s->redis && !ask(s, f, road, &mine, &err))
        mine = true; /* it has just gone away */
    if (!mine || f->state[road] > FELL_BEGUN) {
        if (mine)
            fell_end(s, f, road, f->state[road]);
        return false;
    }
    f->state[road] = FELL_BEGUN;
    if (!s->redis || !tell(s, f, road, false, &err))
        to_journal(s, f, fell_road_name(road));
    return true;
}

void fell_renew(const struct fell_store *s, const struct fell *f,
                enum fell_road road)
{
    char *lease = fell_lease(s->config, f->op, road), ms[TEXT_NUMBER];
    struct err err = { 0 };

    if (s->redis) {
        redis_reset(s->redis);
        if (!redis_one(s->redis, &err, "PEXPIRE", lease,
                       text_number(ms, FELL_LEASE_MS)))
            log_debug("alerts", NULL, "%s", err.text);
    }
    free(lease);
}

void fell_end(const struct fell_store *s, struct fell *f, enum fell_road road,
              enum fell_state state)
{
    struct err err = { 0 };

    f->state[road] = state;
    if (!s->redis || !tell(s, f, road, true, &err))
        to_journal(s, f, fell_road_name(road));
}

/* ---- those that are kept ------------------------------------------------------------ */

static void add(struct fell_list *l, struct fell *f)
{
    l->items = xrealloc(l->items, (l->count + 1) * sizeof *l->items);
    l->items[l->count++] = *f;
}

static int by_op(const void *a, const void *b)
{
    return strcmp(((const struct fell *)a)->op, ((const struct fell *)b)->op);
}

static void sort(struct fell_list *l)
{
    if (l->count > 1)
        qsort(l->items, l->count, sizeof *l->items, by_op);
}

/* False: it is to be forgotten. What is no record is a state. */
static bool load_one(const char *field, const char *value,
                     struct fell_list *out)
{
    struct fell f;

    if (!fell_parse(value, &f, NULL))
        return strchr(field, ':') != NULL;
    if (clock_wall_ms() - f.began > FELL_OLD_MS) {
        fell_dispose(&f);
        return false;
    }
    add(out, &f);
    return true;
}

/* "<op>:<road>". False: of one that is gone, as its end came after it was
 * drained. */
static bool load_state(const char *field, const char *value,
                       const struct fell_list *l)
{
    size_t len = strcspn(field, ":");
    char *op = xstrndup(field, len);
    enum fell_road road = fell_road_of(field[len] ? field + len + 1 : "");
    struct fell *f = fell_find(l, op);

    if (f && road < FELL_ROADS)
        f->state[road] = fell_state_of(value);
    free(op);
    return f || !field[len];
}

static void load_all(const struct reply *all, struct fell_list *out, char **old)
{
    size_t count = reply_count(all) / 2;

    for (size_t i = 0; i < count; i++) {
        const char *field = reply_str(reply_at(all, 2 * i));

        if (!load_one(field, reply_str(reply_at(all, 2 * i + 1)), out))
            *old++ = xstrdup(field);
    }
    sort(out);
    for (size_t i = 0; i < count; i++) {
        const char *field = reply_str(reply_at(all, 2 * i));

        if (!load_state(field, reply_str(reply_at(all, 2 * i + 1)), out))
            *old++ = xstrdup(field);
    }
}

/* The NULL-ended list and its fields are heap, and are taken. */
static void forget(const struct fell_store *s, char **fields)
{
    char *hash = fell_hash(s->config);
    struct err err = { 0 };

    redis_reset(s->redis);
    for (char **field = fields; *field; field++)
        redis_cmd(s->redis, "HDEL", hash, *field);
    if (*fields && !redis_run(s->redis, &err))
        log_debug("alerts", NULL, "%s", err.text);
    for (char **field = fields; *field; field++)
        free(*field);
    free(fields);
    free(hash);
}

bool fell_load(const struct fell_store *s, struct fell_list *out,
               struct err *err)
{
    char *hash = fell_hash(s->config), **old;
    const struct reply *all;

    *out = (struct fell_list){ 0 };
    redis_reset(s->redis);
    all = redis_one(s->redis, err, "HGETALL", hash);
    free(hash);
    if (!all)
        return false;
    old = xcalloc(reply_count(all) + 1, sizeof *old);
    load_all(all, out, old);
    forget(s, old);
    return true;
}

/* ---- those of the journal ------------------------------------------------------------ */

/* In their order: sorted once all are there. */
static void take(struct fell_list *l, struct fell *f, const char *what)
{
    struct fell *known = NULL;
    enum fell_road road = fell_road_of(what);

    for (size_t i = l->count; i > 0 && !known; i--)
        if (strcmp(l->items[i - 1].op, f->op) == 0)
            known = &l->items[i - 1];
    if (!known) {
        add(l, f);
        known = &l->items[l->count - 1];
    } else {
        if (road < FELL_ROADS)
            known->state[road] = f->state[road];
        fell_dispose(f);
    }
    for (int i = 0; strcmp(what, "gone") == 0 && i < FELL_ROADS; i++)
        known->state[i] = FELL_SENT; /* there is nothing to do for it */
}

static bool each(void *arg, const char *kind, const char *json, struct err *err)
{
    struct fell f;
    char *what;

    (void)err;
    if (strcmp(kind, JOURNAL_FELL) != 0 || !fell_parse(json, &f, &what))
        return true;
    take(arg, &f, what);
    free(what);
    return true;
}

void fell_load_journal(struct journal *journal, struct fell_list *out)
{
    struct err err = { 0 };

    *out = (struct fell_list){ 0 };
    if (!journal_look(journal, each, out, &err))
        log_warn("alerts", NULL,
                 "which criticals still need the fallback is not known: %s",
                 err.text);
    sort(out);
}
