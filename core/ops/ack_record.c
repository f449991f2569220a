/*
 * ack_record: an acknowledgement as it is recorded, and read back. See ack.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/ack_parts.h"
#include "core/ops/outbox.h"

#define ENTITY "ack:"

static const struct db_stmt stmt_story = {
    .name = "ack_story",
    .sql = "select o.act, substr(o.entity, 5), o.outcome, a.detail,"
           " l.actor, l.actor_name,"
           " (extract(epoch from l.recorded_at) * 1000)::bigint"
           " from opsbot.operations o join opsbot.audit_events a"
           " on a.operation = o.id and a.kind = 'attempt'"
           " and a.recorded_at = o.recorded_at"
           " left join lateral (select actor, actor_name, recorded_at"
           "  from opsbot.operations where entity = o.entity"
           "  and command = 'unack' and state = 'done'"
           "  and recorded_at > o.recorded_at and outcome ->> 'op' = o.id"
           "  order by recorded_at limit 1) l on true"
           " where o.id = $1::text and o.state <> 'intent'"
           " and starts_with(o.entity, '" ENTITY "')",
    .params = 1,
};

/* ---- as JSON --------------------------------------------------------------- */

const char *ack_result_word(enum ack_result result)
{
    static const char *const words[] = { [ACK_DONE] = "ok",
                                         [ACK_ALREADY] = "already",
                                         [ACK_SUPERSEDED] = "superseded",
                                         [ACK_EXPIRED] = "expired",
                                         [ACK_REFUSED] = "refused" };

    return words[result];
}

static const char *word_of(const struct ack_done *done)
{
    return done ? ack_result_word(done->result) : "late";
}

char *ack_outcome(const struct ack_want *want, const struct ack_done *done)
{
    const struct ack *who = done && done->who.by ? &done->who : NULL;

    if (!who)
        return json_text(member_str("result", word_of(done)),
                         member_str("trace", want->trace));
    return json_text(
        member_str("result", word_of(done)), member_str("trace", want->trace),
        member_bool("held", done->held), member_str("by", who->by),
        member_str("by_name", who->by_name), member_str("note", who->note),
        member_str("op", who->op), member_int("at", who->at),
        member_int("until", who->until));
}

void ack_outcome_read(struct ack_done *out, const struct json_doc *doc)
{
    const char *word = json_doc_str(doc, "result");

    *out = (struct ack_done){ .held = json_doc_bool(doc, "held") };
    for (int i = ACK_DONE; i <= ACK_REFUSED; i++)
        if (strcmp(word, ack_result_word((enum ack_result)i)) == 0)
            out->result = (enum ack_result)i;
    if (!json_doc_has(doc, "by"))
        return;
    out->who = (struct ack){ .by = xstrdup(json_doc_str(doc, "by")),
                             .by_name = xstrdup(json_doc_str(doc, "by_name")),
                             .note = xstrdup(json_doc_str(doc, "note")),
                             .op = xstrdup(json_doc_str(doc, "op")),
                             .at = json_doc_int(doc, "at", 0),
                             .until = json_doc_int(doc, "until", 0) };
}

char *ack_attempt(const struct ack_want *want)
{
    char *entity = xasprintf(ENTITY "%s", want->trace);
    char *text = json_text(
        member_str("action", ack_action_name(want->action)),
        member_str("trace", want->trace), member_str("note", want->note),
        member_int("at", want->at), member_int("lease_min", want->lease_min),
        member_str("entity", entity));

    free(entity);
    return text;
}

void ack_want_read(struct ack_want *out, const struct act *act,
                   const char *trace, const struct json_doc *detail)
{
    bool leave =
        strcmp(json_doc_str(detail, "action"), ack_action_name(ACK_LEAVE)) == 0;

    *out = (struct ack_want){
        .act = act,
        .action = leave ? ACK_LEAVE : ACK_TAKE,
        .trace = trace,
        .note = json_doc_str(detail, "note"),
        .at = json_doc_int(detail, "at", act->recorded_at),
        .lease_min = (unsigned)json_doc_int(detail, "lease_min", 0),
    };
}

/* ---- Postgres -------------------------------------------------------------- */

static bool put_cards(const struct ack_world *w, const struct ack_want *want,
                      const struct ack_done *done, struct err *err)
{
    const char *channels[2];
    size_t n = act_channels(want->act, w->config, channels);
    char *thing = xasprintf(ENTITY "%s", want->act->op);
    char *body = w->message(w->config, want, done);
    bool ok = true;

    for (size_t i = 0; ok && i < n; i++)
        ok = outbox_put(
            w->db,
            &(struct outbox_new){ .op = want->act->op,
                                  .channel = channels[i],
                                  .body = body,
                                  .response_url = i == 0 ? w->response_url : "",
                                  .thing = thing,
                                  .lane = OUTBOX_CLICK },
            err);
    free(thing);
    free(body);
    return ok;
}

