/*
 * render_parts: the pieces blocks are made of: text objects, buttons, ids.
 * Private to blocks/.
 */
#ifndef BLOCKS_RENDER_PARTS_H
#define BLOCKS_RENDER_PARTS_H

#include "blocks/mrkdwn.h"
#include "blocks/render_blocks.h"

/* The blocks being made. */
struct sheet {
    const struct card *card;
    const struct plan *plan;
    json_t *blocks;
    size_t units;     /* text so far, UTF-16 */
    unsigned actions; /* buttons so far: their action_id */
    struct buf text;  /* the text object being written */
};

/* Starts a text in sheet->text; sheet_text() makes an object of it, and it
 * must not be empty then. One at a time. */
void sheet_ink(struct sheet *sheet, struct ink *ink, size_t limit);
json_t *sheet_text(struct sheet *sheet, const struct ink *ink,
                   const char *type);

/* Appends {"type":…, key: value}; takes value. Borrowed. */
json_t *sheet_add(struct sheet *sheet, const char *type, const char *key,
                  json_t *value);
/* Gives the newest block its id. Slack wants another one in each version of a
 * message, so that it holds the nonce; without one, Slack makes it. */
void sheet_name(struct sheet *sheet, json_t *block);

/* At most max of them, without those whose command cannot be carried; row is
 * what they are about, or NULL. A new array, which may be empty. */
json_t *sheet_buttons(struct sheet *sheet, const struct button *buttons,
                      const struct row *row, size_t max);

#endif
