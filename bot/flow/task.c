#include "bot/flow/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/form_read.h"
#include "blocks/problem.h"
#include "bot/flow/said.h"
#include "bot/flow/verdict.h"
#include "commands/registry.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

/* For a command that changes something a button's press is one operation,
 * however often it arrives; all else is one operation an envelope (P2). A form
 * is one operation too, by its id: not by its hash, which changes when it is
 * told of a failure that may have come after the commit. */
static void name_operation(struct task *t, bool pressed)
{
    bool acts = command_acts(t->command, &t->call.args);

    if (t->env->kind == ENVELOPE_VIEW && acts)
        digest_op(t->op, "form", t->env->view, t->env->action, NULL);
    else if (pressed && acts)
        digest_op(t->op, "press", t->press.nonce, t->press.command, NULL);
    else
        digest_op(t->op, "envelope", t->env->id, NULL);
}

const char *task_text(const struct config *cfg, const struct envelope *env)
{
    return env->kind == ENVELOPE_SAID
               ? said_command(env->text, command_slash(cfg))
               : env->text;
}

static const char *typed(struct task *t, const struct config *cfg,
                         bool *pressed)
{
    *pressed = t->env->kind == ENVELOPE_PRESS;
    if (t->env->kind == ENVELOPE_VIEW && !t->env->text[0])
        err_set(&t->err, ERR_USER,
                "This form is not one of mine, or from an older version. Type "
                "the command instead; `help` lists them.");
    if (!*pressed)
        return task_text(cfg, t->env);
    if (render_press(t->env->action, &t->press))
        return t->press.command;
    err_set(&t->err, ERR_USER,
            "This button is not one of mine, or from an older version. Type "
            "the command instead; `help` lists them.");
    return "";
}

static void fill_act(struct task *t, const struct task_world *world)
{
    const struct envelope *env = t->env;

    t->call.act = (struct act){
        .op = t->op,
        .trace = env->id,
        .recorded_at = env->recorded_at,
        .team = env->team,
        .channel = env->channel,
        .user = env->user,
        .user_name = env->user_name,
        .command = t->name,
        .text = t->text,
        .via = env->road ? env->road->name : "recovery",
        .replica = world->replica,
    };
    t->call.log = (struct log_ctx){
        .trace = env->id, .op = t->op, .user = env->user, .command = t->name
    };
}

static void name_command(struct task *t, const char *text)
{
    const struct command *named = t->command ? t->command : command_named(text);

    snprintf(t->name, sizeof t->name, "%s", named ? named->name : "");
}

static const struct command *find(struct task *t,
                                  const struct task_world *world,
                                  const char *text)
{
    struct asker who = {
        .config = world->config,
        .roster = world->services->roster,
        .user = t->env->user,
        .channel = t->env->channel,
        .now = clock_wall_ms(),
        .voucher = t->env->voucher,
    };

    return command_find(&who, text, &t->call.args, &t->err);
}

/* There is no channel to share an answer with. */
static void check_share(struct task *t)
{
    if (t->command && t->env->place == PLACE_ADMIN &&
        args_flag(&t->call.args, "share")) {
        t->command = NULL;
        err_set(&t->err, ERR_USER,
                "`--share` shows an answer to the channel where it was asked, "
                "and this was asked in none. Leave it out.");
    }
}

void task_open(struct task *t, struct envelope *env,
               const struct task_world *world, const struct vitals *vitals)
{
    struct card *card = t->card;
    const char *text;
    bool pressed;

    *t = (struct task){ .env = env, .card = card, .vitals = *vitals };
    text = typed(t, world->config, &pressed);
    if (t->err.kind == ERR_NONE)
        t->command = find(t, world, text);
    check_share(t);
    t->text = text_mask(text, (const char *const *)world->config->mask,
                        world->config->mask_count);
    name_command(t, text);
    name_operation(t, pressed);
    fill_act(t, world);
    t->call.config = world->config;
    t->call.services = world->services;
    t->call.vitals = &t->vitals;
    t->call.response_url = env->response_url;
    t->call.trigger_id = env->trigger_id;
    t->call.filled_in = env->kind == ENVELOPE_VIEW;
    t->call.message_ts = pressed || t->call.filled_in ? env->ts : "";
    t->call.seen = pressed ? press_version(&t->press) : env->seen;
    t->call.now = clock_wall_ms();
    t->call.voucher = env->voucher;
    t->call.pressed = pressed;
    t->call.home = env->place == PLACE_PERSON;
    t->call.recovered = env->recovered;
    card_nonce(card, t->op);
    card_slash(card, command_slash(world->config));
}

void task_ask(struct task *t, struct redis *redis)
{
    t->reads = (struct reads){ .redis = redis, .first = redis_count(redis) };
    if (t->command && t->command->ask)
        t->command->ask(&t->call, &t->reads);
}

