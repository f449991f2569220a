/*
 * verb: what opsctl can be asked for by name: "streams:dlq:requeue".
 *
 * Each verb is one entry of a table, and another spelling of a command line
 * that opsbot understands: its options become words and flags of that line.
 * Rights, wording and outcome are opsbot's. Pure; any thread.
 */
#ifndef BOT_OPSCTL_VERB_H
#define BOT_OPSCTL_VERB_H

#include <stddef.h>

#include "core/base/buf.h"

/* What an option's value becomes in the line. */
enum option_how {
    OPTION_OURS, /* nothing: opsctl's own */
    OPTION_WORD, /* a word, in the order of the table */
    OPTION_FLAG, /* --name, and its value if it takes one */
};

/* What the shell offers for a value. */
enum option_offer {
    OFFER_NOTHING,
    OFFER_FILE,
    OFFER_STREAM,
    OFFER_SCOPE,
    OFFER_INCIDENT,
    OFFER_SEVERITY, /* of an incident */
    OFFER_ALERT_SEVERITY,
    OFFER_ALERT,
    OFFER_SILENCE,
    OFFER_ROTATION,
    OFFER_VERB,
};

enum {
    OPTION_MUST = 1,   /* without it the line makes no sense */
    OPTION_EITHER = 2, /* one of those that have it must be there */
    OPTION_MANY = 4,   /* may be repeated */
    OPTION_BARE = 8,   /* a word without --name is its value */
    OPTION_OTHER = 16, /* with it the verb's other command is meant */
};

struct option_spec {
    const char *name; /* without dashes */
    char letter;      /* of its short form, or 0 */
    const char *arg;  /* what its value is called; NULL: it takes none */
    enum option_how how;
    enum option_offer offer;
    unsigned flags;
    const char *otherwise; /* its value when it is not given, or NULL */
    const char *help;      /* one sentence; \n breaks it */
};

struct verb {
    const char *name;
    const char *command; /* "dlq requeue"; NULL: the words are the line */
    const char *other;   /* the command with an OPTION_OTHER, or NULL */
    const char *group;   /* its heading in the list of all */
    const char *summary; /* one line */
    const char *about;   /* what it does, for its own help */
    const char *const *examples;       /* without "opsctl", NULL-ended */
    const struct option_spec *options; /* ends with a name of NULL */
};

/* The i-th in the order of the help; NULL: there are no more. */
const struct verb *verb_at(size_t i);
const struct verb *verb_find(const char *name); /* NULL: there is none */
/* The one that is nearest to a slip of the fingers; NULL: none is. */
const char *verb_nearest(const char *name);

const struct option_spec *option_find(const struct option_spec *options,
                                      const char *name);

/* One option as it was given: value "" for one that takes none. Borrowed. */
struct given {
    const struct option_spec *spec;
    const char *value;
};

/*
 * Appends the command line for opsbot. words: what stood without a name, for a
 * verb whose words are the line.
 */
void verb_line(struct buf *line, const struct verb *verb,
               const struct given *given, size_t count,
               const char *const *words, size_t word_count);

#endif
