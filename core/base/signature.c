#include "core/base/signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"

#define MAC_BYTES  32
#define SECRET_MIN 8

/* Can only fail when the library is broken: then nothing may pass. */
static void must(int ok)
{
    if (ok == 1)
        return;
    fprintf(stderr, "opsbot: HMAC-SHA256 failed\n");
    abort();
}

static void mac(unsigned char out[MAC_BYTES], const char *secret, size_t len,
                const char *timestamp, const void *body, size_t body_len)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(
        EVP_PKEY_HMAC, NULL, (const unsigned char *)secret, len);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t size = MAC_BYTES;

    must(key && ctx &&
         EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1);
    must(EVP_DigestSignUpdate(ctx, "v0:", 3));
    must(EVP_DigestSignUpdate(ctx, timestamp, strlen(timestamp)));
    must(EVP_DigestSignUpdate(ctx, ":", 1));
    must(EVP_DigestSignUpdate(ctx, body, body_len));
    must(EVP_DigestSignFinal(ctx, out, &size));
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
}

void signature_text(char out[SIGNATURE_TEXT], const char *secret, size_t len,
                    const char *timestamp, const void *body, size_t body_len)
{
    unsigned char bytes[MAC_BYTES];

    mac(bytes, secret, len, timestamp, body, body_len);
    memcpy(out, "v0=", 3);
    digest_hex(out + 3, bytes, MAC_BYTES);
}

int64_t signature_time(const char *header)
{
    size_t len = strspn(header, "0123456789");

    return len >= 1 && len <= 12 && !header[len] ? strtoll(header, NULL, 10)
                                                 : -1;
}

bool signature_formed(const char *header)
{
    return strncmp(header, "v0=", 3) == 0 &&
           strlen(header) == SIGNATURE_TEXT - 1 &&
           strspn(header + 3, "0123456789abcdef") == SIGNATURE_TEXT - 4;
}

/* The next of a list; its length, 0 at the end. */
static size_t next_secret(const char **list)
{
    *list += strspn(*list, ", \t");
    return strcspn(*list, ", \t");
}

bool signature_fits(const char *secrets, const char *signature,
                    const char *timestamp, const void *body, size_t len)
{
    char mine[SIGNATURE_TEXT];
    int fits = 0;

    if (!signature_formed(signature))
        return false;
    for (int i = 0; i < SIGNATURE_SECRETS; i++) {
        size_t n = next_secret(&secrets);

        if (!n)
            break;
        signature_text(mine, secrets, n, timestamp, body, len);
        fits |= CRYPTO_memcmp(mine, signature, sizeof mine) == 0;
        secrets += n;
    }
    OPENSSL_cleanse(mine, sizeof mine);
    return fits != 0;
}

int signature_secrets(const char *secrets)
{
    int count = 0;
    size_t n;

    while ((n = next_secret(&secrets))) {
        for (size_t i = 0; i < n; i++) {
            if ((unsigned char)secrets[i] <= 0x20 || secrets[i] == 0x7f)
                return -1;
        }
        if (n < SECRET_MIN)
            return -1;
        secrets += n;
        count++;
    }
    return count;
}
