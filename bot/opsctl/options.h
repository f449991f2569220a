/*
 * options: opsctl's command line, taken apart.
 *
 * opsctl's own options stand anywhere, a verb's after the verb, as --name VALUE
 * or --name=VALUE; after "--" everything is a word. A verb's win over opsctl's
 * of the same name. No secret is ever an option: it would be
 * read in /proc (P8). One thread.
 */
#ifndef BOT_OPSCTL_OPTIONS_H
#define BOT_OPSCTL_OPTIONS_H

#include "bot/opsctl/verb.h"

#define OPTIONS_MOST 256 /* given in one line */

struct options {
    const struct verb *verb; /* NULL: none was named */
    struct given given[OPTIONS_MOST];
    size_t count;
    const char *words[OPTIONS_MOST]; /* for a verb whose words are the line */
    size_t word_count;
};

/* Those that hold for every verb. Ends with a name of NULL. */
const struct option_spec *options_common(void);

/*
 * Borrows argv, which is without the program's name. ERR_USER: what is wrong,
 * what is right, and how to see more. With --help or --version nothing is
 * missing.
 */
MUST_CHECK bool options_parse(const char *const *argv, size_t argc,
                              struct options *out, struct err *err);

/* The last value given; "" for one without; NULL: not given. */
const char *options_value(const struct options *o, const char *name);
bool options_has(const struct options *o, const char *name);

#endif
