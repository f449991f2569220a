/*
 * conn: see conn.h.
 */
#include "tests/sandbox/wire/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/mem.h"

#define LINGER_US    1000000
#define READ_SIZE    (256 * 1024)
#define OUT_LIMIT    (64 * 1024 * 1024)
#define KEEP_BUFFERS (1024 * 1024)

static void conn_die(struct conn *conn)
{
    conn->state = CONN_DEAD;
    conn_dirty(conn);
}

static void conn_expire(void *arg)
{
    conn_die(arg);
}

/* ---- input -------------------------------------------------------------- */

char *conn_in(const struct conn *conn)
{
    return conn->in.data ? conn->in.data + conn->eaten : NULL;
}

size_t conn_in_len(const struct conn *conn)
{
    return conn->in.len - conn->eaten;
}

void conn_eat(struct conn *conn, size_t len)
{
    conn->eaten += len;
    if (conn->eaten < conn->in.len)
        return;
    conn->eaten = 0;
    buf_cut(&conn->in, 0);
    if (conn->in.cap > KEEP_BUFFERS)
        buf_dispose(&conn->in);
}

static void make_room(struct conn *conn)
{
    size_t left = conn_in_len(conn);

    if (!conn->eaten || conn->eaten < left)
        return;
    memmove(conn->in.data, conn->in.data + conn->eaten, left);
    conn->eaten = 0;
    buf_cut(&conn->in, left);
}

/* The peer sent FIN, or is gone altogether. */
static void conn_ended(struct conn *conn, bool broken)
{
    if (broken || conn->state == CONN_FINISHING || conn->shut ||
        conn->out.len == conn->sent)
        conn_die(conn);
    else
        conn_finish(conn);
}

static void conn_read(struct conn *conn)
{
    static char chunk[READ_SIZE];
    ssize_t n = recv(conn->source.fd, chunk, sizeof(chunk), 0);

    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            conn_ended(conn, true);
        return;
    }
    if (n == 0) {
        conn_ended(conn, false);
        return;
    }
    if (conn->state != CONN_OPEN)
        return;
    make_room(conn);
    buf_add(&conn->in, chunk, (size_t)n);
    conn->protocol->data(conn);
}

static void conn_ready(struct source *source, uint32_t events)
{
    struct conn *conn = (struct conn *)source;

    if (conn->state == CONN_DEAD)
        return;
    if (conn->state == CONN_FROZEN) {
        if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
            conn_die(conn);
        return;
    }
    if (events & EPOLLOUT)
        conn_dirty(conn);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        conn_read(conn);
}

/* ---- output ------------------------------------------------------------- */

struct buf *conn_out(struct conn *conn)
{
    return conn->state == CONN_OPEN && !conn->shut ? &conn->out : NULL;
}

void conn_dirty(struct conn *conn)
{
    if (conn->is_dirty)
        return;
    conn->is_dirty = true;
    conn->next_dirty = conn->set->dirty;
    conn->set->dirty = conn;
}

void conn_write(struct conn *conn, const void *data, size_t len)
{
    struct buf *out = conn_out(conn);

    if (!out)
        return;
    buf_add(out, data, len);
    conn_dirty(conn);
}

void conn_poke(struct conn *conn)
{
    conn->poked = true;
    conn_dirty(conn);
}

/* Returns true when nothing is left to send. */
static bool conn_flush(struct conn *conn)
{
    while (conn->sent < conn->out.len) {
        ssize_t n = send(conn->source.fd, conn->out.data + conn->sent,
                         conn->out.len - conn->sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN && conn->out.len < OUT_LIMIT)
            return false;
        if (n < 0) {
            conn_die(conn);
            return false;
        }
        conn->sent += (size_t)n;
    }
    conn->sent = 0;
    buf_cut(&conn->out, 0);
    if (conn->out.cap > KEEP_BUFFERS)
        buf_dispose(&conn->out);
    return true;
}

static void conn_turn_end(struct conn *conn)
{
    bool all_sent;

    if (conn->poked) {
        conn->poked = false;
        if (conn->state == CONN_OPEN)
            conn->protocol->data(conn);
    }
    if (conn->state == CONN_DEAD || conn->state == CONN_FROZEN)
        return;
    all_sent = conn_flush(conn);
    if (conn->state == CONN_DEAD)
        return;
    if (all_sent && conn->state == CONN_FINISHING && !conn->shut) {
        shutdown(conn->source.fd, SHUT_WR);
        conn->shut = true;
    }
    loop_watch(conn->set->loop, &conn->source,
               EPOLLIN | (all_sent ? 0U : (uint32_t)EPOLLOUT));
}

/* ---- life --------------------------------------------------------------- */

struct conn *conn_new(struct conns *set, int fd,
                      const struct protocol *protocol, void *owner)
{
    struct conn *conn = xcalloc(1, sizeof(*conn));

    conn->source = (struct source){ .fd = fd, .ready = conn_ready };
    conn->set = set;
    conn->protocol = protocol;
    conn->owner = owner;
    conn->linger = (struct timer){ .fire = conn_expire, .arg = conn };
    conn->next = set->all;
    if (set->all)
        set->all->previous = conn;
    set->all = conn;
    if (!loop_add(set->loop, &conn->source, EPOLLIN))
        conn_die(conn);
    return conn;
}

void conn_finish(struct conn *conn)
{
    if (conn->state != CONN_OPEN)
        return;
    conn->state = CONN_FINISHING;
    timer_start(conn->set->loop, &conn->linger, LINGER_US);
    conn_dirty(conn);
}

void conn_half(struct conn *conn)
{
    if (conn->state != CONN_OPEN || !conn_flush(conn))
        return;
    shutdown(conn->source.fd, SHUT_WR);
    conn->shut = true;
}

void conn_abort(struct conn *conn)
{
    conn->reset = true;
    conn_die(conn);
}

void conn_freeze(struct conn *conn)
{
    if (conn->state != CONN_OPEN)
        return;
    conn_flush(conn);
    if (conn->state == CONN_DEAD)
        return;
    conn->state = CONN_FROZEN;
    loop_watch(conn->set->loop, &conn->source, EPOLLRDHUP);
}

static void conn_free(struct conn *conn)
{
    struct linger rst = { .l_onoff = 1, .l_linger = 0 };

    conn->protocol->gone(conn);
    timer_stop(conn->set->loop, &conn->linger);
    if (conn->next)
        conn->next->previous = conn->previous;
    if (conn->previous)
        conn->previous->next = conn->next;
    else
        conn->set->all = conn->next;
    if (conn->reset)
        setsockopt(conn->source.fd, SOL_SOCKET, SO_LINGER, &rst, sizeof(rst));
    loop_remove(conn->set->loop, &conn->source);
    close(conn->source.fd);
    buf_dispose(&conn->in);
    buf_dispose(&conn->out);
    free(conn);
}

static void turn_end(void *arg)
{
    struct conns *set = arg;
    struct conn *conn = set->dirty;

    set->dirty = NULL;
    while (conn) {
        struct conn *next = conn->next_dirty;

        conn->is_dirty = false;
        conn_turn_end(conn);
        if (conn->state == CONN_DEAD && !conn->is_dirty)
            conn_free(conn);
        conn = next;
    }
    if (set->dirty)
        loop_again(set->loop);
}

void conns_init(struct conns *set, struct loop *loop)
{
    *set = (struct conns){ .loop = loop };
    loop_each_turn(loop, turn_end, set);
}

void conns_dispose(struct conns *set)
{
    while (set->all)
        conn_free(set->all);
}
