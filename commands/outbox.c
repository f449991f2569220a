/*
 * outbox, outbox retry: what waits for Slack, and what it refused.
 */
#include "blocks/outbox.h"
#include "commands/registry.h"

#define SHOWN 10

/* ---- outbox ---------------------------------------------------------------- */

static bool outbox_run(struct call *call, struct card *card, struct err *err)
{
    struct outbox_list list;

    if (!outbox_list(call->db, SHOWN, &list, err))
        return false;
    outbox_list_card(card, &list, call_may(call, command_outbox_retry.right),
                     call->now);
    outbox_list_dispose(&list);
    return true;
}

const struct command command_outbox = {
    .name = "outbox",
    .group = "outbox",
    .usage = "",
    .summary = "What waits to be posted, and what Slack refused",
    .example = "outbox",
    .right = "outbox",
    .run = outbox_run,
};

/* ---- retry ----------------------------------------------------------------- */

/* One row by its number, or all (0): exactly one of both. */
static bool which(const struct call *call, long *id, struct err *err)
{
    bool all = args_flag(&call->args, "all") != NULL;

    *id = 0;
    if (all == (call->args.count > 0))
        return err_set(err, ERR_USER,
                       "Say which: `outbox retry 17` for one row, as `outbox` "
                       "numbers them, or `outbox retry --all`.");
    return all || args_number(args_word(&call->args, 0), 1, 999999999, id, err);
}

static bool outbox_retry_run(struct call *call, struct card *card,
                             struct err *err)
{
    struct outbox_again again;
    long id;

    if (!which(call, &id, err) ||
        !outbox_again(call->db, &call->act, id, &again, err))
        return false;
    call->outcome = again.before ? "already" : again.count ? "ok" : "gone";
    outbox_again_card(card, &again, id, call->now);
    outbox_again_dispose(&again);
    return true;
}

static const char *const retry_flags[] = { "all", NULL };

const struct command command_outbox_retry = {
    .name = "outbox retry",
    .group = "outbox",
    .usage = "<row> | --all",
    .summary = "Posts again what could not be delivered",
    .example = "outbox retry --all",
    .right = "outbox.retry",
    .flags = retry_flags,
    .max_words = 1,
    .changes = true,
    .run = outbox_retry_run,
};
