/*
 * control_link: control calls that act on sockets; see control.h.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/control/control.h"
#include "tests/sandbox/wire/wire.h"

static json_int_t number(const json_t *how, const char *name,
                         json_int_t otherwise)
{
    const json_t *value = json_object_get(how, name);

    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static const char *word(const json_t *how, const char *name)
{
    return json_string_value(json_object_get(how, name));
}

/* False only if the test says `on: false`. */
static bool on(const json_t *how)
{
    return !json_is_false(json_object_get(how, "on"));
}

/* ---- POST /control/socket: each acts on one socket ---------------------- */

static void do_warning(struct socket *s, void *how)
{
    socket_disconnect(s, "warning", number(how, "grace_ms", 10000));
}

static void do_refresh(struct socket *s, void *how)
{
    socket_disconnect(s, "refresh_requested", number(how, "grace_ms", 1000));
}

static void do_link_disabled(struct socket *s, void *how)
{
    socket_disconnect(s, "link_disabled", number(how, "grace_ms", 0));
}

static void do_too_many(struct socket *s, void *how)
{
    socket_disconnect(s, "too_many_websockets", number(how, "grace_ms", 0));
}

static void do_enable(struct socket *s, void *how)
{
    (void)s;
    (void)how;
}

static void do_drop(struct socket *s, void *how)
{
    (void)how;
    socket_drop(s);
}

static void do_fin(struct socket *s, void *how)
{
    (void)how;
    socket_fin(s);
}

static void do_close(struct socket *s, void *how)
{
    socket_close(s, (int)number(how, "code", WS_NORMAL), word(how, "reason"));
}

static void do_silent(struct socket *s, void *how)
{
    (void)how;
    socket_silent(s);
}

static void do_no_pong(struct socket *s, void *how)
{
    s->no_pong = on(how);
}

static void do_no_close_reply(struct socket *s, void *how)
{
    s->no_close_reply = on(how);
}

static void do_ping(struct socket *s, void *how)
{
    (void)how;
    socket_send_ping(s);
}

static const struct {
    const char *name;
    void (*act)(struct socket *s, void *how);
} deeds[] = {
    { "warning", do_warning },
    { "refresh", do_refresh },
    { "link_disabled", do_link_disabled },
    { "enable", do_enable },
    { "too_many", do_too_many },
    { "drop", do_drop },
    { "fin", do_fin },
    { "close", do_close },
    { "silent", do_silent },
    { "no_pong", do_no_pong },
    { "no_close_reply", do_no_close_reply },
    { "ping", do_ping },
};

json_t *control_socket(struct sandbox *sb, const json_t *how)
{
    const char *name = word(how, "do");
    size_t i = 0;
    size_t count = sizeof(deeds) / sizeof(deeds[0]);
    unsigned n;

    while (name && i < count && strcmp(deeds[i].name, name) != 0)
        i++;
    if (!name || i == count)
        return control_refusal(
            "do: warning, refresh, link_disabled, enable, too_many, drop, "
            "fin, close, silent, no_pong, no_close_reply or ping");
    if (deeds[i].act == do_link_disabled || deeds[i].act == do_enable)
        link_enable(sb->link, deeds[i].act == do_enable);
    sandbox_note(sb, "control socket", json_deep_copy(how));
    n = link_each(sb->link, json_object_get(how, "which"), deeds[i].act,
                  (void *)how);
    return json_pack("{sb si}", "ok", 1, "sockets", (int)n);
}

/* ---- POST /control/raw -------------------------------------------------- */

struct raw {
    enum ws_op op;
    unsigned char *data;
    size_t len;
    size_t fragments;
    bool ping_between;
};

static void send_raw(struct socket *s, void *arg)
{
    const struct raw *raw = arg;
    size_t sent = 0;

    for (size_t i = 0; i < raw->fragments; i++) {
        bool last = i + 1 == raw->fragments;
        size_t end = raw->len * (i + 1) / raw->fragments;

        socket_send_frame(s, last, i ? WS_CONTINUATION : raw->op,
                          raw->data + sent, end - sent);
        sent = end;
        if (raw->ping_between && !last && i == 0)
            socket_send_ping(s);
    }
}

/* False: it is no base64. */
static bool decode_base64(const char *text, struct raw *raw)
{
    size_t len = strlen(text);
    int n;

    raw->data = xmalloc(len / 4 * 3 + 4);
    n = EVP_DecodeBlock(raw->data, (const unsigned char *)text, (int)len);
    if (n < 0)
        return false;
    raw->len = (size_t)n;
    for (size_t i = len; i > 0 && text[i - 1] == '='; i--)
        raw->len--;
    return true;
}

json_t *control_raw(struct sandbox *sb, const json_t *how)
{
    const char *text = word(how, "text");
    const char *base64 = word(how, "base64");
    json_int_t fragments = number(how, "fragments", 1);
    struct raw raw = { .op = WS_TEXT };
    unsigned n = 0;
    bool ok = true;

    if (json_is_true(json_object_get(how, "binary")))
        raw.op = WS_BINARY;
    raw.fragments = fragments < 1 ? 1 : (size_t)fragments;
    raw.ping_between = json_is_true(json_object_get(how, "ping_between"));
    if (text) {
        raw.data = (unsigned char *)xstrdup(text);
        raw.len = json_string_length(json_object_get(how, "text"));
    } else {
        ok = base64 && decode_base64(base64, &raw);
    }
    if (ok)
        n = link_each(sb->link, json_object_get(how, "which"), send_raw, &raw);
    free(raw.data);
    if (!ok)
        return control_refusal("text, or base64");
    sandbox_note(sb, "control raw", json_deep_copy(how));
    return json_pack("{sb si}", "ok", 1, "sockets", (int)n);
}

/* ---- POST /control/envelope --------------------------------------------- */

json_t *control_envelope(struct sandbox *sb, const json_t *how)
{
    const json_t *envelope = json_object_get(how, "envelope");
    json_int_t copies = number(how, "copies", 1);

    if (!json_is_object(envelope) || copies < 1 || copies > 10000)
        return control_refusal("envelope: an object; copies: 1 to 10000");
    if (!link_send_made(sb->link, envelope, (int)copies))
        return control_refusal("no socket is open");
    return json_pack("{sb}", "ok", 1);
}
