/*
 * assign, escalate, alert resolve, alert note: what people do to an alert;
 * and how it is done, for ack.c too. Declared in alert.h.
 */
#include "commands/alert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/clicked.h"
#include "commands/registry.h"
#include "core/alert/acked.h"
#include "core/base/text.h"

/* ---- doing it -------------------------------------------------------------- */

char *alert_note(struct call *call, size_t i, struct err *err)
{
    char *text = call_text(call, i);
    size_t length = text_length(text);

    if (length <= ALERT_NOTE)
        return text;
    err_set(err, ERR_USER,
            "The text has %zu characters; %d are the most. Nothing was "
            "changed: say it shorter.",
            length, ALERT_NOTE);
    call->field = "reason";
    free(text);
    return NULL;
}

static const char *outcome_of(const struct alert_done *done)
{
    if (done->before)
        return "already";
    switch (done->result) {
    case STEP_DONE:
        return "ok";
    case STEP_STALE:
        return "stale";
    case STEP_REFUSED:
        return "refused";
    case STEP_NOTHING:
    case STEP_OVER:
    case STEP_TAKEN:
        break;
    }
    return "already";
}

static bool answer(struct call *call, const struct alert_done *done,
                   enum step_kind kind, struct card *card, struct err *err)
{
    struct alert_seen seen;
    bool ok = alert_see(call->db, NULL, call->config, &done->group, call->now,
                        &seen, err);

    if (ok) {
        card_nonce(card, done->group.op);
        alert_done_card(card, done, kind, &seen.view);
    }
    alert_seen_dispose(&seen);
    return ok;
}

/* What other programs see of it in Redis; what it does not take now is owed,
 * and set when it is back. */
static void tell_others(const struct alert_world *world, int64_t number)
{
    struct err why = { 0 };

    if (world->redis &&
        !acked_tell(world->db, world->redis, world->config, number, &why))
        log_warn("alert", NULL, "A-%lld in Redis waits: %s", (long long)number,
                 why.text);
}

/* Everything after the effect: its card first. */
static bool conclude(struct call *call, const struct alert_world *world,
                     const struct alert_done *done, enum step_kind kind,
                     struct clicked *clicked, struct card *card,
                     struct err *err)
{
    bool changed = done->result == STEP_DONE && !done->before;
    bool shown = clicked_show(call, clicked);

    call->outcome = outcome_of(done);
    if (changed)
        tell_others(world, done->group.number);
    if (changed && shown) { /* the card says it all, to everybody */
        call->silent = true;
        return true;
    }
    return answer(call, done, kind, card, err);
}

static bool unknown(int64_t number, struct err *err)
{
    return err_set(err, ERR_USER,
                   "There is no `A-%lld`. `alerts --all` shows all there are.",
                   (long long)number);
}

bool alert_do(struct call *call, const char *word, struct step_input *in,
              struct card *card, struct err *err)
{
    struct alert_world world = alert_world_of(call);
    struct alert_done done = { 0 };
    struct clicked clicked;
    int64_t number;
    bool ok;

    if (!group_number(word, &number, err))
        return false;
    in->now = call->now;
    in->actor = call->act.user;
    in->actor_name = call->act.user_name;
    in->text = in->text ? in->text : "";
    in->version = call->seen;
    clicked_hold(call, &clicked);
    ok = alert_change(&world, &call->act, number, in, &done, err);
    if (ok && !done.found)
        ok = unknown(number, err);
    if (ok)
        ok = conclude(call, &world, &done, in->kind, &clicked, card, err);
    clicked_end(call, &clicked);
    alert_done_dispose(&done);
    return ok;
}

/* ---- assign ---------------------------------------------------------------- */

static bool alone(const struct args *args)
{
    return args->count < 2;
}

