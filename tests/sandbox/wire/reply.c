/*
 * reply: see reply.h.
 */
#include "tests/sandbox/wire/reply.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What is not read yet. */
struct rest {
    const char *at;
    const char *end;
};

static size_t left(const struct rest *r)
{
    return (size_t)(r->end - r->at);
}

/* One line without its end. False: it is not all there. */
static bool take_line(struct rest *r, const char **line, size_t *len)
{
    const char *end = left(r) ? memmem(r->at, left(r), "\r\n", 2) : NULL;

    if (!end)
        return false;
    *line = r->at;
    *len = (size_t)(end - r->at);
    r->at = end + 2;
    return true;
}

/* ---- the head ----------------------------------------------------------- */

static bool status_line(const char *line, size_t len, struct reply *out)
{
    if (len < 12 || strncmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ')
        return false;
    out->status = atoi(line + 9);
    out->keep_alive = line[7] == '1';
    return out->status >= 100 && out->status < 600;
}

static bool add_header(const char *line, size_t len, struct reply *out)
{
    const char *colon = memchr(line, ':', len);
    struct buf name = { 0 };
    const char *value;
    const json_t *before;

    if (!colon || colon == line)
        return false;
    for (const char *c = line; c < colon; c++)
        buf_char(&name, (char)tolower((unsigned char)*c));
    for (value = colon + 1; value < line + len && *value == ' ';)
        value++;
    len -= (size_t)(value - line);
    before = json_object_get(out->headers, buf_text(&name));
    json_object_set_new(out->headers, buf_text(&name),
                        before ? json_sprintf("%s, %.*s",
                                              json_string_value(before),
                                              (int)len, value)
                               : json_stringn(value, len));
    buf_dispose(&name);
    return true;
}

static enum reply_state read_head(struct rest *r, struct reply *out)
{
    const char *line;
    size_t len;

    if (!take_line(r, &line, &len))
        return left(r) > 8 && strncmp(r->at, "HTTP/1.", 7) != 0 ? REPLY_BAD
                                                                : REPLY_MORE;
    if (!status_line(line, len, out))
        return REPLY_BAD;
    json_object_clear(out->headers);
    while (take_line(r, &line, &len)) {
        if (len == 0)
            return REPLY_WHOLE;
        if (!add_header(line, len, out))
            return REPLY_BAD;
    }
    return REPLY_MORE;
}

/* ---- the body ----------------------------------------------------------- */

static enum reply_state read_length(struct rest *r, struct reply *out)
{
    const char *text = reply_header(out, "content-length");
    char *end;
    size_t len = strtoul(text, &end, 10);

    if (*end || !isdigit((unsigned char)*text))
        return REPLY_BAD;
    if (left(r) < len)
        return REPLY_MORE;
    buf_add(&out->body, r->at, len);
    r->at += len;
    return REPLY_WHOLE;
}

static enum reply_state read_trailer(struct rest *r)
{
    const char *line;
    size_t len;

    while (take_line(r, &line, &len))
        if (len == 0)
            return REPLY_WHOLE;
    return REPLY_MORE;
}

static enum reply_state read_chunks(struct rest *r, struct reply *out)
{
    const char *line;
    size_t len;

    while (take_line(r, &line, &len)) {
        char *end;
        size_t size = strtoul(line, &end, 16);

        if (end == line || (*end != '\r' && *end != ';'))
            return REPLY_BAD;
        if (size == 0)
            return read_trailer(r);
        if (size > left(r) || left(r) - size < 2)
            return REPLY_MORE;
        buf_add(&out->body, r->at, size);
        r->at += size;
        if (memcmp(r->at, "\r\n", 2) != 0)
            return REPLY_BAD;
        r->at += 2;
    }
    return REPLY_MORE;
}

static enum reply_state read_body(struct rest *r, bool ended, struct reply *out)
{
    if (out->status == 204 || out->status == 304)
        return REPLY_WHOLE;
    if (*reply_header(out, "transfer-encoding"))
        return read_chunks(r, out);
    if (*reply_header(out, "content-length"))
        return read_length(r, out);
    out->keep_alive = false;
    if (!ended)
        return REPLY_MORE;
    buf_add(&out->body, r->at, left(r));
    r->at = r->end;
    return REPLY_WHOLE;
}

enum reply_state reply_parse(const char *data, size_t len, bool ended,
                             struct reply *out)
{
    struct rest r = { .at = data, .end = data + len };
    enum reply_state state;

    *out = (struct reply){ .headers = json_object() };
    do {
        state = read_head(&r, out);
    } while (state == REPLY_WHOLE && out->status < 200);
    if (state == REPLY_WHOLE)
        state = read_body(&r, ended, out);
    if (state != REPLY_WHOLE) {
        reply_dispose(out);
        return state;
    }
    if (strcasecmp(reply_header(out, "connection"), "close") == 0)
        out->keep_alive = false;
    out->used = (size_t)(r.at - data);
    return state;
}

void reply_dispose(struct reply *reply)
{
    json_decref(reply->headers);
    buf_dispose(&reply->body);
    *reply = (struct reply){ 0 };
}

const char *reply_header(const struct reply *reply, const char *name)
{
    const char *value =
        json_string_value(json_object_get(reply->headers, name));

    return value ? value : "";
}
