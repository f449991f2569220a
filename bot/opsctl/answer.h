/*
 * answer: what opsbot said to one command line, taken apart.
 *
 * {"ok":true,"op","outcome","card"} or {"ok":false,"error":{"kind","text"}}
 * with an HTTP status. What comes in is repaired and without controls before a
 * terminal sees it. One thread.
 */
#ifndef BOT_OPSCTL_ANSWER_H
#define BOT_OPSCTL_ANSWER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "bot/opsctl/status.h"
#include "core/base/err.h"

/* Texts and card are borrowed from json; "" and NULL where there are none. */
struct answer {
    long http;    /* status */
    json_t *json; /* the whole, an object */
    bool ok;
    const char *op, *outcome;
    const char *why;    /* of a refusal, for people */
    const json_t *card; /* an object, or NULL */
};

/* ERR_SYSTEM: it is none of opsbot's. from: who gave it, for err. */
MUST_CHECK bool answer_read(const char *text, size_t len, long http,
                            const char *from, struct answer *out,
                            struct err *err);
void answer_dispose(struct answer *a); /* all zeros is fine */

/* How opsctl ends that was answered so. */
enum status answer_status(const struct answer *a);

/* The operation that waits for a word: what "confirm" is typed with. NULL:
 * nothing was asked. Borrowed. */
const char *answer_asks(const struct answer *a);

/* ---- parts of a card ---------------------------------------------------------- */

/* "" if it is absent. Borrowed. */
const char *part_text(const json_t *object, const char *name);
/* NULL if it is absent or no list. Borrowed. */
const json_t *part_list(const json_t *object, const char *name);

#endif
