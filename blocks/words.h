/*
 * words: numbers as people read them, and words as people type them.
 *
 * Pure; any thread. Ages are clock_age() in core/base/clock.h.
 */
#ifndef BLOCKS_WORDS_H
#define BLOCKS_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

#define WORDS_TEXT 32

/* "4,102". */
const char *words_count(int64_t n, char out[WORDS_TEXT]);
/* A round trip in microseconds: "< 0.1 ms", "0.3 ms", "41 ms", "1.2 s". */
const char *words_us(int64_t us, char out[WORDS_TEXT]);
/* "2 of 5"; "1" when there is one at all. */
const char *words_of(size_t n, size_t all, char out[WORDS_TEXT]);
/* "" for one, "s" otherwise. */
const char *words_s(int64_t n);

/* The shown head of an operation id: OP_SHOWN characters. */
const char *words_op(const char *op, char out[WORDS_TEXT]);

/*
 * Appends a blank and one word to a command line, quoted where args_parse()
 * would read it as anything else: stream names come from Redis and may hold
 * whatever a key may hold. words_typed() then args_parse() gives it back.
 */
void words_typed(struct buf *line, const char *word);
/* In quotes in any case, and without the blank: after --flag=, and where a bare
 * word could be taken for a part of the command's name. */
void words_quoted(struct buf *line, const char *word);

/* Appends "a, b and c" piecewise: what stands between name i and the one
 * before it, out of n. */
const char *words_between(size_t i, size_t n);

#endif
