/*
 * alert: the card of a group of alerts; see alert.h. Its words are in
 * alert_words.c, its rows in alert_rows.c, its buttons in alert_buttons.c.
 */
#include "blocks/alert_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/render.h"
#include "blocks/words.h"
#include "core/base/text.h"

#define MESSAGE_SHOWN 600 /* characters of it */
#define RUNBOOK_SHOWN 200
#define ROWS_SHOWN    24 /* of all kinds; of its alerts ten */
#define NEXT_STEPS    2  /* then "…" */
#define FOOT_LABELS   8
#define FOOT_VALUE    60

static const struct span nothing = { .kind = SPAN_TEXT, .text = "" };

/* ---- what comes next --------------------------------------------------------- */

/* As the file has them: a rotation's name, a user's id. No mention: those are
 * of the lines in the thread. */
static const char *targets(struct card *card, const struct config_step *step)
{
    struct buf line = { 0 };
    const char *kept;

    for (unsigned i = 0; i < step->to_count; i++)
        buf_fmt(&line, "%s%s", i ? ", " : "", step->to[i]);
    kept = say_fmt(card, "%s", buf_text(&line)).text;
    buf_dispose(&line);
    return kept;
}

const char *alert_whom(struct card *card, const struct alert_view *view,
                       int step)
{
    if (!view->policy || step < 0 || step >= (int)view->policy->steps_count)
        return "";
    if (view->plan && view->plan[step] && view->plan[step][0])
        return view->plan[step];
    return targets(card, &view->policy->steps[step]);
}

/* Why nothing comes, where people would expect something. */
static struct span no_next(const struct alert_group *g,
                           const struct alert_view *view)
{
    if (view->unrecorded)
        return say_text("its escalation begins when the bot can record it");
    if (!g->policy[0])
        return say_text("nobody is paged: it has no escalation policy");
    return say_text("all steps of its escalation were taken");
}

void alert_next(struct card *card, const struct alert_group *g,
                const struct alert_view *view, const char *next,
                struct span out[ALERT_NEXT])
{
    const struct config_policy *policy = view->policy;
    int count = policy ? (int)policy->steps_count : 0;
    int64_t at = g->step_at;
    size_t n = 0;

    for (int i = g->step; policy && at && i < count && i < g->step + NEXT_STEPS;
         i++) {
        if (i > g->step)
            at += policy->steps[i].after_ms;
        out[n++] =
            i > g->step ? say_text(" → ") : say_fmt(card, "%spages ", next);
        n += alert_people(card, alert_whom(card, view, i), out + n);
        out[n++] = say_text(" ");
        out[n++] = alert_when(at, view->now);
    }
    if (n && g->step + NEXT_STEPS < count)
        out[n++] = say_text(" → …");
    if (!at)
        out[n++] = no_next(g, view);
    if (at && !n) {
        out[n++] = say_fmt(card, "%sescalates ", next);
        out[n++] = alert_when(at, view->now);
    }
    out[n] = (struct span){ .kind = SPAN_END };
}

/* ---- how it stands ------------------------------------------------------------ */

static void firing_line(struct card *card, alert_line_put *put,
                        const struct alert_group *g,
                        const struct alert_view *view)
{
    struct span line[ALERT_NEXT + 2] = { say_bold("Unacknowledged"),
                                         say_text(" · ") };

    alert_next(card, g, view, "next: ", line + 2);
    put(card, line);
}

/* Where the escalation goes on once nobody has it any more. */
static struct span stopped_at(struct card *card, const struct alert_group *g,
                              const struct alert_view *view)
{
    const char *whom = alert_whom(card, view, g->step);

    return *whom && g->step_left_ms > 0
               ? say_fmt(card, " · its escalation stands at step %d of %u",
                         g->step + 1, view->policy->steps_count)
               : nothing;
}

static void acked_line(struct card *card, alert_line_put *put,
                       const struct alert_group *g,
                       const struct alert_view *view)
{
    put(card,
        LINE(say_bold("Acknowledged"), say_text(" by "),
             say_user(g->acked_by, g->acked_name), say_text(" "),
             alert_when(g->acked_at, view->now),
             say_text(g->ack_until ? ", until " : ", until it is over"),
             g->ack_until ? alert_when(g->ack_until, view->now) : nothing,
             g->ack_asked ? say_text(" – still on it?") : nothing,
             g->ack_note[0] ? say_fmt(card, " · “%s”", g->ack_note) : nothing,
             stopped_at(card, g, view)));
}

