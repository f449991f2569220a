/*
 * alert_list: what fires, what happened to one alert and what will, and what
 * came of what somebody did. See alert.h.
 */
#include "blocks/alert_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/words.h"
#include "core/base/text.h"

static const struct span none = { .kind = SPAN_TEXT, .text = "" };

/* ---- one line for a group ---------------------------------------------------- */

/* Who has it, or since when nobody does. */
static void state_line(struct card *card, const struct alert_group *g,
                       int64_t now)
{
    switch (group_state(g)) {
    case GROUP_FIRING:
        card_detail(card,
                    LINE(say_bold("Unacknowledged"), say_text(" · since "),
                         alert_when(g->started_at, now),
                         g->step_at ? say_text(" · escalates ") : none,
                         g->step_at ? alert_when(g->step_at, now) : none));
        break;
    case GROUP_ACKED:
        card_detail(card,
                    LINE(say_text("Acknowledged by "),
                         say_user(g->acked_by, g->acked_name), say_text(" "),
                         alert_when(g->acked_at, now),
                         g->ack_until ? say_text(", until ") : none,
                         g->ack_until ? alert_when(g->ack_until, now) : none));
        break;
    case GROUP_SILENCED:
        card_detail(
            card,
            LINE(say_text("Silenced"),
                 g->quiet_until ? say_text(" until ") : none,
                 g->quiet_until ? alert_when(g->quiet_until, now) : none,
                 g->quiet_why[0] ? say_fmt(card, ": %s", g->quiet_why) : none));
        break;
    case GROUP_RESOLVED:
        card_detail(
            card,
            LINE(say_text("Resolved "), alert_when(group_ended(g), now),
                 say_fmt(card, " after %s",
                         alert_lasted(card, g->started_at, group_ended(g)))));
        break;
    }
}

static void cells(struct card *card, const struct alert_group *g)
{
    row_cell(card, "alert", alert_id(card, g));
    row_cell(card, "severity", event_severity_name(g->severity));
    row_cell(card, "state", group_state_name(group_state(g)));
    row_cell(card, "title", g->title);
    row_cell_number(card, "firing", g->firing);
    row_cell_number(card, "alerts", g->total);
    row_cell(card, "acked_by", g->acked_by);
    row_cell(card, "assignee", g->assignee);
    row_cell_at(card, "since", g->started_at);
    row_cell_at(card, "over", group_ended(g));
}

/* How many fire, when that is more than one. */
static struct span count_of(struct card *card, const struct alert_group *g)
{
    char n[WORDS_TEXT];

    return g->firing > 1 ? say_fmt(card, " (%s)", words_count(g->firing, n))
                         : none;
}

static void group_row(struct card *card, const struct alert_group *g,
                      int64_t now)
{
    struct buf title = { 0 };

    alert_title(&title, g);
    card_row(card, LINE(say_bold(alert_id(card, g)), say_text("  "),
                        say_text(buf_text(&title)), count_of(card, g)));
    cells(card, g);
    state_line(card, g, now);
    if (g->assignee[0])
        card_detail(card,
                    LINE(say_text("Assigned to "), say_user(g->assignee, "")));
    buf_dispose(&title);
}

/* The one thing that is likely to be wanted next. */
static void row_button(struct card *card, const struct alert_group *g)
{
    bool open = group_state(g) == GROUP_FIRING;

    alert_button(card, card_row_action, g,
                 &(struct alert_button){
                     .label = open ? "Acknowledge" : "Show",
                     .command = open ? "ack A-#" : "alert show A-#",
                 });
}

/* ---- the list ------------------------------------------------------------------- */

static bool narrowed(const struct group_query *f)
{
    return f && (f->unacked || f->mine || f->severity >= 0 || f->text);
}

static void list_title(struct card *card, const struct group_list *list)
{
    char open[WORDS_TEXT], unacked[WORDS_TEXT], critical[WORDS_TEXT];

    if (!list->open) {
        card_title(card, TONE_OK, "No alerts: nothing fires");
        return;
    }
    words_count(list->open, open);
    words_count(list->unacked, unacked);
    words_count(list->critical, critical);
    if (list->critical)
        card_title(card, TONE_BAD, "%s alert%s: %s unacknowledged, %s critical",
                   open, words_s(list->open), unacked, critical);
    else
        card_title(card, list->unacked ? TONE_WARN : TONE_INFO,
                   "%s alert%s: %s unacknowledged, none critical", open,
                   words_s(list->open), unacked);
}

