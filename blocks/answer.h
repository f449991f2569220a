/*
 * answer: the answer to one command for a program that asked by the admin API:
 * a JSON document around the card, or the card as plain text. Pure.
 */
#ifndef BLOCKS_ANSWER_H
#define BLOCKS_ANSWER_H

#include "blocks/card.h"

/* All borrowed. */
struct answer {
    const char *command; /* "dlq list"; "" where none was meant */
    const char *op;
    const char *outcome;   /* as it is in the audit */
    const struct err *err; /* what it failed for; NULL, ERR_NONE: it did not */
    const struct card *card; /* NULL: there is none */
};

/* What came of it, as far as a status can tell. */
enum answer_kind {
    ANSWER_DONE,     /* answered, done, asked, or done before */
    ANSWER_CONFLICT, /* refused because of how things stand */
    ANSWER_FAILED,   /* err says why */
};
enum answer_kind answer_kind(const struct answer *a);

/*
 * {"ok":true,"command":"dlq list","op":"…","outcome":"ok","card":{…}}
 * {"ok":false,…,"outcome":"denied","error":{"kind":"denied","text":"…"},…}
 * The card is render_json(). A conflict's error has the kind "conflict", and
 * the card's first line as its text. Heap.
 */
char *answer_json(const struct answer *a);

/* {"ok":false,"error":{"kind":kind,"text":text}}: for what is no command's.
 * Heap. */
char *answer_error(const char *kind, const char *text);

#endif
