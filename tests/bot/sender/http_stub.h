/*
 * http_stub: a small HTTP server for tests: keeps what it was asked, answers
 * what the test's handler says.
 *
 * One thread, one poll loop, keep-alive, 127.0.0.1 at a free port. The handler
 * runs on that thread.
 */
#ifndef TESTS_BOT_HTTP_STUB_H
#define TESTS_BOT_HTTP_STUB_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

#define STUB_CONNS 64
#define STUB_KEPT  8192

struct stub_request {
    char *path, *head, *body;
    int64_t at; /* mono ms */
    int conn;   /* number of the connection, from 1 */
};

/* number: how many of this path came before, from 0. */
struct stub_reply {
    int status;          /* 0: 200 */
    const char *headers; /* whole lines, or NULL */
    const char *body;    /* static, or NULL for {"ok":true} */
    int delay_ms;
    bool hang_up; /* close without an answer */
};

typedef struct stub_reply stub_handler(void *arg,
                                       const struct stub_request *request,
                                       int number);

struct stub_conn {
    int fd, number;
    struct buf in, out;
    int64_t answer_at; /* 0: nothing waits */
    bool hang_up;
};

struct stub {
    int fd, port;
    pthread_t thread;
    atomic_bool stop;
    stub_handler *handler;
    void *arg;
    struct stub_conn conns[STUB_CONNS];
    int conn_numbers;
    pthread_mutex_t lock; /* the requests */
    struct stub_request requests[STUB_KEPT];
    size_t count;
};

static int stub_same_path(const struct stub *st, const char *path)
{
    int n = 0;

    for (size_t i = 0; i < st->count; i++)
        n += strcmp(st->requests[i].path, path) == 0;
    return n;
}

static void stub_answer(struct stub *st, struct stub_conn *c, char *head,
                        char *body)
{
    struct stub_request *r;
    struct stub_reply reply;
    const char *text;
    int number;

    pthread_mutex_lock(&st->lock);
    r = &st->requests[st->count];
    r->path = xstrndup(head + 5, strcspn(head + 5, " "));
    r->head = head;
    r->body = body;
    r->at = clock_mono_ms();
    r->conn = c->number;
    number = stub_same_path(st, r->path);
    if (st->count < STUB_KEPT - 1)
        st->count++;
    pthread_mutex_unlock(&st->lock);
    reply = st->handler(st->arg, r, number);
    text = reply.body ? reply.body : "{\"ok\":true}";
    buf_fmt(&c->out, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n%s",
            reply.status ? reply.status : 200, strlen(text),
            reply.headers ? reply.headers : "", text);
    c->hang_up = reply.hang_up;
    c->answer_at = clock_mono_ms() + reply.delay_ms;
}

/* Takes one whole request out of what came in. */
static void stub_parse(struct stub *st, struct stub_conn *c)
{
    char *end, *length;
    size_t head, body = 0;

    if (c->answer_at || !c->in.data)
        return;
    end = strstr(c->in.data, "\r\n\r\n");
    if (!end)
        return;
    head = (size_t)(end - c->in.data) + 4;
    length = strcasestr(c->in.data, "Content-Length:");
    if (length && length < end)
        body = strtoul(length + 15, NULL, 10);
    if (c->in.len < head + body)
        return;
    stub_answer(st, c, xstrndup(c->in.data, head),
                xstrndup(c->in.data + head, body));
    memmove(c->in.data, c->in.data + head + body, c->in.len - head - body + 1);
    c->in.len -= head + body;
}

static void stub_close(struct stub_conn *c)
{
    close(c->fd);
    buf_dispose(&c->in);
    buf_dispose(&c->out);
    *c = (struct stub_conn){ .fd = -1 };
}

static void stub_accept(struct stub *st)
{
    int fd = accept(st->fd, NULL, NULL);

    for (size_t i = 0; fd >= 0 && i < STUB_CONNS; i++) {
        if (st->conns[i].fd >= 0)
            continue;
        st->conns[i].fd = fd;
        st->conns[i].number = ++st->conn_numbers;
        return;
    }
    if (fd >= 0)
        close(fd);
}

static void stub_conn_turn(struct stub *st, struct stub_conn *c, short events)
{
    char chunk[16384];

    if (events) {
        ssize_t n = read(c->fd, chunk, sizeof chunk);

        if (n <= 0) {
            stub_close(c);
            return;
        }
        buf_add(&c->in, chunk, (size_t)n);
    }
    stub_parse(st, c);
    if (!c->answer_at || clock_mono_ms() < c->answer_at)
        return;
    if (c->hang_up || send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL) < 0) {
        stub_close(c);
        return;
    }
    buf_cut(&c->out, 0);
    c->answer_at = 0;
}

static void *stub_run(void *arg)
{
    struct stub *st = arg;

    while (!atomic_load(&st->stop)) {
        struct pollfd fds[STUB_CONNS + 1];

        fds[0] = (struct pollfd){ .fd = st->fd, .events = POLLIN };
        for (size_t i = 0; i < STUB_CONNS; i++)
            fds[i + 1] =
                (struct pollfd){ .fd = st->conns[i].fd, .events = POLLIN };
        poll(fds, STUB_CONNS + 1, 5);
        for (size_t i = 0; i < STUB_CONNS; i++)
            if (st->conns[i].fd >= 0)
                stub_conn_turn(st, &st->conns[i], fds[i + 1].revents);
        if (fds[0].revents)
            stub_accept(st);
    }
    return NULL;
}

static struct stub *stub_start(stub_handler *handler, void *arg)
{
    struct stub *st = xcalloc(1, sizeof *st);
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof at;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    st->handler = handler;
    st->arg = arg;
    for (size_t i = 0; i < STUB_CONNS; i++)
        st->conns[i].fd = -1;
    pthread_mutex_init(&st->lock, NULL);
    st->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(st->fd, (struct sockaddr *)&at, len) ||
        getsockname(st->fd, (struct sockaddr *)&at, &len) ||
        listen(st->fd, 64) || pthread_create(&st->thread, NULL, stub_run, st))
        abort();
    st->port = ntohs(at.sin_port);
    return st;
}

static void stub_stop(struct stub *st)
{
    atomic_store(&st->stop, true);
    pthread_join(st->thread, NULL);
    for (size_t i = 0; i < STUB_CONNS; i++)
        if (st->conns[i].fd >= 0)
            stub_close(&st->conns[i]);
    for (size_t i = 0; i < STUB_KEPT; i++) {
        free(st->requests[i].path);
        free(st->requests[i].head);
        free(st->requests[i].body);
    }
    pthread_mutex_destroy(&st->lock);
    close(st->fd);
    free(st);
}

#endif
