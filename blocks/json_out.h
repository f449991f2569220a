/*
 * json_out: compact JSON written straight into a buf. Private to blocks/.
 *
 * For messages only, where a tree would be built, printed and thrown away at
 * once: that was a quarter of the bot's time under load (building 7.5 %,
 * printing 12 %, freeing 4 %). What is written is byte for byte what
 * jansson's JSON_COMPACT prints.
 *
 * Commas come by themselves; that brackets match, and that each key has its
 * value, is up to the caller. Texts must be valid UTF-8 (model.h: clean) and
 * are not looked at again. One thread at a time.
 */
#ifndef BLOCKS_JSON_OUT_H
#define BLOCKS_JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"

/* Start with { .buf = … }; the buf is the caller's and is appended to. */
struct json_out {
    struct buf *buf;
    bool comma; /* something stands before the next member or element */
};

/* bracket is one of { } [ ]. */
void json_out_open(struct json_out *out, char bracket);
void json_out_close(struct json_out *out, char bracket);

/* What is written next is its value. key is a literal without anything to
 * escape, put together with its quotes by the compiler. */
#define json_out_key(out, key)                                                 \
    json_out_piece(out, ",\"" key "\":", sizeof(",\"" key "\":") - 1)
void json_out_piece(struct json_out *out, const char *piece, size_t len);

void json_out_text(struct json_out *out, const char *text, size_t len);
void json_out_word(struct json_out *out, const char *word); /* ends with NUL */
void json_out_bool(struct json_out *out, bool yes);
/* Values that are JSON already, with commas between them; at least one. */
void json_out_raw(struct json_out *out, const char *json, size_t len);

#endif
