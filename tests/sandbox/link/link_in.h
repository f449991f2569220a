/*
 * link_in: struct link, shared by link.c (sockets, tickets, the control API's
 * view), link_deliver.c (envelopes and acks) and link_http.c (the same over
 * HTTP). Nobody else includes this.
 */
#ifndef SANDBOX_LINK_IN_H
#define SANDBOX_LINK_IN_H

#include "tests/sandbox/link/link.h"
#include "tests/sandbox/link/push.h"
#include "tests/sandbox/wire/loop.h"

#define CLOSE_CODES_KEPT 256

struct post; /* link_http.c */
struct ticket;

struct link {
    struct sandbox *sb;
    struct link_stats stats;

    /* sockets and tickets */
    struct socket *newest;
    unsigned last_socket;
    struct ticket *tickets; /* newest first */
    bool disabled;          /* Socket Mode is switched off */
    struct socket_life life;
    json_t *close_codes;
    /* deaf: since the first hello, no socket to which an envelope could have
     * been delivered (open, or leaving within its grace; a silent one does
     * not count). */
    bool greeted;          /* there was a hello */
    int64_t deaf_since_us; /* 0: not deaf now */
    int64_t deaf_us;       /* sum of what is over */

    struct push *push;  /* the app's request URLs */
    struct post *posts; /* requests that are not answered */

    /* envelopes */
    struct envelopes *envelopes;
    int64_t ack_timeout_us;
    unsigned in_flight;
    struct envelope *waiting; /* events without a socket, oldest first */
    struct envelope *waiting_last;
    unsigned waiting_count;
    struct envelope *last; /* see link_last() */
    bool capturing;
    json_t *captured;
};

/* A socket that is to get the next envelope, at random; NULL: none. */
struct socket *link_pick(struct link *l);
/* ---- link_deliver.c and link_http.c for one another --------------------- */

/* It is on its way: counted, and its deadline runs. */
void link_sent(struct link *l, struct envelope *e);
/* The app has answered it. Borrows payload (NULL: none); the envelope may be
 * freed. */
void link_acked(struct link *l, struct envelope *e, const json_t *payload);
/* A further copy was answered, with a payload of its own. */
void link_acked_again(struct link *l, struct envelope *e,
                      const json_t *payload);
/* It was sent, and it will not be answered: error as the user is told. */
void link_failed(struct link *l, struct envelope *e, const char *error);

/* Sends its payload to the request URL, so often as a fault says. */
void link_post(struct link *l, struct envelope *e);
/* The same with a body that is ready, copies of it. */
void link_post_body(struct link *l, struct envelope *e, const char *body,
                    size_t len, int copies);
/* The deadline has passed: what is under way is given up. */
void link_posts_cancel(struct link *l, struct envelope *e);

#endif
