/*
 * signature: Slack's request signature, version 0: HMAC-SHA256, by the app's
 * signing secret, of "v0:<timestamp>:<body>". Any thread; no state.
 */
#ifndef CORE_BASE_SIGNATURE_H
#define CORE_BASE_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNATURE_SKEW_S  300 /* a timestamp may be so far from now, both ways */
#define SIGNATURE_TEXT    68  /* "v0=", 64 hex digits, NUL */
#define SIGNATURE_SECRETS 2   /* while one is being replaced */

/* What Slack would send. timestamp as in its header. */
void signature_text(char out[SIGNATURE_TEXT], const char *secret, size_t len,
                    const char *timestamp, const void *body, size_t body_len);

/* Of a header: seconds since 1970 as plain digits; -1: it is none. */
int64_t signature_time(const char *header);
/* Is it of the form "v0=" and 64 lower-case hex digits? */
bool signature_formed(const char *header);

/*
 * Whether signature is that of body by one of the secrets (text, separated by
 * commas and blanks; those past SIGNATURE_SECRETS are not looked at). Takes the
 * same time whatever is wrong with it. Timestamps are the caller's to check.
 */
bool signature_fits(const char *secrets, const char *signature,
                    const char *timestamp, const void *body, size_t len);

/* How many secrets are in the text; -1: one is no secret (white space within,
 * control characters, under 8 bytes). */
int signature_secrets(const char *secrets);

#endif
