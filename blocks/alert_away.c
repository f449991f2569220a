/*
 * alert_away: what an outage leaves in a channel: what it did not get while
 * Slack was away, in one message before the cards that follow; what it got
 * twice while Postgres was, and whom it told meanwhile. See alert.h.
 */
#include "blocks/alert_parts.h"

#include "blocks/render.h"
#include "blocks/words.h"

#define TOLD_SHOWN 20

static const struct span none = { .kind = SPAN_TEXT, .text = "" };

/* "12 alerts came, 3 are still open (1 critical)". Kept by the card. */
static const char *away_sum(struct card *card, const struct away *a)
{
    char alerts[WORDS_TEXT], open[WORDS_TEXT], critical[WORDS_TEXT];

    return say_fmt(card, "%s alert%s, %s still open%s%s%s",
                   words_count(a->alerts, alerts), words_s(a->alerts),
                   words_count(a->open, open), a->criticals ? " (" : "",
                   a->criticals ? words_count(a->criticals, critical) : "",
                   a->criticals ? " critical)" : "")
        .text;
}

static void away_row(struct card *card, const struct alert_group *g)
{
    struct buf title = { 0 };

    alert_title(&title, g);
    card_row(card, LINE(say_bold(alert_id(card, g)), say_text("  "),
                        say_text(buf_text(&title)), say_text(" · "),
                        say_text(alert_state_word(g))));
    if (group_state(g) == GROUP_FIRING)
        alert_button(card, card_row_action, g,
                     &(struct alert_button){ .label = "Acknowledge",
                                             .command = "ack A-#" });
    buf_dispose(&title);
}

char *away_message(const struct away *a, const char *slash)
{
    struct card *card = card_new();
    int64_t more = a->open - (int64_t)a->named.count;
    const char *sum = away_sum(card, a);
    char *body;

    card_slash(card, slash);
    card_colour(card, a->criticals ? "#a30200" : "#daa038");
    card_rows(card, AWAY_NAMED);
    card_summary(card,
                 "[CATCH-UP] Nothing could be posted here for a while: "
                 "%s",
                 sum);
    card_title(card, a->criticals ? TONE_ALARM : TONE_WARN,
               "While nothing could be posted here: %s", sum);
    card_lead(card,
              LINE(say_text("Since "), say_at(a->began),
                   a->why && a->why[0] ? say_fmt(card, " (%s)", a->why) : none,
                   say_text(". Their cards follow, each as it is now.")));
    for (size_t i = 0; i < a->named.count; i++)
        away_row(card, &a->named.items[i]);
    if (more > 0)
        card_note(card, LINE(say_fmt(card, "and %lld more", (long long)more)));
    body = render_message(card, RENDER_POST, 0);
    card_free(card);
    return body;
}

char *alert_twin_message(const struct alert_group *g, const char *slash)
{
    struct card *card = card_new();
    struct buf title = { 0 };
    char *body;

    alert_title(&title, g);
    card_slash(card, slash);
    card_colour(card, "#9e9ea6"); /* in place of the old one's attachment */
    card_summary(card, "[SEE %s] %s", alert_id(card, g), buf_text(&title));
    card_title(card, TONE_NONE, "See %s: %s", alert_id(card, g),
               buf_text(&title));
    card_lead(card,
              LINE(say_text("Posted while its history was unavailable. It has "
                            "a card in this channel already, further up, "
                            "where it goes on.")));
    alert_button(
        card, card_action, g,
        &(struct alert_button){ .label = "Show", .command = "alert show A-#" });
    body = render_message(card, RENDER_POST, 0);
    card_free(card);
    buf_dispose(&title);
    return body;
}

/* ---- posted without Postgres --------------------------------------------------- */

bool alert_tells(const struct alert_view *view)
{
    return view->told && view->told->count > 0;
}

void alert_told_row(struct card *card, const struct alert_view *view)
{
    struct span line[2 * TOLD_SHOWN + 1] = { 0 };
    size_t n = 0;

    if (!alert_tells(view))
        return;
    for (size_t i = 0; i < view->told->count && i < TOLD_SHOWN; i++) {
        if (n)
            line[n++] = say_text(" ");
        line[n++] = alert_mention(view->told->ids[i]);
    }
    line[n] = (struct span){ .kind = SPAN_END };
    card_row(card, line);
}

void alert_told_note(struct card *card, const struct alert_view *view)
{
    if (!alert_tells(view))
        return;
    if (view->told->oncall == TOLD_AS_CONFIGURED)
        card_note(card, LINE(say_text("On call by the rotation as it is "
                                      "configured: who has taken over from "
                                      "whom is in Postgres.")));
    if (view->told->oncall == TOLD_AS_KNOWN_LAST)
        card_note(card, LINE(say_text("On call as Postgres said last, "),
                             say_at(view->told->oncall_at), say_text(".")));
}
