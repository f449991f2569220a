/*
 * problem: the card of a failure: what happened, what it means, what to do
 * next. And the question after a restart. Pure.
 */
#ifndef BLOCKS_PROBLEM_H
#define BLOCKS_PROBLEM_H

#include "blocks/refusal.h"

/* All borrowed; "" or NULL where there is nothing to say. */
struct problem {
    enum err_kind kind;
    const char *text;    /* err.text */
    const char *command; /* its name: "dlq show" */
    const char *usage, *example;
    const struct refusal *refusal; /* of ERR_DENIED: what is missing … */
    const char *meant;             /* the line that was probably meant */
    const char *again;             /* what was typed, to try again */
    const char *topic;             /* whose help may help: "dlq" */
    const char *op;                /* for whoever looks into the log */
    bool changes; /* the command, or the one meant, has an effect */
    bool begun;   /* a store failed on the way: there may be an effect, and
                   * then text says so */
};

void problem_card(struct card *card, const struct problem *problem);

/* "I restarted in the middle of this", with a button that runs text. */
void problem_ask_again(struct card *card, const char *text);
/* The same of a form, which stays open where it was submitted: no button, for
 * submitting it again is the same operation, and pressing would be another. */
void problem_submit_again(struct card *card, const char *text);

/* The same failure as a line in the form that met it: plain text, heap. */
char *problem_in_form(enum err_kind kind, const char *text);

#endif
