/*
 * tls: a TLS session as a client, verified, under a deadline. Internal to
 * core/net: others use wire.h. A session belongs to one thread.
 */
#ifndef CORE_NET_TLS_H
#define CORE_NET_TLS_H

#include "core/net/wire.h"

struct tls;

/* The handshake on a connected socket that does not block; fd stays the
 * caller's. NULL: err (ERR_SYSTEM) says which of chain, name, time and
 * handshake was wrong. */
struct tls *tls_open(int fd, const struct wire_tls *want, int64_t until,
                     struct err *err);
void tls_close(struct tls *t); /* NULL is fine; does not wait */

/* As read(2) and write(2), but until a moment (mono ms): 0: the end; -1: it
 * failed, or time is over. */
long tls_read(struct tls *t, void *out, size_t len, int64_t until);
long tls_write(struct tls *t, const void *data, size_t len, int64_t until);

/* When the first certificate of the chain expires, and whose that is. */
void tls_expiry(const struct tls *t, struct wire_expiry *out);

#endif
