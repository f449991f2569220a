/*
 * dlq list, dlq show, dlq requeue: dead letters seen and sent back.
 */
#include "blocks/dlq.h"
#include "commands/registry.h"

static struct dlq_rights rights_of(const struct call *call)
{
    return (struct dlq_rights){
        .show = call_may(call, command_dlq_show.right),
        .requeue = call_may(call, command_dlq_requeue.right),
    };
}

/* ---- list ------------------------------------------------------------------ */

static bool dlq_list_run(struct call *call, struct card *card, struct err *err)
{
    struct dlq_rights may = rights_of(call);
    struct dlq_overview overview;

    if (!dlq_overview(call->redis, call->config, call->now, &overview, err))
        return false;
    dlq_list_card(card, &overview, &may, call->now);
    dlq_overview_dispose(&overview);
    return true;
}

const struct command command_dlq_list = {
    .name = "dlq list",
    .group = "dlq",
    .usage = "",
    .summary = "Dead letters by stream: how many, how old, why",
    .example = "dlq list",
    .run = dlq_list_run,
};

/* ---- show ------------------------------------------------------------------ */

static bool dlq_show_run(struct call *call, struct card *card, struct err *err)
{
    struct dlq_rights may = rights_of(call);
    struct stream_name name;
    struct dlq_page page;
    size_t number;
    bool ok;

    if (!command_page(&call->args, &number, err) ||
        !streams_resolve(call->redis, call->config, args_word(&call->args, 0),
                         &name, err))
        return false;
    ok = dlq_show(call->redis, call->config, &name, false, number, call->now,
                  &page, err);
    stream_name_dispose(&name);
    if (!ok)
        return false;
    dlq_show_card(card, &page, &may, call->now);
    dlq_page_dispose(&page);
    return true;
}

static const char *const show_flags[] = { "page=", NULL };

const struct command command_dlq_show = {
    .name = "dlq show",
    .group = "dlq",
    .usage = "<stream> [--page n]",
    .summary = "The dead letters of one stream, oldest first",
    .example = "dlq show notify.events",
    .right = "dlq.show",
    .flags = show_flags,
    .min_words = 1,
    .max_words = 1,
    .run = dlq_show_run,
};

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

static bool dlq_requeue_run(struct call *call, struct card *card,
                            struct err *err)
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

const struct command command_dlq_requeue = {
    .name = "dlq requeue",
    .group = "dlq",
    .usage = "<stream> <id>",
    .summary = "Puts one dead letter back into its stream, once",
    .example = "dlq requeue notify.events 1700000000000-0",
    .right = "dlq.requeue",
    .min_words = 2,
    .max_words = 2,
    .changes = true,
    .run = dlq_requeue_run,
};
