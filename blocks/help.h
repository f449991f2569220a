/*
 * help: the card that lists what a person may do, and the one that explains
 * a group of commands. Pure.
 */
#ifndef BLOCKS_HELP_H
#define BLOCKS_HELP_H

#include "blocks/card.h"

/* One command as help shows it. All borrowed. */
struct help_item {
    const char *name, *group;
    const char *usage, *summary, *example; /* as in struct command */
    const char *const *flags;              /* NULL-ended; NULL: none */
    const char *right;                     /* NULL: everyone may */
    const char *roles; /* who has the right: "operator, lead", or "" */
    bool allowed;      /* this user may */
    bool bare;         /* runs without words, changes nothing: gets a button */
};

struct help {
    const struct help_item *items; /* those of a group side by side */
    size_t count;
};

/* Everything, one line each, by group. */
void help_card(struct card *card, const struct help *help);
/* One group, or one command alone, in detail: title is its name. */
void help_detail_card(struct card *card, const struct help *help,
                      const char *title);

#endif
