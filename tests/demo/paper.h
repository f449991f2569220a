/*
 * paper: what the demo prints: text in colour, broken into lines that fit.
 *
 * Colours are escape sequences inside the text; they are there only when
 * stdout is a terminal, and take no room. Main thread.
 */
#ifndef DEMO_PAPER_H
#define DEMO_PAPER_H

#include "core/base/buf.h"

enum ink { INK_END, INK_BOLD, INK_DIM, INK_CODE, INK_GOOD, INK_BAD, INK_KEY };

/* Once, before anything is printed. */
void paper_start(void);

/* The sequence that begins a colour, "" without colours. INK_END ends all. */
const char *ink(enum ink ink);

/*
 * Prints text, which may hold several lines, each behind margin. Lines are
 * broken between words at 88 columns; what goes on stands a little further
 * in. A line that begins with a tab is payload: all of it is indented.
 */
void paper_print(const char *margin, const char *text);

/* One line of the demo's own words. */
void paper_line(enum ink color, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* text without its colours; heap. */
char *paper_plain(const char *text);

/* Columns that text takes on a terminal, colours not counted. */
size_t paper_width(const char *text);

#endif
