/*
 * refusal: the card that says no: which right is missing, who has it, why the
 * asker has not, and how it is given (P7). Pure.
 */
#ifndef BLOCKS_REFUSAL_H
#define BLOCKS_REFUSAL_H

#include "blocks/card.h"
#include "core/rights.h"

/* How people call a user group. */
struct group_name {
    const char *id;
    char handle[ROSTER_HANDLE]; /* without "@"; "": not known */
};

/* All borrowed. */
struct refusal {
    const char *right;
    const char *user; /* who was refused */
    const struct rights_gap *gap;
    const struct group_name *groups; /* those that gap's roles name */
    size_t group_count;
    char *const *admins; /* who hold every right */
    unsigned admin_count;
    bool from_file; /* there is a configuration file to give rights in */
    int64_t now;    /* wall ms */
};

/* Rows and notes below the title and the sentence, which are the caller's. */
void refusal_rows(struct card *card, const struct refusal *refusal);

#endif
