/*
 * buf: a growing text or byte buffer, always followed by a NUL.
 *
 * The caller owns the struct: start with struct buf b = {0}, end with
 * buf_dispose(). data is NULL only while nothing was ever written; buf_text()
 * gives "" then. One thread at a time.
 */
#ifndef CORE_BASE_BUF_H
#define CORE_BASE_BUF_H

#include <stddef.h>

#include "core/base/err.h"

struct buf {
    char *data;
    size_t len; /* bytes, without the NUL */
    size_t cap;
};

void buf_add(struct buf *b, const void *data, size_t len);
void buf_str(struct buf *b, const char *s); /* NULL adds nothing */
void buf_char(struct buf *b, char c);
void buf_fmt(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_cut(struct buf *b, size_t len);   /* shorten to len, if longer */
const char *buf_text(const struct buf *b); /* borrowed until the next write */
char *buf_take(struct buf *b);             /* caller frees; b is empty again */
void buf_dispose(struct buf *b);

#endif