/* The card of what was left has no button any more. */
static bool touch_left(struct db *db, const struct ack_done *done,
                       struct err *err)
{
    char *thing = xasprintf(ENTITY "%s", done->who.op);
    bool ok = outbox_touch(db, thing, err);

    free(thing);
    return ok;
}

static bool show(const struct ack_world *w, const struct ack_want *want,
                 const struct ack_done *done, struct err *err)
{
    bool alert = false;

    if (done->result != ACK_DONE)
        return true;
    if (w->alert && !w->alert(w, want, done, &alert, err))
        return false;
    return alert ||
           (put_cards(w, want, done, err) &&
            (want->action == ACK_TAKE || touch_left(w->db, done, err)));
}

static bool finish(const struct ack_world *w, const struct ack_want *want,
                   const struct ack_done *done, struct err *err)
{
    int64_t took = clock_wall_ms() - want->act->recorded_at;
    char *outcome = ack_outcome(want, done);
    struct audit_row row = { .act = want->act,
                             .kind = AUDIT_OUTCOME,
                             .outcome = ack_result_word(done->result),
                             .detail = outcome,
                             .took_us = took > 0 ? took * 1000 : 0 };
    bool changed = done->result == ACK_DONE;
    bool first;
    bool ok = audit_write(w->db, &row, err) &&
              operation_finish(w->db, want->act->op,
                               changed ? OPERATION_DONE : OPERATION_REFUSED,
                               outcome, &first, err);

    free(outcome);
    return ok;
}

static bool intend(struct db *db, const struct ack_want *want, bool *added,
                   struct err *err)
{
    char *entity = xasprintf(ENTITY "%s", want->trace);
    char *detail = ack_attempt(want);
    struct audit_row row = { .act = want->act,
                             .kind = AUDIT_ATTEMPT,
                             .outcome = "attempt",
                             .detail = detail };
    bool ok = operation_add(db, want->act, entity, added, err) &&
              audit_write(db, &row, err);

    free(entity);
    free(detail);
    return ok;
}

bool ack_intend(struct db *db, const struct ack_want *want, bool *added,
                struct err *err)
{
    bool ok =
        db_begin(db, err) && intend(db, want, added, err) && db_commit(db, err);

    db_rollback(db);
    return ok;
}

bool ack_record(const struct ack_world *w, const struct ack_want *want,
                const struct ack_done *done, struct err *err)
{
    bool added;
    bool ok = db_begin(w->db, err) && intend(w->db, want, &added, err) &&
              finish(w, want, done, err) && show(w, want, done, err) &&
              db_commit(w->db, err);

    db_rollback(w->db);
    return ok;
}

/* ---- read back ------------------------------------------------------------- */

static bool story_from(struct ack_story *out, const char *op,
                       const struct db_rows *rows, struct err *err)
{
    const char *act = rows_text(rows, 0, 0), *outcome = rows_text(rows, 0, 2);
    const char *detail = rows_text(rows, 0, 3);
    struct json_doc *came = json_doc_parse(outcome, strlen(outcome), err);

    out->doc = json_doc_parse(act, strlen(act), err);
    out->detail = json_doc_parse(detail, strlen(detail), err);
    if (came)
        ack_outcome_read(&out->done, came);
    json_doc_free(came);
    if (!came || !out->doc || !out->detail)
        return err_prefix(err, "operation %s", op);
    out->trace = xstrdup(rows_text(rows, 0, 1));
    out->act = operation_act(out->doc, out->op);
    ack_want_read(&out->want, &out->act, out->trace, out->detail);
    if (!rows_null(rows, 0, 4))
        out->left = (struct ack){ .by = xstrdup(rows_text(rows, 0, 4)),
                                  .by_name = xstrdup(rows_text(rows, 0, 5)),
                                  .at = rows_int(rows, 0, 6) };
    return true;
}

bool ack_story_load(struct db *db, const char *op, struct ack_story *out,
                    bool *found, struct err *err)
{
    struct db_rows *rows = NULL;
    bool ok;

    *out = (struct ack_story){ .op = xstrdup(op) };
    ok = db_run(db, &stmt_story, &rows, err, op);
    *found = rows_count(rows) > 0;
    if (ok && *found)
        ok = story_from(out, op, rows, err);
    rows_free(rows);
    return ok;
}

void ack_story_dispose(struct ack_story *story)
{
    json_doc_free(story->doc);
    json_doc_free(story->detail);
    free(story->op);
    free(story->trace);
    ack_done_dispose(&story->done);
    ack_dispose(&story->left);
    *story = (struct ack_story){ 0 };
}
