/*
 * alert_parts: what the files of alert*.c share. Private to blocks/.
 *
 * view->now 0: for a channel, where it is read later than it is written:
 * moments without ages, and no reader's own buttons.
 */
#ifndef BLOCKS_ALERT_PARTS_H
#define BLOCKS_ALERT_PARTS_H

#include "blocks/alert.h"
#include "core/base/buf.h"

/* A moment: with its age for who asked, without one in a channel. */
struct span alert_when(int64_t at, int64_t now);
/* "14:12 UTC", where Slack's tokens are not read: on phones. Appends. */
void alert_clock(struct buf *out, int64_t at);
/* "29 m": how long it was, or has been. Kept by the card. */
const char *alert_lasted(struct card *card, int64_t from, int64_t to);

/* What the alert is about ("payments-api"): the first of the usual labels;
 * "" when it has none, or its title says it. Borrowed. */
const char *alert_system(const struct alert_group *g);
/* "🔴 CRITICAL · payments-api · 5xx rate 7.2%": the card's title, in all of
 * its states. Appends. */
void alert_title(struct buf *out, const struct alert_group *g);
/* For the phone: "[CRITICAL] payments-api: 5xx 7.2% — unacknowledged. A-1042",
 * at most 80 characters, cut in the middle. Appends. */
void alert_headline(struct buf *out, const struct alert_group *g);
/* "unacknowledged", "acknowledged", "silenced", "resolved". Static. */
const char *alert_state_word(const struct alert_group *g);
const char *alert_state_colour(const struct alert_group *g);
/* "A-1042"; "" while Postgres has not given it one. Kept by the card. */
const char *alert_id(struct card *card, const struct alert_group *g);
/* "first notification", "3 new in group": why somebody was told last. Kept by
 * the card. */
const char *alert_reason(struct card *card, enum group_reason reason,
                         int64_t n);

/* Slack's ids in a list of targets ("U0ANN, C0LEADS, pager main") as what they
 * stand for; what is none as it is. At most ALERT_PEOPLE spans of what `text`
 * has, without an end. Gives how many. */
#define ALERT_PEOPLE 12
size_t alert_people(struct card *card, const char *text,
                    struct span out[ALERT_PEOPLE]);
/* Are there such ids in it? Where Slack's tokens are not read they say
 * nothing. */
bool alert_has_ids(const char *text);

/* The value that all alerts of the card have under this name; "" if they
 * differ, or have none. Without alerts: the group's own. Borrowed. */
const char *alert_common(const struct alert_group *g,
                         const struct group_alerts *alerts, const char *name);
/* The first of these (NULL-ended) that has one; *name which it was. */
const char *alert_first(const struct alert_group *g,
                        const struct group_alerts *alerts,
                        const char *const *names, const char **name);

/* As somebody is mentioned: U…, S…, "here", "channel". id is borrowed. */
struct span alert_mention(const char *id);
/* Does a card mention people itself? Then it has no colour: Slack tells nobody
 * of a mention in an attachment, which is where colours are. */
bool alert_tells(const struct alert_view *view);
/* Those people, and by what it is known who is on call. */
void alert_told_row(struct card *card, const struct alert_view *view);
void alert_told_note(struct card *card, const struct alert_view *view);

/* ---- parts of the card ------------------------------------------------------- */

void alert_fields(struct card *card, const struct alert_group *g,
                  const struct alert_view *view);
/* Its alerts; what differs between them. */
void alert_rows(struct card *card, const struct alert_group *g,
                const struct alert_view *view);
void alert_context_rows(struct card *card, const struct alert_context *c,
                        int64_t now);
/* How it stands, who has it, what comes next: where put puts it. */
typedef void alert_line_put(struct card *card, const struct span *line);
void alert_state_line(struct card *card, alert_line_put *put,
                      const struct alert_group *g,
                      const struct alert_view *view);
/* What comes next, as the end of a line: "next: pages @anna 14:12 → #leads
 * 14:22"; or why nothing does. next: "next: ", or "". */
#define ALERT_NEXT 40 /* spans, the end included */
void alert_next(struct card *card, const struct alert_group *g,
                const struct alert_view *view, const char *next,
                struct span out[ALERT_NEXT]);
/* Whom the step tells, for people: "@anna, #leads". Kept by the card. */
const char *alert_whom(struct card *card, const struct alert_view *view,
                       int step);
/* What a text says, each of its lines a row; at most so many characters. */
void alert_text(struct card *card, const char *text, size_t most);

/* What happened, as a line: "👀 Acknowledged by @ben, until 15:05". g NULL: of
 * the past, when it may have stood otherwise than now. */
#define ALERT_CHANGE 24 /* spans, the end included */
void alert_change_line(struct card *card, const struct alert_group *g,
                       const struct group_change *c,
                       struct span out[ALERT_CHANGE]);

/* ---- buttons ------------------------------------------------------------------ */

struct alert_button {
    const char *label;   /* "Acknowledge" */
    const char *command; /* # stands for the number: "ack A-#" */
    enum style style;
    const char *confirm;
    bool replace;
};
typedef void alert_put(struct card *card, const struct action *action);
void alert_button(struct card *card, alert_put *put,
                  const struct alert_group *g, const struct alert_button *b);
/* Those that follow its state, at the end of its card. */
void alert_buttons(struct card *card, const struct alert_group *g,
                   const struct alert_view *view);

#endif
