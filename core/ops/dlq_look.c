/* dlq_look: what is in the dead-letter queues, again. See dlq_look.h. */
#include "core/ops/dlq_look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/dlq_parts.h"
#include "core/ops/entry.h"

#define BUDGET      (INT64_C(4) * 1024 * 1024) /* bytes read of one queue */
#define ERROR_BYTES 2048

/* ---- one queue -------------------------------------------------------------- */

static void forget_sample(struct dlq_look *l)
{
    for (size_t i = 0; i < l->causes_count; i++)
        free(l->causes[i]);
    for (size_t i = 0; i < l->fresh_count; i++)
        free(l->fresh[i].cause);
    free(l->fresh);
    free(l->causes);
    free(l->at);
    l->fresh = NULL;
    l->causes = NULL;
    l->at = NULL;
    l->fresh_count = l->causes_count = l->sampled = 0;
    l->known = false;
}

static void look_dispose(struct dlq_look *l)
{
    forget_sample(l);
    free(l->stream);
    free(l->dlq);
    free(l->oldest);
    free(l->newest);
}

void dlq_looks_dispose(struct dlq_looks *looks)
{
    for (size_t i = 0; i < looks->count; i++)
        look_dispose(&looks->items[i]);
    free(looks->items);
    *looks = (struct dlq_looks){ 0 };
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts them, and leaves one of each. */
static void unite(struct dlq_look *l)
{
    size_t kept = 0;

    qsort(l->causes, l->causes_count, sizeof *l->causes, by_text);
    for (size_t i = 0; i < l->causes_count; i++) {
        if (kept && strcmp(l->causes[kept - 1], l->causes[i]) == 0)
            free(l->causes[i]);
        else
            l->causes[kept++] = l->causes[i];
    }
    l->causes_count = kept;
}

static void read_sample(struct dlq_look *l, const struct config *cfg,
                        const struct reply *list)
{
    size_t count = reply_count(list);

    l->at = xcalloc(count + 1, sizeof *l->at);
    l->causes = xcalloc(count + 1, sizeof *l->causes);
    for (size_t i = 0; i < count; i++) {
        const struct reply *entry = reply_at(list, i);
        char *error = entry_text(
            reply_field(reply_at(entry, 1), cfg->dlq.error), ERROR_BYTES);

        l->at[i] = entry_ms(reply_str(reply_at(entry, 0)));
        l->causes[i] = dlq_cause_of(cfg, error);
        free(error);
    }
    l->sampled = l->causes_count = count;
    if (count)
        unite(l);
}

/* Its newest entries, as many as the budget allows. */
static bool sample(struct dlq_look *l, struct redis *r,
                   const struct config *cfg, size_t most, struct err *err)
{
    const struct reply *list;
    char count[24];

    forget_sample(l);
    if (l->depth == 0)
        return true;
    snprintf(count, sizeof count, "%zu", most < DLQ_LOOK ? most : DLQ_LOOK);
    list = redis_one(r, err, "XREVRANGE", l->dlq, "+", "-", "COUNT", count);
    if (list)
        read_sample(l, cfg, list);
    return list != NULL;
}

/* ---- all of them ------------------------------------------------------------ */

/* What the first round trip says of one queue. */
struct size {
    int64_t depth;
    char *oldest, *newest;
    size_t most; /* entries that may be read */
};

enum { SIZE_LEN, SIZE_OLDEST, SIZE_NEWEST, SIZE_USAGE, SIZES };

static char *id_at(const struct reply *list)
{
    return xstrdup(reply_str(reply_at(reply_at(list, 0), 0)));
}

/* A key of another type counts as an empty queue. */
static struct size size_at(struct redis *r, size_t at)
{
    struct size s = {
        .depth = reply_int(redis_reply(r, at + SIZE_LEN)),
        .oldest = id_at(redis_reply(r, at + SIZE_OLDEST)),
        .newest = id_at(redis_reply(r, at + SIZE_NEWEST)),
    };

    s.most = dlq_affordable(redis_reply(r, at + SIZE_USAGE), s.depth, BUDGET);
    return s;
}

static void sizes_free(struct size *sizes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(sizes[i].oldest);
        free(sizes[i].newest);
    }
    free(sizes);
}

