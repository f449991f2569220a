/*
 * server: HTTP/1.1 on libwebsockets' loop: one thread, one context, several
 * listeners. Reads requests whole, within limits; answers now or later.
 *
 * lws gives sockets, TLS and timers; requests are read by server_head.h, which
 * is stricter than lws (see there). A request belongs to the server and lives
 * until it is answered or its client has left; whoever answers later keeps its
 * number, never the pointer. Handlers run on the server's thread and must not
 * wait.
 */
#ifndef BOT_SERVER_H
#define BOT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct server;
struct request;

enum method {
    METHOD_GET,
    METHOD_HEAD, /* answered as GET, without the body */
    METHOD_POST,
    METHOD_DELETE,
    METHOD_OTHER,
};

/* Who is at the other end, as far as the transport knows. */
struct peer {
    bool local;          /* a Unix socket */
    unsigned uid;        /* of the process there, if local */
    const char *name;    /* common name of a verified client certificate, or
                          * "" */
    const char *address; /* for the log: "127.0.0.1", "" if local */
};

/* ---- a request, as long as it lives; the server's thread ------------------ */

struct server *request_server(const struct request *rq);
enum method request_method(const struct request *rq);
/* Decoded once, never NULL. No NUL, control or escaped "/" is in it (400);
 * ".." and "//" stay as they came: they mean nothing here. */
const char *request_path(const struct request *rq);
const char *request_query(const struct request *rq); /* raw; "" if none */
const struct peer *request_peer(const struct request *rq);
/* By lower-case name. *count: how often it is there (may be NULL). The first
 * value, "" if it is absent. Borrowed as long as the request lives. */
const char *request_header(const struct request *rq, const char *name,
                           size_t *count);
/* As it came, byte for byte, and a NUL after it; complete once handle() is
 * called. */
const char *request_body(const struct request *rq, size_t *len);
uint64_t request_number(const struct request *rq);     /* never used twice */
int64_t request_received_us(const struct request *rq); /* mono */

struct reply {
    int status;
    const char *type; /* NULL: there is no body */
    const char *body;
    size_t len;
    const char *allow; /* of a 405: "GET, POST" */
    int retry_after_s; /* of a 429 or 503; 0: none */
    bool close;        /* the connection, after it */
};

/* In begin(): its body may be no longer, and take no longer, than this instead
 * of what its listener lets all of them. False: it is, and is answered 413. */
MUST_CHECK bool request_limit(struct request *rq, size_t body_max,
                              int64_t body_ms);

/* Once a request; rq may be gone after it. Copies. */
void request_answer(struct request *rq, const struct reply *reply);
/* The same, of plain text. allow: of a 405, else NULL. */
void request_text(struct request *rq, int status, const char *text,
                  const char *allow);

/* ---- listeners -------------------------------------------------------------- */

struct listener {
    const char *listen;     /* "127.0.0.1:8710", "[::1]:0", ":8710" (all of
                             * both families), "unix:/run/opsbot/admin.sock" */
    const char *setting;    /* what errors call it: "OPSBOT_LISTEN" */
    const char *cert, *key; /* PEM files; NULL: no TLS */
    const char *client_ca;  /* PEM file: whoever shows no certificate is let in
                             * without a name, who shows one of somebody else
                             * is not let in; NULL: none is asked for */
    size_t body_max;        /* bytes; longer is answered 413 */
    int64_t body_ms;        /* a request takes at most so long to arrive: 408 */
    /* The head is here, the body is not. May answer (401, 404, 413 …): then
     * the body is thrown away and handle() is not called. May be NULL. */
    void (*begin)(void *arg, struct request *rq);
    /* All of it is here. Answers, or keeps its number. */
    void (*handle)(void *arg, struct request *rq);
    /* Once a turn and at least every 50 ms: what waits for a deadline. May be
     * NULL. */
    void (*tick)(void *arg, int64_t now_mono_ms);
    void *arg;
};

#define SERVER_LISTENERS 4
#define SERVER_ANSWER_MS 60000 /* nobody answered: the server does, 504 */

/*
 * Listens, and starts the thread. listeners are copied, their texts borrowed
 * for life. A Unix socket has mode 0600; what a dead process left in its place
 * is removed, where somebody listens is in use. NULL on failure: ERR_CONFIG
 * when an address cannot be read or is in use, or a PEM file cannot be used;
 * the error names the setting.
 */
struct server *server_start(const struct listener *listeners, size_t count,
                            struct err *err);
int server_port(const struct server *s, size_t listener); /* 0: Unix socket */
int64_t server_turned_ms(const struct server *s); /* since it last turned */

/* Any thread. */
struct server_facts {
    uint64_t requests;    /* answered, by class of status: */
    uint64_t statuses[6]; /* [2]: 2xx … [5]: 5xx */
    uint64_t refused;     /* of them, those that could not be read */
    unsigned connections; /* now */
};
void server_facts(const struct server *s, struct server_facts *out);

/*
 * Any thread: runs call(arg) on the server's thread, soon and once, also when
 * the server stops meanwhile. False: it is over; call was not and will not be
 * run.
 */
MUST_CHECK bool server_run(struct server *s, void (*call)(void *arg),
                           void *arg);
/* By number, NULL when it was answered or its client has left. Server's
 * thread. */
struct request *server_request(struct server *s, uint64_t number);

/* From now on whoever asks is answered 503 and to come again; requests that
 * were read before live on until server_stop(), and may be answered. Waits for
 * the server's turn: when it returns, no begin() or handle() runs any more, nor
 * will. NULL is fine. */
void server_end(struct server *s);
/* Writes what is answered (at most a second), and joins; what server_run()
 * still has is run, with no request left. Then that is refused. NULL is fine. */
void server_stop(struct server *s);
/* When no other thread knows it any more; stops it first. NULL is fine. */
void server_free(struct server *s);

#endif
