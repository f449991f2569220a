/*
 * change: what people do to a group, and what mutes it. Declared in take.h.
 *
 * The operation is inserted first: of two that are the same one waits there
 * for the other, and finds what came of it. Of two different ones the second
 * waits for the group's row. What is refused changes and records nothing: it
 * may be asked again.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/group_parts.h"
#include "core/alert/turn.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/ops/audit.h"
#include "core/ops/operation.h"

/* By hand: its alerts are over, and what was sent before does not open it
 * again. */
static const struct db_stmt stmt_end = {
    .name = "alert_group_end",
    .sql =
        "with gone as (update opsbot.alerts set firing = false,"
        "  ended = " ALERT_MOMENT(
            "$2::bigint") ", quiet_why = '',"
                          "  quiet_until = null, silence = 0"
                          "  where \"group\" = $1::bigint and firing returning "
                          "fingerprint)"
                          " insert into opsbot.alert_over as o (fingerprint, "
                          "ended)"
                          " select fingerprint, " ALERT_MOMENT(
                              "$2::bigint") " from gone order by fingerprint "
                                            "on conflict (fingerprint)"
                                            " do update set ended = "
                                            "greatest(o.ended, excluded.ended)",
    .params = 2,
};

static const char *const kinds[] = {
    [STEP_ACK] = "ack",         [STEP_UNACK] = "unack",
    [STEP_RESOLVE] = "resolve", [STEP_ESCALATE] = "escalate",
    [STEP_ASSIGN] = "assign",   [STEP_NOTE] = "note",
};

void alert_done_dispose(struct alert_done *done)
{
    group_dispose(&done->group);
    group_change_dispose(&done->change);
    *done = (struct alert_done){ 0 };
}

/* ---- the step ---------------------------------------------------------------------- */

static bool end_alerts(const struct turns *t, int64_t number, struct err *err)
{
    char id[TEXT_NUMBER], now[TEXT_NUMBER];

    return db_run(t->w->db, &stmt_end, NULL, err, text_number(id, number),
                  text_number(now, t->now));
}

static void change_of(struct alert_done *out, const struct step_out *step)
{
    if (step->lines_count == 0)
        return;
    out->change = step->lines[0].change;
    out->change.actor = xstrdup(out->change.actor);
    out->change.actor_name = xstrdup(out->change.actor_name);
    out->change.text = xstrdup(out->change.text);
}

/* The step was told to its targets: what it says of them. */
static void whom_of(struct alert_done *out, const struct turns *t)
{
    if (t->pages_count == 0)
        return;
    free(out->change.text);
    out->change.text = xstrdup(t->pages[0].change->text);
}

static bool step_one(struct turns *t, const struct act *act,
                     const struct step_input *want, struct alert_done *out,
                     struct err *err)
{
    struct step_input in = *want;
    struct step_out step;
    bool ok = true;

    in.actor = in.actor ? in.actor : act->user;
    in.actor_name = in.actor_name ? in.actor_name : act->user_name;
    turn_group(t, &out->group, &in, &step);
    out->result = step.result;
    if (step.result == STEP_DONE) {
        change_of(out, &step);
        ok = (in.kind != STEP_RESOLVE ||
              end_alerts(t, out->group.number, err)) &&
             turns_write(t, err);
        if (ok)
            whom_of(out, t);
    }
    step_out_dispose(&step);
    return ok;
}

bool alert_change_in(const struct alert_world *w, const struct act *act,
                     int64_t number, const struct step_input *in,
                     struct alert_done *out, struct err *err)
{
    struct alert_group *groups;
    struct turns t;
    size_t found;
    bool ok;

    *out = (struct alert_done){ .result = STEP_NOTHING };
    turns_begin(&t, w);
    ok = groups_lock(w->db, &number, 1, &groups, &found, err);
    out->found = found > 0;
    if (out->found) {
        out->group = groups[0];
        ok = step_one(&t, act, in, out, err);
    }
    free(groups);
    turns_dispose(&t);
    return ok;
}

/* ---- its records --------------------------------------------------------------------- */

static bool finish(const struct alert_world *w, const struct act *act,
                   enum step_kind kind, const struct alert_done *done,
                   struct err *err)
{
    const struct group_change *c = &done->change;
    char *outcome = json_text(
        member_str("result", "ok"), member_int("alert", done->group.number),
        member_str("what", kinds[kind]),
        member_str("reason", group_reason_name(c->reason)),
        member_str("actor", c->actor), member_str("actor_name", c->actor_name),
        member_str("text", c->text), member_int("n", c->n),
        member_int("of", c->of), member_int("until", c->until),
        member_int("at", c->at));
    struct audit_row row = {
        .act = act, .kind = AUDIT_OUTCOME, .outcome = "ok", .detail = outcome
    };
    bool first;
    bool ok = operation_finish(w->db, act->op, OPERATION_DONE, outcome, &first,
                               err) &&
              audit_write(w->db, &row, err);

