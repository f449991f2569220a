/*
 * load_text: the text of a load's envelopes (over HTTP: of its requests'
 * bodies), made once and filled in often.
 *
 * The payload is the world's own for such a command; envelope id, trigger and
 * response URL differ each time, and so does `{n}` in the command's text.
 */
#ifndef SANDBOX_LOAD_TEXT_H
#define SANDBOX_LOAD_TEXT_H

#include <jansson.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "tests/sandbox/sandbox.h"

struct load_text;

/* NULL and *refused (new): the world does not accept such a command. */
struct load_text *load_text_new(struct sandbox *sb, const json_t *how,
                                json_t **refused);
void load_text_free(struct load_text *text);
/* Appends the whole of it. */
void load_text_fill(const struct load_text *text, const char *id,
                    uint32_t number, struct buf *out);

#endif
