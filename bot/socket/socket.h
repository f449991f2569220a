/*
 * socket: the Slack WebSocket (Socket Mode), on a thread of its own.
 *
 * libwebsockets' own loop; one link enum with one mover per connection (see
 * link.h). A new connection is up (hello seen) before the old one stops
 * taking envelopes, so that a refresh is never deaf. The thread touches no
 * Redis, no SQL, no HTTP and no DNS: apps.connections.open goes through the
 * sender, names are resolved elsewhere.
 *
 * Each envelope gets a slot (hold.h) and goes to intake; its ack leaves when
 * a verdict says so, or when answer_in_ack_ms is over and it is recorded, or
 * with a refusal after 2.5 s.
 */
#ifndef BOT_SOCKET_H
#define BOT_SOCKET_H

#include "bot/flow/hold.h"
#include "bot/socket/link.h"
#include "bot/sender/sender.h"
#include "bot/flow/verdict.h"
#include "core/config.h"

struct socket;

/* All borrowed for life. intake takes struct envelope and struct settled. */
struct socket_needs {
    const struct config *config;
    struct sender *sender;
    struct queue *intake;
};

/* No thread yet: verdicts wait. */
struct socket *socket_new(const struct socket_needs *needs, struct err *err);
/* Connects, and goes on connecting. */
MUST_CHECK bool socket_run(struct socket *s, struct err *err);

/* A snapshot, any thread. Times are wall or mono ms as named. */
struct socket_facts {
    enum link link;
    int64_t since_wall_ms;
    int64_t up_ms;         /* since hello; -1: not up */
    int64_t round_trip_us; /* of our last ping; -1: none yet */
    int64_t round_trip_age_ms;
    int64_t turned_ms; /* since the loop last turned */
    uint64_t envelopes, acks, refused, malformed, reconnects;
    uint64_t late; /* answers that missed their ack */
    unsigned in_flight;
    bool token_refused; /* fatal auth error: degrade health */
};
void socket_facts(struct socket *s, struct socket_facts *out);

/*
 * Stops: answers what is in flight (new commands are told to come back),
 * closes the connections properly, joins. At most grace_ms.
 */
void socket_stop(struct socket *s, int grace_ms);
/* After socket_stop() and the last worker: answers that came too late for the
 * socket go by response URL. */
void socket_flush(struct socket *s);
/* When no other thread knows it any more. NULL is fine. */
void socket_free(struct socket *s);

#endif
