/*
 * ack, unack: somebody has what people were told of, or no longer: an alert
 * (alert_ack.c), or whatever else was notified with a trace id.
 */
#include "commands/ack.h"

#include <stdlib.h>

#include "blocks/ack.h"
#include "commands/alert.h"
#include "commands/registry.h"
#include "core/alert/held.h"
#include "core/base/text.h"

/* ---- cards that live on ------------------------------------------------------ */

char *ack_fresh_message(const struct config *cfg, const struct ack_want *want,
                        const struct ack_done *done)
{
    struct ack_view view = { .want = want,
                             .done = done,
                             .slash = command_slash(cfg) };

    return ack_public_message(&view);
}

char *ack_thing(struct db *db, const struct config *cfg, const char *op,
                int64_t now, struct err *err)
{
    struct ack_story story;
    char *body = NULL;
    bool found = false;

    (void)now; /* what stands in a channel has no age */
    if (ack_story_load(db, op, &story, &found, err)) {
        struct ack_view view = { .want = &story.want,
                                 .done = &story.done,
                                 .left = story.left.by ? &story.left : NULL,
                                 .slash = command_slash(cfg) };

        if (found)
            body = ack_public_message(&view);
        else
            err_set(err, ERR_USER, "there is no acknowledgement %.20s", op);
    }
    ack_story_dispose(&story);
    return body;
}

/* ---- of alerts --------------------------------------------------------------- */

/* "A-1042", or the alert that has this trace id. */
static bool number_of(struct db *db, const char *trace, int64_t *number,
                      bool *found, struct err *err)
{
    char name[ALERT_NAME];

    if (!alert_name(trace, name))
        return group_of_trace(db, trace, number, found, err);
    *found = group_number(name, number, err);
    return *found;
}

bool ack_alert(const struct ack_world *w, const struct ack_want *want,
               const struct ack_done *done, bool *alert, struct err *err)
{
    struct alert_world world = { .db = w->db,
                                 .redis = w->redis,
                                 .config = w->config,
                                 .replica = want->act->replica,
                                 .line = alert_line_text };
    bool take = want->action == ACK_TAKE;
    struct step_input in = { .kind = take ? STEP_ACK : STEP_UNACK,
                             .now = want->at,
                             .actor = want->act->user,
                             .actor_name = want->act->user_name,
                             .text = want->note,
                             .until = take ? done->who.until : 0 };
    struct alert_done change = { 0 };
    int64_t number;
    bool ok;

    if (!number_of(w->db, want->trace, &number, alert, err))
        return false;
    if (!*alert)
        return true;
    ok = alert_change_in(&world, want->act, number, &in, &change, err);
    *alert = change.found;
    alert_done_dispose(&change);
    return ok;
}

/* ---- carrying it out ----------------------------------------------------------- */

static const char *outcome_of(const struct ack_report *report)
{
    if (!report->applied)
        return "late";
    if (report->before && report->done.result == ACK_DONE)
        return "already";
    switch (report->done.result) {
    case ACK_DONE:
        return "ok";
    case ACK_ALREADY:
        return "already";
    case ACK_SUPERSEDED:
        return "superseded";
    case ACK_EXPIRED:
        return "expired";
    case ACK_REFUSED:
        break;
    }
    return "refused";
}

static void answer(struct call *call, struct card *card,
                   const struct ack_want *want, const struct ack_report *report)
{
    struct ack_answer a = {
        .want = want,
        .report = report,
        .redis_since = store_down_since(call->vitals->redis),
        .postgres_since = store_down_since(call->vitals->postgres),
        .now = call->now,
        .here = call->act.channel[0] && report->place == RECORD_POSTGRES &&
                !report->waits,
    };

    ack_answer_card(card, &a);
    call->outcome = outcome_of(report);
    call->begun = report->kept;
}

/* Postgres is just back, and has not all alerts yet: the one that was pressed
 * may be among them. */
static bool alerts_waiting(const struct call *call)
{
    const struct store_health *redis = call->vitals->redis;
    struct journal *journal = call->services ? call->services->journal : NULL;
    struct err away = { 0 }; /* it is asked for the acknowledgement as well */
    int64_t held = 0;

    if (journal_waiting(journal, NULL) > 0)
        return true;
    return call->redis && (!redis || store_up(redis)) &&
           held_count(call->redis, call->config, &held, &away) && held > 0;
}

static void carry_out(struct call *call, enum ack_action action,
                      const char *note, struct card *card)
{
    char name[ALERT_NAME];
    struct ack_world world = {
        .redis = call->redis,
        .db = call->db,
        .journal = call->services ? call->services->journal : NULL,
        .config = call->config,
        .message = ack_fresh_message,
        .alert = ack_alert,
        .waits = alerts_waiting(call),
        .response_url = call->response_url,
    };
    struct ack_want want = { .act = &call->act,
                             .action = action,
                             .trace = args_word(&call->args, 0),
                             .note = note,
                             .at = call->act.recorded_at,
                             .lease_min = call->config->ack.lease };
    struct ack_report report;

    if (alert_name(want.trace, name))
        want.trace = name;
    ack_carry_out(&world, &want, &report);
    answer(call, card, &want, &report);
    ack_report_dispose(&report);
}

static bool note_check(const char *note, struct err *err)
{
    return text_length(note) <= ACK_NOTE ||
           err_set(err, ERR_USER,
                   "The note has %zu characters; %d are the most. Nothing was "
                   "changed: say it shorter.",
                   text_length(note), ACK_NOTE);
}

static bool act_on(struct call *call, enum ack_action action, const char *note,
                   struct card *card, struct err *err)
{
    bool alert;

    if (!alert_ack(call, action == ACK_TAKE ? STEP_ACK : STEP_UNACK, note,
                   &alert, card, err))
        return false;
    if (!alert)
        carry_out(call, action, note, card);
    return true;
}

static bool ack_run(struct call *call, struct card *card, struct err *err)
{
    char *note = call_text(call, 1);
    bool ok = ack_trace_check(args_word(&call->args, 0), err) &&
              note_check(note, err) && act_on(call, ACK_TAKE, note, card, err);

    free(note);
    return ok;
}

static bool unack_run(struct call *call, struct card *card, struct err *err)
{
    return ack_trace_check(args_word(&call->args, 0), err) &&
           act_on(call, ACK_LEAVE, "", card, err);
}

const struct command command_ack = {
    .name = "ack",
    .group = "alert",
    .usage = "<A-n | traceId> [note]",
    .summary = "Says that you have an alert, for a while; again: longer",
    .example = "ack A-1042 looking into it",
    .right = "alert.ack",
    .min_words = 1,
    .max_words = -1,
    .text = true,
    .changes = true,
    .recover_ms = 120000,
    .urgent = true,
    .run = ack_run,
};

const struct command command_unack = {
    .name = "unack",
    .group = "alert",
    .usage = "<A-n | traceId>",
    .summary = "Says that nobody has it any more",
    .example = "unack A-1042",
    .right = "alert.ack",
    .min_words = 1,
    .max_words = 1,
    .changes = true,
    .urgent = true,
    .run = unack_run,
};
