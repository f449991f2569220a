/*
 * socket: one Socket Mode WebSocket.
 *
 * Does the framing, hello, pings, disconnect messages and the connection's
 * life; whole text messages go to link_on_message(). A socket is freed with
 * its connection; until then its state says what it is good for. One thread.
 */
#ifndef SANDBOX_SOCKET_H
#define SANDBOX_SOCKET_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "tests/sandbox/wire/conn.h"
#include "tests/sandbox/wire/ws.h"

struct link;

enum socket_state {
    SOCKET_GREETING, /* upgraded; hello was not sent yet, or never will be */
    SOCKET_OPEN,     /* hello is out */
    SOCKET_LEAVING,  /* a disconnect message is out, grace is running */
    SOCKET_SILENT,   /* half-open: what it is given is lost */
    SOCKET_CLOSING,  /* given nothing any more; the end is under way */
};

/* What the life of a socket looks like; Slack's time. */
struct socket_life {
    int64_t approximate_s; /* what hello says */
    int64_t warning_before_ms;
    int64_t life_ms;
};

struct socket {
    struct link *link;
    struct conn *conn;
    unsigned id; /* 1, 2, … in order of upgrade */
    enum socket_state state;
    struct socket_life life;
    bool no_pong;
    bool no_close_reply;
    bool warned; /* the life timer is at its second stop */
    unsigned pings_sent;
    int64_t since_us; /* upgrade, real time */
    int64_t heard_us; /* last frame, real time */
    uint64_t acks;
    uint64_t frames;    /* received */
    struct buf message; /* a fragmented message so far */
    enum ws_op message_op;
    unsigned fragments;    /* of message, 0: none is open */
    struct timer ping;     /* real time */
    struct timer life_end; /* Slack's time */
    struct timer grace;    /* real time */
    struct timer hello;    /* a delayed one; real time */
    struct socket *older;
};

/* conn has answered the upgrade; it is the socket's from now on. */
struct socket *socket_new(struct link *link, struct conn *conn, unsigned id,
                          const struct socket_life *life);

/* Says hello, or what the fault plan wants instead. */
void socket_greet(struct socket *s);
/* The first message is a refusal, and the connection ends. */
void socket_refuse(struct socket *s, const char *reason);

/* May it be given an envelope? True also while it is silent. */
bool socket_takes(const struct socket *s);
/* Would the envelope arrive? */
bool socket_works(const struct socket *s);
const char *socket_state_name(enum socket_state state);

void socket_send_text(struct socket *s, const char *text, size_t len);
void socket_send_frame(struct socket *s, bool fin, enum ws_op op,
                       const void *data, size_t len);
void socket_send_json(struct socket *s, json_t *json); /* takes json */
void socket_send_ping(struct socket *s);

/* A disconnect message, and the end after grace_ms. */
void socket_disconnect(struct socket *s, const char *reason, int64_t grace_ms);
void socket_close(struct socket *s, int code, const char *reason);
void socket_drop(struct socket *s);   /* RST */
void socket_fin(struct socket *s);    /* FIN without a Close */
void socket_silent(struct socket *s); /* half-open from now on */

#endif
