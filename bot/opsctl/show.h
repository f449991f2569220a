/*
 * show: a card as opsctl prints it: for a terminal, as plain text, as JSON.
 *
 * Whatever comes from opsbot is shown without controls: no answer can move
 * the cursor or change a title. One thread.
 */
#ifndef BOT_OPSCTL_SHOW_H
#define BOT_OPSCTL_SHOW_H

#include <jansson.h>
#include <stdint.h>

#include "core/base/buf.h"

enum show_how {
    SHOW_TABLE, /* title, tables, what to type next */
    SHOW_TEXT,  /* what Slack shows as plain text */
    SHOW_JSON,  /* one line */
};

struct view {
    enum show_how how;
    bool colour;
    bool longer;       /* details under the rows, and nothing cut */
    size_t width;      /* of the terminal; 0: nothing is cut */
    int64_t now;       /* wall ms, for ages */
    const char *asked; /* the line that is answered: what would only ask it
                        * again is not offered; "" or NULL: none */
};

/* Appends a card as people read it: SHOW_TABLE or SHOW_TEXT. */
void show_card(struct buf *out, const json_t *card, const struct view *view);

/* Appends "opsctl ops …", as it is typed in a shell for a command of
 * opsbot's. */
void show_typed(struct buf *out, const char *command);

#endif
