/*
 * http_in: takes HTTP/1.1 requests apart; see http_in.h.
 */
#include "tests/sandbox/wire/http_in.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

const char *http_header(const struct http_call *call, const char *name)
{
    for (size_t i = 0; i < call->header_count; i++)
        if (strcasecmp(call->headers[i].name, name) == 0)
            return call->headers[i].value;
    return "";
}

/* ---- the head ----------------------------------------------------------- */

static bool header_line(struct http_call *call, char *line)
{
    char *colon = strchr(line, ':');
    char *end;

    if (!colon || colon == line || call->header_count == HTTP_HEADERS)
        return false;
    *colon++ = '\0';
    while (*colon == ' ' || *colon == '\t')
        colon++;
    end = colon + strlen(colon);
    while (end > colon && (end[-1] == ' ' || end[-1] == '\t'))
        *--end = '\0';
    call->headers[call->header_count].name = line;
    call->headers[call->header_count++].value = colon;
    return true;
}

/* "POST /api/auth.test?x=1 HTTP/1.1" */
static bool request_line(struct http_call *call, char *line)
{
    char *path = strchr(line, ' ');
    char *version = path ? strchr(path + 1, ' ') : NULL;
    char *query;

    if (!version || strncmp(version + 1, "HTTP/1.", 7) != 0)
        return false;
    *path++ = '\0';
    *version++ = '\0';
    query = strchr(path, '?');
    if (query)
        *query++ = '\0';
    call->request.method = line;
    call->request.path = path;
    call->request.query = query ? query : "";
    call->close = strcmp(version, "HTTP/1.0") == 0;
    return *path == '/';
}

static bool split_head(struct http_call *call, size_t len)
{
    char *line = call->head;
    char *end = call->head + len;
    bool first = true;

    if (strlen(call->head) != len)
        return false;
    while (line < end) {
        char *next = strstr(line, "\r\n");

        *next = '\0';
        if (first ? !request_line(call, line) : !header_line(call, line))
            return false;
        first = false;
        line = next + 2;
    }
    return !first;
}

/* How the body is framed. Returns a status to refuse with, or 0. */
static int body_framing(struct http_peer *peer)
{
    struct http_call *call = peer->call;
    const char *length = http_header(call, "Content-Length");
    const char *coding = http_header(call, "Transfer-Encoding");
    char *end;

    peer->phase = HTTP_LENGTH;
    peer->remaining = 0;
    if (*coding) {
        peer->phase = HTTP_CHUNK_SIZE;
        return strcasecmp(coding, "chunked") == 0 && !*length ? 0 : 400;
    }
    if (!*length)
        return 0;
    peer->remaining = strtoul(length, &end, 10);
    if (*end || *length < '0' || *length > '9')
        return 400;
    return peer->remaining > HTTP_BODY_LIMIT ? 413 : 0;
}

static void known_headers(struct http_call *call)
{
    struct http_request *r = &call->request;

    r->content_type = http_header(call, "Content-Type");
    r->authorization = http_header(call, "Authorization");
    r->host = http_header(call, "Host");
    if (!*r->host)
        r->host = call->server->address;
    if (strcasecmp(http_header(call, "Connection"), "close") == 0)
        call->close = true;
}

