/*
 * incident: how one stands, the lines in its thread, and the answers to who
 * changes it. See incident.h.
 */
#include "blocks/incident_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/render.h"
#include "blocks/words.h"
#include "core/base/clock.h"
#include "core/base/text.h"

#define TITLE_WHOLE 110 /* characters that the header shows beside the rest */
#define TEXT_SHOWN  600 /* of a text in the headline: its thread has all */
#define PIECE       800 /* of one line */

/* ---- parts ----------------------------------------------------------------- */

const char *incident_severity_text(enum incident_severity severity)
{
    static const char *const texts[] = {
        [INCIDENT_P0] = "🔴 P0 critical",
        [INCIDENT_P1] = "🟠 P1 high",
        [INCIDENT_P2] = "🟡 P2 warning",
        [INCIDENT_P3] = "🔵 P3 info",
    };

    return texts[severity];
}

struct span incident_when(int64_t at, const struct incident_view *view)
{
    return view->now ? say_when(at, view->now) : say_at(at);
}

const char *incident_lasted(struct card *card, const struct incident *i)
{
    char age[CLOCK_TEXT];
    int64_t ms = i->resolved_at - i->opened_at;

    return say_fmt(card, "%s", clock_age(ms > 0 ? ms : 0, age)).text;
}

/* Where a line of text may be broken: after at most PIECE bytes, at a blank if
 * there is one, never inside a character. */
