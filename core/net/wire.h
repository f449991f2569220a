/*
 * wire: a connection to somewhere, plain or in TLS, every wait under a
 * deadline (mono ms). For what is neither HTTP nor a store. One thread at a
 * time.
 */
#ifndef CORE_NET_WIRE_H
#define CORE_NET_WIRE_H

#include <stddef.h>

#include "core/net/dial.h"

/* Whom to accept. Texts are borrowed while it is opened. */
struct wire_tls {
    const char *name; /* host name or address that the certificate is for */
    const char *ca;   /* PEM files; NULL: the system's, none, none */
    const char *client_cert, *client_key;
};

struct wire;

/* tls NULL: plain. NULL: err (ERR_SYSTEM) says why, for people: "cannot
 * connect: …", "its certificate expired 3 d ago (2026-11-18)". */
struct wire *wire_open(const struct dial_address *to,
                       const struct wire_tls *tls, int64_t until,
                       struct err *err);
void wire_close(struct wire *w); /* NULL is fine; does not wait */

/* At least one byte, up to len; 0: the other end has closed; -1: broken, or
 * time is over. */
long wire_read(struct wire *w, void *out, size_t len, int64_t until);
/* All of it. */
MUST_CHECK bool wire_write(struct wire *w, const void *data, size_t len,
                           int64_t until);

/* When the first certificate of the verified chain expires. */
struct wire_expiry {
    int64_t at;     /* wall ms */
    char whose[64]; /* "": its own; else the issuer's name */
};
void wire_expiry(const struct wire *w, struct wire_expiry *out);

#endif
