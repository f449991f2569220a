/*
 * dlq_requeue: one dead entry back into its stream, once. No state of its
 * own: it runs on the thread whose connections it is given.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/dlq_parts.h"
#include "core/ops/entry.h"

static const struct db_stmt stmt_known = {
    .name = "dlq_intent_known",
    .sql = "select 1 from opsbot.operations where id = $1::text",
    .params = 1,
};

void requeue_dispose(struct requeue *r)
{
    free(r->new_id);
    free(r->by);
    free(r->by_name);
    free(r->op);
    *r = (struct requeue){ 0 };
}

bool dlq_intent_known(struct db *db, const char *op, bool *known,
                      struct err *err)
{
    struct db_rows *rows = NULL;

    if (!db_run(db, &stmt_known, &rows, err, op))
        return false;
    *known = rows_count(rows) > 0;
    rows_free(rows);
    return true;
}

/* Before anything is recorded: is Redis there, and are both keys streams? */
static bool look(struct redis *r, const struct stream_name *name,
                 struct err *err)
{
    const char *const keys[] = { name->dlq, name->stream };

    redis_reset(r);
    redis_cmd(r, "TYPE", keys[0]);
    redis_cmd(r, "TYPE", keys[1]);
    if (!redis_run(r, err))
        return false;
    for (size_t i = 0; i < 2; i++) {
        const struct reply *rep = redis_reply(r, i);

        if (reply_error(rep))
            return err_set(err, ERR_REDIS, "Redis refused TYPE: %s",
                           reply_error(rep));
        if (strcmp(reply_str(rep), "stream") != 0 &&
            strcmp(reply_str(rep), "none") != 0)
            return err_set(err, ERR_USER,
                           "`%s` is a %s in Redis, not a stream: nothing was"
                           " requeued",
                           keys[i], reply_str(rep));
    }
    return true;
}

/* The effect did not come about, or we do not know: what to tell. */
static bool explain(struct db *db, const struct config *cfg,
                    const struct requeue_want *want, bool unknown,
                    struct err *err)
{
    struct requeue nothing = { .result = REQUEUE_GONE };
    struct err why = *err, ignored;
    bool first;

    if (!unknown && requeue_finish(db, cfg, want, &nothing, why.text, true,
                                   &first, &ignored))
        return false;
    return err_set(err, why.kind,
                   "%s. Operation %.6s is recorded: it will be finished, once,"
                   " as soon as that is possible. Do not repeat it",
                   why.text, want->act->op);
}

/* Somebody else with this operation (a second press, the settler) was quicker
 * to write its outcome down: that is the answer, and ours changed nothing. */
static bool as_stored(struct db *db, const struct requeue_want *want,
                      struct requeue *out, struct err *err)
{
    struct requeue empty = { .act = out->act,
                             .name = out->name,
                             .id = out->id };
    enum standing standing;

    requeue_dispose(out);
    *out = empty;
    return requeue_standing(db, want, &standing, out, err);
}

/* Effect and outcome of an operation whose intent is committed. */
static bool carry_out(struct redis *r, struct db *db, const struct config *cfg,
                      const struct requeue_want *want, struct requeue *out,
                      struct err *err)
{
    bool unknown = false, first = false;
    struct err why;

    if (!requeue_effect(r, db, cfg, want, out, &unknown, err))
        return explain(db, cfg, want, unknown, err);
    if (requeue_finish(db, cfg, want, out, NULL, true, &first, &why))
        return first || as_stored(db, want, out, err);
    if (out->result == REQUEUE_DONE)
        return err_set(err, ERR_DB,
                       "`%s` is requeued to `%s` as `%s`; its record follows"
                       " (%s)",
                       want->id, want->name->stream, out->new_id, why.text);
    *err = why;
    return false;
}

bool dlq_requeue(struct redis *r, struct db *db, const struct config *cfg,
                 const struct requeue_want *want, struct requeue *out,
                 struct err *err)
{
    struct requeue_want exact = *want;
    enum standing standing;
    char id[ENTRY_ID];
    bool ok;

    *out = (struct requeue){ .act = want->act,
                             .name = want->name,
                             .id = want->id };
    if (!entry_id_parse(want->id, id))
        return err_set(err, ERR_USER,
                       "`%.60s` is not an entry id: they look like"
                       " `1700000000000-0` and stand in `dlq show`",
                       want->id);
    exact.id = id;
    ok = look(r, want->name, err) &&
         requeue_intend(db, &exact, &standing, out, err) &&
         (standing == STANDING_FINISHED ||
          carry_out(r, db, cfg, &exact, out, err));
    if (!ok)
        requeue_dispose(out);
    return ok;
}
