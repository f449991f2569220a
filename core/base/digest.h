/*
 * digest: hashes, random ids, and the ids derived from them. Any thread.
 */
#ifndef CORE_BASE_DIGEST_H
#define CORE_BASE_DIGEST_H

#include <stddef.h>

/* SHA-256 of the parts, joined by a NUL each, as 64 hex digits + NUL. The
 * last part is followed by NULL. */
#define SHA256_HEX 65
void digest_sha256(char out[SHA256_HEX], const char *part, ...)
    __attribute__((sentinel));

/* n bytes as 2n lower-case hex digits + NUL. */
void digest_hex(char *out, const unsigned char *bytes, size_t n);

/*
 * An operation id: 16 characters of Crockford's base 32 (80 bits) derived
 * from the parts, so that the same request always has the same id (P2).
 * People see the first 6 (OP_SHOWN).
 */
#define OP_ID    17
#define OP_SHOWN 6
void digest_op(char out[OP_ID], const char *part, ...)
    __attribute__((sentinel));

/* 16 random lower-case hex digits + NUL: a replica id, a nonce. */
#define RANDOM_ID 17
void digest_random(char out[RANDOM_ID]);

/*
 * A WebSocket's opening (RFC 6455): key is 16 random bytes in base 64, accept
 * what whoever speaks the protocol must answer to it.
 */
#define WEBSOCKET_KEY    25
#define WEBSOCKET_ACCEPT 29
void digest_websocket(char key[WEBSOCKET_KEY], char accept[WEBSOCKET_ACCEPT]);

/* "OpenSSL 3.0.19 …": the library behind this. Static. */
const char *digest_library(void);

#endif
