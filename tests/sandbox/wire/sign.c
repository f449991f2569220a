/*
 * sign: see sign.h.
 */
#include "tests/sandbox/wire/sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"

void sign_request(const char *secret, const char *timestamp, const void *body,
                  size_t len, char out[SIGNATURE_TEXT])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    struct buf base = { 0 };
    unsigned n = 0;

    buf_fmt(&base, "v0:%s:", timestamp);
    buf_add(&base, body, len);
    if (!HMAC(EVP_sha256(), secret, (int)strlen(secret),
              (const unsigned char *)base.data, base.len, mac, &n))
        abort();
    buf_dispose(&base);
    out += sprintf(out, "v0=");
    for (unsigned i = 0; i < n; i++)
        out += sprintf(out, "%02x", mac[i]);
}
