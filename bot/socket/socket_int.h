/*
 * socket_int: what the files of the socket thread share. Everything here is
 * touched by that thread alone, but for the mailbox and the atomics.
 *
 *   socket.c       the thread: turns, ticks, stop
 *   socket_conn.c  connections: the libwebsockets callback, frames in and out
 *   socket_open.c  opening: ask for a URL, resolve, connect, when to retry
 *   socket_ack.c   acks as frames
 */
#ifndef BOT_SOCKET_INT_H
#define BOT_SOCKET_INT_H

#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>

#include "bot/flow/desk.h"
#include "bot/socket/socket.h"
#include "core/base/buf.h"

#define CONNS       4         /* up + opening + two draining */
#define FRAME_LIMIT (4 << 20) /* bytes of one message; longer is dropped */
#define PING_MS     10000
#define SILENT_MS   25000 /* without any frame: dead */
#define HELLO_MS    10000 /* from the start of connecting to hello */
#define TICK_US     50000

struct frame {
    struct frame *next;
    size_t len;
    unsigned char data[]; /* LWS_PRE bytes, then the text */
};

struct conn {
    struct socket *s;
    struct lws *wsi; /* NULL: free, asking, or gone */
    enum link link;
    unsigned number; /* for the log */
    int64_t since;   /* mono ms, of link */
    int64_t up_at;   /* mono ms of hello; 0: never */
    int64_t last_rx;
    int64_t last_envelope;
    int64_t next_ping;
    int64_t refresh_at;     /* mono ms: open a successor; 0: not known */
    int64_t retry_after_ms; /* of a 429 while asking */
    bool gone;              /* WSI_DESTROY seen: to be reaped */
    bool skip;              /* the message in progress is over FRAME_LIMIT */
    enum link_end end;      /* why, when it goes */
    char why[160];
    struct buf in;
    struct frame *out, **out_last;
    bool ping_due;
    enum { CLOSE_NOT, CLOSE_WANTED, CLOSE_SENT } closing;
};

/* What other threads put into the mailbox. */
enum mail_kind { MAIL_VERDICT, MAIL_ASKED, MAIL_RESOLVED };
struct mail {
    struct mail *next;
    enum mail_kind kind;
    struct verdict *verdict;
    unsigned number; /* of the connection that asked */
    bool ok;
    char *text; /* URL or address; or what went wrong */
    enum link_end end;
    int64_t retry_after_ms;
};

struct socket {
    struct desk desk; /* the first: a road of ours is a socket */
    struct socket_needs needs;
    pthread_t thread;
    bool running;
    struct lws_context *lws;
    lws_sorted_usec_list_t tick;

    pthread_mutex_t mail_lock;
    struct mail *mail, **mail_last;
    atomic_bool mail_flag; /* a wake-up is under way */

    struct conn conns[CONNS];
    struct conn *opening; /* ASKING or CONNECTING, or NULL */
    struct link_policy policy;
    bool wanted;        /* an attempt is due at next_try */
    int64_t next_try;   /* mono ms */
    int64_t not_before; /* mono ms: Slack refused us and wants quiet */
    char *host, *path;  /* of the opening connection */
    int port;
    bool tls;
    unsigned numbers;

    _Atomic int64_t stop_by; /* mono ms; 0: not stopping */
    bool finished;

    _Atomic int fact_link;
    _Atomic int64_t fact_since, fact_up_at, fact_rtt_us, fact_rtt_at;
    _Atomic int64_t fact_turned;
    _Atomic uint64_t fact_envelopes, fact_acks, fact_malformed;
    _Atomic uint64_t fact_reconnects;
    atomic_bool fact_token_refused;
};

/* socket.c */
void socket_mail(struct socket *s, struct mail *m, bool wake); /* any thread */

/* socket_conn.c */
extern const struct lws_protocols socket_protocols[];
void conn_enter(struct conn *c, enum link to);
void conn_send(struct conn *c, const char *text, size_t len);
void conn_close(struct conn *c); /* Close(1000) once all is written */
void conn_kill(struct conn *c, enum link_end end, const char *why);
void conn_tick(struct conn *c, int64_t now);
void conn_reap(struct conn *c);         /* after a turn: frees a gone one */
struct conn *conn_up(struct socket *s); /* the newest that is up, or NULL */

/* socket_open.c */
void open_tick(struct socket *s, int64_t now);
void open_asked(struct socket *s, struct mail *m);
void open_resolved(struct socket *s, struct mail *m);
void open_ended(struct socket *s, struct conn *c); /* gone, or never came */
void open_now(struct socket *s); /* a successor is wanted at once */

/* socket_ack.c */
extern const struct desk_ways socket_ways;
void ack_received(struct conn *c, struct envelope *env);

#endif