static void silenced_line(struct card *card, alert_line_put *put,
                          const struct alert_group *g,
                          const struct alert_view *view)
{
    put(card,
        LINE(say_bold("Silenced"),
             g->quiet_until ? say_text(" until ") : nothing,
             g->quiet_until ? alert_when(g->quiet_until, view->now) : nothing,
             g->quiet_why[0] ? say_fmt(card, ": %s", g->quiet_why) : nothing,
             say_text(" · it still fires, and tells nobody")));
}

/* The one line that is left of it in its channel. */
static void resolved_line(struct card *card, alert_line_put *put,
                          const struct alert_group *g,
                          const struct alert_view *view)
{
    bool by_hand = g->resolved_by[0], had = g->acked_by[0];

    put(card,
        LINE(say_bold("Resolved"), by_hand ? say_text(" by ") : nothing,
             by_hand ? say_user(g->resolved_by, "") : nothing, say_text(" "),
             alert_when(group_ended(g), view->now),
             say_fmt(card, " after %s",
                     alert_lasted(card, g->started_at, group_ended(g))),
             had ? say_text(" · acknowledged by ") : nothing,
             had ? say_user(g->acked_by, g->acked_name) : nothing,
             g->total > 1 ? say_fmt(card, " · %lld alerts", (long long)g->total)
                          : nothing,
             g->flaps ? say_fmt(card, " · fired %d times", g->flaps + 1)
                      : nothing,
             view->now ? nothing : say_fmt(card, " · %s", alert_id(card, g))));
}

void alert_state_line(struct card *card, alert_line_put *put,
                      const struct alert_group *g,
                      const struct alert_view *view)
{
    switch (group_state(g)) {
    case GROUP_FIRING:
        firing_line(card, put, g, view);
        break;
    case GROUP_ACKED:
        acked_line(card, put, g, view);
        break;
    case GROUP_SILENCED:
        silenced_line(card, put, g, view);
        break;
    case GROUP_RESOLVED:
        resolved_line(card, put, g, view);
        break;
    }
}

/* ---- rows --------------------------------------------------------------------- */

static void message_row(struct card *card, const struct alert_group *g)
{
    if (text_blank(g->message) || !strcmp(g->message, g->title))
        return;
    alert_text(card, g->message, MESSAGE_SHOWN);
}

static void flapping_row(struct card *card, const struct alert_group *g)
{
    if (g->flaps > 0)
        card_row(card, LINE(say_text("🔁 "), say_bold("Flapping"),
                            say_fmt(card,
                                    ": it fired %d times; this card is for all "
                                    "of them.",
                                    g->flaps + 1)));
}

static void runbook_row(struct card *card, const struct alert_group *g,
                        const struct alert_view *view)
{
    char *line;

    if (!g->runbook[0])
        return;
    line =
        text_cut(view->runbook_line ? view->runbook_line : "", RUNBOOK_SHOWN);
    card_row(card,
             LINE(say_text("📖 "), say_text(line), say_text(*line ? " · " : ""),
                  say_link("Runbook", g->runbook)));
    free(line);
}

/* ---- small print ----------------------------------------------------------------- */

/* Unless that is the reason. */
static struct span state_of(struct card *card, const struct alert_group *g)
{
    const char *word = alert_state_word(g);

    return strcmp(alert_reason(card, g->told_why, 0), word)
               ? say_fmt(card, " · %s", word)
               : nothing;
}

static void id_note(struct card *card, const struct alert_group *g,
                    const struct alert_view *view)
{
    card_note(
        card,
        LINE(say_bold(alert_id(card, g)), say_text(g->number ? " · " : ""),
             say_text(alert_reason(card, g->told_why, g->fresh)),
             g->told_at ? say_text(" ") : nothing,
             g->told_at ? alert_when(g->told_at, view->now) : nothing,
             state_of(card, g),
             g->route[0] ? say_fmt(card, " · route %s", g->route) : nothing,
             g->source[0] ? say_fmt(card, " · from %s", g->source) : nothing));
}

/* What is said elsewhere on the card. */
static bool told_already(const char *name)
{
    static const char *const names[] = { "severity", "source",  "alertname",
                                         "impact",   "runbook", "summary",
                                         "service",  "env" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i], name))
            return true;
    return false;
}

