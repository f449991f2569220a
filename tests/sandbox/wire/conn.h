/*
 * conn: one accepted TCP connection with buffers on both sides.
 *
 * A protocol (http, then perhaps socket) is told of bytes and of the end.
 * Output is collected and sent once per loop turn. Nothing dies inside a
 * callback: conn_abort() and friends only mark, and the end of the turn calls
 * gone() and frees. The protocol's owner pointer belongs to the protocol.
 */
#ifndef SANDBOX_CONN_H
#define SANDBOX_CONN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "tests/sandbox/wire/loop.h"

struct conn;

/* All connections of one loop. */
struct conns {
    struct loop *loop;
    struct conn *all;
    struct conn *dirty; /* to be looked at when the turn ends */
};

struct protocol {
    void (*data)(struct conn *conn); /* look at conn_in(), then conn_eat() */
    void (*gone)(struct conn *conn); /* last call; free the owner */
};

enum conn_state {
    CONN_OPEN,
    CONN_FINISHING, /* sends what is collected, then FIN; input is dropped */
    CONN_FROZEN,    /* half-open: nothing is read, nothing is sent */
    CONN_DEAD,      /* freed when the turn ends */
};

struct conn {
    struct source source; /* first: source and conn share their address */
    struct conns *set;
    enum conn_state state;
    const struct protocol *protocol;
    void *owner;
    struct buf in;
    size_t eaten; /* of in */
    struct buf out;
    size_t sent; /* of out */
    struct timer linger;
    bool reset; /* die with RST */
    bool shut;  /* FIN is out */
    bool poked; /* call data() when the turn ends */
    bool is_dirty;
    struct conn *next_dirty;
    struct conn *next;
    struct conn *previous;
};

/* Adds its turn hook to the loop. */
void conns_init(struct conns *set, struct loop *loop);
void conns_dispose(struct conns *set); /* frees all, calling gone() */

/* Takes fd. */
struct conn *conn_new(struct conns *set, int fd,
                      const struct protocol *protocol, void *owner);

char *conn_in(const struct conn *conn); /* NULL only while empty */
size_t conn_in_len(const struct conn *conn);
void conn_eat(struct conn *conn, size_t len);

/* Where to append output; then conn_dirty(). NULL: nobody will read it. */
struct buf *conn_out(struct conn *conn);
void conn_dirty(struct conn *conn);
void conn_write(struct conn *conn, const void *data, size_t len);

void conn_poke(struct conn *conn);
void conn_finish(struct conn *conn); /* flush, FIN, drop input, close */
void conn_half(struct conn *conn);   /* flush, FIN, keep reading */
void conn_abort(struct conn *conn);  /* RST now */
void conn_freeze(struct conn *conn); /* until the peer is gone */

#endif