    free(outcome);
    return ok;
}

static void change_read(struct group_change *c, const struct json_doc *doc)
{
    *c = (struct group_change){
        .reason = group_reason_from(json_doc_str(doc, "reason")),
        .actor = xstrdup(json_doc_str(doc, "actor")),
        .actor_name = xstrdup(json_doc_str(doc, "actor_name")),
        .text = xstrdup(json_doc_str(doc, "text")),
        .n = json_doc_int(doc, "n", 0),
        .of = json_doc_int(doc, "of", 0),
        .until = json_doc_int(doc, "until", 0),
        .at = json_doc_int(doc, "at", 0),
    };
}

/* This operation was here before. */
static bool before(const struct alert_world *w, const struct act *act,
                   struct alert_done *out, struct err *err)
{
    struct operation o;
    int64_t number = 0;
    bool found;

    if (!operation_load(w->db, act->op, &o, &found, err))
        return false;
    if (found && o.outcome) {
        number = json_doc_int(o.outcome, "alert", 0);
        change_read(&out->change, o.outcome);
    }
    operation_dispose(&o);
    out->before = true;
    out->result = STEP_DONE;
    if (!group_load(w->db, number, &out->group, &out->found, err))
        return false;
    return out->found || err_set(err, ERR_USER,
                                 "Operation %.6s was done before, and it was "
                                 "no alert's: nothing was changed",
                                 act->op);
}

static bool change_once(const struct alert_world *w, const struct act *act,
                        int64_t number, const struct step_input *in,
                        struct alert_done *out, struct err *err)
{
    char entity[GROUP_THING];
    bool added;

    group_thing(number, entity);
    if (!db_begin(w->db, err) ||
        !operation_add(w->db, act, entity, &added, err))
        return false;
    if (!added)
        return before(w, act, out, err);
    if (!alert_change_in(w, act, number, in, out, err))
        return false;
    if (!out->found || out->result != STEP_DONE)
        return true; /* nothing is kept */
    return finish(w, act, in->kind, out, err) && db_commit(w->db, err);
}

bool alert_change(const struct alert_world *w, const struct act *act,
                  int64_t number, const struct step_input *in,
                  struct alert_done *out, struct err *err)
{
    bool ok;

    *out = (struct alert_done){ .result = STEP_NOTHING };
    ok = change_once(w, act, number, in, out, err);
    db_rollback(w->db); /* no-op once it is committed */
    if (!ok)
        alert_done_dispose(out);
    return ok;
}

/* ---- what mutes them ------------------------------------------------------------------ */

static const struct quiet_count *count_of(const struct quiet_count *counts,
                                          size_t n, int64_t number)
{
    for (size_t i = 0; i < n; i++)
        if (counts[i].group == number)
            return &counts[i];
    return NULL;
}

static bool quiet_all(struct turns *t, const struct quiet_end *heard,
                      struct alert_group *groups, size_t found,
                      const struct quiet_count *counts, size_t n,
                      struct err *err)
{
    for (size_t i = 0; i < found; i++) {
        const struct quiet_count *c = count_of(counts, n, groups[i].number);
        struct step_input in = { .kind = STEP_QUIET,
                                 .text = c ? c->why : "",
                                 .until = c ? c->until : 0,
                                 .actor = heard ? heard->actor : "",
                                 .heard = heard ? heard->text : "" };
        struct step_out out;

        if (groups[i].resolved_at || !c)
            continue;
        groups[i].muted = c->muted;
        turn_group(t, &groups[i], &in, &out);
        step_out_dispose(&out);
    }
    return turns_write(t, err);
}

bool alerts_quiet_in(const struct alert_world *w, const struct quiet_end *heard,
                     const int64_t *groups, size_t count, struct err *err)
{
    struct quiet_count *counts = NULL;
    struct alert_group *locked = NULL;
    size_t n = 0, found = 0;
    struct turns t;
    bool ok;

    if (count == 0)
        return true;
    turns_begin(&t, w);
    ok = groups_lock(w->db, groups, count, &locked, &found, err) &&
         quiet_counts(w->db, groups, count, &counts, &n, err) &&
         quiet_all(&t, heard, locked, found, counts, n, err);
    groups_free(locked, found);
    quiet_counts_free(counts, n);
    turns_dispose(&t);
    return ok;
}
