/*
 * dlq_list: all dead-letter queues at a glance. No state of its own: it runs
 * on the thread whose connection it is given.
 *
 * Two round trips after the scan: sizes, then the newest entries of all
 * queues together, as many as a budget of bytes allows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/ops/dlq_parts.h"
#include "core/ops/entry.h"

#define SAMPLE_BUDGET (INT64_C(16) * 1024 * 1024)
#define ERROR_BYTES   2048
#define RECENT_MS     600000

size_t dlq_affordable(const struct reply *usage, int64_t length, int64_t budget)
{
    int64_t bytes = reply_int(usage);
    int64_t each = length > 0 && bytes > length ? bytes / length : 1024;
    int64_t count = budget / each;

    return count < 10 ? 10 : (size_t)count;
}

/* ---- sizes ---------------------------------------------------------------- */

enum { SIZE_LEN, SIZE_OLDEST, SIZE_USAGE, SIZES };

static bool read_size(struct dlq_summary *q, struct redis *r, size_t at,
                      int64_t now, struct err *err)
{
    const char *error = reply_error(redis_reply(r, at + SIZE_LEN));
    const struct reply *oldest =
        reply_at(reply_at(redis_reply(r, at + SIZE_OLDEST), 0), 0);

    if (error && strncmp(error, "WRONGTYPE", 9) == 0)
        log_warn("dlq", NULL, "%s is not a stream", q->dlq);
    else if (error)
        return err_set(err, ERR_REDIS, "Redis refused XLEN: %s", error);
    q->depth = reply_int(redis_reply(r, at + SIZE_LEN));
    q->oldest_ms = q->depth ? entry_age(reply_str(oldest), now) : -1;
    return true;
}

/* Depths and ages; sampled is set to what will be asked for. */
static bool ask_sizes(struct redis *r, struct dlq_overview *o, int64_t now,
                      struct err *err)
{
    int64_t share = SAMPLE_BUDGET / (int64_t)(o->count ? o->count : 1);

    for (size_t i = 0; i < o->count; i++) {
        const char *dlq = o->queues[i].dlq;

        redis_cmd(r, "XLEN", dlq);
        redis_cmd(r, "XRANGE", dlq, "-", "+", "COUNT", "1");
        redis_cmd(r, "MEMORY", "USAGE", dlq);
    }
    if (!redis_run(r, err))
        return false;
    for (size_t i = 0; i < o->count; i++) {
        struct dlq_summary *q = &o->queues[i];

        if (!read_size(q, r, i * SIZES, now, err))
            return false;
        q->sampled = dlq_affordable(redis_reply(r, i * SIZES + SIZE_USAGE),
                                    q->depth, share);
        if (q->sampled > DLQ_SAMPLE)
            q->sampled = DLQ_SAMPLE;
        o->total += q->depth;
        o->nonempty += q->depth > 0;
    }
    return true;
}

/* ---- the newest ----------------------------------------------------------- */

static void read_sample(struct dlq_summary *q, const struct config *cfg,
                        const struct reply *list, int64_t now)
{
    char **causes = xcalloc(reply_count(list) + 1, sizeof *causes);

    q->sampled = reply_count(list);
    for (size_t i = 0; i < q->sampled; i++) {
        const struct reply *entry = reply_at(list, i);
        int64_t age = entry_age(reply_str(reply_at(entry, 0)), now);
        char *error = entry_text(
            reply_field(reply_at(entry, 1), cfg->dlq.error), ERROR_BYTES);

        q->arrived_10m += age >= 0 && age <= RECENT_MS;
        causes[i] = dlq_cause_of(cfg, error);
        free(error);
    }
    dlq_count_causes(q, causes, q->sampled);
    free(causes);
}

static bool ask_samples(struct redis *r, const struct config *cfg,
                        struct dlq_overview *o, int64_t now, struct err *err)
{
    size_t at = 0;

    redis_reset(r);
    for (size_t i = 0; i < o->count; i++) {
        char count[24];

        if (o->queues[i].depth == 0)
            continue;
        snprintf(count, sizeof count, "%zu", o->queues[i].sampled);
        redis_cmd(r, "XREVRANGE", o->queues[i].dlq, "+", "-", "COUNT", count);
    }
    if (!redis_run(r, err))
        return false;
    for (size_t i = 0; i < o->count; i++) {
        if (o->queues[i].depth == 0)
            o->queues[i].sampled = 0;
        else
            read_sample(&o->queues[i], cfg, redis_reply(r, at++), now);
    }
    return true;
}

/* ---- the overview --------------------------------------------------------- */

static int deepest_first(const void *a, const void *b)
{
    const struct dlq_summary *x = a, *y = b;

    if (x->depth != y->depth)
        return x->depth < y->depth ? 1 : -1;
    return strcmp(x->dlq, y->dlq);
}

/* Takes the names over. */
static void queues_from(struct dlq_overview *o, struct stream_names *names)
{
    o->cut = names->cut;
    o->count = names->count;
    o->queues = xcalloc(o->count + 1, sizeof *o->queues);
    for (size_t i = 0; i < o->count; i++) {
        o->queues[i].stream = names->names[i].stream;
        o->queues[i].dlq = names->names[i].dlq;
        names->names[i] = (struct stream_name){ 0 };
    }
    stream_names_dispose(names);
}

bool dlq_overview(struct redis *r, const struct config *cfg, int64_t now,
                  struct dlq_overview *out, struct err *err)
{
    struct stream_names names;

    *out = (struct dlq_overview){ 0 };
    return streams_find(r, cfg, &names, err) &&
           dlq_overview_of(r, cfg, &names, now, out, err);
}

bool dlq_overview_of(struct redis *r, const struct config *cfg,
                     struct stream_names *names, int64_t now,
                     struct dlq_overview *out, struct err *err)
{
    *out = (struct dlq_overview){ 0 };
    queues_from(out, names);
    redis_reset(r);
    if (!ask_sizes(r, out, now, err) || !ask_samples(r, cfg, out, now, err)) {
        dlq_overview_dispose(out);
        return false;
    }
    qsort(out->queues, out->count, sizeof *out->queues, deepest_first);
    return true;
}

void dlq_overview_dispose(struct dlq_overview *o)
{
    for (size_t i = 0; i < o->count; i++) {
        struct dlq_summary *q = &o->queues[i];

        free(q->stream);
        free(q->dlq);
        for (size_t j = 0; j < q->cause_count; j++)
            free(q->causes[j].text);
    }
    free(o->queues);
    *o = (struct dlq_overview){ 0 };
}
