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
    const char *roles; /* when not allowed, who is: "operator, lead", or "" */
    const char *elsewhere; /* … and a channel where this user may, or NULL */
    bool allowed;          /* this user may, here */
    bool bare; /* runs without words, changes nothing: gets a button */
};

struct help {
    const struct help_item *items; /* those of a group side by side */
    size_t count;
    const char *topic; /* "" for everything, else a group or a command */
    bool all;          /* also what they may not do, with the right it needs */
};

/* Everything, one line each, by group. */
void help_card(struct card *card, const struct help *help);
/* One group, or one command alone, in detail. One alone is explained to those
 * who may not use it as well. */
void help_detail_card(struct card *card, const struct help *help);

#endif
