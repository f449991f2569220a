/*
 * alerts_take: what waits in the queue is taken: small batches together, large
 * ones in parts. The alerts thread.
 */
#include <stdlib.h>
#include <string.h>

#include "bot/alerts/alerts_int.h"
#include "bot/flow/tally.h"
#include "core/base/mem.h"
#include "core/base/text.h"

static void finish(struct alerts *a, struct alerts_batch *b,
                   enum alerts_kept kept, const struct err *err)
{
    static const enum tally_fate fates[] = {
        [ALERTS_TAKEN] = TALLY_TAKEN,
        [ALERTS_HELD] = TALLY_HELD,
        [ALERTS_REFUSED] = TALLY_NOWHERE,
        [ALERTS_POISON] = TALLY_NOWHERE,
    };
    size_t count = b->count;

    for (size_t i = 0; i < count; i++)
        tally_alert(b->events[i].source, fates[kept]);
    if (kept == ALERTS_HELD)
        atomic_fetch_add(&a->held, count);
    else if (kept != ALERTS_TAKEN)
        atomic_fetch_add(&a->refused, count);
    atomic_fetch_sub(&a->waiting, count);
    if (b->done)
        b->done(b->arg, kept, kept == ALERTS_TAKEN ? "" : err->text);
    alerts_batch_free(b);
}

/* One batch, however large: the worst of what became of its parts. */
static void take_one(struct alerts *a, struct alerts_batch *b)
{
    enum alerts_kept worst = ALERTS_TAKEN;
    struct err err = { 0 }, why = { 0 };

    for (size_t from = 0; from < b->count; from += TAKE_MOST) {
        size_t n = b->count - from < TAKE_MOST ? b->count - from : TAKE_MOST;
        size_t known = 0;
        enum alerts_kept kept =
            alerts_keep(a, b->events + from, n, b->again, &known, &err);

        b->known += known;
        if (kept > worst) {
            worst = kept;
            why = err;
        }
    }
    finish(a, b, worst, &why);
}

/* What comes twice is one: a deployment is its service, version and time. */
static void take_deploy(struct alerts *a, struct alerts_batch *b)
{
    char op[OP_ID], at[TEXT_NUMBER];
    struct err err = { 0 };
    bool ok;

    digest_op(op, "deploy", b->deploy->service, b->deploy->version,
              text_number(at, b->deploy->at), NULL);
    ok = deploy_put(a->db, op, b->deploy, &err);
    finish(a, b, ok ? ALERTS_TAKEN : ALERTS_REFUSED, &err);
}

/* Small batches together: n of them with count events in all. When one of
 * them cannot be taken each is for itself. */
static void take_some(struct alerts *a, struct alerts_batch **batches, size_t n,
                      size_t count)
{
    struct alert_event *all;
    enum alerts_kept kept;
    struct err err = { 0 };
    size_t at = 0, known;

    if (n == 1) {
        take_one(a, batches[0]);
        return;
    }
    all = xmalloc(count * sizeof *all); /* borrows what they point to */
    for (size_t i = 0; i < n; i++) {
        batches[i]->known =
            outage_seen(a->outage, batches[i]->events, batches[i]->count);
        memcpy(all + at, batches[i]->events, batches[i]->count * sizeof *all);
        at += batches[i]->count;
    }
    kept = alerts_keep(a, all, count, true, &known, &err);
    at = 0;
    for (size_t i = 0; i < n; i++) { /* they know now what was posted */
        memcpy(batches[i]->events, all + at, batches[i]->count * sizeof *all);
        at += batches[i]->count;
    }
    free(all);
    for (size_t i = 0; i < n; i++) {
        if (kept == ALERTS_POISON) {
            batches[i]->known = 0;
            take_one(a, batches[i]);
        } else
            finish(a, batches[i], kept, &err);
    }
}

void alerts_take_list(struct alerts *a, struct node *list)
{
    struct alerts_batch *some[ALERTS_AT_ONCE];
    size_t n = 0, count = 0;

    while (list) {
        struct alerts_batch *b = (struct alerts_batch *)list;

        list = list->next;
        if (b->deploy) {
            take_deploy(a, b);
            continue;
        }
        if (n > 0 && count + b->count > TAKE_MOST) {
            take_some(a, some, n, count);
            n = count = 0;
        }
        some[n++] = b;
        count += b->count;
    }
    if (n > 0)
        take_some(a, some, n, count);
}
