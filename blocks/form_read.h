/*
 * form_read: a form that comes back, and what may be said to it in return
 * (form.h). For view_submission payloads, whose ack carries the answer.
 *
 * Whatever Slack sends may be missing or of another type: then it is "".
 * Pure; what is heap says so.
 */
#ifndef BLOCKS_FORM_READ_H
#define BLOCKS_FORM_READ_H

#include <jansson.h>
#include <stdint.h>

struct form_read {
    char *typed;        /* the command line that was filled in */
    char *nonce;        /* whose submit it is; see form_fill */
    char *channel;      /* where the form was asked for */
    char *response_url; /* or "" */
    char *message;      /* ts of the card whose button opened it; or "" … */
    int64_t seen;       /* … and the version of it; 0: not known */
    char *field;        /* of the first input: where a refusal is shown */
};

/* From the payload's view. typed is "" for a view that is none of our forms.
 * form_read_dispose() in any case. */
void form_read(const json_t *view, struct form_read *out);
void form_read_dispose(struct form_read *read);

/* ---- response_action: an ack's payload as JSON text (heap) ------------------ */

/* The modal stays, with text under one field. NULL without a field: then there
 * is nothing that Slack would take. */
char *form_refusal(const char *field, const char *text);
/* The modal stays as it was filled in, with text at its top. frame: the
 * envelope it came in. NULL when there is no view in it. */
char *form_problem(const char *frame, size_t len, const char *text);
/* The modal says text instead, and can only be closed. */
char *form_said(const char *title, const char *text);
/* The modal closes. */
char *form_close(void);

#endif
