/*
 * render_parts: the pieces blocks are made of: text objects, buttons, ids.
 * Private to blocks/.
 */
#ifndef BLOCKS_RENDER_PARTS_H
#define BLOCKS_RENDER_PARTS_H

#include "blocks/mrkdwn.h"
#include "blocks/render_blocks.h"

/* The blocks being written. One thread at a time. */
struct sheet {
    const struct card *card;
    const struct plan *plan;
    struct json_out *out;
    size_t blocks;      /* so far, the open one among them */
    size_t units;       /* text so far, UTF-16 */
    unsigned actions;   /* buttons so far: their action_id */
    struct buf text;    /* the text object being written */
    struct buf buttons; /* what sheet_buttons() made */
};

/* Starts a text in sheet->text; sheet_text() writes an object with it, and it
 * must not be empty then. One at a time. */
void sheet_ink(struct sheet *sheet, struct ink *ink, size_t limit);
void sheet_text(struct sheet *sheet, const struct ink *ink, const char *type);

/* Opens {"type":…; what else is in the block follows, then sheet_close(). */
void sheet_open(struct sheet *sheet, const char *type);
/* In the open block, its id. Slack wants another one in each version of a
 * message, so that it holds the nonce; without one, Slack makes it. */
void sheet_name(struct sheet *sheet);
void sheet_close(struct sheet *sheet);

/*
 * At most max of them, without those whose command cannot be carried; row is
 * what they are about, or NULL. Gives their number. They wait in
 * sheet->buttons, without brackets: how many there are decides where they go.
 */
size_t sheet_buttons(struct sheet *sheet, const struct button *buttons,
                     const struct row *row, size_t max);
/* A menu behind the buttons that wait: at most max options. Gives 1, or 0 when
 * there is none. */
size_t sheet_menu(struct sheet *sheet, const struct button *options,
                  size_t max);

#endif
