/*
 * link: when to try the Slack WebSocket again. Policy only: no I/O, no clock,
 * no randomness of its own; the socket thread asks.
 *
 * First attempt after a loss within 250 ms, at most one such per 5 s; then
 * full jitter, 1 s doubling to 30 s. The count is forgotten after 60 s up.
 */
#ifndef BOT_LINK_H
#define BOT_LINK_H

#include <stdint.h>

/* One connection's life; also what /health calls the socket. */
enum link {
    LINK_DOWN,       /* no attempt under way */
    LINK_ASKING,     /* apps.connections.open, then the name look-up */
    LINK_CONNECTING, /* TCP, TLS, upgrade, until hello */
    LINK_UP,         /* hello seen: envelopes flow */
    LINK_DRAINING,   /* a newer one is up: last answers, then Close */
};
const char *link_name(enum link link);

/* Why the last attempt or connection ended. */
enum link_end {
    LINK_LOST,     /* it was up, and is gone */
    LINK_FAILED,   /* it never came up: DNS, TCP, TLS, 409, no hello, 5xx */
    LINK_LIMITED,  /* 429: retry_after_ms says when */
    LINK_TOO_MANY, /* too_many_websockets */
    LINK_DISABLED, /* link_disabled: Socket Mode was switched off */
    LINK_FATAL,    /* the app token is refused */
};
const char *link_end_name(enum link_end end);

struct link_policy {
    unsigned failures;  /* since the last 60 s up */
    int64_t last_quick; /* mono ms of the last attempt within 250 ms */
};

/*
 * Milliseconds to wait. now: mono ms. random: any 32 bits. was_up_ms: how
 * long the connection that ended was up (0: never). retry_after_ms: for
 * LINK_LIMITED.
 */
int64_t link_wait(struct link_policy *p, enum link_end end, int64_t was_up_ms,
                  int64_t retry_after_ms, int64_t now, uint32_t random);

/* What an error word of apps.connections.open means. */
enum link_end link_verdict(const char *error);

#endif
