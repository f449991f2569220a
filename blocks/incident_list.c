/* incident_list: many of them, and what happened to one. See incident.h. */
#include "blocks/incident_parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "blocks/words.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define ENTRY_SHOWN 400 /* characters of an entry's text */

static void page_button(struct card *card, const char *label,
                        const char *command, size_t page)
{
    char line[96];

    snprintf(line, sizeof line, "%s --page %zu", command, page);
    card_action(card, &(struct action){
                          .label = label, .command = line, .replace = true });
}

/* ---- the list -------------------------------------------------------------- */

static void standing(struct card *card, const struct incident *i,
                     const struct incident_view *view)
{
    bool late = i->due_at && i->due_at < view->now;

    if (i->resolved)
        card_detail(card,
                    LINE(say_text("resolved by "),
                         say_user(i->resolved_by, i->resolved_name),
                         say_text(" "), incident_when(i->resolved_at, view),
                         say_fmt(card, " after %s", incident_lasted(card, i))));
    else
        card_detail(
            card,
            LINE(say_text("open since "), incident_when(i->opened_at, view),
                 say_text(" · lead "), say_user(i->opened_by, i->opened_name),
                 say_text(late ? " · an update is overdue" : "")));
}

static void incident_cells(struct card *card, const struct incident *i)
{
    char *update = text_first_line(i->update);
    char *id = xasprintf("INC-%lld", (long long)i->number);

    row_cell(card, "incident", id);
    row_cell(card, "severity", incident_severity_name(i->severity));
    row_cell(card, "state", i->resolved ? "resolved" : "open");
    row_cell(card, "title", i->title);
    row_cell(card, "lead", *i->opened_name ? i->opened_name : i->opened_by);
    row_cell_at(card, "opened", i->opened_at);
    row_cell_at(card, "updated", i->updated_at);
    row_cell_at(card, "due", i->resolved ? 0 : i->due_at);
    row_cell_at(card, "closed", i->resolved ? i->resolved_at : 0);
    row_cell(card, "update", update);
    free(update);
    free(id);
}

static void list_row(struct card *card, const struct incident *i,
                     const struct incident_view *view)
{
    char line[40];

    card_row(
        card,
        LINE(say_text(i->resolved ? "✅ " : ""),
             say_fmt(card, "%s  ", incident_severity_text(i->severity)),
             say_bold(say_fmt(card, "INC-%lld", (long long)i->number).text),
             say_fmt(card, "  %s", i->title)));
    incident_cells(card, i);
    standing(card, i, view);
    if (!i->resolved && i->update[0]) {
        char *first = text_first_line(i->update);

        card_detail(card, LINE(say_text("last update "),
                               incident_when(i->updated_at, view),
                               say_fmt(card, ": %s", first)));
        free(first);
    }
    snprintf(line, sizeof line, "incident status %lld", (long long)i->number);
    card_row_action(card, &(struct action){ .label = "Show", .command = line });
}

static void list_title(struct card *card, const struct incident_list *list,
                       bool all, size_t page)
{
    if (list->count == 0 && page > 1)
        card_title(card, TONE_INFO, "No more incidents");
    else if (list->open == 0)
        card_title(card, TONE_OK, "No open incidents");
    else
        card_title(card, TONE_ALARM, "%lld open incident%s",
                   (long long)list->open, words_s(list->open));
    if (list->closed)
        card_note(card,
                  LINE(say_fmt(card, "%lld resolved%s", (long long)list->closed,
                               all ? "" : ", not shown")));
}

void incident_list_card(struct card *card, const struct incident_list *list,
                        bool all, size_t page, const struct incident_view *view)
{
    const char *command = all ? "incident list --all" : "incident list";

    list_title(card, list, all, page);
    for (size_t i = 0; i < list->count; i++)
        list_row(card, &list->items[i], view);
    if (page > 1)
        page_button(card, "Previous 10", command, page - 1);
    if (list->more)
        page_button(card, "Next 10", command, page + 1);
    if (!all && list->closed)
        card_action(card, &(struct action){ .label = "Show resolved ones too",
                                            .command = "incident list --all",
                                            .replace = true });
    if (view->may_open)
        card_action(card, &(struct action){ .label = "Open an incident…",
                                            .command = "incident open" });
}

/* ---- the timeline ---------------------------------------------------------- */

static void entry(struct card *card, const struct incident_event *event,
                  const struct incident_view *view)
{
    static const char *const words[] = {
        [INCIDENT_OPENED] = "🚨 Opened",
        [INCIDENT_UPDATED] = "📝 Update",
        [INCIDENT_RESOLVED] = "✅ Resolved",
    };
    char *cut = text_cut(event->text, ENTRY_SHOWN);

    card_row(card, LINE(incident_when(event->at, view),
                        say_fmt(card, "  %s by ", words[event->kind]),
                        say_user(event->actor, event->actor_name)));
    incident_text(card, cut);
    free(cut);
}

void incident_timeline_card(struct card *card, const struct incident *i,
                            const struct incident_timeline *timeline,
                            size_t page, const struct incident_view *view)
{
    char line[64];

    incident_title(card, i);
    card_lead(card,
              LINE(say_text(timeline->count ? "What happened, newest first:"
                                            : "Nothing older than this.")));
    for (size_t k = 0; k < timeline->count; k++)
        entry(card, &timeline->items[k], view);
    snprintf(line, sizeof line, "incident status %lld --timeline",
             (long long)i->number);
    if (page > 1)
        page_button(card, "Newer", line, page - 1);
    if (timeline->more)
        page_button(card, "Older", line, page + 1);
}
