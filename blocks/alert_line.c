/*
 * alert_line: what is said in a card's thread: what happened, in one line that
 * begins with the reason, and nothing that the card says. Where it is shown in
 * the channel as well it says which alert it is, and can be acknowledged.
 */
#include "blocks/alert_parts.h"

#include <stdio.h>
#include <string.h>

#include "blocks/render.h"
#include "blocks/words.h"
#include "core/base/text.h"

#define MENTIONS_SHOWN 10

static const struct span none = { .kind = SPAN_TEXT, .text = "" };

/* One thing that is said: what stands out, and what follows it. */
struct said {
    const char *icon, *what;
    struct span tail[8];
    const char *people; /* … behind it: targets; NULL */
};

static bool has_text(const struct group_change *c)
{
    return !text_blank(c->text);
}

static struct span who(const struct group_change *c)
{
    return c->actor[0] ? say_user(c->actor, c->actor_name)
                       : say_text("its source");
}

/* ": text", or what is said without one. */
static struct span told(struct card *card, const struct group_change *c,
                        const char *otherwise)
{
    return has_text(c) ? say_fmt(card, ": %s", c->text) : say_text(otherwise);
}

static const char *times(struct card *card, int64_t n)
{
    char count[WORDS_TEXT];

    return say_fmt(card, "%s time%s", words_count(n, count), words_s(n)).text;
}

static const char *some(struct card *card, const char *fmt, int64_t n)
{
    char count[WORDS_TEXT];

    words_count(n, count);
    return say_fmt(card, "%s %s", count, fmt).text;
}

/* What is true of the present alone; g NULL: it is told of the past. */
static struct span counts(struct card *card, const struct alert_group *g)
{
    char firing[WORDS_TEXT], total[WORDS_TEXT];

    if (!g)
        return none;
    return say_fmt(card, " · %s firing of %s", words_count(g->firing, firing),
                   words_count(g->total, total));
}

static struct span to_severity(const struct alert_group *g)
{
    static const char *const texts[ALERT_SEVERITIES] = {
        [ALERT_CRITICAL] = " to 🔴 CRITICAL",
        [ALERT_HIGH] = " to 🟠 HIGH",
        [ALERT_WARNING] = " to 🟡 WARNING",
        [ALERT_INFO] = " to 🔵 INFO",
    };

    return g ? say_text(texts[g->severity]) : none;
}

static struct span after(struct card *card, const struct alert_group *g,
                         const struct group_change *c)
{
    return g ? say_fmt(card, " after %s",
                       alert_lasted(card, g->started_at,
                                    g->resolved_at ? group_ended(g) : c->at))
             : none;
}

/* The next one is as far away as the last one was. */
static const char *repeat(struct card *card, const struct alert_group *g,
                          const struct group_change *c)
{
    int64_t every = g && g->repeat_at ? g->repeat_at - c->at : 0;

    return every > 0 ? say_fmt(card, "Re-sent: %s repeat",
                               alert_lasted(card, 0, every))
                           .text
                     : "Re-sent: it still fires";
}

/* ---- what its source did -------------------------------------------------------- */

static void news(struct card *card, const struct alert_group *g,
                 const struct group_change *c, struct said *s)
{
    switch (c->reason) {
    case REASON_FIRST:
        *s = (struct said){ .icon = "🔔",
                            .what = "First notification",
                            .tail = { none } };
        break;
    case REASON_MORE:
        *s = (struct said){ .icon = "➕",
                            .what = some(card, "new in group", c->n),
                            .tail = { counts(card, g), told(card, c, "") } };
        break;
    case REASON_REPEAT:
        *s = (struct said){ .icon = "🔁",
                            .what = repeat(card, g, c),
                            .tail = { say_text(g ? ", it fires since " : ""),
                                      g ? say_at(g->started_at) : none,
                                      told(card, c, "") } };
        break;
    case REASON_WORSE:
        *s = (struct said){ .icon = "⬆️",
                            .what = "Severity up",
                            .tail = { to_severity(g), told(card, c, "") } };
        break;
    case REASON_BETTER:
        *s = (struct said){ .icon = "⬇️",
                            .what = "Severity down",
                            .tail = { to_severity(g), told(card, c, "") } };
        break;
    case REASON_AGAIN:
        *s = (struct said){ .icon = "🔥",
                            .what = "Fires again",
                            .tail = { told(card, c, "") } };
        break;
    case REASON_FLAPPING:
        *s = (struct said){ .icon = "🔁",
                            .what = "Flapping",
                            .tail = { say_fmt(card,
                                              ": it fired %s in the last hour. "
                                              "One line for all of them.",
                                              times(card, c->n)) } };
        break;
    case REASON_SOME_OVER:
        *s = (struct said){ .icon = "☑️",
                            .what = some(
                                card, c->n == 1 ? "is over" : "are over", c->n),
                            .tail = { counts(card, g) } };
        break;
    default: /* REASON_RESOLVED */
        *s = (struct said){ .icon = "✅",
                            .what = "Resolved",
                            .tail = { say_text(" by "), who(c),
                                      after(card, g, c), told(card, c, "") } };
        break;
    }
}

