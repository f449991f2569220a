/*
 * decode: see decode.h.
 */
#include "tests/sandbox/wire/decode.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/buf.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void unescape(struct buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '%' && i + 2 < len + 0 && hex_digit(text[i + 1]) >= 0 &&
            hex_digit(text[i + 2]) >= 0) {
            buf_char(out, (char)(hex_digit(text[i + 1]) * 16 +
                                 hex_digit(text[i + 2])));
            i += 2;
        } else {
            buf_char(out, text[i] == '+' ? ' ' : text[i]);
        }
    }
}

static void form_field(json_t *into, const char *field, size_t len)
{
    const char *equals = len ? memchr(field, '=', len) : NULL;
    size_t name_len = equals ? (size_t)(equals - field) : len;
    struct buf name = { 0 };
    struct buf value = { 0 };

    unescape(&name, field, name_len);
    if (equals)
        unescape(&value, equals + 1, len - name_len - 1);
    if (name.len)
        json_object_set_new(into, buf_text(&name),
                            json_stringn(buf_text(&value), value.len));
    buf_dispose(&name);
    buf_dispose(&value);
}

json_t *decode_form(const char *text, size_t len)
{
    json_t *form = json_object();
    const char *end = text + len;

    while (text < end) {
        const char *stop = memchr(text, '&', (size_t)(end - text));

        if (!stop)
            stop = end;
        form_field(form, text, (size_t)(stop - text));
        text = stop + 1;
    }
    return form;
}

static void decode_nested(json_t *args)
{
    const char *name;
    json_t *value;
    void *next;

    json_object_foreach_safe(args, next, name, value)
    {
        const char *text = json_string_value(value);
        json_t *inner;

        if (!text || (*text != '{' && *text != '['))
            continue;
        inner = json_loads(text, 0, NULL);
        if (inner)
            json_object_set_new(args, name, inner);
    }
}

static void mask_token(json_t *args)
{
    const char *token = json_string_value(json_object_get(args, "token"));

    if (token)
        json_object_set_new(args, "token", json_sprintf("%.5s***", token));
}

json_t *decode_args(const struct http_request *req)
{
    json_t *args = decode_form(req->query, strlen(req->query));
    json_t *body = NULL;

    if (strncasecmp(req->content_type, "application/json", 16) == 0)
        body = json_loadb(req->body, req->body_len, JSON_DECODE_ANY, NULL);
    else if (strncasecmp(req->content_type, "multipart/", 10) != 0 &&
             strncasecmp(req->content_type, "application/octet", 17) != 0)
        body = decode_form(req->body, req->body_len);
    if (json_is_object(body))
        json_object_update(args, body);
    json_decref(body);
    decode_nested(args);
    mask_token(args);
    return args;
}

json_t *decode_answer(const char *body, size_t len)
{
    json_t *json;

    if (!body)
        return json_null();
    json = json_loadb(body, len, JSON_DECODE_ANY, NULL);
    if (!json)
        json = json_stringn(body, len);
    return json ? json : json_null();
}
