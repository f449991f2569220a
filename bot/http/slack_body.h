/*
 * slack_body: the body of a request by Slack, as the frame that the socket
 * would have brought (envelope.h). Pure; any thread.
 *
 * Only of bodies whose signature was verified: what is malformed then is
 * Slack's mistake, or an attack with Slack's secret, and nothing of it is run.
 */
#ifndef BOT_SLACK_BODY_H
#define BOT_SLACK_BODY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define SLACK_DEPTH  64  /* of JSON; Slack's own go to about twenty */
#define SLACK_FIELDS 100 /* of a form */

/* Where it was sent to. */
enum slack_path {
    SLACK_COMMANDS,    /* slash commands */
    SLACK_INTERACTIVE, /* presses, forms */
    SLACK_EVENTS,      /* events, and both of the above */
};

enum slack_kind {
    SLACK_BAD,       /* not what Slack sends: 400; why says what */
    SLACK_FRAME,     /* an envelope */
    SLACK_CHALLENGE, /* url_verification: to be said back */
    SLACK_SSL_CHECK, /* asks nothing */
    SLACK_NOTICE,    /* of a kind that asks nothing of us, or is not known */
};

/* All borrowed. */
struct slack_body {
    enum slack_path path;
    const char *type; /* Content-Type, with or without parameters */
    const char *data;
    size_t len;
    const char *signature; /* names what has no id of its own */
    const char *retry;     /* X-Slack-Retry-Num, or "" */
};

struct slack_read {
    enum slack_kind kind;
    const char *why; /* static; of SLACK_BAD, and the type of a SLACK_NOTICE */
    json_t *root;    /* of a frame: the tree … */
    char *text;      /* … and the same as text; of a challenge: the answer */
};

void slack_read(const struct slack_body *in, struct slack_read *out);
void slack_read_dispose(struct slack_read *read);

/* A form that says ssl_check=1: no other field of it counts. */
bool slack_ssl_check(const char *data, size_t len);

#endif
