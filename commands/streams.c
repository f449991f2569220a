/*
 * streams: how far the consumers of Redis Streams are.
 */
#include <string.h>

#include "blocks/pending.h"
#include "blocks/streams.h"
#include "commands/registry.h"

/* The stream, or the DLQ of it, whose key was typed; borrows from name. */
static const char *key_of(const struct stream_name *name, const char *typed)
{
    return strcmp(typed, name->dlq) == 0 ? name->dlq : name->stream;
}

static bool one_stream(struct call *call, struct card *card, const char *typed,
                       struct err *err)
{
    struct stream_report report;
    struct stream_name name;
    bool ok;

    if (!streams_resolve(call->redis, call->config, typed, &name, err))
        return false;
    ok = streams_report(call->redis, call->config, key_of(&name, typed),
                        call->now, &report, err);
    if (ok) {
        stream_card(card, &report, call->now);
        stream_report_dispose(&report);
    }
    stream_name_dispose(&name);
    return ok;
}

static bool streams_run(struct call *call, struct card *card, struct err *err)
{
    struct stream_report report;

    if (call->args.count > 0)
        return one_stream(call, card, args_word(&call->args, 0), err);
    if (!streams_report(call->redis, call->config, NULL, call->now, &report,
                        err))
        return false;
    streams_card(card, &report, call->now);
    stream_report_dispose(&report);
    return true;
}

const struct command command_streams = {
    .name = "streams",
    .group = "streams",
    .usage = "[name]",
    .summary = "Length, consumer groups, pending and lag of each stream",
    .example = "streams",
    .max_words = 1,
    .run = streams_run,
};

/* ---- pending --------------------------------------------------------------- */

static bool pending_run(struct call *call, struct card *card, struct err *err)
{
    const char *typed = args_word(&call->args, 0);
    const char *group = call->args.count > 1 ? args_word(&call->args, 1) : NULL;
    struct stream_name name;
    struct pending pending;
    size_t page;
    bool ok;

    if (!command_page(&call->args, &page, err) ||
        !streams_resolve(call->redis, call->config, typed, &name, err))
        return false;
    ok = pending_look(call->redis, call->config, key_of(&name, typed), group,
                      page, call->now, &pending, err);
    if (ok) {
        pending_card(card, &pending, call->now);
        pending_dispose(&pending);
    }
    stream_name_dispose(&name);
    return ok;
}

static const char *const pending_flags[] = { "page=", NULL };

const struct command command_streams_pending = {
    .name = "streams pending",
    .group = "streams",
    .usage = "<stream> [group] [--page n]",
    .summary = "What consumers were given and have not acknowledged, oldest "
               "first",
    .example = "streams pending notify.events notify",
    .flags = pending_flags,
    .min_words = 1,
    .max_words = 2,
    .run = pending_run,
};
