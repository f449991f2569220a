/*
 * halt, halts: stopping a scope, and what is stopped.
 */
#include <stdlib.h>
#include <string.h>

#include "blocks/halt.h"
#include "commands/halt.h"
#include "commands/registry.h"
#include "core/base/text.h"

/* ---- halt -------------------------------------------------------------------- */

static bool reason_check(const char *scope, const char *reason, struct err *err)
{
    if (!reason[strspn(reason, " \t\n")])
        return err_set(err, ERR_USER,
                       "A halt needs a reason, which everybody will see: for "
                       "example `halt %s wrong prices since 14:02`. Nothing "
                       "was halted.",
                       scope);
    if (text_length(reason) > HALT_REASON)
        return err_set(err, ERR_USER,
                       "The reason has %zu characters; %d are the most. "
                       "Nothing was halted: say it shorter.",
                       text_length(reason), HALT_REASON);
    return true;
}

static const char *outcome_of(const struct halt_report *report)
{
    if (report->given_up)
        return "given up";
    if (!report->applied)
        return "late";
    if (report->before && report->done.result == HALT_DONE)
        return "already";
    switch (report->done.result) {
    case HALT_DONE:
        return "ok";
    case HALT_ALREADY:
        return "already";
    case HALT_SUPERSEDED:
        break;
    }
    return "superseded";
}

struct halt_world halt_world_of(const struct call *call)
{
    return (struct halt_world){
        .redis = call->redis,
        .db = call->db,
        .journal = call->services ? call->services->journal : NULL,
        .config = call->config,
        .replica = call->act.replica,
        .message = halt_fresh_message,
    };
}

void halt_answer(struct call *call, struct card *card,
                 const struct halt_want *want, struct halt_report *report)
{
    struct halt_answer answer = {
        .want = want,
        .report = report,
        .redis_since = store_down_since(call->vitals->redis),
        .postgres_since = store_down_since(call->vitals->postgres),
        .now = call->now,
        .here = call->act.channel[0],
    };

    halt_answer_card(card, &answer);
    call->outcome = outcome_of(report);
    if (!report->run || !call->services || !call->services->halt_begun)
        return;
    call->services->halt_begun(call->services->arg, report->run, want->act,
                               report->place == RECORD_POSTGRES);
    report->run = NULL;
}

static bool halt_run(struct call *call, struct card *card, struct err *err)
{
    const char *scope = args_word(&call->args, 0);
    struct halt_world world = halt_world_of(call);
    char *reason = call_text(call, 1);
    struct halt_report report;
    struct halt_want want = { .act = &call->act,
                              .action = HALT_STOP,
                              .scope = scope,
                              .reason = reason,
                              .at = call->act.recorded_at };
    bool ok = halt_scope_check(call->config, scope, err) &&
              reason_check(scope, reason, err);

    if (ok) {
        halt_carry_out(&world, &want, call->response_url, &report);
        halt_answer(call, card, &want, &report);
        halt_report_dispose(&report);
    }
    free(reason);
    return ok;
}

const struct command command_halt = {
    .name = "halt",
    .group = "halt",
    .usage = "<scope> <reason>",
    .summary = "Stops a scope (or all) now, and asks its targets whether they "
               "have stopped",
    .example = "halt all wrong prices since 14:02",
    .right = "halt",
    .min_words = 1,
    .max_words = -1,
    .text = true,
    .changes = true,
    .recover_ms = 120000,
    .urgent = true,
    .run = halt_run,
};

/* ---- halts ------------------------------------------------------------------- */

static void halts_ask(const struct call *call, struct reads *reads)
{
    halt_list_ask(reads, call->config);
}

static bool halts_answer(struct call *call, const struct reads *reads,
                         struct card *card, struct err *err)
{
    const struct store_health *redis = call->vitals->redis;
    struct halt_list list;

    halt_list_read(reads, &list);
    if (!list.unknown)
        halts_card(card, &list, call_may(call, command_unhalt.right),
                   call->now);
    else if (reads->failed && redis && !store_up(redis))
        store_err(redis, ERR_REDIS, err);
    else
        err_set(err, ERR_REDIS, "Redis did not say what is halted");
    halt_list_dispose(&list);
    return err->kind == ERR_NONE;
}

const struct command command_halts = {
    .name = "halts",
    .group = "halt",
    .usage = "",
    .summary = "What is halted, by whom, since when and why",
    .example = "halts",
    .ask = halts_ask,
    .answer = halts_answer,
};
