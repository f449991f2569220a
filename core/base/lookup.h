/*
 * lookup: host names to addresses, under a deadline.
 *
 * getaddrinfo() takes as long as the resolver likes, half a minute if a name
 * server is silent. So it runs in a short thread of its own, and whoever asked
 * stops waiting when time is up; the thread ends when it ends, and its answer
 * is thrown away. Numeric addresses are answered at once, without a thread.
 * Any thread.
 */
#ifndef CORE_BASE_LOOKUP_H
#define CORE_BASE_LOOKUP_H

#include <netdb.h>
#include <stdint.h>

#include "core/base/err.h"

#define LOOKUPS_MOST 128 /* under way at once; more are refused */

/*
 * Addresses of host for TCP, in the order to try them; port is a number as
 * text. freeaddrinfo() them. until: mono ms. False: ERR_SYSTEM, "the name of
 * its host is not known".
 */
MUST_CHECK bool lookup(const char *host, const char *port, int64_t until,
                       struct addrinfo **out, struct err *err);

#endif
