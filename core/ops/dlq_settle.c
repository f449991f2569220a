/*
 * dlq_settle: requeues that a crash left between their steps. No state of
 * its own: it runs on the thread whose connections it is given.
 *
 * Each is one transaction that holds the operation's row, so that two
 * settlers, or a settler and a slow requeue, finish it once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/dlq_parts.h"

#define SETTLE_MAX 100

static const struct db_stmt stmt_next = {
    .name = "dlq_settle",
    .sql = "select o.id, o.act, b.stream, b.dlq, b.ids ->> 0, o.created_at"
           " from opsbot.operations o join opsbot.operation_batches b"
           " on b.op = o.id and b.batch = 0"
           " where o.state = 'intent' and starts_with(o.entity, 'dlq:')"
           " and b.first_ms is null"
           " and o.created_at <= now() - $1::bigint * interval '1 ms'"
           " and (o.created_at, o.id) > ($2::timestamptz, $3::text)"
           " order by o.created_at, o.id limit 1 for update of o skip locked",
    .params = 3,
};

/* An intent as it was committed, with what it borrows from. */
struct found {
    char *op, *stream, *dlq, *id;
    struct json_doc *doc;
    struct act act;
    struct stream_name name;
};

static void found_dispose(struct found *f)
{
    free(f->op);
    free(f->stream);
    free(f->dlq);
    free(f->id);
    json_doc_free(f->doc);
}

static bool found_from(struct found *f, const struct db_rows *rows,
                       struct err *err)
{
    const char *act = rows_text(rows, 0, 1);

    f->op = xstrdup(rows_text(rows, 0, 0));
    f->stream = xstrdup(rows_text(rows, 0, 2));
    f->dlq = xstrdup(rows_text(rows, 0, 3));
    f->id = xstrdup(rows_text(rows, 0, 4));
    f->doc = json_doc_parse(act, strlen(act), err);
    if (!f->doc)
        return err_prefix(err, "operation %s", f->op);
    f->act = operation_act(f->doc, f->op);
    f->name = (struct stream_name){ .stream = f->stream, .dlq = f->dlq };
    return true;
}

/* Effect and outcome inside the open transaction. What the keys themselves
 * forbid is an outcome as well; what Redis as a whole refuses (no memory,
 * read-only) waits for the next time. */
static bool finish(struct redis *r, struct db *db, const struct config *cfg,
                   const struct requeue_want *want, struct err *err)
{
    struct requeue done = { .act = want->act,
                            .name = want->name,
                            .id = want->id,
                            .result = REQUEUE_GONE };
    bool unknown = false, first = false, ok;
    const char *failed = NULL;

    ok = requeue_effect(r, db, cfg, want, &done, &unknown, err);
    if (!ok && !unknown && err->kind == ERR_USER) {
        failed = err->text;
        ok = true;
    }
    ok = ok && requeue_finish(db, cfg, want, &done, failed, false, &first, err);
    if (ok)
        log_info("dlq", &(struct log_ctx){ .op = want->act->op },
                 "settled the requeue of %s of %s: %s", want->id,
                 want->name->dlq, failed ? "refused" : "finished");
    requeue_dispose(&done);
    return ok;
}

/* Where the walk is: the last intent looked at, done or not. */
struct walk {
    char created_at[64], op[64];
    bool more;
};

static void walk_on(struct walk *w, const struct db_rows *rows)
{
    w->more = rows_count(rows) > 0;
    snprintf(w->created_at, sizeof w->created_at, "%s", rows_text(rows, 0, 5));
    snprintf(w->op, sizeof w->op, "%s", rows_text(rows, 0, 0));
}

/* The next intent, in a transaction. False: it stays an intent. */
static bool settle_one(struct redis *r, struct db *db, const struct config *cfg,
                       const char *min_age, const struct requeue_want *how,
                       struct walk *w, struct err *err)
{
    struct requeue_want want = *how;
    struct db_rows *rows = NULL;
    struct found f = { 0 };
    bool ok = db_begin(db, err) &&
              db_run(db, &stmt_next, &rows, err, min_age, w->created_at, w->op);

    walk_on(w, rows);
    if (w->more) {
        ok = found_from(&f, rows, err);
        want.act = &f.act;
        want.name = &f.name;
        want.id = f.id;
        ok = ok && finish(r, db, cfg, &want, err) && db_commit(db, err);
    }
    db_rollback(db);
    rows_free(rows);
    found_dispose(&f);
    return ok;
}

bool dlq_settle(struct redis *r, struct db *db, const struct config *cfg,
                int64_t min_age_ms, requeue_card *card, void *arg,
                size_t *settled, struct err *err)
{
    const struct requeue_want how = { .card = card, .arg = arg };
    struct walk w = { .created_at = "-infinity", .more = true };
    char min_age[24];
    bool ok = true;

    *settled = 0;
    text_number(min_age, min_age_ms);
    for (int i = 0; i < SETTLE_MAX && w.more; i++) {
        if (!settle_one(r, db, cfg, min_age, &how, &w, err))
            ok = false;
        else if (w.more)
            ++*settled;
    }
    return ok;
}
