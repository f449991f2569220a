/*
 * message: what Slack would show of a message, as lines of text.
 *
 * Blocks where there are any, else the text; mrkdwn becomes colours, tokens
 * become names and times, a button is [Label], a menu [⋯ One | Another].
 * Pure. Main thread.
 */
#ifndef DEMO_MESSAGE_H
#define DEMO_MESSAGE_H

#include <jansson.h>

#include "core/base/buf.h"

/* Appends the message, each line ended, for paper_print(). */
void message_lines(struct buf *out, const json_t *message);

/* The nth (from 1) button, or entry of a menu, with that label, upper and lower
 * case alike; NULL: there is none. *element is what holds its action_id: the
 * button itself, or the menu. Both borrowed. */
const json_t *message_button(const json_t *message, const char *label, int nth,
                             const json_t **element);

/* Appends mrkdwn as Slack shows it. */
void markup_text(struct buf *out, const char *mrkdwn);

/* "ann" for "U0ANN", "ops" for "C0OPS"; the id itself for others. */
const char *markup_name(const char *id);

#endif
