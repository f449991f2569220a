/*
 * client: HTTP requests that Slack makes, byte for byte as they are given.
 *
 * A connection for each, or kept and used again (only for requests that say
 * so). Loopback addresses only, no names but localhost. One thread; nothing
 * is told from inside client_send().
 */
#ifndef SANDBOX_CLIENT_H
#define SANDBOX_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sandbox/wire/conn.h"
#include "tests/sandbox/wire/reply.h"

struct client;      /* kept connections, and requests under way */
struct client_call; /* one request under way */

struct client *client_new(struct conns *conns);
/* Nobody is told of anything any more: before conns_dispose(). */
void client_close(struct client *client); /* NULL is fine */
void client_free(struct client *client);  /* after it */

/* "http://127.0.0.1:8710/slack/events", taken apart. */
struct url {
    char host[64]; /* "127.0.0.1:8710", for the Host header */
    unsigned port;
    const char *path; /* into the text that was parsed; "/" at least */
};
/* False: not http, or not on loopback. */
bool url_parse(const char *text, struct url *out);

struct client_request {
    unsigned port;
    const char *bytes; /* head and body, copied */
    size_t len;
    size_t piece;     /* so many bytes at a time; 0: all at once */
    int64_t every_ms; /* … and so long between two pieces */
    bool keep;        /* on a kept connection, which is kept */
    bool shut;        /* FIN when all is sent, then the answer is read */
    bool deaf;        /* the connection is closed when all is sent */
    bool all;         /* all that comes until the connection ends */
};

enum client_end {
    CLIENT_ANSWERED,
    CLIENT_REFUSED, /* nobody listens there */
    CLIENT_CLOSED,  /* the connection ended before there was a whole answer */
    CLIENT_BAD,     /* what came is not HTTP */
    CLIENT_DEAF,    /* the request asked for it */
};

/* reply is there only with CLIENT_ANSWERED, and disposed of afterwards. The
 * call is freed. */
typedef void (*client_done)(void *arg, enum client_end end,
                            struct reply *reply);

/* Never NULL; done is called once, later, unless it is cancelled. */
struct client_call *client_send(struct client *client,
                                const struct client_request *request,
                                client_done done, void *arg);
/* What has come so far. Borrowed until the loop turns. */
const char *client_look(const struct client_call *call, size_t *len);
/* Closes the connection; done is not called. NULL is fine. */
void client_cancel(struct client_call *call);

#endif