static int read_head(struct http_peer *peer, bool *more)
{
    const char *in = conn_in(peer->conn);
    size_t len = conn_in_len(peer->conn);
    size_t from = peer->scanned > 3 ? peer->scanned - 3 : 0;
    const char *end;
    int refused;

    while (len >= 2 && !peer->scanned && memcmp(in, "\r\n", 2) == 0) {
        conn_eat(peer->conn, 2); /* stray line ends before a request */
        in = conn_in(peer->conn);
        len = conn_in_len(peer->conn);
    }
    end = len > from ? memmem(in + from, len - from, "\r\n\r\n", 4) : NULL;
    peer->scanned = len;
    *more = end != NULL;
    if (!end)
        return len > HTTP_HEAD_LIMIT ? 431 : 0;
    if (end - in > HTTP_HEAD_LIMIT)
        return 431;
    peer->call = http_call_new(peer);
    peer->call->head = xstrndup(in, (size_t)(end - in) + 2);
    peer->scanned = 0;
    conn_eat(peer->conn, (size_t)(end - in) + 4);
    if (!split_head(peer->call, (size_t)(end - in) + 2))
        return 400;
    known_headers(peer->call);
    refused = body_framing(peer);
    if (!refused &&
        strcasecmp(http_header(peer->call, "Expect"), "100-continue") == 0)
        conn_write(peer->conn, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    return refused;
}

/* ---- the body ----------------------------------------------------------- */

/* Moves up to `remaining` bytes over. True: all are there. */
static bool read_bytes(struct http_peer *peer)
{
    size_t n = conn_in_len(peer->conn);

    if (n > peer->remaining)
        n = peer->remaining;
    buf_add(&peer->call->body, conn_in(peer->conn), n);
    conn_eat(peer->conn, n);
    peer->remaining -= n;
    return peer->remaining == 0;
}

/* A line up to CRLF, at most 1 KiB. Returns its length, -1: not there yet,
 * -2: too long. The line is eaten by the caller, with its CRLF. */
static long peek_line(const struct http_peer *peer)
{
    size_t len = conn_in_len(peer->conn);
    const char *in = conn_in(peer->conn);
    const char *end = len ? memmem(in, len, "\r\n", 2) : NULL;

    if (end && end - in <= 1024)
        return end - in;
    return end || len > 1024 ? -2 : -1;
}

static int read_chunk_size(struct http_peer *peer, bool *more)
{
    long line = peek_line(peer);
    const char *in = conn_in(peer->conn);
    char *end;

    if (line < 0)
        return line == -2 ? 400 : 0;
    peer->remaining = strtoul(in, &end, 16);
    if (end == in || *in == '-' || (*end != '\r' && *end != ';'))
        return 400;
    conn_eat(peer->conn, (size_t)line + 2);
    *more = true;
    peer->phase = peer->remaining ? HTTP_CHUNK : HTTP_TRAILER;
    if (peer->remaining > HTTP_BODY_LIMIT ||
        peer->call->body.len + peer->remaining > HTTP_BODY_LIMIT)
        return 413;
    return 0;
}

/* After the last chunk: lines up to an empty one. */
static int read_trailer(struct http_peer *peer, bool *more)
{
    long line = peek_line(peer);

    if (line < 0)
        return line == -2 ? 400 : 0;
    conn_eat(peer->conn, (size_t)line + 2);
    *more = true;
    if (line == 0)
        peer->phase = HTTP_READY;
    return 0;
}

static int read_chunk_end(struct http_peer *peer, bool *more)
{
    if (conn_in_len(peer->conn) < 2)
        return 0;
    if (memcmp(conn_in(peer->conn), "\r\n", 2) != 0)
        return 400;
    conn_eat(peer->conn, 2);
    peer->phase = HTTP_CHUNK_SIZE;
    *more = true;
    return 0;
}

/* One step; *more: another may follow. */
static int step(struct http_peer *peer, bool *more)
{
    *more = false;
    switch (peer->phase) {
    case HTTP_HEAD:
        return read_head(peer, more);
    case HTTP_LENGTH:
    case HTTP_CHUNK:
        if (read_bytes(peer)) {
            peer->phase =
                peer->phase == HTTP_CHUNK ? HTTP_CHUNK_END : HTTP_READY;
            *more = true;
        }
        return 0;
    case HTTP_CHUNK_SIZE:
        return read_chunk_size(peer, more);
    case HTTP_CHUNK_END:
        return read_chunk_end(peer, more);
    case HTTP_TRAILER:
        return read_trailer(peer, more);
    case HTTP_READY:
    case HTTP_ANSWERING:
        break;
    }
    return 0;
}

int http_read(struct http_peer *peer)
{
    bool more = true;
    int refused = 0;

    while (more && !refused)
        refused = step(peer, &more);
    return refused;
}
