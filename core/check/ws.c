/*
 * ws: a small WebSocket client for one check. One thread.
 */
#include "core/check/ws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define HEAD_MAX    8192
#define CONTROL_MAX 125
#define FRAME_MAX   (16 << 20)

enum { OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

/* ---- the URL -------------------------------------------------------------------- */

bool ws_url(const char *url, struct ws_url *out)
{
    bool tls = strncmp(url, "wss://", 6) == 0;
    const char *host = url + (tls ? 6 : 5);
    size_t len = strcspn(host, "/?");

    *out = (struct ws_url){ .tls = tls, .path = host + len };
    if ((!tls && strncmp(url, "ws://", 5) != 0) || len >= sizeof out->host)
        return false;
    snprintf(out->host, sizeof out->host, "%.*s", (int)len, host);
    return dial_parse(out->host, tls ? "443" : "80", &out->at);
}

/* ---- the upgrade ------------------------------------------------------------------ */

static void write_request(struct buf *out, const struct ws_url *url,
                          const char *key, const char *token)
{
    buf_fmt(out,
            "GET %s%s HTTP/1.1\r\n"
            "Host: %s\r\n"
            "Upgrade: websocket\r\n"
            "Connection: Upgrade\r\n"
            "Sec-WebSocket-Key: %s\r\n"
            "Sec-WebSocket-Version: 13\r\n"
            "User-Agent: opsbot\r\n",
            *url->path == '/' ? "" : "/", url->path, url->host, key);
    if (token)
        buf_fmt(out, "Authorization: Bearer %s\r\n", token);
    buf_str(out, "\r\n");
}

/* Byte by byte: what follows the head is the first frame's. */
static bool read_head(struct wire *w, struct buf *head, int64_t until,
                      struct err *err)
{
    while (head->len < HEAD_MAX) {
        char byte;
        long n = wire_read(w, &byte, 1, until);

        if (n < 0 && clock_mono_ms() >= until)
            return err_set(err, ERR_SYSTEM, "no answer to the upgrade");
        if (n <= 0)
            return err_set(err, ERR_SYSTEM, "hung up at the upgrade");
        buf_char(head, byte);
        if (head->len >= 4 &&
            memcmp(head->data + head->len - 4, "\r\n\r\n", 4) == 0)
            return true;
    }
    return err_set(err, ERR_SYSTEM, "its answer to the upgrade has no end");
}

/* The value of a header, borrowed and with its length; NULL: there is none. */
static const char *header(const char *head, const char *name, size_t *len)
{
    size_t size = strlen(name);
    const char *line = head;

    while ((line = strstr(line, "\r\n")) != NULL) {
        line += 2;
        if (strncasecmp(line, name, size) != 0 || line[size] != ':')
            continue;
        line += size + 1;
        line += strspn(line, " \t");
        *len = strcspn(line, "\r");
        while (*len > 0 && (line[*len - 1] == ' ' || line[*len - 1] == '\t'))
            --*len;
        return line;
    }
    return NULL;
}

static bool accepted(const char *head, const char *accept, struct err *err)
{
    size_t len = 0;
    const char *value;
    int status = (int)strtol(head + strcspn(head, " "), NULL, 10);

    if (strncmp(head, "HTTP/1.", 7) != 0 || status < 100)
        return err_set(err, ERR_SYSTEM, "what answers there is not HTTP");
    if (status != 101)
        return err_set(err, ERR_SYSTEM, "refused the upgrade: HTTP %d", status);
    value = header(head, "Upgrade", &len);
    if (!value || len != 9 || strncasecmp(value, "websocket", 9) != 0)
        return err_set(err, ERR_SYSTEM,
                       "its upgrade leads to something else than a WebSocket");
    value = header(head, "Sec-WebSocket-Accept", &len);
    if (!value || len != strlen(accept) || strncmp(value, accept, len) != 0)
        return err_set(err, ERR_SYSTEM,
                       "its Sec-WebSocket-Accept is not what the key leads to");
    return true;
}

bool ws_upgrade(struct wire *w, const struct ws_url *url, const char *token,
                int64_t until, struct err *err)
{
    char key[WEBSOCKET_KEY], accept[WEBSOCKET_ACCEPT];
    struct buf request = { 0 }, head = { 0 };
    bool ok;

    digest_websocket(key, accept);
    write_request(&request, url, key, token);
    ok = wire_write(w, request.data, request.len, until) ||
         err_set(err, ERR_SYSTEM, "hung up at the upgrade");
    ok = ok && read_head(w, &head, until, err) &&
         accepted(buf_text(&head), accept, err);
    explicit_bzero(request.data, request.len);
    buf_dispose(&request);
    buf_dispose(&head);
    return ok;
}

/* ---- frames ----------------------------------------------------------------------- */

struct frame {
    unsigned op;
    bool last; /* of its message */
    size_t len;
};

static bool read_all(struct wire *w, void *out, size_t len, int64_t until,
                     struct err *err)
{
    char *at = out;

