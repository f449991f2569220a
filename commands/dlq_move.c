/*
 * dlq requeue, dlq discard, dlq restore: dead letters sent back, put into the
 * trash, and taken out of it again. One entry at once, several after a
 * question.
 */
#include "blocks/dlq.h"
#include "commands/bulk.h"
#include "commands/registry.h"

static const char *const flags[] = { "all", "rate=", NULL };

/* ---- requeue --------------------------------------------------------------- */

static const char *outcome_of(const struct requeue *done)
{
    static const char *const names[] = {
        [REQUEUE_DONE] = "ok",
        [REQUEUE_ALREADY] = "already",
        [REQUEUE_GONE] = "gone",
        [REQUEUE_DISCARDED] = "discarded",
    };

    return names[done->result];
}

static bool requeue_one(struct call *call, struct card *card, struct err *err)
{
    struct stream_name name;
    struct requeue done;
    bool ok;

    if (!streams_resolve(call->redis, call->config, args_word(&call->args, 0),
                         &name, err))
        return false;
    ok = dlq_requeue(call->redis, call->db, call->config,
                     &(struct requeue_want){
                         .act = &call->act,
                         .name = &name,
                         .id = args_word(&call->args, 1),
                         .card = dlq_requeued_message,
                         .response_url = call->response_url,
                     },
                     &done, err);
    if (ok) {
        call->outcome = outcome_of(&done);
        dlq_requeue_card(card, &done, call->now);
        requeue_dispose(&done);
    }
    stream_name_dispose(&name);
    return ok;
}

static bool dlq_requeue_run(struct call *call, struct card *card,
                            struct err *err)
{
    if (bulk_prompts(&call->args))
        return bulk_run(call, JOB_REQUEUE, card, err);
    return requeue_one(call, card, err);
}

const struct command command_dlq_requeue = {
    .name = "dlq requeue",
    .group = "dlq",
    .usage = "<stream> <id…>|--all [--rate n|max]",
    .summary = "Puts dead letters back into their stream, once",
    .example = "dlq requeue notify.events 1700000000000-0",
    .right = "dlq.requeue",
    .flags = flags,
    .min_words = 1,
    .max_words = -1,
    .changes = true,
    .prompts = bulk_prompts,
    .run = dlq_requeue_run,
};

/* ---- discard --------------------------------------------------------------- */

static bool dlq_discard_run(struct call *call, struct card *card,
                            struct err *err)
{
    return bulk_run(call, JOB_DISCARD, card, err);
}

const struct command command_dlq_discard = {
    .name = "dlq discard",
    .group = "dlq",
    .usage = "<stream> <id…>|--all [--rate n|max]",
    .summary = "Moves dead letters to the trash, from where they can be had "
               "back",
    .example = "dlq discard notify.events 1700000000000-0",
    .right = "dlq.discard",
    .flags = flags,
    .min_words = 1,
    .max_words = -1,
    .changes = true,
    .prompts = bulk_prompts,
    .run = dlq_discard_run,
};

/* ---- restore --------------------------------------------------------------- */

static bool dlq_restore_run(struct call *call, struct card *card,
                            struct err *err)
{
    return bulk_run(call, JOB_RESTORE, card, err);
}

const struct command command_dlq_restore = {
    .name = "dlq restore",
    .group = "dlq",
    .usage = "<stream> <id…>|--all [--rate n|max]",
    .summary = "Takes discarded entries out of the trash: their ids are in "
               "dlq show --trash",
    .example = "dlq restore notify.events --all",
    .right = "dlq.restore",
    .flags = flags,
    .min_words = 1,
    .max_words = -1,
    .changes = true,
    .prompts = bulk_prompts,
    .run = dlq_restore_run,
};
