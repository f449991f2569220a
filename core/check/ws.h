/*
 * ws: a small WebSocket client (RFC 6455) for one check: the upgrade, and
 * messages read until a deadline. Internal to core/check. One thread.
 *
 * Straight-line on purpose: no extensions, no fragments out, text and binary
 * alike. Pings are answered.
 */
#ifndef CORE_CHECK_WS_H
#define CORE_CHECK_WS_H

#include "core/base/buf.h"
#include "core/net/wire.h"

#define WS_MESSAGE (64 << 10) /* bytes of a message that are kept */

/* "wss://host:8443/feed?x=1", taken apart. */
struct ws_url {
    bool tls;
    struct dial_address at;
    const char *path;                     /* borrowed from the URL; "" is / */
    char host[DIAL_HOST + DIAL_PORT + 3]; /* as in the Host header */
};
MUST_CHECK bool ws_url(const char *url, struct ws_url *out);

/* The upgrade. token NULL: none. False: err says what was answered. */
MUST_CHECK bool ws_upgrade(struct wire *w, const struct ws_url *url,
                           const char *token, int64_t until, struct err *err);

/* The next whole message into out. False: none came before the deadline, or
 * the other end closed; err says which. */
MUST_CHECK bool ws_next(struct wire *w, struct buf *out, int64_t until,
                        struct err *err);
/* Says goodbye, without waiting for the answer. */
void ws_bye(struct wire *w, int64_t until);

#endif
