/*
 * http: accepts, hands requests over and writes answers; see http.h.
 */
#include "tests/sandbox/wire/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/sandbox/wire/http_in.h"

#define WAITING_INPUT_LIMIT (1024 * 1024)

/* ---- calls -------------------------------------------------------------- */

struct http_call *http_call_new(struct http_peer *peer)
{
    struct http_call *call = xcalloc(1, sizeof(*call));

    call->server = peer->server;
    call->peer = peer;
    call->next = peer->server->calls;
    if (call->next)
        call->next->previous = call;
    peer->server->calls = call;
    call->timer.arg = call;
    return call;
}

void http_call_free(struct http_call *call)
{
    if (call->next)
        call->next->previous = call->previous;
    if (call->previous)
        call->previous->next = call->next;
    else
        call->server->calls = call->next;
    timer_stop(call->server->conns->loop, &call->timer);
    if (call->data_drop)
        call->data_drop(call->data);
    free(call->head);
    buf_dispose(&call->body);
    free(call);
}

const struct http_request *http_request(const struct http_call *call)
{
    return &call->request;
}

void http_on_gone(struct http_call *call, void (*gone)(void *arg), void *arg)
{
    call->gone = gone;
    call->gone_arg = arg;
}

void http_attach(struct http_call *call, void *data, void (*drop)(void *data))
{
    if (call->data_drop)
        call->data_drop(call->data);
    call->data = data;
    call->data_drop = drop;
}

void *http_attached(const struct http_call *call)
{
    return call->data;
}

struct loop *http_loop(const struct http_call *call)
{
    return call->server->conns->loop;
}

void http_later(struct http_call *call, int64_t delay_ms,
                void (*again)(void *call))
{
    call->timer.fire = again;
    timer_start(http_loop(call), &call->timer, delay_ms * 1000);
}

/* ---- answers ------------------------------------------------------------ */

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } known[] = { { 200, "OK" },
                  { 302, "Found" },
                  { 400, "Bad Request" },
                  { 401, "Unauthorized" },
                  { 403, "Forbidden" },
                  { 404, "Not Found" },
                  { 405, "Method Not Allowed" },
                  { 408, "Request Timeout" },
                  { 409, "Conflict" },
                  { 410, "Gone" },
                  { 413, "Content Too Large" },
                  { 426, "Upgrade Required" },
                  { 429, "Too Many Requests" },
                  { 431, "Request Header Fields Too Large" },
                  { 500, "Internal Server Error" },
                  { 502, "Bad Gateway" },
                  { 503, "Service Unavailable" },
                  { 504, "Gateway Timeout" } };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].status == status)
            return known[i].reason;
    return "Status";
}

void response_json(struct http_response *res, json_t *json)
{
    free(res->body);
    res->status = 200;
    res->content_type = NULL;
    res->body = json_dumps(json, JSON_COMPACT);
    res->body_len = res->body ? strlen(res->body) : 0;
    json_decref(json);
}

void response_text(struct http_response *res, int status, const char *text)
{
    free(res->body);
    res->status = status;
    res->content_type = "text/plain; charset=utf-8";
    res->body = xstrdup(text);
    res->body_len = strlen(text);
}

static void write_response(struct conn *conn, const struct http_response *res,
                           bool close)
{
    struct buf *out = conn_out(conn);
    int status = res->status ? res->status : 200;

    if (!out)
        return;
    buf_fmt(out,
            "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
            "%s%s\r\n",
            status, reason_of(status),
            res->content_type ? res->content_type
                              : "application/json; charset=utf-8",
            res->body_len, res->headers ? res->headers : "",
            close ? "Connection: close\r\n" : "");
    buf_add(out, res->body, res->body_len);
    conn_dirty(conn);
}

static void response_dispose(struct http_response *res)
{
    free(res->headers);
    free(res->body);
    *res = (struct http_response){ 0 };
}

/* The connection is free for its next request. */
static struct conn *call_end(struct http_call *call)
{
    struct conn *conn = NULL;

    if (call->peer) {
        conn = call->peer->conn;
        call->peer->call = NULL;
        call->peer->phase = HTTP_HEAD;
    }
    http_call_free(call);
    return conn;
}

void http_answer(struct http_call *call, struct http_response *res)
{
    bool close = call->close;
    struct conn *conn;

    if (call->peer)
        write_response(call->peer->conn, res, close);
    response_dispose(res);
    conn = call_end(call);
    if (conn && close)
        conn_finish(conn);
    else if (conn && conn_in_len(conn))
        conn_poke(conn);
}

void http_answer_json(struct http_call *call, json_t *json)
{
    struct http_response res = { 0 };

    response_json(&res, json);
    http_answer(call, &res);
}

void http_drop(struct http_call *call)
{
    struct conn *conn = call_end(call);

    if (conn)
        conn_finish(conn);
}

