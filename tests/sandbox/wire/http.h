/*
 * http: an HTTP/1.1 server on loopback, exact enough to misbehave on purpose.
 *
 * Keep-alive, pipelining, Content-Length and chunked bodies, limits (64 KiB of
 * head, 16 MiB of body). One request of a connection is handled at a time; its
 * answer may come whenever it likes.
 *
 * A struct http_call is one request waiting for its answer. Whoever holds it
 * must end it with exactly one of http_answer(), http_drop(), http_raw(),
 * http_upgrade(). It outlives its connection: an answer to somebody who left
 * is thrown away. Calls still open when the server is freed are freed with it.
 */
#ifndef SANDBOX_HTTP_H
#define SANDBOX_HTTP_H

#include "core/base/err.h"
#include "tests/sandbox/wire/conn.h"
#include "tests/sandbox/sandbox.h"

struct http_server;
struct http_call;

typedef void (*http_handler)(void *app, struct http_call *call);

/* Port 0: a free one. Writes "127.0.0.1:PORT" to http_address(). */
MUST_CHECK bool http_listen(struct http_server **out, struct conns *conns,
                            int port, struct err *err);
void http_serve(struct http_server *server, http_handler handler, void *app);
void http_free(struct http_server *server);
const char *http_address(const struct http_server *server);
/* Nobody gets in, and who is in gets a RST; the port stays ours. Only for a
 * port that was asked for by number. */
void http_pause(struct http_server *server);
bool http_resume(struct http_server *server); /* false: the port is taken */

const struct http_request *http_request(const struct http_call *call);
/* Any header by name (case-insensitive), "" if absent. Borrowed. */
const char *http_header(const struct http_call *call, const char *name);

/* Takes what res holds. */
void http_answer(struct http_call *call, struct http_response *res);
void http_answer_json(struct http_call *call, json_t *json); /* takes json */
void http_drop(struct http_call *call); /* FIN without an answer */
void http_raw(struct http_call *call, const void *data, size_t len);

/* The connection changes its protocol; NULL if it is gone. */
struct conn *http_upgrade(struct http_call *call);

/* The client left; the call still has to be ended. One at a time. */
void http_on_gone(struct http_call *call, void (*gone)(void *arg), void *arg);

/* Ends the wait of a call that is never to be answered: freed when the client
 * leaves or with the server. */
void http_hang(struct http_call *call);

/* Something that lives as long as the call; freed with it. */
void http_attach(struct http_call *call, void *data, void (*drop)(void *data));
void *http_attached(const struct http_call *call);
struct loop *http_loop(const struct http_call *call);
/* Calls again later, unless the server is freed before. */
void http_later(struct http_call *call, int64_t delay_ms,
                void (*again)(void *call));

#endif
