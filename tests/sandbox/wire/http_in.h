/*
 * http_in: the reading half of the HTTP server, and the structs both halves
 * share. Only http.c and http_in.c include this.
 */
#ifndef SANDBOX_HTTP_IN_H
#define SANDBOX_HTTP_IN_H

#include "tests/sandbox/wire/http.h"

#define HTTP_HEADERS    64                 /* header lines; more: 431 */
#define HTTP_HEAD_LIMIT (64 * 1024)        /* bytes; more: 431 */
#define HTTP_BODY_LIMIT (16 * 1024 * 1024) /* bytes; more: 413 */

/* One listening address; owns its connections and calls. */
struct http_server {
    struct source source; /* first */
    struct conns *conns;
    http_handler handler;
    void *app;
    char address[32];
    struct http_call *calls; /* all that are not ended */
};

/* How far the reading of one request is; one mover: http_read(). */
enum http_phase {
    HTTP_HEAD,   /* request line and headers */
    HTTP_LENGTH, /* body by Content-Length */
    HTTP_CHUNK_SIZE,
    HTTP_CHUNK,
    HTTP_CHUNK_END, /* the CRLF behind a chunk */
    HTTP_TRAILER,
    HTTP_READY,     /* whole: to be handed to the handler */
    HTTP_ANSWERING, /* the handler has it */
};

/* One connection while it speaks HTTP. */
struct http_peer {
    struct http_server *server;
    struct conn *conn;
    enum http_phase phase;
    size_t scanned;   /* of conn_in(), known to hold no end of head */
    size_t remaining; /* of the body or the chunk */
    struct http_call *call;
};

/*
 * One request from its head to the end of its answer. It outlives a client
 * that leaves early (peer is NULL then), because the handler may hold it for
 * a delayed answer.
 */
struct http_call {
    struct http_server *server;
    struct http_peer *peer; /* NULL: the client left */
    struct http_call *next;
    struct http_call *previous;
    char *head; /* the head's text, cut into strings */
    struct buf body;
    struct http_request request;
    struct {
        const char *name;
        const char *value;
    } headers[HTTP_HEADERS];
    size_t header_count;
    bool close;              /* the connection ends with the answer */
    bool hung;               /* a fault: never answered */
    void (*gone)(void *arg); /* told when the client left */
    void *gone_arg;
    void *data;
    void (*data_drop)(void *data);
    struct timer timer;
};

/* Reads as far as it can. Returns 0 when it needs more input or the phase is
 * HTTP_READY, else the status of a refusal. */
int http_read(struct http_peer *peer);

/* The call belongs to its server until freed. */
struct http_call *http_call_new(struct http_peer *peer);
void http_call_free(struct http_call *call);

#endif
