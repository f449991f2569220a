/*
 * dlq list, dlq show: dead letters seen, and those in the trash.
 */
#include "blocks/dlq.h"
#include "commands/registry.h"

static struct dlq_rights rights_of(const struct call *call)
{
    return (struct dlq_rights){
        .show = call_may(call, command_dlq_show.right),
        .requeue = call_may(call, command_dlq_requeue.right),
        .discard = call_may(call, command_dlq_discard.right),
        .restore = call_may(call, command_dlq_restore.right),
        .trash_days = call->config->keep.trash,
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
    bool trash = args_flag(&call->args, "trash") != NULL;
    struct stream_name name;
    struct dlq_page page;
    size_t number;
    bool ok;

    if (!command_page(&call->args, &number, err) ||
        !streams_resolve(call->redis, call->config, args_word(&call->args, 0),
                         &name, err))
        return false;
    ok = dlq_show(call->redis, call->config, &name, trash, number, call->now,
                  &page, err);
    stream_name_dispose(&name);
    if (!ok)
        return false;
    if (trash)
        dlq_trash_card(card, &page, &may, call->now);
    else
        dlq_show_card(card, &page, &may, call->now);
    dlq_page_dispose(&page);
    return true;
}

static const char *const show_flags[] = { "page=", "trash", NULL };

const struct command command_dlq_show = {
    .name = "dlq show",
    .group = "dlq",
    .usage = "<stream> [--trash] [--page n]",
    .summary = "The dead letters of one stream, or its trash, oldest first",
    .example = "dlq show notify.events",
    .right = "dlq.show",
    .flags = show_flags,
    .min_words = 1,
    .max_words = 1,
    .run = dlq_show_run,
};
