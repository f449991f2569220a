/*
 * glyph: what the next bytes of a typed text are to the argument parser.
 *
 * Slack and keyboards put typographic quotes, dashes and blanks where people
 * typed plain ones, and Slack puts <…> around mentions and links. Pure; any
 * thread.
 */
#ifndef COMMANDS_GLYPH_H
#define COMMANDS_GLYPH_H

#include <stdbool.h>
#include <stddef.h>

#include "commands/args.h"

enum glyph {
    GLYPH_END,
    GLYPH_PLAIN,
    GLYPH_SPACE,
    GLYPH_NOTHING, /* zero width: dropped outside quotes */
    GLYPH_DOUBLE,  /* a double quote of any shape */
    GLYPH_SINGLE,
    GLYPH_DASH, /* en or em: Slack's "--" */
};

/* p is NUL-ended; len: how many bytes it is. */
enum glyph glyph(const char *p, size_t *len);

/* A "<…>" of Slack's. All borrowed from the text it was read from. */
struct angle {
    enum word_kind kind; /* WORD_PLAIN: "!here", or a link that Slack made of
                          * what was typed, which is text then */
    const char *text, *label;
    size_t text_len, label_len;
    size_t len; /* of all of it */
};

/* False: none begins here. */
bool angle_read(const char *p, struct angle *a);

#endif