static size_t piece(const char *text, size_t len)
{
    size_t n = PIECE;

    if (len <= PIECE)
        return len;
    while (n > PIECE / 2 && text[n] != ' ')
        n--;
    if (text[n] != ' ')
        for (n = PIECE; n > 1 && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
            ;
    return n;
}

void incident_text(struct card *card, const char *text)
{
    while (*text) {
        size_t line = strcspn(text, "\n"), n = piece(text, line);

        if (n)
            card_detail(card, LINE(say_fmt(card, "%.*s", (int)n, text)));
        text += n;
        text += strspn(text, n < line ? " " : "\n");
    }
}

/* Under a label; what is long is cut. */
static void part(struct card *card, const struct span *label, const char *text)
{
    char *cut = text_cut(text, TEXT_SHOWN);

    card_row(card, label);
    incident_text(card, cut);
    free(cut);
}

void incident_action(struct card *card, const struct incident *i,
                     const struct incident_button *button)
{
    char line[80], label[80];

    snprintf(line, sizeof line, "incident %s %lld%s", button->does,
             (long long)i->number, button->flag ? button->flag : "");
    snprintf(label, sizeof label, button->label, (long long)i->number);
    card_action(card, &(struct action){ .label = label,
                                        .command = line,
                                        .style = button->style });
}

/* ---- how it stands --------------------------------------------------------- */

static void status_line(struct card *card, const struct incident *i,
                        const struct incident_view *view)
{
    if (i->resolved)
        card_lead(card,
                  LINE(say_bold("Resolved"), say_text(": it works again. By "),
                       say_user(i->resolved_by, i->resolved_name),
                       say_text(" "), incident_when(i->resolved_at, view),
                       say_fmt(card, ", after %s", incident_lasted(card, i))));
    else
        card_lead(card, LINE(say_bold("Open"),
                             say_text(": it is being worked on. Lead: "),
                             say_user(i->opened_by, i->opened_name)));
}

static void due_field(struct card *card, const struct incident *i,
                      const struct incident_view *view)
{
    bool late = view->now && i->due_at && i->due_at < view->now;

    if (i->due_at)
        card_field(card, "Next update due",
                   LINE(incident_when(i->due_at, view),
                        say_text(late ? " – overdue" : "")));
    else if (!i->resolved)
        card_field(card, "Next update due", LINE(say_text("none promised")));
}

static void fields(struct card *card, const struct incident *i,
                   const struct incident_view *view)
{
    card_field(card, "Severity",
               LINE(say_text(incident_severity_text(i->severity))));
    card_field(card, "Since", LINE(incident_when(i->opened_at, view)));
    if (i->updated_at)
        card_field(card, "Last update",
                   LINE(incident_when(i->updated_at, view), say_text(" by "),
                        say_user(i->updated_by, i->updated_name)));
    else if (!i->resolved)
        card_field(card, "Last update", LINE(say_text("none yet")));
    due_field(card, i, view);
}

static void texts(struct card *card, const struct incident *i)
{
    if (text_length(i->title) > TITLE_WHOLE)
        card_row(card, LINE(say_bold(i->title)));
    if (i->impact[0])
        part(card, LINE(say_bold("Impact")), i->impact);
    if (i->resolved && i->resolution[0])
        part(card, LINE(say_bold("Resolution")), i->resolution);
    else if (i->update[0])
        part(card, LINE(say_bold("Last update")), i->update);
}

static void buttons(struct card *card, const struct incident *i,
                    const struct incident_view *view)
{
    if (!i->resolved && view->may_update)
        incident_action(card, i,
                        &(struct incident_button){ .label = "Update INC-%lld…",
                                                   .does = "update",
                                                   .style = STYLE_PRIMARY });
    if (!i->resolved && view->may_resolve)
        incident_action(card, i,
                        &(struct incident_button){ .label = "Resolve INC-%lld…",
                                                   .does = "resolve" });
    incident_action(card, i,
                    &(struct incident_button){ .label = "Timeline",
                                               .does = "status",
                                               .flag = " --timeline" });
}

void incident_title(struct card *card, const struct incident *i)
{
    card_title(card, i->resolved ? TONE_OK : TONE_ALARM,
               "INC-%lld · %s %s · %s", (long long)i->number,
               incident_severity_name(i->severity),
               incident_severity_word(i->severity), i->title);
}

void incident_card(struct card *card, const struct incident *i,
                   const struct incident_view *view)
{
    incident_title(card, i);
    status_line(card, i, view);
    fields(card, i, view);
    texts(card, i);
    buttons(card, i, view);
}

/* Everybody sees its buttons: who may not is told so when pressing one. The
 * nonce of a message that lives on is the incident's, not of one asking. */
char *incident_headline(const struct incident *i, const char *slash)
{
    struct incident_view view = { .may_update = true, .may_resolve = true };
    struct card *card = card_new();
    char *body;

    card_slash(card, slash);
    card_nonce(card, i->op);
    incident_card(card, i, &view);
    body = render_message(card, RENDER_POST, 0);
    card_free(card);
    return body;
}

/* ---- in its thread --------------------------------------------------------- */

static void line_lead(struct card *card, const struct incident *i,
                      const struct incident_event *event)
{
    struct span who = say_user(event->actor, event->actor_name);

    if (event->kind == INCIDENT_RESOLVED)
        card_lead(card,
                  LINE(say_text("✅ "), say_bold("Resolved"), say_text(" by "),
                       who,
                       say_fmt(card, " after %s", incident_lasted(card, i))));
    else if (i->due_at)
        card_lead(card,
                  LINE(say_text("📝 "), say_bold("Update"), say_text(" by "),
                       who, say_text(" · the next one is due "),
                       say_at(i->due_at)));
    else
        card_lead(card, LINE(say_text("📝 "), say_bold("Update"),
                             say_text(" by "), who));
}

char *incident_line(const struct incident *i,
                    const struct incident_event *event, const char *slash)
{
    struct card *card = card_new();
    char *body;

    card_slash(card, slash);
    line_lead(card, i, event);
    incident_text(card, event->text);
    body = render_message(card, RENDER_POST, 0);
    card_free(card);
    return body;
}

/* ---- for who changed it ---------------------------------------------------- */

static void where_line(struct card *card, const struct incident *i)
{
    if (i->channel[0])
        card_lead(card, LINE(say_text("Its headline is in "),
                             say_channel(i->channel)));
    else
        card_lead(card, LINE(say_text("It is recorded, and has no headline: "
                                      "no channel is configured for it ("),
                             say_code("channels.incidents"), say_text(").")));
}

static void opened(struct card *card, const struct incident *i)
{
    incident_title(card, i);
    where_line(card, i);
}

static void updated(struct card *card, const struct incident *i)
{
    card_title(card, TONE_OK, "INC-%lld updated", (long long)i->number);
    where_line(card, i);
    if (i->due_at)
        card_note(card,
                  LINE(say_text("The next update is due "), say_at(i->due_at)));
}

static void resolved(struct card *card, const struct incident *i)
{
    card_title(card, TONE_OK, "INC-%lld resolved after %s",
               (long long)i->number, incident_lasted(card, i));
    where_line(card, i);
}

/* Somebody was quicker. */
static void over(struct card *card, const struct incident *i, int64_t now)
{
    card_title(card, TONE_INFO, "INC-%lld is resolved already",
               (long long)i->number);
    card_lead(card,
              LINE(say_text("By "), say_user(i->resolved_by, i->resolved_name),
                   say_text(" "), say_when(i->resolved_at, now),
                   say_fmt(card, ", after %s. Nothing was changed.",
                           incident_lasted(card, i))));
    if (i->resolution[0])
        part(card, LINE(say_bold("Resolution")), i->resolution);
    card_row(card, LINE(say_text("Is it broken again? That is a new one: "),
                        say_typed(card, "incident open")));
    card_action(card, &(struct action){ .label = "Open a new incident…",
                                        .command = "incident open" });
}

void incident_done_card(struct card *card, const struct incident_done *done,
                        enum incident_event_kind kind, int64_t now)
{
    const struct incident *i = &done->incident;

    if (done->result == INCIDENT_OVER)
        over(card, i, now);
    else if (kind == INCIDENT_OPENED)
        opened(card, i);
    else if (kind == INCIDENT_UPDATED)
        updated(card, i);
    else
        resolved(card, i);
    if (done->result == INCIDENT_BEFORE)
        card_note(card, LINE(say_text("This was done before; nothing more was "
                                      "changed.")));
}
