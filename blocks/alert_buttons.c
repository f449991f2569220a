/*
 * alert_buttons: what can be done about an alert, by its state. See
 * alert_parts.h. At most four stand open, the others are in the menu.
 */
#include "blocks/alert_parts.h"

#include <stdio.h>

#include "blocks/words.h"

void alert_button(struct card *card, alert_put *put,
                  const struct alert_group *g, const struct alert_button *b)
{
    struct buf line = { 0 };

    /* The number is the only thing that differs. */
    for (const char *p = b->command; *p; p++)
        if (p[0] == '#')
            buf_fmt(&line, "%lld", (long long)g->number);
        else
            buf_char(&line, *p);
    put(card, &(struct action){ .label = b->label,
                                .command = buf_text(&line),
                                .style = b->style,
                                .confirm = b->confirm,
                                .replace = b->replace,
                                .version = g->version });
    buf_dispose(&line);
}

static void shown(struct card *card, const struct alert_group *g,
                  const char *label, const char *command, enum style style)
{
    alert_button(card, card_action, g,
                 &(struct alert_button){
                     .label = label, .command = command, .style = style });
}

static void hidden(struct card *card, const struct alert_group *g,
                   const char *label, const char *command)
{
    alert_button(card, card_more, g,
                 &(struct alert_button){ .label = label, .command = command });
}

/* Is there a step that could be taken now? */
static bool can_escalate(const struct alert_group *g,
                         const struct alert_view *view)
{
    return g->policy[0] && view->policy &&
           (g->step < (int)view->policy->steps_count ||
            g->round < (int)view->policy->repeat);
}

static void first_button(struct card *card, const struct alert_group *g)
{
    char label[40];

    if (g->acked_by[0] && g->ack_asked)
        shown(card, g, "Still on it", "ack A-#", STYLE_PRIMARY);
    snprintf(label, sizeof label, "Acknowledge A-%lld", (long long)g->number);
    if (!g->acked_by[0])
        shown(card, g, label, "ack A-#", STYLE_PRIMARY);
    else
        shown(card, g, "Unacknowledge", "unack A-#", STYLE_PLAIN);
}

static void menu(struct card *card, const struct alert_group *g)
{
    bool silenced = group_state(g) == GROUP_SILENCED;

    if (!silenced)
        hidden(card, g, "Silence for 1 h", "silence A-# 1h");
    hidden(card, g, "Assign…", "assign A-#");
    if (g->runbook[0])
        card_more(card, &(struct action){ .label = "Open the runbook",
                                          .url = g->runbook });
    if (!g->resolves)
        hidden(card, g, "Resolve", "alert resolve A-#");
    hidden(card, g, "Show its history", "alert show A-# --history");
}

/* Postgres has given it no number: it is known by its trace id alone. */
static void nameless(struct card *card, const struct alert_group *g,
                     const struct alert_view *view)
{
    const struct group_alerts *list = view->alerts;
    const char *trace = list && list->count ? list->items[0].trace : "";
    struct buf line = { 0 };

    buf_str(&line, "ack");
    words_typed(&line, trace);
    if (trace[0])
        card_action(card, &(struct action){ .label = "Acknowledge",
                                            .command = buf_text(&line),
                                            .style = STYLE_PRIMARY });
    if (g->runbook[0])
        card_action(card, &(struct action){ .label = "Open the runbook",
                                            .url = g->runbook });
    buf_dispose(&line);
}

void alert_buttons(struct card *card, const struct alert_group *g,
                   const struct alert_view *view)
{
    enum group_state state = group_state(g);

    if (state == GROUP_RESOLVED && !view->now)
        return;
    if (!g->number) {
        nameless(card, g, view);
        return;
    }
    if (state == GROUP_RESOLVED) {
        shown(card, g, "Show its history", "alert show A-# --history",
              STYLE_PLAIN);
        return;
    }
    first_button(card, g);
    if (state == GROUP_SILENCED)
        card_action(card, &(struct action){ .label = "Show silences",
                                            .command = "silences" });
    else if (!g->acked_by[0] || !g->ack_asked)
        shown(card, g, "Silence…", "silence A-#", STYLE_PLAIN);
    if (state == GROUP_FIRING && can_escalate(g, view))
        shown(card, g, "Escalate now", "escalate A-#", STYLE_PLAIN);
    shown(card, g, "Declare incident…", "incident open --alert A-#",
          STYLE_PLAIN);
    menu(card, g);
}
