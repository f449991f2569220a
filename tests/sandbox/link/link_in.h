/*
 * link_in: struct link, shared by link.c (sockets, tickets, the control API's
 * view) and link_deliver.c (envelopes and acks). Nobody else includes this.
 */
#ifndef SANDBOX_LINK_IN_H
#define SANDBOX_LINK_IN_H

#include "tests/sandbox/link/link.h"
#include "tests/sandbox/wire/loop.h"

#define CLOSE_CODES_KEPT 256

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
/* A socket can take envelopes again: what waited is sent. */
void link_send_waiting(struct link *l);

#endif
