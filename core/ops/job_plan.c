/*
 * job_plan: which batches come next, as Redis lists them: ids alone, nothing
 * is moved and nothing is written. No state of its own: it runs on the thread
 * whose connection it is given.
 */
#include <stdlib.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/ops/job_run.h"

static size_t batch_size(const struct job_run *run)
{
    size_t half = (size_t)(run->job.rate > 1 ? run->job.rate / 2 : 1);

    return run->job.rate == 0 || half > JOB_BATCH ? JOB_BATCH : half;
}

/* Of the ids alone, those that have no batch yet. */
static void ids_left(const struct job_run *run, struct move_list *want)
{
    size_t i = 0;

    while (i < run->ids_count &&
           entry_id_compare(run->ids[i], run->cursor) <= 0)
        i++;
    want->ids = run->ids + i;
    want->ids_count = run->ids_count - i;
    if (want->ids_count > want->count)
        want->ids_count = want->count;
}

static void take_list(struct job_run *run, const struct reply *list)
{
    run->ahead_count = reply_count(list) - 1; /* the first says it is a list */
    run->ahead = xcalloc(run->ahead_count + 1, sizeof *run->ahead);
    run->listed = true;
    for (size_t i = 0; i < run->ahead_count; i++) {
        const struct reply *ids = reply_at(list, i + 1);
        struct batch *b = &run->ahead[i];

        b->number = run->next_batch + (int64_t)i;
        b->count = reply_count(ids);
        b->ids = xcalloc(b->count + 1, sizeof *b->ids);
        for (size_t j = 0; j < b->count; j++)
            b->ids[j] = xstrdup(reply_str(reply_at(ids, j)));
    }
}

/* Run before, and forgotten by Postgres: on record again, its marker tells
 * what came of it. */
static void take_lost(struct job_run *run, const struct move_list *want,
                      const struct reply *list)
{
    struct batch *b = xcalloc(1, sizeof *b);

    b->number = run->next_batch;
    b->ids = move_list_lost(want, list, &b->count);
    run->ahead = b;
    run->ahead_count = 1;
    run->listed = true;
    log_warn("job", &(struct log_ctx){ .op = run->id },
             "Postgres has lost batch %lld, which was run: taken from its"
             " marker, %zu entries",
             (long long)b->number, b->count);
}

/* What comes after the cursor; its keys for unwant_list(). False: it is known
 * that there is nothing. */
static bool want_list(const struct job_run *run, const struct config *cfg,
                      struct move_list *want)
{
    *want = (struct move_list){
        .source = job_source_key(run->job.kind, run->job.dlq),
        .marker = move_marker(cfg, run->id, run->next_batch),
        .after = run->cursor,
        .upper = run->upper,
        .count = run->job.rate ? batch_size(run) : RUN_AHEAD,
        .each = batch_size(run),
    };
    if (run->ids)
        ids_left(run, want);
    return run->ids ? want->ids_count > 0 : run->upper[0] != '\0';
}

static void unwant_list(struct move_list *want)
{
    free(want->source);
    free(want->marker);
}

enum move_end run_list(struct job_run *run, struct redis *r,
                       const struct config *cfg, struct err *err)
{
    enum move_end end = MOVE_DONE;
    const struct reply *list;
    struct move_list want;
    bool lost;

    if (!want_list(run, cfg, &want)) {
        run->listed = true;
    } else {
        end = move_list(r, &want, &list, &lost, err);
        if (end == MOVE_DONE && lost)
            take_lost(run, &want, list);
        else if (end == MOVE_DONE)
            take_list(run, list);
    }
    unwant_list(&want);
    return end;
}

bool run_list_add(struct job_run *run, struct redis *r,
                  const struct config *cfg)
{
    struct move_list want = { 0 };
    bool added =
        !run->listed && want_list(run, cfg, &want) && move_list_add(r, &want);

    unwant_list(&want);
    return added;
}

void run_list_take(struct job_run *run, struct redis *r, size_t i)
{
    const struct reply *list;
    struct err ignored;
    bool lost;

    /* A batch that was lost is left to run_list(). */
    if (move_list_take(r, i, &list, &lost, &ignored) == MOVE_DONE && !lost)
        take_list(run, list);
}
