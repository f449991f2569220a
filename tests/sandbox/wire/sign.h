/*
 * sign: the signature of a request from Slack (slack-protocol §2.1).
 *
 * The sandbox's own, and checked against Slack's published vector: it must
 * not agree with the bot by sharing its code. No state, any thread.
 */
#ifndef SANDBOX_SIGN_H
#define SANDBOX_SIGN_H

#include <stddef.h>

#define SIGNATURE_TEXT 68 /* "v0=", 64 hex digits, NUL */

/* "v0=" and the HMAC-SHA256 of "v0:timestamp:body", keyed with the secret's
 * text as it stands. */
void sign_request(const char *secret, const char *timestamp, const void *body,
                  size_t len, char out[SIGNATURE_TEXT]);

#endif