static void page_button(struct card *card, const char *label, const char *again,
                        size_t page)
{
    struct buf line = { 0 };

    buf_fmt(&line, "%s --page %zu", again ? again : "alerts", page);
    card_action(card, &(struct action){ .label = label,
                                        .command = buf_text(&line),
                                        .replace = true });
    buf_dispose(&line);
}

static void pages(struct card *card, const char *again, size_t page, bool more)
{
    if (page > 1)
        page_button(card, "Previous page", again, page - 1);
    if (more)
        page_button(card, "Next page", again, page + 1);
}

static void nothing_line(struct card *card, const struct group_list *list,
                         const struct alert_list_view *view)
{
    if (view->page > 1)
        card_lead(card, LINE(say_text("There is nothing on this page.")));
    else if (narrowed(view->filter))
        card_lead(
            card,
            LINE(say_text(list->open ? "None of them is what you asked "
                                       "for. All: "
                                     : "All that there were: "),
                 say_typed(card, list->open ? "alerts" : "alerts --all")));
}

void alert_list_card(struct card *card, const struct group_list *list,
                     const struct alert_list_view *view)
{
    const char *again = view->again ? view->again : "alerts";

    list_title(card, list);
    for (size_t i = 0; i < list->count && i < ALERT_PAGE; i++) {
        group_row(card, &list->items[i], view->now);
        row_button(card, &list->items[i]);
    }
    if (!list->count)
        nothing_line(card, list, view);
    pages(card, again, view->page, list->more);
    card_action(card, &(struct action){ .label = "Look again",
                                        .command = again,
                                        .replace = true });
}

/* ---- what happened, and what will ------------------------------------------------- */

static void plan_row(struct card *card, const struct alert_group *g,
                     const struct alert_view *view)
{
    struct span line[ALERT_NEXT + 2] = { say_bold("Plan"), say_text(": ") };

    if (group_state(g) == GROUP_RESOLVED)
        return;
    if (group_state(g) == GROUP_FIRING)
        alert_next(card, g, view, "", line + 2);
    else if (g->acked_by[0] && g->ack_until) {
        line[2] = say_text("the acknowledgement ends ");
        line[3] = alert_when(g->ack_until, view->now);
        line[4] = say_text(", then the escalation goes on");
    } else if (g->acked_by[0]) {
        line[2] = say_text("it is acknowledged until it is over");
    } else {
        line[2] = say_text("it is silenced: nobody is told");
    }
    card_row(card, line);
    if (g->repeat_at && group_state(g) == GROUP_FIRING)
        card_detail(card, LINE(say_text("re-sent "),
                               alert_when(g->repeat_at, view->now),
                               say_text(" if it still fires")));
}

static void change_row(struct card *card, const struct group_change *c,
                       int64_t now)
{
    struct span line[ALERT_CHANGE + 2];
    size_t n = 2;

    line[0] = alert_when(c->at, now);
    line[1] = say_text("  ");
    alert_change_line(card, NULL, c, line + n);
    card_row(card, line);
    row_cell(card, "reason", group_reason_name(c->reason));
    row_cell_at(card, "at", c->at);
    row_cell(card, "by", c->actor);
    row_cell(card, "text", c->text);
}

void alert_history_card(struct card *card, const struct alert_group *g,
                        const struct group_history *history, size_t page,
                        const struct alert_view *view)
{
    struct buf title = { 0 }, again = { 0 };

    alert_title(&title, g);
    card_title(card, TONE_NONE, "A-%lld · %s", (long long)g->number,
               buf_text(&title));
    if (page <= 1)
        plan_row(card, g, view);
    for (size_t i = 0; i < history->count; i++)
        change_row(card, &history->items[i], view->now);
    if (!history->count)
        card_lead(card,
                  LINE(say_text(page > 1 ? "There is nothing on this page."
                                         : "Nothing has happened to it.")));
    buf_fmt(&again, "alert show A-%lld --history", (long long)g->number);
    pages(card, buf_text(&again), page, history->more);
    alert_button(card, card_action, g,
                 &(struct alert_button){ .label = "Show the alert",
                                         .command = "alert show A-#" });
    buf_dispose(&title);
    buf_dispose(&again);
}
