/*
 * form: a modal is a way to type a command.
 *
 * A form is a constant description: each field is one argument of one command.
 * form_view() makes the view that views.open takes; what comes back is read by
 * form_read.h into the command line that typing it would have been, so that a
 * submit has the same rights, the same effect and the same audit.
 *
 *     incident open  +  P1, "Staging down", impact "all of eu"
 *       →  incident open P1 "Staging down" --impact "all of eu"
 *
 * The view carries in itself all that its submit needs (private_metadata, and
 * ids of blocks that say what an input is): any replica, and any later version
 * that knows the command, can read it. Pure.
 */
#ifndef BLOCKS_FORM_H
#define BLOCKS_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum form_kind {
    FORM_LINE,   /* one line */
    FORM_TEXT,   /* several */
    FORM_SELECT, /* one of its options */
    FORM_USER    /* somebody */
};

struct form_option {
    const char *value, *text; /* what is typed, and what is read: ≤ 75 */
};

struct form_field {
    const char *name; /* "impact": what struct call.field may name */
    enum form_kind kind;
    bool flag; /* given as --name; else a word, in the order of the fields */
    bool optional;
    const char *label;                 /* "What is broken" */
    const char *placeholder;           /* in the empty field; NULL: none */
    const char *hint;                  /* under it; NULL: none */
    size_t most;                       /* characters; 0: Slack's 3000 */
    const struct form_option *options; /* end with value NULL */
};

struct form {
    const char *title;  /* ≤ 24 characters; see form_fill.title */
    const char *submit; /* "Open", ≤ 24 */
    const struct form_field *fields; /* end with name NULL */
};

/* One opening of a form; all borrowed. */
struct form_fill {
    const char *title;   /* instead of the form's: "Update INC-12"; or NULL */
    const char *intro;   /* a line at the top, plain data; or NULL */
    const char *command; /* what the arguments are added to:
                          * "incident update 12" */
    const char *nonce;   /* of whoever opened it: one submit is one operation */
    const char *channel; /* where it was asked for; or "" */
    const char *response_url; /* how its answer gets there; or "" */
    const char *message; /* ts of the card whose button opened it, which its
                          * submit changes first; "" or NULL: none … */
    int64_t seen;        /* … and that card's version; 0: not known */
    const char *const *initial; /* a value for each field, NULL: none; may be
                                 * NULL itself */
};

/* The view as JSON text (heap), within Slack's limits: what is too long for a
 * title or a text is cut, a URL that does not fit is left out. */
char *form_view(const struct form *form, const struct form_fill *fill);

#endif
