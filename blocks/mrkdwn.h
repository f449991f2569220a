/*
 * mrkdwn: text in Slack's markup, from spans, never longer than a limit.
 *
 * Three characters have an escape (& < >). The others that mean something
 * (* _ ~ ` > and :emoji:) have none: where Slack could take one from a
 * payload for markup, a look-alike is written. Mentions, dates and links come
 * from their spans only. What does not fit ends in "…"; an entity, a token or
 * a pair of markers is written whole or not at all.
 *
 * Texts given are clean (model.h). Private to blocks/.
 */
#ifndef BLOCKS_MRKDWN_H
#define BLOCKS_MRKDWN_H

#include "blocks/card.h"
#include "core/base/buf.h"

struct ink {
    struct buf *out; /* the caller's; appended to */
    size_t start;    /* where this text starts in it */
    size_t units;    /* written so far, UTF-16 */
    size_t limit;    /* never exceeded */
    char last;       /* what stands before the next character; '\n' first */
    bool fresh;      /* only spaces since the start of the line */
    bool full;       /* cut: nothing more is written */
};

enum ink_kind {
    INK_TEXT,    /* in mrkdwn; newlines stay */
    INK_BOLD,    /* between two * */
    INK_CODE,    /* between two ` */
    INK_PAYLOAD, /* between two ``` */
    INK_PLAIN,   /* a plain_text object, where nothing is escaped */
};

/* limit ≥ 1. */
void ink_start(struct ink *ink, struct buf *out, size_t limit);
/* Ends the line, unless nothing is written yet. */
void ink_newline(struct ink *ink);
/* For INK_TEXT and INK_PLAIN. */
void ink_text(struct ink *ink, const char *text, enum ink_kind kind);
/* At most limit units of it, the mark included. */
void ink_line(struct ink *ink, const struct span *spans, size_t limit);
void ink_bold(struct ink *ink, const char *text);
/* In bold; url "": no link. */
void ink_title(struct ink *ink, const char *title, const char *url);
/* On lines of its own between fences; left out where there is no room. */
void ink_payload(struct ink *ink, const char *text, size_t limit);
/* A run of bold or code; next is what will stand after it (NUL: nothing).
 * Where Slack would not take the markers, it is plain text. */
void ink_pair(struct ink *ink, const char *text, enum ink_kind kind, char next);
/* From here at most limit units, until it is widened to what it was. */
size_t ink_narrow(struct ink *ink, size_t limit);
void ink_widen(struct ink *ink, size_t was);
/* Our own markup: text as it stands. */
void ink_raw(struct ink *ink, const char *text);
/* Is there anything to see? */
bool ink_blank(const struct ink *ink);

#endif
