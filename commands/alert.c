/*
 * alerts, alert show: what fires, and how one stands.
 */
#include "commands/alert.h"

#include <ctype.h>
#include <stdio.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/words.h"
#include "commands/registry.h"

/* ---- shared ---------------------------------------------------------------- */

bool alert_name(const char *word, char out[ALERT_NAME])
{
    size_t digits;

    if ((word[0] != 'A' && word[0] != 'a') || word[1] != '-')
        return false;
    digits = strspn(word + 2, "0123456789");
    if (digits == 0 || digits > 18 || word[2 + digits])
        return false;
    snprintf(out, ALERT_NAME, "A-%s", word + 2);
    return true;
}

struct alert_world alert_world_of(const struct call *call)
{
    const struct store_health *redis = call->vitals->redis;

    return (struct alert_world){
        .db = call->db,
        .redis = !redis || store_up(redis) ? call->redis : NULL,
        .config = call->config,
        .replica = call->act.replica,
        .line = alert_line_text,
    };
}

bool alert_named(const struct call *call, const char *word,
                 struct alert_group *out, struct err *err)
{
    int64_t number;
    bool found;

    if (!group_number(word, &number, err) ||
        !group_load(call->db, number, out, &found, err))
        return false;
    return found || err_set(err, ERR_USER,
                            "There is no `A-%lld`. `alerts --all` shows all "
                            "there are.",
                            (long long)number);
}

/* ---- alerts ---------------------------------------------------------------- */

/* The command of this list, as its buttons type it. Heap. */
static char *again_of(const struct group_query *filter)
{
    struct buf line = { 0 };

    buf_str(&line, "alerts");
    if (filter->storm)
        buf_fmt(&line, " --storm %lld", (long long)filter->storm);
    if (filter->mine)
        buf_str(&line, " --mine");
    if (filter->unacked)
        buf_str(&line, " --unacked");
    if (filter->over)
        buf_str(&line, " --all");
    if (filter->severity >= 0)
        words_typed(&line,
                    event_severity_name((enum alert_severity)filter->severity));
    if (filter->text)
        words_typed(&line, filter->text);
    return buf_take(&line);
}

/* One word that is a severity is one; all else is looked for. Takes text. */
static void looked_for(const struct call *call, char *text,
                       struct group_query *filter)
{
    enum alert_severity severity;

    filter->severity = -1;
    if (call->args.count == 1 &&
        event_severity(call->config, args_word(&call->args, 0), &severity))
        filter->severity = (int)severity;
    else if (call->args.count > 0)
        filter->text = text;
}

/* A page of what is asked for; of a digest with the counts of all alerts. */
static bool load_page(struct call *call, const struct group_query *filter,
                      size_t skip, struct group_list *out, struct err *err)
{
    struct group_list all = { 0 };

    if (!filter->storm)
        return group_list(call->db, filter, skip, ALERT_PAGE, out, err);
    if (!storm_groups(call->db, filter->storm, skip, ALERT_PAGE, out, err) ||
        !group_list(call->db, filter, 0, 1, &all, err))
        return false;
    out->open = all.open;
    out->unacked = all.unacked;
    out->critical = all.critical;
    group_list_dispose(&all);
    return true;
}

static bool read_storm(const struct args *args, int64_t *storm, struct err *err)
{
    const char *text = args_flag(args, "storm");
    long n = 0;

    if (text && !args_number(text, 1, LONG_MAX, &n, err))
        return false;
    *storm = n;
    return true;
}

static bool list_page(struct call *call, const struct group_query *filter,
                      size_t page, struct card *card, struct err *err)
{
    char *again = again_of(filter);
    struct alert_list_view view = {
        .now = call->now, .page = page, .filter = filter, .again = again
    };
    struct group_list list = { 0 };
    bool ok = load_page(call, filter, (page - 1) * ALERT_PAGE, &list, err);

    if (ok)
        alert_list_card(card, &list, &view);
    group_list_dispose(&list);
    free(again);
    return ok;
}

bool alert_storm_page(struct call *call, int64_t storm, struct card *card,
                      struct err *err)
{
    struct group_query filter = { .severity = -1, .storm = storm };

    return list_page(call, &filter, 1, card, err);
}

static bool alerts_run(struct call *call, struct card *card, struct err *err)
{
    char *text = args_text(&call->args, 0);
    struct group_query filter = {
        .unacked = args_flag(&call->args, "unacked") != NULL,
        .over = args_flag(&call->args, "all") != NULL,
        .mine = args_flag(&call->args, "mine") ? call->act.user : NULL,
    };
    size_t page;
    bool ok;

    looked_for(call, text, &filter);
    ok = command_page(&call->args, &page, err) &&
         read_storm(&call->args, &filter.storm, err) &&
         list_page(call, &filter, page, card, err);
    free(text);
    return ok;
}

static const char *const list_flags[] = { "mine",   "unacked", "all",
                                          "storm=", "page=",   NULL };

const struct command command_alerts = {
    .name = "alerts",
    .group = "alert",
    .usage = "[severity | text] [--mine] [--unacked] [--all] [--storm n] "
             "[--page n]",
    .summary = "What fires, the worst first; or all there was",
    .example = "alerts --unacked critical",
    .right = "alert.show",
    .flags = list_flags,
    .max_words = -1,
    .run = alerts_run,
};

/* ---- alert show ------------------------------------------------------------ */

static bool show_history(struct call *call, const struct alert_group *g,
                         const struct alert_view *view, struct card *card,
                         struct err *err)
{
    struct group_history history = { 0 };
    size_t page;
    bool ok = command_page(&call->args, &page, err) &&
              group_history(call->db, g->number, (page - 1) * ALERT_PAGE,
                            ALERT_PAGE, &history, err);

    if (ok)
        alert_history_card(card, g, &history, page, view);
    group_history_dispose(&history);
    return ok;
}

static bool show(struct call *call, const struct alert_group *g,
                 struct card *card, struct err *err)
{
    struct alert_world world = alert_world_of(call);
    struct alert_seen seen;
    bool ok = alert_see(call->db, world.redis, call->config, g, call->now,
                        &seen, err);

    if (ok && args_flag(&call->args, "history")) {
        ok = show_history(call, g, &seen.view, card, err);
    } else if (ok) {
        card_nonce(card, g->op); /* as its other cards: one press is one */
        alert_card(card, g, &seen.view);
    }
    alert_seen_dispose(&seen);
    return ok;
}

static bool show_run(struct call *call, struct card *card, struct err *err)
{
    struct alert_group g = { 0 };
    bool ok = alert_named(call, args_word(&call->args, 0), &g, err) &&
              show(call, &g, card, err);

    group_dispose(&g);
    return ok;
}

static const char *const show_flags[] = { "history", "page=", NULL };

const struct command command_alert_show = {
    .name = "alert show",
    .group = "alert",
    .usage = "<A-n> [--history] [--page n]",
    .summary = "How an alert stands, or what happened to it",
    .example = "alert show A-1042 --history",
    .right = "alert.show",
    .flags = show_flags,
    .min_words = 1,
    .max_words = 1,
    .run = show_run,
};
