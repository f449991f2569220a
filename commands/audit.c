/*
 * audit: who did what, when, and what came of it.
 */
#include <stdlib.h>
#include <string.h>

#include "blocks/audit.h"
#include "commands/registry.h"
#include "core/base/text.h"

/* Slack knows people by id and sends it for a mention; "me" is whoever asks.
 * An id may be typed as it stands: buttons do. */
static bool user_of(const struct call *call, const char **user, struct err *err)
{
    const char *value = args_flag(&call->args, "user");

    *user = value;
    if (value && strcmp(value, "me") == 0)
        *user = call->act.user;
    else if (value && *value == '@')
        return err_set(err, ERR_USER,
                       "I know people by their mention, and `%.60s` did not "
                       "arrive as one. Choose the name from the list that "
                       "Slack offers after @, or give the user id.",
                       value);
    return true;
}

static bool since_of(const struct call *call, int64_t *since, struct err *err)
{
    const char *typed = args_flag(&call->args, "since");
    int64_t ago;

    *since = 0;
    if (!typed)
        return true;
    if (!args_since(typed, call->now, &ago, err))
        return false;
    *since = call->now - ago;
    return true;
}

/* What was typed, as it may be shown: a secret is nobody's id. Heap. */
static char *shown(const char *typed)
{
    return typed ? text_mask(typed, NULL, 0) : NULL;
}

static bool audit_run(struct call *call, struct card *card, struct err *err)
{
    char *command = shown(args_flag(&call->args, "command")), *user = NULL;
    struct audit_filter filter = {
        .command = command,
        .denied = args_flag(&call->args, "denied"),
        .limit = AUDIT_CARD_PAGE,
    };
    struct audit_view view = { .filter = &filter,
                               .since = args_flag(&call->args, "since") };
    struct audit_page page;

    bool ok = user_of(call, &filter.user, err) &&
              since_of(call, &filter.since, err) &&
              command_page(&call->args, &view.page, err);

    filter.user = user = shown(filter.user);
    filter.offset = (view.page - 1) * AUDIT_CARD_PAGE;
    ok = ok && audit_query(call->db, &filter, &page, err);
    if (ok) {
        audit_card(card, &page, &view, call->now);
        audit_page_dispose(&page);
    }
    free(command);
    free(user);
    return ok;
}

static const char *const audit_flags[] = { "user=",  "command=", "since=",
                                           "denied", "page=",    NULL };

const struct command command_audit = {
    .name = "audit",
    .group = "audit",
    .usage = "[--user @who] [--command \"dlq requeue\"] [--since 2h] "
             "[--denied] [--page n]",
    .summary = "Who did what, when, and what came of it",
    .example = "audit --since 2h",
    .right = "audit",
    .flags = audit_flags,
    .run = audit_run,
};
