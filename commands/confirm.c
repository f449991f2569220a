/*
 * confirm, cancel: the typed twins of the buttons under a question, and of
 * the one that stops a job.
 */
#include "commands/confirm.h"

#include <stdlib.h>
#include <string.h>

#include "blocks/confirm.h"
#include "blocks/job.h"
#include "commands/alert.h"
#include "commands/bulk.h"
#include "commands/halt.h"
#include "commands/registry.h"
#include "core/ops/audit.h"

/* One line for each command that asks. */
static const struct confirmable confirmables[] = {
    { "dlq discard", bulk_carry_out, bulk_stands },
    { "dlq requeue", bulk_carry_out, bulk_stands },
    { "dlq restore", bulk_carry_out, bulk_stands },
    { "silence", silence_carry_out, NULL },
    { "unhalt", unhalt_carry_out, unhalt_stands },
};

static const struct confirmable *confirmable(const char *command)
{
    for (size_t i = 0; i < sizeof confirmables / sizeof *confirmables; i++)
        if (strcmp(confirmables[i].command, command) == 0)
            return &confirmables[i];
    return NULL;
}

/* ---- confirm ----------------------------------------------------------------- */

/* Rights may have been taken away since it was asked. */
static bool still_may(struct call *call, const char *name, struct err *err)
{
    const struct command *command = command_named(name);

    return !command || call_needs(call, name, command->right, err);
}

static bool carry_out(struct call *call, struct confirm *c, struct card *card,
                      struct err *err)
{
    const struct confirmable *does = confirmable(c->command);

    if (!does)
        return err_set(err, ERR_USER,
                       "`%s` was asked by another version of me, and I do not "
                       "know how to do it.",
                       c->command);
    return still_may(call, c->command, err) &&
           does->carry_out(call, c, card, err);
}

static bool confirmed_before(struct call *call, struct confirm *c,
                             struct card *card, struct err *err)
{
    const struct confirmable *does = confirmable(c->command);

    call->outcome = "already";
    if (does && does->stands)
        return does->stands(call, c, card, err);
    confirm_over_card(card, c, call->now);
    return true;
}

static bool nobodys(const char *id, struct err *err)
{
    return err_set(err, ERR_USER,
                   "There is nothing of yours to confirm or cancel under "
                   "`%.20s`. Only who was asked can answer: the id stands "
                   "under the question. Type the command itself, and you are "
                   "asked too.",
                   id);
}

static bool confirm_take_it(struct call *call, struct confirm *c,
                            struct card *card, struct err *err)
{
    switch (c->state) {
    case CONFIRM_TAKEN:
        return carry_out(call, c, card, err);
    case CONFIRM_USED:
        db_rollback(call->db);
        return confirmed_before(call, c, card, err);
    case CONFIRM_CANCELLED:
    case CONFIRM_EXPIRED:
        call->outcome = c->state == CONFIRM_EXPIRED ? "expired" : "cancelled";
        confirm_over_card(card, c, call->now);
        return true;
    case CONFIRM_UNKNOWN:
        break;
    }
    return nobodys(args_word(&call->args, 0), err);
}

static bool confirm_run(struct call *call, struct card *card, struct err *err)
{
    struct confirm c = { .state = CONFIRM_UNKNOWN };
    bool ok = db_begin(call->db, err) &&
              confirm_take(call->db, args_word(&call->args, 0), call->act.user,
                           &c, err) &&
              confirm_take_it(call, &c, card, err);

    db_rollback(call->db);
    confirm_dispose(&c);
    return ok;
}

/* Looked at by taking it, and putting it back. */
static bool confirm_begun(struct db *db, const struct call *call, bool *begun,
                          struct err *err)
{
    struct confirm c = { .state = CONFIRM_UNKNOWN };
    bool ok = db_begin(db, err) && confirm_take(db, args_word(&call->args, 0),
                                                call->act.user, &c, err);

    db_rollback(db);
    *begun = c.state != CONFIRM_TAKEN;
    confirm_dispose(&c);
    return ok;
}

