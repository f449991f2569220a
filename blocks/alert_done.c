/*
 * alert_done: for who did something to an alert: what came of it in one line,
 * and the card as it is now. See alert.h.
 */
#include "blocks/alert_parts.h"

#include "core/base/text.h"

static const struct span none = { .kind = SPAN_TEXT, .text = "" };

/* "acknowledge A-1042", for what was not done. */
static const char *verb(enum step_kind kind)
{
    switch (kind) {
    case STEP_ACK:
        return "acknowledged";
    case STEP_UNACK:
        return "unacknowledged";
    case STEP_RESOLVE:
        return "resolved";
    case STEP_ESCALATE:
        return "escalated";
    case STEP_ASSIGN:
        return "assigned";
    case STEP_NOTE:
        return "noted";
    default:
        return "changed";
    }
}

static struct span holder(const struct alert_group *g)
{
    return g->acked_by[0] ? say_user(g->acked_by, g->acked_name)
                          : say_text("nobody");
}

/* ---- it was done ------------------------------------------------------------- */

static void done_line(struct card *card, const struct alert_done *done)
{
    struct span line[ALERT_CHANGE];

    alert_change_line(card, &done->group, &done->change, line);
    card_lead(card, line);
    if (done->before)
        card_row(card, LINE(say_text("That was done before, by this same "
                                     "request; nothing changed now.")));
}

/* ---- it was not ---------------------------------------------------------------- */

static void nothing_line(struct card *card, const struct alert_group *g,
                         enum step_kind kind)
{
    if (kind == STEP_ACK)
        card_lead(card,
                  LINE(say_bold("It is acknowledged already"), say_text(" by "),
                       holder(g), g->ack_until ? say_text(", until ") : none,
                       g->ack_until ? say_at(g->ack_until) : none,
                       say_text(". Nothing was changed.")));
    else if (kind == STEP_UNACK)
        card_lead(card, LINE(say_bold("Nobody has acknowledged it"),
                             say_text(". Nothing was changed.")));
    else if (kind == STEP_ESCALATE)
        card_lead(card, LINE(say_bold("There is no step to take"),
                             say_text(": it has no escalation policy, or all "
                                      "its steps were taken. Nothing was "
                                      "changed.")));
    else if (kind == STEP_ASSIGN)
        card_lead(card, LINE(say_bold("It is assigned already"),
                             say_text(" to "), say_user(g->assignee, ""),
                             say_text(". Nothing was changed.")));
    else
        card_lead(card, LINE(say_bold("It is so already"),
                             say_text(". Nothing was changed.")));
}

static void over_line(struct card *card, const struct alert_group *g,
                      enum step_kind kind)
{
    card_lead(card, LINE(say_bold("It is over"), say_text(" since "),
                         say_at(group_ended(g)),
                         say_fmt(card, ": not %s. Nothing was changed.",
                                 verb(kind))));
}

static void stale_line(struct card *card, enum step_kind kind)
{
    card_lead(card, LINE(say_bold("The card had changed"),
                         say_fmt(card,
                                 " since you saw it: not %s. Nothing was "
                                 "changed. This is how it stands now:",
                                 verb(kind))));
}

static void taken_line(struct card *card, const struct alert_group *g,
                       enum step_kind kind)
{
    card_lead(card,
              LINE(holder(g), say_bold(" has it"),
                   g->acked_at ? say_text(", since ") : none,
                   g->acked_at ? say_at(g->acked_at) : none,
                   say_fmt(card, ": not %s. Nothing was changed. ", verb(kind)),
                   say_text("Who has it can let go: "),
                   say_fmt(card, "unack A-%lld", (long long)g->number)));
}

static void refused_line(struct card *card, const struct alert_group *g)
{
    card_lead(card,
              LINE(say_bold("Not resolved"),
                   say_text(": its source says when it is over, and it "
                            "still fires"),
                   g->source[0] ? say_fmt(card, " (%s)", g->source) : none,
                   say_text(". Nothing was changed. Silence it instead, "
                            "or acknowledge it.")));
}

static void outcome_line(struct card *card, const struct alert_done *done,
                         enum step_kind kind)
{
    switch (done->result) {
    case STEP_DONE:
        done_line(card, done);
        break;
    case STEP_NOTHING:
        nothing_line(card, &done->group, kind);
        break;
    case STEP_STALE:
        stale_line(card, kind);
        break;
    case STEP_OVER:
        over_line(card, &done->group, kind);
        break;
    case STEP_TAKEN:
        taken_line(card, &done->group, kind);
        break;
    case STEP_REFUSED:
        refused_line(card, &done->group);
        break;
    }
}

/* Does the first line say already how it stands? */
static bool says_state(const struct alert_done *done, enum step_kind kind)
{
    return done->result == STEP_DONE && !done->before &&
           (kind == STEP_ACK || kind == STEP_RESOLVE);
}

void alert_done_card(struct card *card, const struct alert_done *done,
                     enum step_kind kind, const struct alert_view *view)
{
    const struct alert_group *g = &done->group;
    struct buf title = { 0 };

    if (!done->found) {
        card_title(card, TONE_REFUSED, "There is no such alert");
        card_lead(card, LINE(say_text("All that there are: "),
                             say_typed(card, "alerts --all")));
        return;
    }
    alert_title(&title, g);
    card_colour(card, alert_state_colour(g));
    card_title(card, TONE_NONE, "A-%lld · %s", (long long)g->number,
               buf_text(&title));
    outcome_line(card, done, kind);
    if (!says_state(done, kind))
        alert_state_line(card, card_row, g, view);
    alert_buttons(card, g, view);
    buf_dispose(&title);
}