/* ---- what people did --------------------------------------------------------------- */

/* "step 2 of 3 of the escalation cancelled". */
static struct span cancelled(struct card *card, const struct group_change *c)
{
    if (c->n <= 0)
        return none;
    return say_fmt(card, " · step %lld of %lld of the escalation cancelled",
                   (long long)c->n, (long long)c->of);
}

static struct span until_text(const struct group_change *c, const char *before)
{
    return say_text(c->until ? before : "");
}

static struct span until_at(const struct group_change *c)
{
    return c->until ? say_at(c->until) : none;
}

static void acks(struct card *card, const struct group_change *c,
                 struct said *s)
{
    switch (c->reason) {
    case REASON_ACKED:
        *s = (struct said){ .icon = "👀",
                            .what = "Acknowledged",
                            .tail = { say_text(" by "), who(c),
                                      until_text(c, ", until "), until_at(c),
                                      told(card, c, ""), cancelled(card, c) } };
        break;
    case REASON_UNACKED:
        *s = (struct said){ .icon = "↩️",
                            .what = "Unacknowledged",
                            .tail = { say_text(" by "), who(c),
                                      told(card, c, ""),
                                      say_text(" · nobody has it now") } };
        break;
    case REASON_ASKED:
        *s = (struct said){
            .icon = "⏳",
            .what = "Still on it?",
            .tail = { say_text(" The acknowledgement ends "),
                      c->until ? say_at(c->until) : say_text("soon"),
                      say_text("; then the escalation goes on."),
                      say_text(has_text(c) ? " " : "") },
            .people = c->text
        };
        break;
    case REASON_EXTENDED:
        *s = (struct said){ .icon = "👀",
                            .what = "Acknowledgement extended",
                            .tail = { say_text(" by "), who(c),
                                      until_text(c, ", until "), until_at(c),
                                      told(card, c, "") } };
        break;
    default: /* REASON_ACK_EXPIRED */
        *s = (struct said){
            .icon = "⌛",
            .what = "Acknowledgement expired",
            .tail = { say_text(": nobody has it now, the escalation "
                               "goes on"),
                      say_text(has_text(c) ? " · it was " : "") },
            .people = c->text
        };
        break;
    }
}

static void others(struct card *card, const struct group_change *c,
                   struct said *s)
{
    switch (c->reason) {
    case REASON_SILENCED:
        *s = (struct said){ .icon = "🔕",
                            .what = "Silenced",
                            .tail = { until_text(c, " until "), until_at(c),
                                      told(card, c, "") } };
        break;
    case REASON_UNSILENCED:
        *s = (struct said){ .icon = "🔔",
                            .what = "No longer silenced",
                            .tail = { told(card, c, ""),
                                      say_text(c->actor[0] ? " by " : ""),
                                      c->actor[0] ? who(c) : none } };
        break;
    case REASON_ESCALATED:
        *s = (struct said){
            .icon = "📟",
            .what = c->n > 0 ? say_fmt(card, "Escalated: step %lld of %lld",
                                       (long long)c->n, (long long)c->of)
                                   .text
                             : "Escalated",
            .tail = { say_text(c->actor[0] ? " by " : ""),
                      c->actor[0] ? who(c) : none,
                      say_text(has_text(c) ? ": pages " : "") },
            .people = c->text
        };
        break;
    case REASON_ASSIGNED:
        *s = (struct said){ .icon = "👤",
                            .what = "Assigned",
                            .tail = { say_text(" by "), who(c),
                                      say_text(has_text(c) ? " to "
                                                           : " to nobody") },
                            .people = c->text };
        break;
    case REASON_NOTE:
        *s = (struct said){ .icon = "📝",
                            .what = "Note",
                            .tail = { say_text(" by "), who(c),
                                      told(card, c, "") } };
        break;
    default: /* REASON_REPOSTED */
        *s = (struct said){ .icon = "♻️",
                            .what = "Posted anew",
                            .tail = { say_text(": its card was deleted."),
                                      told(card, c, "") } };
        break;
    }
}

