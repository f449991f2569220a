/*
 * base64: bytes as RFC 4648 writes them. Pure: no state, any thread.
 */
#ifndef CORE_BASE_BASE64_H
#define CORE_BASE_BASE64_H

#include "core/base/buf.h"

/* Appends len bytes, with "=" at the end, in one line. */
void base64_add(struct buf *out, const char *bytes, size_t len);

#endif
