/*
 * columns: text on a terminal: how wide it is, cut and filled to a width.
 *
 * In columns of the terminal: a Chinese character takes two, a combining one
 * none. Needs a UTF-8 locale (columns_ready(), once); one thread.
 */
#ifndef BOT_OPSCTL_COLUMNS_H
#define BOT_OPSCTL_COLUMNS_H

#include "core/base/buf.h"

/* The character type of the process is UTF-8 from now on. */
void columns_ready(void);

size_t columns_width(const char *text);
/* Appends at most width columns of text; what is cut ends in "…". */
void columns_cut(struct buf *out, const char *text, size_t width);
/* The same, and blanks up to width: before it if right, else behind it. */
void columns_fill(struct buf *out, const char *text, size_t width, bool right);

#endif
