/*
 * halt_record: the records of a halt: one transaction in Postgres, or a line
 * elsewhere. Declared in halt_act.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/halt_act_parts.h"
#include "core/ops/operation.h"
#include "core/ops/outbox.h"

#define HISTORY 20

/* A finished row is left alone by halt_run_save(); that Redis has heard of it
 * at last is the one thing that may still come. */
static const struct db_stmt stmt_generation = {
    .name = "halt_generation",
    .sql = "update opsbot.halts set generation = $2::bigint"
           " where op = $1::text and generation = 0",
    .params = 2,
};

/* ---- what is stored -------------------------------------------------------- */

/* "late": Redis has not said. For the audit and the operation's outcome. */
static const char *result_word(const struct halt_done *done)
{
    if (!done)
        return "late";
    switch (done->result) {
    case HALT_DONE:
        return "ok";
    case HALT_ALREADY:
        return "already";
    case HALT_SUPERSEDED:
        break;
    }
    return "superseded";
}

static char *attempt_json(const struct halt_want *want)
{
    char *entity = xasprintf("halt:%s", want->scope);
    char *text = json_text(member_str("action", halt_action_name(want->action)),
                           member_str("scope", want->scope),
                           member_str("reason", want->reason),
                           member_int("generation", want->generation),
                           member_str("entity", entity),
                           member_raw("force", want->force ? "true" : NULL));

    free(entity);
    return text;
}

char *halt_outcome_json(const struct halt_want *want,
                        const struct halt_done *done)
{
    const struct halt *now = done ? &done->now : NULL;

    if (!now || !now->scope)
        return json_text(member_str("result", result_word(done)),
                         member_str("scope", want->scope),
                         member_int("generation", done ? done->generation : 0));
    return json_text(
        member_str("result", result_word(done)),
        member_str("scope", want->scope),
        member_int("generation", done->generation), member_bool("halted", true),
        member_str("reason", now->reason), member_str("by", now->by),
        member_str("by_name", now->by_name), member_str("op", now->op),
        member_int("at", now->at));
}

static struct audit_row attempt_row(const struct halt_want *want,
                                    const char *detail)
{
    return (struct audit_row){ .act = want->act,
                               .kind = AUDIT_ATTEMPT,
                               .outcome = "attempt",
                               .detail = detail };
}

struct audit_row halt_outcome_row(const struct halt_want *want,
                                  const struct halt_done *done,
                                  const char *detail)
{
    int64_t took = clock_wall_ms() - want->act->recorded_at;

    return (struct audit_row){ .act = want->act,
                               .kind = AUDIT_OUTCOME,
                               .outcome = result_word(done),
                               .detail = detail,
                               .took_us = took > 0 ? took * 1000 : 0 };
}

/* ---- elsewhere ------------------------------------------------------------- */

static bool in_redis(const struct halt_world *w, const struct audit_row *row,
                     struct err *err)
{
    redis_reset(w->redis);
    audit_wait(w->redis, w->config->redis_prefix, row);
    if (!redis_run(w->redis, err))
        return false;
    if (reply_error(redis_reply(w->redis, 0)))
        return err_set(err, ERR_REDIS, "Redis refused XADD: %s",
                       reply_error(redis_reply(w->redis, 0)));
    return true;
}

enum record_place record_elsewhere(const struct halt_world *w,
                                   const struct audit_row *row, struct err *why)
{
    char *text;
    bool ok;

    if (in_redis(w, row, why))
        return RECORD_REDIS;
    text = audit_text(row);
    ok = journal_add(w->journal, JOURNAL_AUDIT, text, why);
    if (!ok)
        log_error("audit",
                  &(struct log_ctx){ .op = row->act->op,
                                     .user = row->act->user,
                                     .command = row->act->command },
                  "recorded nowhere but here: %s (%s)", text, why->text);
    free(text);
    return ok ? RECORD_JOURNAL : RECORD_NOWHERE;
}

enum record_place halt_intend_elsewhere(const struct halt_world *w,
                                        const struct halt_want *want,
                                        struct err *why)
{
    char *detail = attempt_json(want);
    struct audit_row row = attempt_row(want, detail);
    enum record_place place = record_elsewhere(w, &row, why);

    free(detail);
    return place;
}

/* ---- Postgres -------------------------------------------------------------- */

size_t halt_perhaps_shown(const struct config *cfg, const struct act *act,
                          struct halt_shown shown[2])
{
    const char *channels[2];
    size_t n = act_channels(act, cfg, channels);

