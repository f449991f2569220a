/*
 * server_int: what the files of the server share. All of it is the server's
 * thread's alone, but for the mailbox and the atomics.
 *
 *   server.c         the thread: turns, ticks, the mailbox, start and stop
 *   server_client.c  connections: who is taken in, how long, the lws callback
 *   server_request.c bytes in, one request at a time
 *   server_answer.c  answers out
 *   server_listen.c  sockets that listen
 *   server_tls.c     certificates (OpenSSL)
 *   server_head.c    reading HTTP: pure
 */
#ifndef BOT_SERVER_INT_H
#define BOT_SERVER_INT_H

#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>

#include "bot/http/server_head.h"
#include "core/base/buf.h"

#define CLIENTS    512        /* past it the oldest goes for a newcomer */
#define SLOTS      1024       /* those that are going have theirs still */
#define BODIES_MAX (64 << 20) /* bytes of bodies held at once */
#define TICK_US    50000

enum phase {
    PHASE_IDLE,  /* between requests */
    PHASE_HEAD,  /* the first bytes of one are here */
    PHASE_BODY,  /* its head is */
    PHASE_ASKED, /* all of it is: whoever handles it has it */
    PHASE_LEAVE, /* what is answered is written; what comes is thrown away */
    PHASE_GONE,  /* lws is told to close it */
};

struct request {
    struct client *client;
    uint64_t number; /* 0: none */
    char *text;      /* of the head, taken apart */
    struct head head;
    struct chunks chunks;
    struct buf body;
    size_t taken; /* of its body, kept or thrown away */
    size_t body_max;
    int64_t body_ms;
    struct peer peer;
    int64_t received_us;
    bool answered;
};

struct client {
    struct server *server;
    struct listening *listening;
    struct lws *wsi; /* NULL: not there yet */
    size_t index;
    enum phase phase;
    int64_t since;    /* mono ms, of phase */
    int64_t begun;    /* mono ms: the first byte of this request */
    struct buf in;    /* read, not yet used */
    size_t used;      /* of in */
    size_t seen;      /* of a head that is not complete */
    struct buf out;   /* LWS_PRE bytes, then what is to be written */
    size_t sent;      /* of out */
    int64_t sent_at;  /* mono ms: something was written, or began to be */
    bool close;       /* after what is in out */
    bool flow_paused; /* reading is */
    char address[64];
    char name[128]; /* of its certificate */
    unsigned uid;
    struct request rq;
};

struct listening {
    struct server *server;
    struct listener is;
    int port;
    char *path; /* of a Unix socket that we made */
    dev_t device;
    ino_t inode;
    int fd; /* until lws has it: then -1 */
    struct lws_vhost *vhost;
    struct lws *wsi;
    struct err tls; /* why its certificates cannot be used */
    void *ssl_ctx;  /* of the vhost; lws frees it */
    bool secure;    /* TLS is set up */
    int64_t paused; /* mono ms: no connection is taken before; 0: now */
};

/* What other threads ask for. */
struct errand {
    struct errand *next;
    void (*call)(void *arg);
    void *arg;
};

struct server {
    struct lws_context *lws;
    lws_sorted_usec_list_t tick;
    pthread_t thread;
    bool running, stopped; /* whoever starts and stops */
    struct listening listening[SERVER_LISTENERS];
    size_t count;
    struct client *clients[SLOTS];
    size_t open;
    uint64_t numbers;
    size_t bodies; /* bytes of all bodies */
    int64_t said;  /* mono ms: that no connection can be taken */

    pthread_mutex_t lock;
    struct errand *errands, **errands_last;
    bool over; /* no more errands */

    atomic_bool ended;
    _Atomic int64_t stop_by; /* mono ms; 0: not stopping */
    _Atomic int64_t turned;
    _Atomic uint64_t fact_requests, fact_statuses[6], fact_refused;
    _Atomic unsigned fact_connections;
};

/* server_listen.c: opens l->fd, or says why not. */
MUST_CHECK bool listen_open(struct listening *l, struct err *err);
void listen_close(struct listening *l); /* removes a socket of ours */

/* server_tls.c: a listener's SSL_CTX as lws makes it; l->tls says why not. */
void tls_setup(struct listening *l, void *ssl_ctx);
void tls_finish(struct listening *l); /* once lws has made it */
/* The common name of a verified certificate, or "". */
void tls_name(struct lws *wsi, char *out, size_t size);

/* server_client.c */
int client_event(struct lws *wsi, enum lws_callback_reasons why, void *user,
                 void *in, size_t len);
void client_tick(struct client *c, int64_t now);
void client_enter(struct client *c, enum phase to);
bool client_quiet(const struct client *c); /* nothing is to be written */

/* server_request.c */
void client_read(struct client *c, const void *data, size_t len);
void client_reset(struct client *c); /* forgets its request */
void client_next(struct client *c);  /* the same, and goes on with what waits */

/* server_answer.c */
void client_begin_out(struct client *c); /* something is put into out */
int client_write(struct client *c);      /* lws's convention: non-zero closes */
/* The server's own word; and the last one, where nobody can tell where the
 * next request begins. */
void client_say(struct client *c, int status, const char *why, bool close);
void client_refuse(struct client *c, int status, const char *why);

#endif
