/*
 * client: see client.h.
 */
#include "tests/sandbox/wire/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/mem.h"

#define ANSWER_LIMIT ((size_t)64 * 1024 * 1024)

/* A connection of ours; the owner of its struct conn. */
struct line {
    struct client *client;
    struct conn *conn;
    unsigned port;
    struct client_call *call; /* NULL: kept, or nobody cares any more */
    struct line *next;        /* of those kept */
};

struct client {
    struct conns *conns;
    struct line *kept;
    struct client_call *calls;
};

struct client_call {
    struct client *client;
    struct line *line; /* NULL: there is no connection */
    client_done done;
    void *arg;
    char *bytes;
    size_t len;
    size_t sent;
    size_t piece;
    int64_t every_us;
    bool keep, shut, deaf, all;
    struct timer timer; /* the next piece; or to tell that it was refused */
    struct client_call *next;
    struct client_call *previous;
};

/* ---- addresses ---------------------------------------------------------- */

static bool is_loopback(const char *host)
{
    struct in_addr at;

    return strcmp(host, "localhost") == 0 ||
           (inet_pton(AF_INET, host, &at) == 1 &&
            ntohl(at.s_addr) >> 24 == 127);
}

bool url_parse(const char *text, struct url *out)
{
    static const char scheme[] = "http://";
    char name[sizeof(out->host)];
    const char *host = text + sizeof(scheme) - 1;
    size_t len;
    char *colon;

    if (strncasecmp(text, scheme, sizeof(scheme) - 1) != 0)
        return false;
    len = strcspn(host, "/?#");
    if (len >= sizeof(out->host) || (host[len] && host[len] != '/'))
        return false;
    snprintf(out->host, sizeof(out->host), "%.*s", (int)len, host);
    snprintf(name, sizeof(name), "%s", out->host);
    out->path = host[len] ? host + len : "/";
    out->port = 80;
    colon = strchr(name, ':');
    if (colon) {
        *colon = '\0';
        out->port = (unsigned)strtoul(colon + 1, NULL, 10);
    }
    return out->port > 0 && out->port < 65536 && is_loopback(name);
}

/* ---- the end of a call -------------------------------------------------- */

static void call_free(struct client_call *call)
{
    struct client *client = call->client;

    if (call->next)
        call->next->previous = call->previous;
    if (call->previous)
        call->previous->next = call->next;
    else
        client->calls = call->next;
    timer_stop(client->conns->loop, &call->timer);
    free(call->bytes);
    free(call);
}

/* The connection is on its own; it may be kept, closed or gone already. */
static void call_end(struct client_call *call, enum client_end end,
                     struct reply *reply)
{
    client_done done = call->done;
    void *arg = call->arg;

    if (call->line)
        call->line->call = NULL;
    call_free(call);
    done(arg, end, reply);
}

void client_cancel(struct client_call *call)
{
    if (!call)
        return;
    if (call->line) {
        call->line->call = NULL;
        conn_finish(call->line->conn);
    }
    call_free(call);
}

const char *client_look(const struct client_call *call, size_t *len)
{
    const struct conn *conn = call->line ? call->line->conn : NULL;

    *len = conn ? conn_in_len(conn) : 0;
    return *len ? conn_in(conn) : "";
}

/* ---- what comes --------------------------------------------------------- */

static void keep(struct line *line)
{
    line->next = line->client->kept;
    line->client->kept = line;
}

static void answered(struct line *line, struct reply *reply)
{
    struct client_call *call = line->call;

    conn_eat(line->conn, reply->used);
    if (call->keep && reply->keep_alive && call->sent == call->len &&
        !conn_in_len(line->conn))
        keep(line);
    else
        conn_finish(line->conn);
    call_end(call, CLIENT_ANSWERED, reply);
    reply_dispose(reply);
}

static void line_data(struct conn *conn)
{
    struct line *line = conn->owner;
    struct reply reply;
    enum reply_state state;

    if (!line->call) { /* kept, and spoken to out of turn */
        conn_finish(conn);
        return;
    }
    if (line->call->all)
        return;
    state = reply_parse(conn_in(conn), conn_in_len(conn), false, &reply);
    if (state == REPLY_WHOLE) {
        answered(line, &reply);
    } else if (state == REPLY_BAD || conn_in_len(conn) > ANSWER_LIMIT) {
        conn_abort(conn);
        call_end(line->call, CLIENT_BAD, NULL);
    }
}

static void unkeep(struct line *line)
{
    struct line **at = &line->client->kept;

    while (*at && *at != line)
        at = &(*at)->next;
    if (*at)
        *at = line->next;
}

