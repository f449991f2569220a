/*
 * link: Socket Mode as Slack runs it, and request URLs.
 *
 * Tickets, up to ten sockets, envelopes to a random one of them, acks on any
 * of them, the 3 s deadline, redelivery of events. Over HTTP (push.h) an
 * envelope is a signed request, and its answer the ack. What sandbox.h says of
 * link_deliver() and link_ticket() is for the world; the rest here is for the
 * wire. One thread.
 */
#ifndef SANDBOX_LINK_H
#define SANDBOX_LINK_H

#include "tests/sandbox/link/envelope.h"
#include "tests/sandbox/wire/http.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/link/socket.h"

#define LINK_SOCKETS   10    /* the eleventh is refused */
#define LINK_ACK_LIMIT 20480 /* acks this long are ignored, as Slack does */

/* Counted since start; see CONTROL.md. */
struct link_stats {
    uint64_t upgrades;
    uint64_t hellos;
    uint64_t delivered;
    uint64_t acked;
    uint64_t unanswered;
    uint64_t duplicate_acks;
    uint64_t unknown_acks;
    uint64_t late_acks;
    uint64_t oversized_acks;
    uint64_t fragmented_acks;
    uint64_t bad_messages;    /* neither JSON nor an ack */
    uint64_t protocol_errors; /* RFC 6455 broken by the client */
    uint64_t pings;           /* received */
    uint64_t pongs;           /* received */
    uint64_t http_answers;    /* whatever they say */
    unsigned max_open;
};

struct link *link_new(struct sandbox *sb);
void link_free(struct link *l); /* the sockets are freed before */

/* GET /link/: takes the call. */
void link_upgrade(struct link *l, struct http_call *call);

/* ---- sockets tell the link ---------------------------------------------- */

struct sandbox *link_sandbox(const struct link *l);
struct link_stats *link_stats(struct link *l);
/* A whole text message. */
void link_on_message(struct link *l, struct socket *s, const char *text,
                     size_t len, bool fragmented);
/* A state changed: deaf time, waiting events, waiting calls. */
void link_on_state(struct link *l);
void link_on_close(struct link *l, const struct socket *s, int code);
void link_on_gone(struct link *l, struct socket *s);
unsigned link_live(const struct link *l); /* sockets that are not closing */

/* ---- the control API ---------------------------------------------------- */

/* Sockets that `which` means: an id, "all", "newest", "oldest"; NULL is all.
 * Calls act for each (never for closing ones). Returns how many. */
unsigned link_each(struct link *l, const json_t *which,
                   void (*act)(struct socket *s, void *arg), void *arg);

void link_enable(struct link *l, bool enabled);
void link_set_life(struct link *l, const struct socket_life *life);
const struct socket_life *link_life(const struct link *l);
void link_set_ack_timeout(struct link *l, int64_t ms);
int64_t link_ack_timeout(const struct link *l);

/* There may be somebody again: events that waited are sent. */
void link_send_waiting(struct link *l);
/* Sockets past hello, or over HTTP 1: what the page calls connected. */
unsigned link_roads(const struct link *l);

/* The app's request URLs. Borrowed. */
struct push *link_push(struct link *l);
void link_close(
    struct link *l); /* nothing is under way: before conns_dispose() */

/* Sends an envelope that a test made; borrowed. False: no socket is open. */
bool link_send_made(struct link *l, const json_t *envelope, int copies);

/* The envelope made by the last link_deliver(), NULL if there was none since
 * link_forget_last(). Good until the loop turns; hold it to keep it. */
struct envelope *link_last(const struct link *l);
void link_forget_last(struct link *l);

unsigned link_in_flight(const struct link *l); /* or waiting for a socket */
json_t *link_json(struct link *l, bool with_envelopes);

/* ---- load --------------------------------------------------------------- */

/* The next link_deliver()s are not sent but kept; the payload is taken out
 * with link_captured() (new reference or NULL), which ends it. */
void link_capture(struct link *l);
json_t *link_captured(struct link *l);

void link_make_id(struct link *l, char out[ENVELOPE_ID]);
unsigned link_open_count(const struct link *l); /* sockets past hello */
/* Sends a load's command; load_acked() or load_lost() tell of its end.
 * False: no socket is open. */
bool link_send_load(struct link *l, const char *id, uint32_t number,
                    const char *text, size_t len);

#endif
