/*
 * args: a command line as people type it into Slack, taken apart.
 *
 * Understands quotes ('…', "…", and the smart quotes Slack inserts),
 * non-breaking spaces, entity escapes (&amp; &lt; &gt;), --flag, --flag=value,
 * --flag value (for flags that take one), key=value, "--" to end flags, and
 * mentions: <@U0ANN|ann>, <#C0OPS|ops>, <!subteam^S0X|oncall>, links. Em and
 * en dashes that Slack makes of "--" count as "--". Pure; any thread.
 */
#ifndef COMMANDS_ARGS_H
#define COMMANDS_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

#define ARGS_WORDS 64
#define ARGS_FLAGS 16

enum word_kind { WORD_PLAIN, WORD_USER, WORD_CHANNEL, WORD_GROUP, WORD_LINK };

struct word {
    enum word_kind kind;
    const char *text;  /* the word; the id of a mention; the URL of a link */
    const char *label; /* of a mention, or "" */
    bool literal;      /* quoted, or after "--": never a flag */
};

struct flag {
    const char *name;  /* without dashes; key of key=value */
    const char *value; /* "" for a bare flag */
    struct word word;  /* the value as a word: a mention keeps its kind */
    bool given;        /* the value stands in --flag=value */
    size_t at;         /* index of the word typed right after it, which is
                        * its value if it takes one; ARGS_WORDS: none */
};

struct args {
    struct word words[ARGS_WORDS]; /* the command's own name included until
                                    * command_find() removes it */
    size_t count;
    struct flag flags[ARGS_FLAGS];
    size_t flag_count;
    char *storage; /* all text above points into it, but for … */
    char *tail;    /* … the last word, when there are more than ARGS_WORDS: it
                    * holds the rest, a blank between two; else NULL */
};

/* ERR_USER: an open quote, too many flags. args_dispose() in any case. Which
 * flags take a value is not known yet: see args_bind(). */
MUST_CHECK bool args_parse(const char *text, struct args *out, struct err *err);
void args_dispose(struct args *args);

/* Removes the first n words (a command's name). */
void args_shift(struct args *args, size_t n);

/* Adds the flag that w says: name or name=value, without dashes, in
 * args->storage. ERR_USER: too many. */
MUST_CHECK bool args_add_flag(struct args *args, const struct word *w,
                              struct err *err);

/*
 * Gives the flags their values, once the command is known. allowed ends with
 * NULL; "page=" takes a value, "all" does not. The word after a flag that
 * takes a value becomes its value; key=value becomes a flag where key is
 * allowed and stays a word elsewhere. ERR_USER: a flag that is not allowed
 * (with the nearest), a value missing or in vain.
 */
MUST_CHECK bool args_bind(struct args *args, const char *const *allowed,
                          struct err *err);

const char *args_word(const struct args *args, size_t i); /* "" past the end */
/* The words from the i-th on as one text, as they were meant to be read: a
 * mention by its name. Heap. */
char *args_text(const struct args *args, size_t i);
/* NULL: not given; "" : given without a value. */
const char *args_flag(const struct args *args, const char *name);

/* How long ago, in ms: "2h", "30m", "7d", "45s", or since a date or time
 * (2026-11-20, 2026-11-20T14:00, both UTC). */
MUST_CHECK bool args_since(const char *text, int64_t now, int64_t *ago_ms,
                           struct err *err);
MUST_CHECK bool args_number(const char *text, long min, long max, long *out,
                            struct err *err);

#endif