/* A server that refuses early closes before it has read all: what it said is
 * still there to be read, though writing has failed. */
static void read_rest(struct conn *conn)
{
    char chunk[4096];
    ssize_t n;

    while ((n = recv(conn->source.fd, chunk, sizeof(chunk), MSG_DONTWAIT)) > 0)
        buf_add(&conn->in, chunk, (size_t)n);
}

/* Nothing has ever left: there was no connection. */
static bool is_refused(const struct line *line)
{
    const struct conn *conn = line->conn;

    return !line->call->sent || (conn->out.len && !conn->sent);
}

static enum client_end end_of(const struct line *line, enum reply_state state)
{
    if (state == REPLY_BAD)
        return CLIENT_BAD;
    return is_refused(line) ? CLIENT_REFUSED : CLIENT_CLOSED;
}

static void last_look(struct line *line)
{
    struct conn *conn = line->conn;
    struct reply reply;
    enum reply_state state;

    read_rest(conn);
    state = reply_parse(conn_in(conn), conn_in_len(conn), true, &reply);
    if (state == REPLY_WHOLE) {
        reply.raw = conn_in(conn);
        reply.raw_len = conn_in_len(conn);
        call_end(line->call, CLIENT_ANSWERED, &reply);
        reply_dispose(&reply);
    } else {
        call_end(line->call, end_of(line, state), NULL);
    }
}

static void line_gone(struct conn *conn)
{
    struct line *line = conn->owner;

    unkeep(line);
    if (line->call)
        last_look(line);
    free(line);
}

static const struct protocol client_protocol = { .data = line_data,
                                                 .gone = line_gone };

/* ---- connecting --------------------------------------------------------- */

/* -1: nobody listens there. */
static int dial(unsigned port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0 &&
        errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

static struct line *line_new(struct client *client, unsigned port)
{
    int fd = dial(port);
    struct line *line;

    if (fd < 0)
        return NULL;
    line = xcalloc(1, sizeof(*line));
    line->client = client;
    line->port = port;
    line->conn = conn_new(client->conns, fd, &client_protocol, line);
    return line;
}

static struct line *kept_line(struct client *client, unsigned port)
{
    for (struct line **at = &client->kept; *at; at = &(*at)->next) {
        struct line *line = *at;

        if (line->port != port || line->conn->state != CONN_OPEN)
            continue;
        *at = line->next;
        return line;
    }
    return NULL;
}

/* ---- sending ------------------------------------------------------------ */

static void send_piece(struct client_call *call)
{
    struct conn *conn = call->line->conn;
    size_t n = call->len - call->sent;

    if (conn->state != CONN_OPEN)
        return; /* over: line_gone() tells */
    if (call->piece && n > call->piece)
        n = call->piece;
    conn_write(conn, call->bytes + call->sent, n);
    call->sent += n;
    if (call->sent < call->len) {
        timer_start(conn->set->loop, &call->timer, call->every_us);
    } else if (call->deaf) {
        conn_finish(conn);
        call_end(call, CLIENT_DEAF, NULL);
    } else if (call->shut) {
        conn_half(conn);
    }
}

static void call_due(void *arg)
{
    struct client_call *call = arg;

    if (call->line)
        send_piece(call);
    else
        call_end(call, CLIENT_REFUSED, NULL);
}

struct client_call *client_send(struct client *client,
                                const struct client_request *request,
                                client_done done, void *arg)
{
    struct client_call *call = xcalloc(1, sizeof(*call));

    call->client = client;
    call->done = done;
    call->arg = arg;
    call->bytes = xmalloc(request->len + 1);
    memcpy(call->bytes, request->bytes, request->len);
    call->len = request->len;
    call->piece = request->piece;
    call->every_us = request->every_ms * 1000;
    call->keep = request->keep;
    call->shut = request->shut;
    call->deaf = request->deaf;
    call->all = request->all;
    call->timer = (struct timer){ .fire = call_due, .arg = call };
    call->next = client->calls;
    if (call->next)
        call->next->previous = call;
    client->calls = call;
    if (request->keep)
        call->line = kept_line(client, request->port);
    if (!call->line)
        call->line = line_new(client, request->port);
    if (call->line)
        call->line->call = call;
    timer_start(client->conns->loop, &call->timer, 0);
    return call;
}

/* ---- life --------------------------------------------------------------- */

struct client *client_new(struct conns *conns)
{
    struct client *client = xcalloc(1, sizeof(*client));

    client->conns = conns;
    return client;
}

void client_close(struct client *client)
{
    while (client && client->calls)
        client_cancel(client->calls);
}

void client_free(struct client *client)
{
    free(client);
}