    for (size_t i = 0; i < n; i++)
        shown[i] = (struct halt_shown){ .channel = channels[i], .ts = "" };
    return n;
}

static const struct halt_shown *shown_in(const struct halt_shown *shown,
                                         size_t count, const char *channel)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(shown[i].channel, channel) == 0)
            return &shown[i];
    return NULL;
}

static bool put_card(struct db *db, const struct outbox_new *row,
                     const struct halt_shown *shown, struct err *err)
{
    if (!outbox_put(db, row, err))
        return false;
    return !shown || outbox_adopt(db, row->thing, row->channel, shown->ts, err);
}

static bool put_cards(const struct halt_world *w, const struct halt_want *want,
                      const struct halt_run *run,
                      const struct halt_shown *shown, size_t count,
                      struct err *err)
{
    const char *channels[2];
    size_t n = act_channels(want->act, w->config, channels);
    char *thing = xasprintf("halt:%s", run->op);
    char *body = w->message(w->config, run);
    bool ok = true;

    for (size_t i = 0; ok && i < n; i++)
        ok = put_card(w->db,
                      &(struct outbox_new){ .op = run->op,
                                            .channel = channels[i],
                                            .body = body,
                                            .response_url =
                                                i == 0 ? run->response_url : "",
                                            .thing = thing,
                                            .lane = OUTBOX_CRITICAL },
                      shown_in(shown, count, channels[i]), err);
    /* One that is shown already is brought up to date. */
    ok = ok && outbox_touch(w->db, thing, err);
    free(thing);
    free(body);
    return ok;
}

/* What stood before it ends with it: those cards say so. */
static bool touch_ended(struct db *db, const struct halt_run *run,
                        struct err *err)
{
    struct halt_run **runs = NULL;
    size_t count = 0;
    bool ok = halt_history(db, run->scope, HISTORY, &runs, &count, err);

    for (size_t i = 0; ok && i < count; i++) {
        char *thing;

        if (strcmp(runs[i]->op, run->op) == 0 || runs[i]->at > run->at)
            continue;
        if (runs[i]->action == run->action)
            break;
        thing = xasprintf("halt:%s", runs[i]->op);
        ok = outbox_touch(db, thing, err);
        free(thing);
    }
    halt_history_free(runs, count);
    return ok;
}

bool halt_intend(struct db *db, const struct halt_want *want, bool *added,
                 struct err *err)
{
    char *entity = xasprintf("halt:%s", want->scope);
    char *detail = attempt_json(want);
    struct audit_row row = attempt_row(want, detail);
    bool ok = operation_add(db, want->act, entity, added, err) &&
              audit_write(db, &row, err);

    free(entity);
    free(detail);
    return ok;
}

static bool finish(struct db *db, const struct halt_want *want,
                   const struct halt_done *done, struct err *err)
{
    char *outcome = halt_outcome_json(want, done);
    struct audit_row row = halt_outcome_row(want, done, outcome);
    enum operation_state state = done && done->result == HALT_SUPERSEDED
                                     ? OPERATION_REFUSED
                                     : OPERATION_DONE;
    bool first, ok = audit_write(db, &row, err);

    if (ok && done)
        ok = operation_finish(db, want->act->op, state, outcome, &first, err);
    free(outcome);
    return ok;
}

static bool save_run(const struct halt_world *w, const struct halt_want *want,
                     const struct halt_run *run, struct err *err)
{
    char generation[24];

    text_number(generation, run->generation);
    return halt_run_save(w->db, want->act, run, w->replica, err) &&
           db_run(w->db, &stmt_generation, NULL, err, run->op, generation);
}

static bool record_run(const struct halt_world *w, const struct halt_want *want,
                       const struct halt_run *run, const struct halt_done *done,
                       const struct halt_shown *shown, size_t count,
                       struct err *err)
{
    if (!save_run(w, want, run, err) ||
        !put_cards(w, want, run, shown, count, err))
        return false;
    return (done && done->result == HALT_ALREADY) ||
           touch_ended(w->db, run, err);
}

bool halt_record(const struct halt_world *w, const struct halt_want *want,
                 const struct halt_run *run, const struct halt_done *done,
                 const struct halt_shown *shown, size_t shown_count,
                 struct err *err)
{
    bool added;
    bool ok =
        db_begin(w->db, err) && halt_intend(w->db, want, &added, err) &&
        finish(w->db, want, done, err) &&
        (!run || record_run(w, want, run, done, shown, shown_count, err)) &&
        db_commit(w->db, err);

    db_rollback(w->db);
    return ok;
}
