/*
 * poster_body: what the poster sends, and what it reads from answers; the
 * halter's cards too, which the outbox takes over. Pure: no I/O, no clock.
 * Everything returned is on the heap.
 *
 * Posts and edits carry metadata that name the row, its operation and its
 * thing, by which they are found again.
 */
#ifndef BOT_POSTER_BODY_H
#define BOT_POSTER_BODY_H

#include "core/ops/outbox.h"

/* What is said before a message that did not come as it should. */
struct body_marks {
    int64_t late_ms;         /* since it was due; nothing is said up to
                      * OUTBOX_LATE_MS */
    enum outbox_delay delay; /* why it is late */
    const char *lost;  /* its card was posted before, and is lost: Slack's word;
                       * "" or NULL: it was not */
    const char *about; /* what a line is about, in a thread of many: "A-12";
                        * "" or NULL: its thread says it */
    bool repeated;     /* it may be there already */
};

/* message: chat.postMessage arguments. Marked in the text, and in a block at
 * its end where there is room. */
char *body_post(const struct outbox_row *row, const char *message,
                const struct body_marks *marks);
char *body_url(const char *message, const struct body_marks *marks);
char *body_edit(const struct outbox_row *row, const char *message);

/* In the place of the message that somebody pressed on. */
char *body_replace(const char *message);

/* For channels.fallback: where it could not be posted, why, and its text. */
char *body_fallback(const struct outbox_row *row, const char *message,
                    const char *why);

/* Arguments of the look-up: of a thread, or of the channel. cursor: NULL for
 * the newest. */
char *body_look(const struct outbox_row *row, const char *cursor);
/* The ts of our row, or of its thing's card; NULL: it is not on this page. */
char *body_found(const char *answer, const struct outbox_row *row);
/* The next page; NULL: there is none. */
char *body_cursor(const char *answer);
/* The ts of what was posted; "" where none is given. */
char *body_ts(const char *answer);

#endif
