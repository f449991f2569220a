/*
 * render: one card, three forms. Pure: no I/O, no clock.
 *
 * All of Slack's limits are enforced here and nowhere else, in steps: texts
 * are cut with a mark, rows beyond the limit become "and 38 more", then rows
 * lose their details, then only plain text is left. What comes out is never
 * refused by Slack.
 */
#ifndef BLOCKS_RENDER_H
#define BLOCKS_RENDER_H

#include "blocks/card.h"

/* Rows shown in Slack before "and n more"; render_text() and render_json()
 * have all. */
#define RENDER_ROWS 10

/* The biggest message that fits an ack: 20 KiB less the envelope around it. */
#define RENDER_ACK_BYTES 19000

/*
 * A message as compact JSON text (heap, never NULL):
 * {"text":…,"blocks":[…]} and, in an answer, "response_type" and
 * "replace_original"; in a post, that Slack is to unfurl nothing. max_bytes bounds the text (0: no bound but Slack's);
 * what is too big is degraded until it fits; below 200 there may be no way.
 *
 * Without "blocks" the message is text alone; with RENDER_REPLACE it says
 * "blocks":[] then, for Slack would keep the old ones.
 */
enum render_for {
    RENDER_ANSWER,  /* ack payload or response_url */
    RENDER_REPLACE, /* the same, in the place of the message pressed on */
    RENDER_POST,    /* chat.postMessage, without its channel */
};
char *render_message(const struct card *card, enum render_for how,
                     size_t max_bytes);

/* Plain text, for terminals and the message's `text`. Heap. */
char *render_text(const struct card *card);
/* Its first line: title and lead; for notifications, ≤ 300 characters. Never
 * blank, not escaped. */
char *render_summary(const struct card *card);

/* A moment as render_text() writes it: "14:02 UTC (6 m ago)". Appends. */
struct buf;
void render_when(struct buf *out, int64_t at_ms, int64_t now_ms);
/* Its age alone: "6 m ago", "in 6 m". Appends. */
void render_age(struct buf *out, int64_t at_ms, int64_t now_ms);
/* The icon of a tone by its name in render_json(); "" for none. */
const char *render_icon(const char *tone);

/* For machines: {"title","tone","lead","fields":{…},"rows":[…],…}. Heap. */
char *render_json(const struct card *card);

/* The value of a pressed button taken apart. False: not one of ours. */
#define PRESS_COMMAND 1800
struct press {
    char nonce[40];
    char command[PRESS_COMMAND];
    bool replace;
};
bool render_press(const char *value, struct press *out);
/* The version of the card that it stood on: the digits behind the last dot of
 * its nonce; 0: none is said. */
int64_t press_version(const struct press *press);
/* Of a button that opened a link in the browser: there is nothing to do. */
bool render_press_link(const char *value);

/* Slack's escaping of & < > for text that Slack shows, repaired (text_plain).
 * Markers like * and ` stay. Appends to out. */
void mrkdwn_escape(struct buf *out, const char *text);

#endif
