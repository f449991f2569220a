/*
 * redis_link: the socket below redis.c: connect, send, receive, each under a
 * deadline. Internal to core/store/redis*.c.
 *
 * A link that missed a deadline or lost its peer is closed at once: a late
 * answer must never be read as the answer to a later command.
 */
#ifndef CORE_STORE_REDIS_LINK_H
#define CORE_STORE_REDIS_LINK_H

#include <hiredis/hiredis.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/store/redis.h"

struct redis_link {
    const struct redis_url *url;
    redisContext *ctx; /* NULL: not connected */
};

/* Connects unless connected to a peer that is still there; logs in and
 * selects the database. until: mono ms. */
MUST_CHECK bool redis_link_open(struct redis_link *l, int64_t until,
                                struct err *err);
void redis_link_close(struct redis_link *l);

/* What became of a batch on the wire. */
enum redis_wire {
    WIRE_OK,
    WIRE_LATE, /* no answer in time; the link is closed */
    WIRE_LOST, /* the peer went away; the link is closed */
};

/*
 * What is on its way out. hiredis moves its whole buffer at every write that
 * the socket takes in part, so it gets slices.
 */
struct redis_sending {
    const struct buf *commands; /* encoded; as they are until received */
    size_t fed;                 /* bytes given to hiredis */
    int done;                   /* hiredis has written all it was given */
};

/* Begins to send: as much as the socket takes, without waiting. */
enum redis_wire redis_link_send(struct redis_link *l, struct redis_sending *s,
                                const struct buf *commands, struct err *err);
/* Sends what is left and receives count replies, which are the caller's; on
 * failure there are none and err says why. */
enum redis_wire redis_link_receive(struct redis_link *l,
                                   struct redis_sending *s,
                                   redisReply **replies, size_t count,
                                   int64_t until, struct err *err);

/* Appends one command as RESP. lens NULL: strlen of each. */
void redis_encode(struct buf *out, int argc, const char *const *argv,
                  const size_t *lens);

#ifdef HAVE_HIREDIS_SSL
/* TLS on a connected link, certificate and host name verified. In
 * redis_tls.c. */
MUST_CHECK bool redis_link_tls(struct redis_link *l, struct timeval limit,
                               struct err *err);
#endif

#endif
