/*
 * ws: see ws.h.
 */
#include "tests/sandbox/wire/ws.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define FIN  0x80U
#define RSV  0x70U
#define MASK 0x80U

/* What stands in front of the payload. */
struct head {
    size_t size; /* of the head, mask included */
    uint64_t len;
    unsigned char first;
    bool masked;
};

static bool parse_head(const unsigned char *in, size_t len, struct head *h)
{
    size_t wide = 0;

    if (len < 2)
        return false;
    h->first = in[0];
    h->masked = in[1] & MASK;
    h->len = in[1] & 0x7FU;
    if (h->len >= 126)
        wide = h->len == 126 ? 2 : 8;
    h->size = 2 + wide + (h->masked ? 4 : 0);
    if (len < h->size)
        return false;
    if (wide)
        h->len = 0;
    for (size_t i = 0; i < wide; i++)
        h->len = h->len << 8 | in[2 + i];
    return true;
}

static const char *complaint(const struct head *h, enum ws_code *code)
{
    unsigned op = h->first & 0x0FU;

    *code = WS_PROTOCOL_ERROR;
    if (h->first & RSV)
        return "reserved bits are set";
    if (!h->masked)
        return "a client frame is not masked";
    if ((op > WS_BINARY && op < WS_CLOSE) || op > WS_PONG)
        return "unknown opcode";
    if (op >= WS_CLOSE && !(h->first & FIN))
        return "a control frame is fragmented";
    if (op >= WS_CLOSE && h->len > WS_CONTROL_LIMIT)
        return "a control frame is longer than 125 bytes";
    *code = WS_TOO_BIG;
    return h->len > WS_MESSAGE_LIMIT ? "a frame is longer than 1 MiB" : NULL;
}

static void unmask(char *data, size_t len, const unsigned char *key)
{
    uint64_t wide;
    size_t i = 0;

    memcpy(&wide, key, 4);
    memcpy((char *)&wide + 4, key, 4);
    for (; i + 8 <= len; i += 8) {
        uint64_t word;

        memcpy(&word, data + i, 8);
        word ^= wide;
        memcpy(data + i, &word, 8);
    }
    for (; i < len; i++)
        data[i] = (char)((unsigned char)data[i] ^ key[i % 4]);
}

enum ws_parsed ws_parse(char *in, size_t len, struct ws_frame *frame,
                        size_t *used, const char **why, enum ws_code *code)
{
    struct head h;

    if (!parse_head((const unsigned char *)in, len, &h))
        return WS_MORE;
    *why = complaint(&h, code);
    if (*why)
        return WS_BAD;
    if (len - h.size < h.len)
        return WS_MORE;
    frame->fin = h.first & FIN;
    frame->op = (enum ws_op)(h.first & 0x0FU);
    frame->data = in + h.size;
    frame->len = (size_t)h.len;
    unmask(frame->data, frame->len, (const unsigned char *)in + h.size - 4);
    *used = h.size + frame->len;
    return WS_FRAME;
}

void ws_head(struct buf *out, bool fin, enum ws_op op, size_t len)
{
    unsigned char head[10];
    size_t wide = len < 126 ? 0 : len < 65536 ? 2 : 8;

    head[0] = (unsigned char)((fin ? FIN : 0U) | (unsigned)op);
    head[1] = (unsigned char)(wide == 0 ? len : wide == 2 ? 126 : 127);
    for (size_t i = 0; i < wide; i++)
        head[2 + i] = (unsigned char)(len >> 8 * (wide - 1 - i));
    buf_add(out, head, 2 + wide);
}

void ws_write(struct buf *out, bool fin, enum ws_op op, const void *data,
              size_t len)
{
    ws_head(out, fin, op, len);
    buf_add(out, data, len);
}

void ws_write_close(struct buf *out, int code, const char *reason)
{
    char text[WS_CONTROL_LIMIT + 1];
    size_t len = 0;

    if (code > 0 && code != WS_NO_CODE) {
        text[0] = (char)(code >> 8 & 0xFF);
        text[1] = (char)(code & 0xFF);
        snprintf(text + 2, sizeof(text) - 2, "%s", reason ? reason : "");
        len = 2 + strlen(text + 2);
    }
    ws_write(out, true, WS_CLOSE, text, len);
}

void ws_accept(const char *key, char out[WS_ACCEPT_TEXT])
{
    unsigned char digest[SHA_DIGEST_LENGTH];
    char text[128];
    int n = snprintf(text, sizeof(text), "%.64s%s", key,
                     "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");

    SHA1((const unsigned char *)text, (size_t)n, digest);
    EVP_EncodeBlock((unsigned char *)out, digest, sizeof(digest));
}