    while (len > 0) {
        long n = wire_read(w, at, len, until);

        if (n < 0 && clock_mono_ms() >= until)
            return err_set(err, ERR_SYSTEM, "no message");
        if (n <= 0)
            return err_set(err, ERR_SYSTEM, "hung up");
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool read_frame(struct wire *w, struct frame *f, int64_t until,
                       struct err *err)
{
    unsigned char head[2], more[8];
    size_t bytes;

    if (!read_all(w, head, 2, until, err))
        return false;
    f->op = head[0] & 15;
    f->last = head[0] & 0x80;
    f->len = head[1] & 127;
    if (head[0] & 0x70 || head[1] & 0x80 ||
        (f->op >= OP_CLOSE && (f->len > CONTROL_MAX || !f->last)))
        return err_set(err, ERR_SYSTEM, "sent what is no WebSocket frame");
    bytes = f->len == 126 ? 2 : f->len == 127 ? 8 : 0;
    if (!read_all(w, more, bytes, until, err))
        return false;
    if (bytes)
        f->len = 0;
    for (size_t i = 0; i < bytes; i++)
        f->len = f->len << 8 | more[i];
    return f->len <= FRAME_MAX ||
           err_set(err, ERR_SYSTEM, "sent a frame of more than 16 MiB");
}

/* Frames of clients are masked. */
static bool write_control(struct wire *w, unsigned op, const void *data,
                          size_t len, int64_t until)
{
    unsigned char out[2 + 4 + CONTROL_MAX];
    char random[RANDOM_ID];

    digest_random(random);
    out[0] = (unsigned char)(0x80 | op);
    out[1] = (unsigned char)(0x80 | len);
    memcpy(out + 2, random, 4);
    for (size_t i = 0; i < len; i++)
        out[6 + i] = ((const unsigned char *)data)[i] ^ out[2 + i % 4];
    return wire_write(w, out, 6 + len, until);
}

static bool closed(const unsigned char *data, size_t len, struct err *err)
{
    char *text, *line, *masked;

    if (len < 2)
        return err_set(err, ERR_SYSTEM, "closed the WebSocket");
    text = text_repair((const char *)data + 2, len - 2);
    line = text_first_line(text);
    masked = text_mask(line, NULL, 0);
    err_set(err, ERR_SYSTEM, "closed the WebSocket: %d%s%s",
            data[0] << 8 | data[1], *masked ? " " : "", masked);
    free(text);
    free(line);
    free(masked);
    return false;
}

static bool control(struct wire *w, const struct frame *f, int64_t until,
                    struct err *err)
{
    unsigned char data[CONTROL_MAX];

    if (!read_all(w, data, f->len, until, err))
        return false;
    if (f->op == OP_CLOSE)
        return closed(data, f->len, err);
    return f->op != OP_PING || write_control(w, OP_PONG, data, f->len, until) ||
           err_set(err, ERR_SYSTEM, "hung up");
}

/* What does not fit into out is read all the same. */
static bool payload(struct wire *w, size_t len, struct buf *out, int64_t until,
                    struct err *err)
{
    char chunk[4096];

    while (len > 0) {
        size_t n = len < sizeof chunk ? len : sizeof chunk;
        size_t room = WS_MESSAGE - out->len;

        if (!read_all(w, chunk, n, until, err))
            return false;
        buf_add(out, chunk, n < room ? n : room);
        len -= n;
    }
    return true;
}

bool ws_next(struct wire *w, struct buf *out, int64_t until, struct err *err)
{
    struct frame f = { 0 };

    buf_cut(out, 0);
    for (;;) {
        if (!read_frame(w, &f, until, err))
            return false;
        if (f.op >= OP_CLOSE) {
            if (!control(w, &f, until, err))
                return false;
            continue;
        }
        if (!payload(w, f.len, out, until, err))
            return false;
        if (f.last)
            return true;
    }
}

void ws_bye(struct wire *w, int64_t until)
{
    static const unsigned char normal[2] = { 1000 >> 8, 1000 & 255 };

    (void)!write_control(w, OP_CLOSE, normal, sizeof normal, until);
}
