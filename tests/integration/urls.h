/*
 * urls: Slack's request URLs from outside: requests signed here, sent byte by
 * byte, and their answers. What cannot be done fails the test.
 */
#ifndef TESTS_INTEGRATION_URLS_H
#define TESTS_INTEGRATION_URLS_H

#include "tests/harness/harness.h"

#define URL_SECRET "8f742231b10e8888abcd99yyyzzz85a5" /* the sandbox's */
#define URL_FORM   "application/x-www-form-urlencoded"
#define URL_JSON   "application/json"

/* Zeroed: POST /slack/events, signed now by URL_SECRET, as a form. */
struct url_request {
    const char *path, *type;
    const char *body;
    size_t len;            /* 0: strlen(body) */
    const char *secret;    /* "": not signed */
    int skew_s;            /* of the timestamp */
    const char *timestamp; /* as it stands, instead */
    const char *signature; /* the same */
    const char *headers;   /* more of them, before ours: "A: b\r\n" */
    const char *framing;   /* instead of Content-Length */
};

struct url_answer {
    int status; /* 0: the connection was closed without */
    char head[4096];
    char body[65536];
};

/* The bytes of it; heap. *len may be asked for with NULL. */
char *url_bytes(const struct url_request *r, size_t *len);
int url_dial(const struct opsbot *bot);
void url_send(int fd, const char *bytes, size_t len);
void url_read(int fd, struct url_answer *out);
/* Nothing more comes: the other end has closed. */
bool url_closed(int fd);
/* All of it; the status. out may be NULL. */
int url_ask(const struct opsbot *bot, const struct url_request *r,
            struct url_answer *out);
/* The same bytes on a connection of their own. */
int url_ask_bytes(const struct opsbot *bot, const char *bytes, size_t len,
                  struct url_answer *out);

/* The form of "/ops text" by ann in #ops, with a trigger of its own; heap. */
char *url_command(const char *text);
/* An event of a type that nobody waits for, with an id of its own; heap. */
char *url_event(void);
/* Types it; the answer must hold shown. */
void url_expect(const struct opsbot *bot, const char *text, const char *shown);

/* A sample of /metrics: "opsbot_slack_requests_total{outcome=\"forged\"}". -1:
 * it is not there. */
double url_metric(const struct opsbot *bot, const char *sample);

#endif