/* A mention, an id, or "me". */
static bool assignee(struct call *call, const char **user, struct err *err)
{
    const struct word *word = &call->args.words[1];

    call->field = "user";
    *user = strcmp(word->text, "me") == 0 ? call->act.user : word->text;
    if (word->kind == WORD_USER || *user == call->act.user)
        return true;
    if (word->kind == WORD_PLAIN &&
        (word->text[0] == 'U' || word->text[0] == 'W') &&
        strspn(word->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") ==
            strlen(word->text))
        return true;
    return err_set(err, ERR_USER,
                   "`%.60s` is nobody I know: mention a user, or say `me`.",
                   word->text);
}

static bool assign_run(struct call *call, struct card *card, struct err *err)
{
    struct step_input in = { .kind = STEP_ASSIGN };
    struct alert_group g = { 0 };
    bool ok;

    if (!alone(&call->args))
        return assignee(call, &in.text, err) &&
               alert_do(call, args_word(&call->args, 0), &in, card, err);
    ok = alert_named(call, args_word(&call->args, 0), &g, err) &&
         assign_form(call, &g, err);
    group_dispose(&g);
    return ok;
}

const struct command command_assign = {
    .name = "assign",
    .group = "alert",
    .usage = "<A-n> [@user | me]",
    .summary = "Says whose an alert is; without a user it opens a form",
    .example = "assign A-1042 me",
    .right = "alert.assign",
    .min_words = 1,
    .max_words = 2,
    .changes = true,
    .prompts = alone,
    .run = assign_run,
};

/* ---- escalate -------------------------------------------------------------- */

static bool escalate_run(struct call *call, struct card *card, struct err *err)
{
    struct step_input in = { .kind = STEP_ESCALATE };

    return alert_do(call, args_word(&call->args, 0), &in, card, err);
}

const struct command command_escalate = {
    .name = "escalate",
    .group = "alert",
    .usage = "<A-n>",
    .summary = "Takes the next step of its escalation now",
    .example = "escalate A-1042",
    .right = "alert.escalate",
    .min_words = 1,
    .max_words = 1,
    .changes = true,
    .run = escalate_run,
};

/* ---- resolve --------------------------------------------------------------- */

/* What a source ends, would fire again at its next word. */
static bool by_hand(struct call *call, const char *word, struct err *err)
{
    struct alert_group g = { 0 };
    bool ok = alert_named(call, word, &g, err);

    if (ok && g.resolves && group_state(&g) != GROUP_RESOLVED)
        ok = err_set(err, ERR_USER,
                     "`A-%lld` is over when %.40s says so, and would fire "
                     "again at its next word. `ack A-%lld` says that you have "
                     "it; `silence A-%lld 1h <reason>` makes it quiet.",
                     (long long)g.number, g.source[0] ? g.source : "its source",
                     (long long)g.number, (long long)g.number);
    group_dispose(&g);
    return ok;
}

static bool said(struct call *call, enum step_kind kind, struct card *card,
                 struct err *err)
{
    char *text = alert_note(call, 1, err);
    struct step_input in = { .kind = kind, .text = text };
    bool ok = text && alert_do(call, args_word(&call->args, 0), &in, card, err);

    free(text);
    return ok;
}

static bool resolve_run(struct call *call, struct card *card, struct err *err)
{
    return by_hand(call, args_word(&call->args, 0), err) &&
           said(call, STEP_RESOLVE, card, err);
}

const struct command command_alert_resolve = {
    .name = "alert resolve",
    .group = "alert",
    .usage = "<A-n> [reason]",
    .summary = "Ends an alert whose source does not say when it is over",
    .example = "alert resolve A-1042 restarted by hand",
    .right = "alert.resolve",
    .min_words = 1,
    .max_words = -1,
    .text = true,
    .changes = true,
    .run = resolve_run,
};

/* ---- note ------------------------------------------------------------------ */

static bool note_run(struct call *call, struct card *card, struct err *err)
{
    return said(call, STEP_NOTE, card, err);
}

const struct command command_alert_note = {
    .name = "alert note",
    .group = "alert",
    .usage = "<A-n> <text>",
    .summary = "Adds a word to an alert's history and thread",
    .example = "alert note A-1042 the disk is full, Ann is at it",
    .right = "alert.ack",
    .min_words = 2,
    .max_words = -1,
    .text = true,
    .changes = true,
    .run = note_run,
};