/* Heap; NULL: Redis did not answer. */
static struct size *ask_sizes(struct redis *r, const struct stream_names *names,
                              struct err *err)
{
    struct size *sizes;

    redis_reset(r);
    for (size_t i = 0; i < names->count; i++) {
        const char *dlq = names->names[i].dlq;

        redis_cmd(r, "XLEN", dlq);
        redis_cmd(r, "XRANGE", dlq, "-", "+", "COUNT", "1");
        redis_cmd(r, "XREVRANGE", dlq, "+", "-", "COUNT", "1");
        redis_cmd(r, "MEMORY", "USAGE", dlq);
    }
    if (!redis_run(r, err))
        return NULL;
    sizes = xcalloc(names->count + 1, sizeof *sizes);
    for (size_t i = 0; i < names->count; i++)
        sizes[i] = size_at(r, i * SIZES);
    redis_reset(r);
    return sizes;
}

/* The one of before, taken out; or an empty one. */
static struct dlq_look taken(struct dlq_looks *before, const char *dlq)
{
    struct dlq_look l = { 0 };

    for (size_t i = 0; i < before->count && !l.dlq; i++) {
        if (strcmp(before->items[i].dlq, dlq) != 0)
            continue;
        l = before->items[i];
        before->items[i] = before->items[--before->count];
    }
    return l;
}

static bool same(const struct dlq_look *l, const struct size *s)
{
    return l->dlq && l->depth == s->depth &&
           strcmp(l->oldest, s->oldest) == 0 &&
           strcmp(l->newest, s->newest) == 0;
}

/* Takes what is in name and size. */
static bool look_at(struct dlq_look *l, struct redis *r,
                    const struct config *cfg, struct stream_name *name,
                    struct size *s, struct err *err)
{
    bool changed = !same(l, s);

    free(l->stream);
    free(l->dlq);
    free(l->oldest);
    free(l->newest);
    l->stream = name->stream;
    l->dlq = name->dlq;
    l->oldest = s->oldest;
    l->newest = s->newest;
    l->depth = s->depth;
    l->oldest_at = s->depth ? entry_ms(s->oldest) : 0;
    *name = (struct stream_name){ 0 };
    s->oldest = s->newest = NULL;
    return !changed || sample(l, r, cfg, s->most, err);
}

static bool look_at_all(struct dlq_looks *looks, struct redis *r,
                        const struct config *cfg, struct stream_names *names,
                        struct size *sizes, struct err *err)
{
    struct dlq_looks now = { .items =
                                 xcalloc(names->count + 1, sizeof *now.items),
                             .cut = names->cut };
    bool ok = true;

    for (size_t i = 0; ok && i < names->count; i++) {
        struct dlq_look *l = &now.items[now.count++];

        *l = taken(looks, names->names[i].dlq);
        ok = look_at(l, r, cfg, &names->names[i], &sizes[i], err);
    }
    dlq_looks_dispose(looks);
    if (ok)
        *looks = now;
    else
        dlq_looks_dispose(&now); /* all is read again */
    return ok;
}

bool dlq_look(struct dlq_looks *looks, struct redis *r,
              const struct config *cfg, struct err *err)
{
    struct stream_names names;
    struct size *sizes;
    size_t count;
    bool ok;

    if (!streams_find(r, cfg, &names, err))
        return false;
    count = names.count;
    sizes = ask_sizes(r, &names, err);
    ok = sizes && look_at_all(looks, r, cfg, &names, sizes, err);
    if (sizes)
        sizes_free(sizes, count);
    stream_names_dispose(&names);
    return ok;
}

int64_t dlq_came_since(const struct dlq_look *look, int64_t since)
{
    size_t count = 0;

    while (count < look->sampled && look->at[count] >= since)
        count++;
    return (int64_t)count;
}