void http_raw(struct http_call *call, const void *data, size_t len)
{
    struct conn *conn = call_end(call);

    if (!conn)
        return;
    conn_write(conn, data, len);
    conn_finish(conn);
}

void http_hang(struct http_call *call)
{
    call->hung = true;
    if (!call->peer)
        http_call_free(call);
}

struct conn *http_upgrade(struct http_call *call)
{
    struct http_peer *peer = call->peer;
    struct conn *conn = call_end(call);

    if (conn) {
        conn->owner = NULL;
        conn->protocol = NULL;
        free(peer);
    }
    return conn;
}

/* ---- connections -------------------------------------------------------- */

static void refuse(struct http_peer *peer, int status)
{
    struct http_response res = { 0 };

    if (peer->call)
        http_call_free(peer->call);
    peer->call = NULL;
    response_text(&res, status, reason_of(status));
    write_response(peer->conn, &res, true);
    response_dispose(&res);
    conn_finish(peer->conn);
}

static void dispatch(struct http_peer *peer)
{
    struct http_call *call = peer->call;

    call->request.body = buf_text(&call->body);
    call->request.body_len = call->body.len;
    peer->phase = HTTP_ANSWERING;
    peer->server->handler(peer->server->app, call);
}

/* One request per turn and connection: another is taken up by conn_poke(). */
static void peer_data(struct conn *conn)
{
    struct http_peer *peer = conn->owner;
    int refused;

    if (peer->phase == HTTP_ANSWERING) {
        if (conn_in_len(conn) > WAITING_INPUT_LIMIT)
            conn_abort(conn);
        return;
    }
    refused = http_read(peer);
    if (refused)
        refuse(peer, refused);
    else if (peer->phase == HTTP_READY)
        dispatch(peer);
}

static void peer_gone(struct conn *conn)
{
    struct http_peer *peer = conn->owner;
    struct http_call *call = peer->call;

    if (call) {
        call->peer = NULL;
        if (peer->phase != HTTP_ANSWERING || call->hung)
            http_call_free(call);
        else if (call->gone)
            call->gone(call->gone_arg);
    }
    free(peer);
}

static const struct protocol http_protocol = { .data = peer_data,
                                               .gone = peer_gone };

/* ---- the listener ------------------------------------------------------- */

static void accept_one(struct http_server *server, int fd)
{
    struct http_peer *peer = xcalloc(1, sizeof(*peer));
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    peer->server = server;
    peer->conn = conn_new(server->conns, fd, &http_protocol, peer);
}

static void listener_ready(struct source *source, uint32_t events)
{
    struct http_server *server = (struct http_server *)source;

    (void)events;
    for (;;) {
        int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0)
            return;
        accept_one(server, fd);
    }
}

static bool listen_on(struct http_server *server, int port, struct err *err)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    server->source.fd = fd;
    if (fd < 0)
        return err_set(err, ERR_SYSTEM, "socket: %s", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
        listen(fd, 512) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) < 0)
        return err_set(err, ERR_SYSTEM, "port %d: %s", port, strerror(errno));
    snprintf(server->address, sizeof(server->address), "127.0.0.1:%d",
             ntohs(at.sin_port));
    if (!loop_add(server->conns->loop, &server->source, EPOLLIN))
        return err_set(err, ERR_SYSTEM, "epoll_ctl: %s", strerror(errno));
    return true;
}

bool http_listen(struct http_server **out, struct conns *conns, int port,
                 struct err *err)
{
    struct http_server *server = xcalloc(1, sizeof(*server));

    server->conns = conns;
    server->source.ready = listener_ready;
    *out = server;
    if (listen_on(server, port, err))
        return true;
    http_free(server);
    *out = NULL;
    return false;
}

void http_serve(struct http_server *server, http_handler handler, void *app)
{
    server->handler = handler;
    server->app = app;
}

void http_free(struct http_server *server)
{
    if (!server)
        return;
    while (server->calls) {
        if (server->calls->peer)
            server->calls->peer->call = NULL;
        http_call_free(server->calls);
    }
    if (server->source.fd >= 0)
        close(server->source.fd);
    free(server);
}

/* A socket that was shut down stays bound, and may listen again. */
void http_pause(struct http_server *server)
{
    struct conn *conn;

    loop_remove(server->conns->loop, &server->source);
    shutdown(server->source.fd, SHUT_RDWR);
    for (conn = server->conns->all; conn; conn = conn->next)
        if (conn->protocol == &http_protocol &&
            ((struct http_peer *)conn->owner)->server == server)
            conn_abort(conn);
}

bool http_resume(struct http_server *server)
{
    return listen(server->source.fd, 512) == 0 &&
           loop_add(server->conns->loop, &server->source, EPOLLIN);
}

const char *http_address(const struct http_server *server)
{
    return server->address;
}