/* What all of its alerts have. */
static void labels_note(struct card *card, const struct alert_group *g,
                        const struct alert_view *view)
{
    const struct labels *all = view->alerts && view->alerts->count
                                   ? &view->alerts->items[0].labels
                                   : &g->labels;
    struct buf line = { 0 };
    size_t shown = 0;

    for (size_t i = 0; i < all->count && shown < FOOT_LABELS; i++) {
        const char *name = all->items[i].name;
        const char *value = alert_common(g, view->alerts, name);
        char *cut;

        if (!*value || told_already(name))
            continue;
        cut = text_cut(value, FOOT_VALUE);
        buf_fmt(&line, "%s%s=%s", shown++ ? " · " : "", name, cut);
        free(cut);
    }
    if (shown)
        card_note(card, LINE(say_text(buf_text(&line))));
    buf_dispose(&line);
}

static void links_note(struct card *card, const struct alert_group *g)
{
    struct span line[2 * EVENT_LINKS + 1] = { 0 };
    size_t n = 0;

    for (size_t i = 1; i < g->links_count; i++) {
        if (n)
            line[n++] = say_text(" · ");
        line[n++] = say_link(g->links[i].label, g->links[i].url);
    }
    line[n] = (struct span){ .kind = SPAN_END };
    if (n)
        card_note(card, line);
}

static void notes(struct card *card, const struct alert_group *g,
                  const struct alert_view *view)
{
    if (g->test)
        card_note(card,
                  LINE(say_text("🧪 This is a test: nothing is wrong.")));
    if (view->unrecorded)
        card_note(card,
                  LINE(say_text("⚠️ History unavailable: the bot cannot "
                                "reach Postgres. This alert is recorded "
                                "later.")));
    alert_told_note(card, view);
    id_note(card, g, view);
    labels_note(card, g, view);
    links_note(card, g);
}

/* ---- the card ------------------------------------------------------------------ */

/* "(3 alerts). Pages @anna 14:12 UTC." */
static void summary(struct card *card, const struct alert_group *g,
                    const struct alert_view *view)
{
    struct buf text = { 0 };
    char n[WORDS_TEXT];

    alert_headline(&text, g);
    if (g->firing > 1)
        buf_fmt(&text, " (%s alerts)", words_count(g->firing, n));
    if (group_state(g) == GROUP_FIRING && g->step_at) {
        const char *whom = alert_whom(card, view, g->step);

        if (!*whom || alert_has_ids(whom))
            buf_str(&text, ". Escalates ");
        else
            buf_fmt(&text, ". Pages %s ", whom);
        alert_clock(&text, g->step_at);
    } else if (group_state(g) == GROUP_ACKED && g->acked_name[0]) {
        buf_fmt(&text, " by @%s", g->acked_name);
    } else if (group_state(g) == GROUP_RESOLVED) {
        buf_fmt(&text, " after %s",
                alert_lasted(card, g->started_at, group_ended(g)));
    }
    card_summary(card, "%s", buf_text(&text));
    buf_dispose(&text);
}

static void title(struct card *card, const struct alert_group *g)
{
    struct buf text = { 0 };

    alert_title(&text, g);
    card_title(card, TONE_NONE, "%s", buf_text(&text));
    buf_dispose(&text);
    if (g->links_count)
        card_link(card, g->links[0].url);
}

void alert_card(struct card *card, const struct alert_group *g,
                const struct alert_view *view)
{
    bool closed = group_state(g) == GROUP_RESOLVED && !view->now;

    if (!alert_tells(view))
        card_colour(card, alert_state_colour(g));
    card_rows(card, ROWS_SHOWN);
    summary(card, g, view);
    title(card, g);
    alert_state_line(card, card_lead, g, view);
    if (closed)
        return;
    alert_told_row(card, view);
    alert_fields(card, g, view);
    flapping_row(card, g);
    message_row(card, g);
    alert_rows(card, g, view);
    alert_context_rows(card, view->context, view->now);
    runbook_row(card, g, view);
    notes(card, g, view);
    alert_buttons(card, g, view);
}

/* The nonce of a message that lives on is the group's, not of one asking; with
 * its version, for Slack wants other ids of the blocks of each edit. */
char *alert_message(const struct alert_group *g, const struct alert_view *view,
                    const char *slash)
{
    struct card *card = card_new();
    char *body;

    card_slash(card, slash);
    card_nonce(card,
               say_fmt(card, "%s.%lld", g->op, (long long)g->version).text);
    alert_card(card, g, view);
    body = render_message(card, RENDER_POST, 0);
    card_free(card);
    return body;
}
