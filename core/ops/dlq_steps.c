/*
 * dlq_steps: intent, effect and outcome of a requeue (design §3.3), each a
 * step that a crash may follow. No state of its own: it runs on the thread
 * whose connections it is given.
 *
 * Redis alone decides whether an entry is still dead; Postgres says who
 * requeued it and when.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/ops/audit.h"
#include "core/ops/dlq_parts.h"
#include "core/ops/job.h"
#include "core/ops/outbox.h"

static char *entity_of(const struct requeue_want *want)
{
    return xasprintf("dlq:%s:%s", want->name->dlq, want->id);
}

/* ---- what is stored ------------------------------------------------------- */

static const char *outcome_word(const struct requeue *done, const char *failed)
{
    static const char *const words[] = { [REQUEUE_DONE] = "ok",
                                         [REQUEUE_ALREADY] = "already",
                                         [REQUEUE_GONE] = "gone",
                                         [REQUEUE_DISCARDED] = "discarded" };

    return failed ? "failed" : words[done->result];
}

static char *outcome_json(const struct requeue *done, const char *failed)
{
    if (failed)
        return json_text(member_str("result", "failed"),
                         member_str("error", failed));
    switch (done->result) {
    case REQUEUE_DONE:
        return json_text(member_str("result", "requeued"),
                         member_str("new_id", done->new_id));
    case REQUEUE_ALREADY:
    case REQUEUE_DISCARDED:
        return json_text(member_str("result", outcome_word(done, NULL)),
                         member_str("new_id", done->new_id),
                         member_str("op", done->op), member_str("by", done->by),
                         member_str("by_name", done->by_name),
                         member_int("at", done->at));
    case REQUEUE_GONE:
        break;
    }
    return json_text(member_str("result", "gone"));
}

static bool result_is(const struct operation *o, const char *result)
{
    return o->outcome &&
           strcmp(json_doc_str(o->outcome, "result"), result) == 0;
}

/* The stored outcome as an answer. */
static bool outcome_from(const struct operation *o, struct requeue *out,
                         struct err *err)
{
    const struct json_doc *doc = o->outcome;

    if (result_is(o, "failed"))
        return err_set(err, ERR_USER, "%s", json_doc_str(doc, "error"));
    if (result_is(o, "requeued")) {
        out->result = REQUEUE_ALREADY;
        out->new_id = xstrdup(json_doc_str(doc, "new_id"));
        out->op = xstrdup(o->id);
        out->by = xstrdup(o->actor);
        out->by_name = xstrdup(o->actor_name);
        out->at = o->at;
        return true;
    }
    out->result = result_is(o, "already")     ? REQUEUE_ALREADY
                  : result_is(o, "discarded") ? REQUEUE_DISCARDED
                                              : REQUEUE_GONE;
    if (out->result == REQUEUE_GONE)
        return true;
    out->new_id = xstrdup(json_doc_str(doc, "new_id"));
    out->op = xstrdup(json_doc_str(doc, "op"));
    out->by = xstrdup(json_doc_str(doc, "by"));
    out->by_name = xstrdup(json_doc_str(doc, "by_name"));
    out->at = json_doc_int(doc, "at", 0);
    return true;
}

/* ---- intent --------------------------------------------------------------- */

/* Everything of the intent besides the operation itself. */
static bool record_intent(struct db *db, const struct requeue_want *want,
                          struct err *err)
{
    char *ids = json_list(&want->id, 1);
    char *detail = json_text(member_str("stream", want->name->stream),
                             member_str("dlq", want->name->dlq),
                             member_str("id", want->id));
    struct audit_row row = { .act = want->act,
                             .kind = AUDIT_ATTEMPT,
                             .outcome = "attempt",
                             .detail = detail };
    struct operation_batch batch = { .op = want->act->op,
                                     .stream = want->name->stream,
                                     .source = want->name->dlq,
                                     .ids = ids,
                                     .last_ms = -1 };
    bool ok =
        operation_batch_add(db, &batch, err) && audit_write(db, &row, err);

    free(ids);
    free(detail);
    return ok;
}

bool requeue_standing(struct db *db, const struct requeue_want *want,
                      enum standing *standing, struct requeue *out,
                      struct err *err)
{
    struct operation known;
    bool found, ok = operation_load(db, want->act->op, &known, &found, err);

    if (ok && found && known.state != OPERATION_INTENT) {
        *standing = STANDING_FINISHED;
        ok = outcome_from(&known, out, err);
    } else {
        *standing = STANDING_OPEN;
    }
    if (ok && !found)
        ok = err_set(err, ERR_DB, "operation %s vanished", want->act->op);
    operation_dispose(&known);
    return ok;
}

