/*
 * incident list, incident status: what is open, and how one stands. For
 * everyone (P7).
 */
#include "commands/incident.h"

#include <string.h>

#include "commands/registry.h"

struct incident_view incident_view_of(const struct call *call)
{
    return (struct incident_view){
        .now = call->now,
        .may_open = call_may(call, command_incident_open.right),
        .may_update = call_may(call, command_incident_update.right),
        .may_resolve = call_may(call, command_incident_resolve.right),
    };
}

bool incident_named(const struct call *call, const char *word,
                    struct incident *out, struct err *err)
{
    int64_t number;
    bool found;

    if (!incident_number(word, &number, err) ||
        !incident_load(call->db, number, out, &found, err))
        return false;
    return found || err_set(err, ERR_USER,
                            "There is no `INC-%lld`. `incident list --all` "
                            "shows all there are.",
                            (long long)number);
}

/* Takes the first of a list that has one. */
static void take_first(struct incident_list *list, struct incident *out)
{
    *out = list->items[0];
    list->items[0] = (struct incident){ 0 };
}

bool incident_only(const struct call *call, struct incident *out,
                   struct err *err)
{
    struct incident_list list;
    bool ok;

    if (!incident_list(call->db, false, 0, 1, &list, err))
        return false;
    ok = list.open == 1 && list.count == 1;
    if (ok)
        take_first(&list, out);
    else if (list.open == 0)
        err_set(err, ERR_USER,
                "No incident is open. `incident open` opens one.");
    else
        err_set(err, ERR_USER,
                "Which one? %lld are open: `incident list` shows them.",
                (long long)list.open);
    incident_list_dispose(&list);
    return ok;
}

/* ---- list ------------------------------------------------------------------ */

static bool list_page(struct call *call, bool all, size_t page,
                      struct card *card, struct err *err)
{
    struct incident_view view = incident_view_of(call);
    struct incident_list list;

    if (!incident_list(call->db, all, (page - 1) * INCIDENT_PAGE, INCIDENT_PAGE,
                       &list, err))
        return false;
    incident_list_card(card, &list, all, page, &view);
    incident_list_dispose(&list);
    return true;
}

static bool list_run(struct call *call, struct card *card, struct err *err)
{
    bool all = args_flag(&call->args, "all") != NULL;
    size_t page;

    return command_page(&call->args, &page, err) &&
           list_page(call, all, page, card, err);
}

static const char *const list_flags[] = { "all", "page=", NULL };

const struct command command_incident_list = {
    .name = "incident list",
    .group = "incident",
    .usage = "[--all] [--page n]",
    .summary = "Open incidents, the most severe first; or all there were",
    .example = "incident list --all",
    .flags = list_flags,
    .run = list_run,
};

/* ---- status ---------------------------------------------------------------- */

static bool show_timeline(struct call *call, const struct incident *i,
                          struct card *card, struct err *err)
{
    struct incident_view view = incident_view_of(call);
    struct incident_timeline timeline;
    size_t page;

    if (!command_page(&call->args, &page, err) ||
        !incident_timeline(call->db, i->number, (page - 1) * INCIDENT_PAGE,
                           INCIDENT_PAGE, &timeline, err))
        return false;
    incident_timeline_card(card, i, &timeline, page, &view);
    incident_timeline_dispose(&timeline);
    return true;
}

static bool show(struct call *call, struct incident *i, struct card *card,
                 struct err *err)
{
    struct incident_view view = incident_view_of(call);
    bool ok = true;

    if (args_flag(&call->args, "timeline"))
        ok = show_timeline(call, i, card, err);
    else
        incident_card(card, i, &view);
    incident_dispose(i);
    return ok;
}

/* Without a number: the one that is open, or which ones are. */
static bool show_open(struct call *call, struct card *card, struct err *err)
{
    struct incident_view view = incident_view_of(call);
    struct incident_list list;
    struct incident only;
    bool one;

    if (!incident_list(call->db, false, 0, INCIDENT_PAGE, &list, err))
        return false;
    one = list.count == 1;
    if (one)
        take_first(&list, &only);
    else
        incident_list_card(card, &list, false, 1, &view);
    incident_list_dispose(&list);
    return !one || show(call, &only, card, err);
}

static bool status_run(struct call *call, struct card *card, struct err *err)
{
    struct incident i;

    if (call->args.count == 0)
        return show_open(call, card, err);
    return incident_named(call, args_word(&call->args, 0), &i, err) &&
           show(call, &i, card, err);
}

static const char *const status_flags[] = { "timeline", "page=", NULL };

const struct command command_incident_status = {
    .name = "incident status",
    .group = "incident",
    .usage = "[id] [--timeline] [--page n]",
    .summary = "How an incident stands, or what happened in it",
    .example = "incident status INC-12 --timeline",
    .flags = status_flags,
    .max_words = 1,
    .run = status_run,
};
