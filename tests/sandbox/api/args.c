/* args: form, multipart and JSON into one object; see args.h. */
#include "tests/sandbox/api/args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

/* Values that are JSON inside a form. */
static const char *const nested[] = { "blocks",      "view",    "metadata",
                                      "attachments", "message", "files" };

static const char *const yes[] = { "true", "1", "yes", "on", "t", "y" };
static const char *const no[] = { "false", "0", "no", "off", "f", "n" };

static bool type_is(const struct http_request *req, const char *type)
{
    size_t len = strlen(type);

    return strncasecmp(req->content_type, type, len) == 0 &&
           strchr("; \t", req->content_type[len]) != NULL;
}

bool args_is_json(const struct http_request *req)
{
    return type_is(req, "application/json");
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void decode_percent(struct buf *out, const char *text, size_t len)
{
    buf_cut(out, 0);
    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (c == '+') {
            c = ' ';
        } else if (c == '%' && i + 2 < len && hex_value(text[i + 1]) >= 0 &&
                   hex_value(text[i + 2]) >= 0) {
            c = (char)(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        }
        buf_char(out, c);
    }
}

/* False: not UTF-8. */
static bool set_text(json_t *args, const char *key, const char *value,
                     size_t len)
{
    json_t *text = json_stringn(value, len);

    return text && json_object_set_new(args, key, text) == 0;
}

static bool decode_pair(json_t *args, const char *pair, size_t len)
{
    const char *equals = memchr(pair, '=', len);
    size_t key_len = equals ? (size_t)(equals - pair) : len;
    struct buf key = { 0 };
    struct buf value = { 0 };
    bool ok = true;

    decode_percent(&key, pair, key_len);
    if (equals)
        decode_percent(&value, equals + 1, len - key_len - 1);
    if (key.len)
        ok = set_text(args, buf_text(&key), buf_text(&value), value.len);
    buf_dispose(&key);
    buf_dispose(&value);
    return ok;
}

static bool decode_form(json_t *args, const char *form, size_t len)
{
    const char *end = form + len;

    while (form < end) {
        const char *amp = memchr(form, '&', (size_t)(end - form));
        size_t pair = (size_t)((amp ? amp : end) - form);

        if (!decode_pair(args, form, pair))
            return false;
        form += pair + 1;
    }
    return true;
}

/* "boundary=x" or "boundary=\"x\"" of a content type, with "--" before it. */
static char *boundary_of(const char *content_type)
{
    const char *at = strcasestr(content_type, "boundary=");
    size_t len;

    if (!at)
        return NULL;
    at += strlen("boundary=");
    if (*at == '"')
        at++;
    len = strcspn(at, "\";, \t");
    return len ? xasprintf("--%.*s", (int)len, at) : NULL;
}

/* The name="…" of a part's head, in a new string. */
static char *part_name(const char *head, size_t len)
{
    char *copy = xstrndup(head, len);
    char *at = strcasestr(copy, " name=\"");
    char *name = NULL;

    if (at) {
        at += strlen(" name=\"");
        name = xstrndup(at, strcspn(at, "\"\r\n"));
    }
    free(copy);
    return name;
}

/* One part, head and body, without the boundaries. */
static bool decode_part(json_t *args, const char *part, size_t len)
{
    const char *gap = memmem(part, len, "\r\n\r\n", 4);
    char *name;
    bool ok;

    if (!gap)
        return false;
    name = part_name(part, (size_t)(gap - part));
    gap += 4;
    ok = name && set_text(args, name, gap, len - (size_t)(gap - part));
    free(name);
    return ok;
}

static bool decode_multipart(json_t *args, const struct http_request *req)
{
    char *boundary = boundary_of(req->content_type);
    const char *end = req->body + req->body_len;
    const char *at = req->body;
    size_t len = boundary ? strlen(boundary) : 0;
    bool ok = false;

    while (boundary && at + len + 2 <= end && !memcmp(at, boundary, len)) {
        const char *part = at + len + 2;
        const char *next;

        ok = memcmp(at + len, "--", 2) == 0;
        if (ok)
            break;
        next = memmem(part, (size_t)(end - part), boundary, len);
        if (!next || next - part < 2 ||
            !decode_part(args, part, (size_t)(next - part) - 2))
            break;
        at = next;
    }
    free(boundary);
    return ok;
}

static const char *decode_json(json_t *args, const struct http_request *req)
{
    json_t *body;
    bool is_object;

    if (!req->body_len)
        return NULL;
    body = json_loadb(req->body, req->body_len, JSON_DECODE_ANY, NULL);
    if (!body)
        return "invalid_json";
    is_object = json_is_object(body);
    if (is_object)
        json_object_update(args, body);
    json_decref(body);
    return is_object ? NULL : "json_not_object";
}

static const char *decode_body(json_t *args, const struct http_request *req)
{
    if (args_is_json(req))
        return decode_json(args, req);
    if (type_is(req, "multipart/form-data"))
        return decode_multipart(args, req) ? NULL : "invalid_form_data";
    if (type_is(req, "application/x-www-form-urlencoded"))
        return decode_form(args, req->body, req->body_len)
                   ? NULL
                   : "invalid_form_data";
    if (!req->body_len)
        return NULL;
    return *req->content_type ? "invalid_post_type" : "missing_post_type";
}

static void decode_nested(json_t *args)
{
    for (size_t i = 0; i < sizeof(nested) / sizeof(*nested); i++) {
        const json_t *text = json_object_get(args, nested[i]);
        json_t *value;

        if (!json_is_string(text))
            continue;
        value = json_loadb(json_string_value(text), json_string_length(text),
                           JSON_DECODE_ANY, NULL);
        if (value)
            json_object_set_new(args, nested[i], value);
    }
}

static const char *charset_warning(const struct http_request *req)
{
    bool named = strcasestr(req->content_type, "charset=") != NULL;

    if (args_is_json(req))
        return named ? NULL : "missing_charset";
    return named ? "superfluous_charset" : NULL;
}

json_t *args_decode(const struct http_request *req, const char **error,
                    const char **warning)
{
    json_t *args = json_object();

    *error = NULL;
    *warning = charset_warning(req);
    if (!decode_form(args, req->query, strlen(req->query)))
        *error = "invalid_form_data";
    else if (strcmp(req->method, "GET") != 0)
        *error = decode_body(args, req);
    decode_nested(args);
    return args;
}

const char *args_token(const struct http_request *req, const json_t *args)
{
    if (strncasecmp(req->authorization, "Bearer ", 7) == 0)
        return req->authorization + 7 + strspn(req->authorization + 7, " ");
    return args_is_json(req) ? NULL : args_text(args, "token");
}

const char *args_text(const json_t *args, const char *key)
{
    const char *text = json_string_value(json_object_get(args, key));

    return text && *text ? text : NULL;
}

static bool is_among(const char *text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

bool args_bool(const json_t *args, const char *key, bool fallback)
{
    const json_t *value = json_object_get(args, key);
    const char *text = json_string_value(value);

    if (json_is_boolean(value))
        return json_is_true(value);
    if (json_is_integer(value))
        return json_integer_value(value) != 0;
    if (text && is_among(text, yes, sizeof(yes) / sizeof(*yes)))
        return true;
    if (text && is_among(text, no, sizeof(no) / sizeof(*no)))
        return false;
    return fallback;
}

bool args_int(const json_t *args, const char *key, int64_t fallback,
              int64_t *out)
{
    const json_t *value = args_value(args, key);
    const char *text = json_string_value(value);
    char *end;

    *out = fallback;
    if (!value)
        return true;
    if (json_is_integer(value)) {
        *out = json_integer_value(value);
        return true;
    }
    if (!text)
        return false;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return !*end && !errno;
}

json_t *args_value(const json_t *args, const char *key)
{
    json_t *value = json_object_get(args, key);

    if (json_is_null(value))
        return NULL;
    if (json_is_string(value) && json_string_length(value) == 0)
        return NULL;
    return value;
}
