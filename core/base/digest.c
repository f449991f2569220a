/*
 * digest: SHA-256 and random bytes from OpenSSL, and ids made of them.
 * No state, any thread.
 *
 * Both can only fail when the library or the kernel is broken. An id that is
 * not what it should be would cost P2, so that ends the process.
 */
#include "core/base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHA256_BYTES 32

static void must(int ok, const char *what)
{
    if (ok == 1)
        return;
    fprintf(stderr, "opsbot: %s failed\n", what);
    abort();
}

static void hash_parts(unsigned char out[SHA256_BYTES], const char *part,
                       va_list more)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    must(ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1, "SHA-256");
    for (bool first = true; part; first = false) {
        if (!first)
            must(EVP_DigestUpdate(ctx, "", 1), "SHA-256");
        must(EVP_DigestUpdate(ctx, part, strlen(part)), "SHA-256");
        part = va_arg(more, const char *);
    }
    must(EVP_DigestFinal_ex(ctx, out, NULL), "SHA-256");
    EVP_MD_CTX_free(ctx);
}

void digest_hex(char *out, const unsigned char *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

void digest_sha256(char out[SHA256_HEX], const char *part, ...)
{
    unsigned char hash[SHA256_BYTES];
    va_list more;

    va_start(more, part);
    hash_parts(hash, part, more);
    va_end(more);
    digest_hex(out, hash, sizeof hash);
}

void digest_op(char out[OP_ID], const char *part, ...)
{
    /* Crockford's: no I, L, O or U to misread. */
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    unsigned char hash[SHA256_BYTES];
    uint64_t bits = 0;
    va_list more;

    va_start(more, part);
    hash_parts(hash, part, more);
    va_end(more);
    for (int i = 0; i < OP_ID - 1; i++) {
        if (i % 8 == 0) { /* 5 bytes are 8 digits */
            bits = 0;
            for (int b = 0; b < 5; b++)
                bits = bits << 8 | hash[i / 8 * 5 + b];
        }
        out[i] = digits[bits >> (35 - i % 8 * 5) & 31];
    }
    out[OP_ID - 1] = '\0';
}

void digest_random(char out[RANDOM_ID])
{
    unsigned char bytes[(RANDOM_ID - 1) / 2];

    must(RAND_bytes(bytes, sizeof bytes), "RAND_bytes");
    digest_hex(out, bytes, sizeof bytes);
}

void digest_websocket(char key[WEBSOCKET_KEY], char accept[WEBSOCKET_ACCEPT])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char text[WEBSOCKET_KEY + sizeof guid];
    unsigned char bytes[16], hash[20];

    must(RAND_bytes(bytes, sizeof bytes), "the random generator");
    EVP_EncodeBlock((unsigned char *)key, bytes, sizeof bytes);
    snprintf(text, sizeof text, "%s%s", key, guid);
    must(EVP_Digest(text, strlen(text), hash, NULL, EVP_sha1(), NULL), "SHA-1");
    EVP_EncodeBlock((unsigned char *)accept, hash, sizeof hash);
}

const char *digest_library(void)
{
    return OpenSSL_version(OPENSSL_FULL_VERSION_STRING);
}