static void say(struct card *card, const struct alert_group *g,
                const struct group_change *c, struct said *s)
{
    if (c->reason <= REASON_RESOLVED)
        news(card, g, c, s);
    else if (c->reason <= REASON_ACK_EXPIRED)
        acks(card, c, s);
    else
        others(card, c, s);
}

void alert_change_line(struct card *card, const struct alert_group *g,
                       const struct group_change *c,
                       struct span out[ALERT_CHANGE])
{
    struct said s = { 0 };
    size_t n = 0;

    say(card, g, c, &s);
    out[n++] = say_fmt(card, "%s ", s.icon);
    out[n++] = say_bold(s.what);
    for (size_t i = 0; i < 8 && s.tail[i].kind != SPAN_END; i++)
        out[n++] = s.tail[i];
    if (s.people)
        n += alert_people(card, s.people, out + n);
    out[n] = (struct span){ .kind = SPAN_END };
}

/* ---- whom it tells ------------------------------------------------------------------- */

struct span alert_mention(const char *id)
{
    if (!strcmp(id, "here") || !strcmp(id, "channel"))
        return say_all(id);
    return id[0] == 'S' ? say_group(id, "") : say_user(id, "");
}

/* Those whom the line names already are not named twice. */
static void mention_row(struct card *card, const struct group_change *c,
                        const char *const *mentions, size_t count)
{
    struct span line[2 * MENTIONS_SHOWN + 1] = { 0 };
    size_t n = 0;

    for (size_t i = 0; i < count && i < MENTIONS_SHOWN; i++) {
        if (c->reason == REASON_ESCALATED && strstr(c->text, mentions[i]))
            continue;
        if (n)
            line[n++] = say_text(" ");
        line[n++] = alert_mention(mentions[i]);
    }
    line[n] = (struct span){ .kind = SPAN_END };
    if (n)
        card_row(card, line);
}

/* ---- the line ---------------------------------------------------------------------------- */

static void line_summary(struct card *card, const struct alert_group *g,
                         const struct group_change *c)
{
    struct buf text = { 0 };

    alert_headline(&text, g);
    card_summary(card, "%s: %s", buf_text(&text),
                 alert_reason(card, c->reason, c->n));
    buf_dispose(&text);
}

/* In the channel it stands without its card. */
static void channel_row(struct card *card, const struct alert_group *g)
{
    struct buf text = { 0 };

    alert_title(&text, g);
    card_note(card, LINE(say_bold(alert_id(card, g)), say_text(" · "),
                         say_text(buf_text(&text))));
    buf_dispose(&text);
}

static void line_buttons(struct card *card, const struct alert_group *g,
                         const struct step_line *line)
{
    bool asks = line->change.reason == REASON_ASKED;
    bool open = group_state(g) == GROUP_FIRING;

    if (asks)
        alert_button(card, card_action, g,
                     &(struct alert_button){ .label = "Still on it",
                                             .command = "ack A-#",
                                             .style = STYLE_PRIMARY });
    if (asks)
        alert_button(card, card_action, g,
                     &(struct alert_button){ .label = "Unacknowledge",
                                             .command = "unack A-#" });
    else if (open && line->voice == VOICE_BROADCAST)
        alert_button(card, card_action, g,
                     &(struct alert_button){ .label = "Acknowledge",
                                             .command = "ack A-#",
                                             .style = STYLE_PRIMARY });
}

char *alert_thread_line(const struct alert_group *g,
                        const struct step_line *line,
                        const char *const *mentions, size_t mentions_count,
                        const char *slash)
{
    struct card *card = card_new();
    struct span spans[ALERT_CHANGE];
    char *body;

    card_slash(card, slash);
    card_nonce(card, g->op);
    alert_change_line(card, g, &line->change, spans);
    card_lead(card, spans);
    mention_row(card, &line->change, mentions, mentions_count);
    line_summary(card, g, &line->change);
    if (line->voice == VOICE_BROADCAST) {
        card_broadcast(card);
        channel_row(card, g);
    }
    line_buttons(card, g, line);
    body = render_message(card, RENDER_POST, 0);
    card_free(card);
    return body;
}
