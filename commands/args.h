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
};

struct flag {
    const char *name;  /* without dashes; key of key=value */
    const char *value; /* "" for a bare flag */
    struct word word;  /* the value as a word: a mention keeps its kind */
};

struct args {
    struct word words[ARGS_WORDS]; /* the command's own name included until
                                    * command_find() removes it */
    size_t count;
    struct flag flags[ARGS_FLAGS];
    size_t flag_count;
    char *storage; /* all text above points into it */
};

/* ERR_USER: an open quote, too many words. args_dispose() in any case. */
MUST_CHECK bool args_parse(const char *text, struct args *out, struct err *err);
void args_dispose(struct args *args);

const char *args_word(const struct args *args, size_t i); /* "" past the end */
/* NULL: not given; "" : given without a value. */
const char *args_flag(const struct args *args, const char *name);

/* "2h", "30m", "7d", "45s" to milliseconds; a date or time (2026-11-20,
 * 2026-11-20T14:00, both UTC) to now minus it. */
MUST_CHECK bool args_since(const char *text, int64_t now, int64_t *since,
                           struct err *err);
MUST_CHECK bool args_number(const char *text, long min, long max, long *out,
                            struct err *err);

/* Edit distance for "did you mean": the nearest of n names, or NULL when none
 * is near. */
const char *args_nearest(const char *word, const char *const *names, size_t n);

#endif