const struct command command_confirm = {
    .name = "confirm",
    .group = "jobs",
    .usage = "<op>",
    .summary = "Does what I asked you about: the id stands under the question",
    .example = "confirm 7F3K21",
    .min_words = 1,
    .max_words = 1,
    .changes = true,
    .begun = confirm_begun,
    .run = confirm_run,
};

/* ---- cancel -------------------------------------------------------------------- */

/* In the transaction of what it says (P3). */
static bool record(struct call *call, const char *what, struct err *err)
{
    struct audit_row row = { .act = &call->act,
                             .kind = AUDIT_OUTCOME,
                             .outcome = what };

    call->outcome = what;
    return audit_write(call->db, &row, err);
}

/* A refusal is that of the missing right, and says what else would do. */
static bool may_stop(struct call *call, const struct job *job, struct err *err)
{
    const char *right = bulk_right(job->kind);

    return strcmp(job->actor, call->act.user) == 0 ||
           call_needs(call, "cancel", right, err) ||
           err_set(err, ERR_DENIED,
                   "Only who began it, or whoever has the right `%s`, can "
                   "cancel it.",
                   right);
}

/* The job's card is the answer: in the place of itself, if pressed there. */
static bool stop_job(struct call *call, const char *id, struct card *card,
                     struct err *err)
{
    struct job_view view = { .now = call->now,
                             .trash_days = call->config->keep.trash };
    struct job job = { 0 };
    bool found = false, first = false, ok;

    ok = job_load(call->db, id, &job, &found, err);
    if (ok && !found)
        return nobodys(id, err);
    ok = ok && may_stop(call, &job, err);
    if (ok) {
        char *full = job.id;

        job.id = NULL;
        job_dispose(&job);
        ok = job_cancel(call->db, full, &call->act, &job, &found, &first, err);
        free(full);
    }
    ok = ok && record(call, first ? "ok" : "already", err) &&
         db_commit(call->db, err);
    if (ok)
        job_card(card, &job, &view);
    if (ok && first && call->services && call->services->job_added)
        call->services->job_added(call->services->arg);
    job_dispose(&job);
    return ok;
}

static bool withdraw(struct call *call, struct confirm *c, struct card *card,
                     struct err *err)
{
    bool first = c->state == CONFIRM_TAKEN;

    if (!record(call, first ? "ok" : "already", err) ||
        !db_commit(call->db, err))
        return false;
    confirm_withdrawn_card(card, c, first);
    return true;
}

static bool cancel_it(struct call *call, struct confirm *c, struct card *card,
                      struct err *err)
{
    switch (c->state) {
    case CONFIRM_TAKEN:
    case CONFIRM_CANCELLED:
        return withdraw(call, c, card, err);
    case CONFIRM_EXPIRED:
        call->outcome = "expired";
        confirm_over_card(card, c, call->now);
        return true;
    case CONFIRM_USED:
        return stop_job(call, c->id, card, err);
    case CONFIRM_UNKNOWN:
        break;
    }
    return stop_job(call, args_word(&call->args, 0), card, err);
}

static bool cancel_run(struct call *call, struct card *card, struct err *err)
{
    struct confirm c = { .state = CONFIRM_UNKNOWN };
    bool ok = db_begin(call->db, err) &&
              confirm_cancel(call->db, args_word(&call->args, 0),
                             call->act.user, &c, err) &&
              cancel_it(call, &c, card, err);

    db_rollback(call->db);
    confirm_dispose(&c);
    return ok;
}

/* Harmless to repeat: what it stops is stopped. */
static bool cancel_begun(struct db *db, const struct call *call, bool *begun,
                         struct err *err)
{
    (void)db;
    (void)call;
    (void)err;
    *begun = true;
    return true;
}

const struct command command_cancel = {
    .name = "cancel",
    .group = "jobs",
    .usage = "<op>",
    .summary = "Withdraws what I asked you about, or stops a running job",
    .example = "cancel 7F3K21",
    .min_words = 1,
    .max_words = 1,
    .changes = true,
    .begun = cancel_begun,
    .run = cancel_run,
};
