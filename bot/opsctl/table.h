/*
 * table: the cells of a card's rows, aligned in columns.
 *
 * Columns stand in the order in which the cells come; numbers are aligned at
 * their right. In what is too wide for the terminal moments become ages, then
 * the widest columns of words are cut; numbers and moments are never. One
 * thread.
 */
#ifndef BOT_OPSCTL_TABLE_H
#define BOT_OPSCTL_TABLE_H

#include <jansson.h>
#include <stdint.h>

#include "core/base/buf.h"

struct table;

/* rows of a card: those with "cells" or "items". now: wall ms, for ages. NULL
 * when none has any. rows is borrowed for life. */
struct table *table_new(const json_t *rows, int64_t now);
void table_free(struct table *t); /* NULL is fine */

/* Chooses the columns' widths for lines of so many columns; 0: no limit. */
void table_fit(struct table *t, size_t width);
/* Appends the names of the columns, without a newline. */
void table_head(const struct table *t, struct buf *out);
/* Appends the line of one object of cells, without a newline. paint: what
 * each cell's text goes through once it has its width; NULL: nothing. */
typedef void table_paint(struct buf *out, const char *value, const char *shown,
                         void *arg);
void table_line(const struct table *t, const json_t *cells, struct buf *out,
                table_paint *paint, void *arg);

/* text with each RFC 3339 moment as people read it: "14:02 UTC (6 m ago)".
 * Without controls. Heap. */
char *table_text(const char *text, int64_t now);

#endif
