/*
 * dial: TCP connections under a deadline, the look-up of the name included.
 * Any thread; no state of its own.
 */
#ifndef CORE_NET_DIAL_H
#define CORE_NET_DIAL_H

#include <stdint.h>

#include "core/base/err.h"

#define DIAL_HOST 256
#define DIAL_PORT 8

struct dial_address {
    char host[DIAL_HOST]; /* a name or an address, without [] */
    char port[DIAL_PORT];
};

/* "host:port", "[::1]:80". port NULL: it must be there, else it may be left
 * out. False when it is neither. */
MUST_CHECK bool dial_parse(const char *text, const char *port,
                           struct dial_address *out);

/*
 * A connected socket (not blocking, close-on-exec), the caller's; -1: err
 * (ERR_SYSTEM) says why: "cannot connect: Connection refused". Every address
 * of the host is tried: a silent one has its share of the time, so that those
 * behind it are tried as well. until: mono ms.
 */
int dial_tcp(const struct dial_address *to, int64_t until, struct err *err);

#endif
