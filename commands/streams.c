/*
 * streams: how far the consumers of Redis Streams are.
 */
#include <string.h>

#include "blocks/streams.h"
#include "commands/registry.h"

static bool one_stream(struct call *call, struct card *card, const char *typed,
                       struct err *err)
{
    struct stream_report report;
    struct stream_name name;
    const char *key;
    bool ok;

    if (!streams_resolve(call->redis, call->config, typed, &name, err))
        return false;
    key = strcmp(typed, name.dlq) == 0 ? name.dlq : name.stream;
    ok =
        streams_report(call->redis, call->config, key, call->now, &report, err);
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