/* An error quotes what was typed: secrets in it stay as secret as there. */
static void explain(struct task *t)
{
    const struct config *cfg = t->call.config;
    char *text =
        text_mask(t->err.text, (const char *const *)cfg->mask, cfg->mask_count);

    snprintf(t->err.text, sizeof t->err.text, "%s", text);
    free(text);
    card_reset(t->card);
    card_nonce(t->card, t->op);
    command_problem(t->card, &t->call, &t->err);
}

/* --share: a read is for the channel if its asker says so. */
static void share(struct task *t)
{
    t->shared = t->err.kind == ERR_NONE && args_flag(&t->call.args, "share");
    if (t->shared)
        card_audience(t->card, AUDIENCE_CHANNEL);
}

void task_answer(struct task *t)
{
    if (t->err.kind != ERR_NONE || !t->command ||
        !t->command->answer(&t->call, &t->reads, t->card, &t->err))
        explain(t);
    share(t);
}

void task_run(struct task *t, const struct task_world *world)
{
    t->call.redis = world->redis;
    t->call.db = world->db;
    if (!t->command || !t->command->run(&t->call, t->card, &t->err))
        explain(t);
    share(t);
    t->effect = t->command && t->command->changes && t->call.outcome &&
                strcmp(t->call.outcome, "asked") != 0;
}

/* An effect has written its outcome in its own transaction: the same row
 * again is nothing (P3). When it answers with what was done before, that row
 * is of another moment, and this one is its own. What a job goes on with has
 * its attempt on record, and its outcome follows. */
static enum audit_kind kind_of(const struct task *t)
{
    if (t->call.begun)
        return AUDIT_ATTEMPT;
    if (t->effect)
        return AUDIT_OUTCOME;
    return t->err.kind == ERR_DENIED ? AUDIT_REFUSAL : AUDIT_READ;
}

/* Presses of one button, or of one form's, are one operation, as are requests
 * with one Idempotency-Key. One that found it done before is on record as what
 * it was: otherwise two of one moment would share a row. */
static const struct act *act_of(struct task *t, const char *outcome)
{
    bool once =
        t->call.pressed || t->call.filled_in || t->env->place == PLACE_ADMIN;
    char slot[TEXT_NUMBER];

    if (!once || !t->effect || strcmp(outcome, "already") != 0)
        return &t->call.act;
    text_number(slot, (int64_t)t->env->slot);
    digest_op(t->again_op, "envelope", t->env->id,
              t->env->place == PLACE_ADMIN ? slot : NULL, NULL);
    t->again = t->call.act;
    t->again.op = t->again_op;
    return &t->again;
}

/* What was pressed was of another moment: the error explains that, and is none
 * of what was typed. */
static bool is_stale(const struct task *t)
{
    return t->call.outcome && strcmp(t->call.outcome, "stale") == 0;
}

void task_conclude(struct task *t)
{
    const char *outcome = t->call.outcome ? t->call.outcome : "ok";

    if (t->err.kind != ERR_NONE && !is_stale(t))
        outcome = err_kind_name(t->err.kind);
    if (t->err.kind == ERR_DENIED && !t->detail)
        t->detail = command_denial(&t->call);
    t->row = (struct audit_row){
        .act = act_of(t, outcome),
        .kind = kind_of(t),
        .outcome = outcome,
        .detail = t->detail,
        .took_us = clock_mono_us() - t->env->received_us,
    };
}

bool task_later(const struct task *t)
{
    return t->err.kind == ERR_NONE && t->call.later;
}

struct answer task_document(const struct task *t)
{
    return (struct answer){ .command = t->name,
                            .op = t->op,
                            .outcome = t->row.outcome,
                            .err = &t->err,
                            .card = t->card };
}

char *task_message(const struct task *t)
{
    bool replace =
        t->call.pressed && t->press.replace && t->err.kind == ERR_NONE;

    if (t->call.silent && t->err.kind == ERR_NONE)
        return NULL;
    return verdict_message(t->env, t->card, replace);
}

/* Done: by response URL as anywhere, or where there is none in the modal. */
static char *done_action(const struct task *t)
{
    char *text, *action;

    if (t->env->response_url[0])
        return form_close();
    text = render_text(t->card);
    action = form_said(t->name, text);
    free(text);
    return action;
}

char *task_action(const struct task *t)
{
    char *text, *action;

    if (t->env->kind != ENVELOPE_VIEW)
        return NULL;
    if (t->err.kind == ERR_NONE)
        return done_action(t);
    text = problem_in_form(t->err.kind, t->err.text);
    action = t->err.kind == ERR_USER && t->call.field
                 ? form_refusal(t->call.field, text)
                 : form_problem(t->env->frame, t->env->frame_len, text);
    free(text);
    return action;
}

void task_close(struct task *t)
{
    struct card *card = t->card;

    args_dispose(&t->call.args);
    later_free(t->call.later);
    card_edit_dispose(&t->call.edit);
    free(t->text);
    free(t->detail);
    envelope_free(t->env);
    card_reset(card);
    *t = (struct task){ .card = card };
}