bool requeue_intend(struct db *db, const struct requeue_want *want,
                    enum standing *standing, struct requeue *out,
                    struct err *err)
{
    char *entity = entity_of(want);
    bool added = false;
    bool ok =
        db_begin(db, err) && operation_add(db, want->act, entity, &added, err);

    if (ok && added)
        ok = record_intent(db, want, err) && db_commit(db, err);
    db_rollback(db);
    free(entity);
    *standing = STANDING_NEW;
    if (ok && !added)
        ok = requeue_standing(db, want, standing, out, err);
    return ok;
}

/* ---- effect --------------------------------------------------------------- */

/* The entry is gone: somebody's operation, or a job, whether its outcome is
 * there or still on its way. Takes over what it finds. */
static bool find_winner(struct redis *r, struct db *db,
                        const struct config *cfg,
                        const struct requeue_want *want, struct requeue *out,
                        struct err *err)
{
    struct job_mover m;

    out->result = REQUEUE_GONE;
    if (!job_mover_of(r, db, cfg, want->name->dlq, want->id, &m, err))
        return false;
    if (m.by) {
        out->result = strcmp(m.kind, job_kind_name(JOB_DISCARD)) == 0
                          ? REQUEUE_DISCARDED
                          : REQUEUE_ALREADY;
        out->op = m.op;
        out->by = m.by;
        out->by_name = m.by_name;
        out->new_id = m.new_id;
        out->at = m.at;
        m = (struct job_mover){ .kind = m.kind };
    }
    job_mover_dispose(&m);
    return true;
}

bool requeue_effect(struct redis *r, struct db *db, const struct config *cfg,
                    const struct requeue_want *want, struct requeue *out,
                    bool *unknown, struct err *err)
{
    enum effect effect = dlq_effect(r, cfg, want->act->op, want->name, want->id,
                                    &out->new_id, err);

    *unknown = effect == EFFECT_UNKNOWN;
    switch (effect) {
    case EFFECT_MOVED:
        out->result = REQUEUE_DONE;
        out->op = xstrdup(want->act->op);
        return true;
    case EFFECT_GONE:
        *unknown = !find_winner(r, db, cfg, want, out, err);
        return !*unknown;
    case EFFECT_REFUSED:
    case EFFECT_UNKNOWN:
        break;
    }
    return false;
}

/* ---- outcome -------------------------------------------------------------- */

static bool record_audit(struct db *db, const struct requeue_want *want,
                         const struct requeue *done, const char *failed,
                         const char *outcome, struct err *err)
{
    int64_t took = clock_wall_ms() - want->act->recorded_at;
    struct audit_row row = { .act = want->act,
                             .kind = AUDIT_OUTCOME,
                             .outcome = outcome_word(done, failed),
                             .detail = outcome,
                             .took_us = took > 0 ? took * 1000 : 0 };

    return audit_write(db, &row, err);
}

/* The card goes where it was asked for, and to channels.ops. */
static bool post_card(struct db *db, const struct config *cfg,
                      const struct requeue_want *want, const char *card,
                      struct err *err)
{
    const char *channels[2];
    size_t n = act_channels(want->act, cfg, channels);
    bool ok = true;

    for (size_t i = 0; ok && i < n; i++) {
        bool here = channels[i] == want->act->channel;

        ok = outbox_add(db, want->act->op, channels[i], card,
                        here ? want->response_url : "", err);
    }
    return ok;
}

static bool record_move(struct db *db, const struct config *cfg,
                        const struct requeue_want *want,
                        const struct requeue *done, struct err *err)
{
    char *moved = json_text(member_str(want->id, done->new_id));
    char *card = want->card ? want->card(done, want->arg) : NULL;
    bool ok = operation_batch_moved(db, want->act->op, 0, moved, err) &&
              (!card || post_card(db, cfg, want, card, err));

    free(moved);
    free(card);
    return ok;
}

bool requeue_finish(struct db *db, const struct config *cfg,
                    const struct requeue_want *want, const struct requeue *done,
                    const char *failed, bool own, bool *first, struct err *err)
{
    bool is_done = !failed && done->result == REQUEUE_DONE;
    char *outcome = outcome_json(done, failed);
    bool ok = !own || db_begin(db, err);

    *first = false;
    ok = ok && operation_finish(db, want->act->op,
                                is_done ? OPERATION_DONE : OPERATION_REFUSED,
                                outcome, first, err);
    if (ok && *first) {
        ok = record_audit(db, want, done, failed, outcome, err) &&
             (!is_done || record_move(db, cfg, want, done, err));
        ok = ok && (!own || db_commit(db, err));
    }
    if (own)
        db_rollback(db);
    free(outcome);
    return ok;
}
