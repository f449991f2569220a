/*
 * control_raw: POST /control/raw_http, a request to the app as the test says
 * it: forged, old, doubled, cut up, slow; see control.h and CONTROL.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/sandbox/control/control.h"
#include "tests/sandbox/link/push.h"
#include "tests/sandbox/wire/form.h"
#include "tests/sandbox/wire/sign.h"
#include "tests/sandbox/wire/wire.h"

#define COPIES_LIMIT 1000
#define TIMEOUT_MS   10000

static const char type_of_form[] = "application/x-www-form-urlencoded";
static const char type_of_json[] = "application/json";

/* ---- what is sent ------------------------------------------------------- */

struct raw_request {
    const json_t *how;
    struct sandbox *sb;
    struct url url;
    struct buf body;
    const char *type; /* of the content, or NULL */
    char *interaction;
    struct buf bytes;
};

static const char *word(const json_t *how, const char *name)
{
    return json_string_value(json_object_get(how, name));
}

static json_int_t number(const json_t *how, const char *name,
                         json_int_t otherwise)
{
    const json_t *value = json_object_get(how, name);

    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static enum envelope_kind kind_of(const json_t *payload)
{
    if (json_object_get(payload, "event"))
        return ENV_EVENT;
    return json_object_get(payload, "command") ? ENV_COMMAND : ENV_INTERACTIVE;
}

/* What Slack would send if somebody did this. False: nobody can. */
static bool act_body(struct raw_request *r, const json_t *act)
{
    const char *verb = word(act, "verb");
    json_t *answer;
    json_t *payload;

    link_capture(r->sb->link);
    answer = world_act(r->sb->world, verb ? verb : "command", act);
    payload = link_captured(r->sb->link);
    if (payload) {
        const char *interaction = word(answer, "interaction");

        r->type = kind_of(payload) == ENV_EVENT ? type_of_json : type_of_form;
        push_body(&r->body, kind_of(payload), payload);
        r->interaction = xstrdup(interaction ? interaction : "");
    }
    json_decref(answer);
    json_decref(payload);
    return r->type != NULL;
}

static bool make_body(struct raw_request *r)
{
    const json_t *form = json_object_get(r->how, "form");
    const json_t *json = json_object_get(r->how, "json");
    const json_t *payload = json_object_get(r->how, "payload");
    const json_t *act = json_object_get(r->how, "act");

    buf_str(&r->body, "");
    if (act)
        return act_body(r, act);
    if (form) {
        r->type = type_of_form;
        push_body(&r->body, ENV_COMMAND, form);
    } else if (payload) {
        r->type = type_of_form;
        push_body(&r->body, ENV_INTERACTIVE, payload);
    } else if (json) {
        char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

        r->type = type_of_json;
        buf_str(&r->body, text);
        free(text);
    } else {
        buf_str(&r->body, word(r->how, "body"));
    }
    for (json_int_t n = number(r->how, "pad", 0); n > 0; n--)
        buf_char(&r->body, 'x');
    return true;
}

static void add_header(struct raw_request *r, const char *name,
                       const char *value)
{
    buf_fmt(&r->bytes, "%s: %s\r\n", name, value);
}

/* sign: true, or {"secret"?, "age_s"?, "timestamp"?}. */
static void add_signature(struct raw_request *r)
{
    const json_t *sign = json_object_get(r->how, "sign");
    const char *secret = word(sign, "secret");
    const char *at = word(sign, "timestamp");
    char now[24];
    char signature[SIGNATURE_TEXT];

    if (!sign || json_is_false(sign))
        return;
    snprintf(now, sizeof(now), "%lld",
             (long long)time(NULL) - (long long)number(sign, "age_s", 0));
    sign_request(secret ? secret : push_secret(link_push(r->sb->link)),
                 at ? at : now, buf_text(&r->body), r->body.len, signature);
    add_header(r, "X-Slack-Request-Timestamp", at ? at : now);
    add_header(r, "X-Slack-Signature", signature);
}

/* headers: an array of [name, value], so that one may be there twice. */
static void add_headers(struct raw_request *r)
{
    const json_t *pair;
    size_t i;

    json_array_foreach(json_object_get(r->how, "headers"), i, pair)
    {
        const char *name = json_string_value(json_array_get(pair, 0));
        const char *value = json_string_value(json_array_get(pair, 1));

        if (name && value)
            add_header(r, name, value);
    }
}

static void add_chunks(struct raw_request *r, size_t size)
{
    size_t n;

    for (size_t at = 0; at < r->body.len; at += n) {
        n = r->body.len - at < size ? r->body.len - at : size;
        buf_fmt(&r->bytes, "%zx\r\n", n);
        buf_add(&r->bytes, r->body.data + at, n);
        buf_str(&r->bytes, "\r\n");
    }
    buf_str(&r->bytes, "0\r\n\r\n");
}

/* content_length: null leaves it out, text or a number stands as it is. */
static void add_length(struct raw_request *r)
{
    const json_t *length = json_object_get(r->how, "content_length");

    if (json_is_string(length))
        add_header(r, "Content-Length", json_string_value(length));
    else if (json_is_integer(length))
        buf_fmt(&r->bytes, "Content-Length: %lld\r\n",
                (long long)json_integer_value(length));
    else if (!length)
        buf_fmt(&r->bytes, "Content-Length: %zu\r\n", r->body.len);
}

static void make_bytes(struct raw_request *r)
{
    json_int_t chunk = number(r->how, "chunked", 0);
    const char *method = word(r->how, "method");
    const char *type = word(r->how, "content_type");

    if (word(r->how, "text")) {
        buf_str(&r->bytes, word(r->how, "text"));
        return;
    }
    buf_fmt(&r->bytes, "%s %s HTTP/1.1\r\nHost: %s\r\n",
            method ? method : "POST", r->url.path, r->url.host);
    if (type || r->type)
        add_header(r, "Content-Type", type ? type : r->type);
    add_signature(r);
    add_headers(r);
    if (chunk > 0)
        add_header(r, "Transfer-Encoding", "chunked");
    else
        add_length(r);
    buf_str(&r->bytes, "\r\n");
    if (chunk > 0)
        add_chunks(r, (size_t)chunk);
    else
        buf_add(&r->bytes, r->body.data, r->body.len);
}

/* ---- what comes --------------------------------------------------------- */

struct raw_call;

struct raw_copy {
    struct raw_call *all;
    struct client_call *call; /* NULL: over */
    json_t *answer;           /* NULL until then */
    int64_t since_us;
};

/* Attached to the control call. */
struct raw_call {
    struct sandbox *sb;
    struct http_call *call;
    struct timer timer;
    char *interaction;
    size_t count;
    size_t left;
    struct raw_copy copies[];
};

static void raw_drop(void *arg)
{
    struct raw_call *all = arg;

    timer_stop(all->sb->loop, &all->timer);
    for (size_t i = 0; i < all->count; i++) {
        client_cancel(all->copies[i].call);
        json_decref(all->copies[i].answer);
    }
    free(all->interaction);
    free(all);
}

/* What is not UTF-8 is shown byte by byte. */
static json_t *text_json(const char *text, size_t len)
{
    json_t *json = json_stringn(text, len);
    struct buf bytes = { 0 };

    if (json)
        return json;
    for (size_t i = 0; i < len; i++)
        buf_fmt(&bytes, "\\x%02x", (unsigned char)text[i]);
    json = json_string(buf_text(&bytes));
    buf_dispose(&bytes);
    return json;
}

static void raw_over(struct raw_call *all)
{
    json_t *answer = json_copy(all->copies[0].answer);
    json_t *answers = json_array();

    for (size_t i = 0; i < all->count; i++)
        json_array_append(answers, all->copies[i].answer);
    json_object_set_new(answer, "ok", json_true());
    if (all->count > 1)
        json_object_set(answer, "answers", answers);
    if (all->interaction)
        json_object_set_new(answer, "interaction",
                            json_string(all->interaction));
    json_decref(answers);
    http_answer_json(all->call, answer);
}

static void copy_over(struct raw_copy *copy, const char *end,
                      const struct reply *reply)
{
    int64_t took = clock_mono_us() - copy->since_us;

    copy->answer =
        json_pack("{ss si sf}", "end", end, "status", reply ? reply->status : 0,
                  "ms", (double)took / 1000);
    if (!reply)
        return;
    json_object_set(copy->answer, "headers", reply->headers);
    json_object_set_new(copy->answer, "body",
                        text_json(buf_text(&reply->body), reply->body.len));
    if (reply->raw)
        json_object_set_new(copy->answer, "text",
                            text_json(reply->raw, reply->raw_len));
}

static void copy_done(void *arg, enum client_end end, struct reply *reply)
{
    static const char *const ends[] = {
        [CLIENT_ANSWERED] = "answered", [CLIENT_REFUSED] = "refused",
        [CLIENT_CLOSED] = "closed",     [CLIENT_BAD] = "not_http",
        [CLIENT_DEAF] = "deaf",
    };
    struct raw_copy *copy = arg;

    copy->call = NULL;
    copy_over(copy, ends[end], reply);
    if (--copy->all->left == 0)
        raw_over(copy->all);
}

/* A timer ends those that have not ended; what has come is told. */
static void raw_late(void *arg)
{
    struct raw_call *all = arg;

    for (size_t i = 0; i < all->count; i++) {
        struct raw_copy *copy = &all->copies[i];
        size_t len;
        const char *text;

        if (copy->answer)
            continue;
        text = client_look(copy->call, &len);
        copy_over(copy, "timeout", NULL);
        json_object_set_new(copy->answer, "text", text_json(text, len));
    }
    raw_over(all);
}

static void raw_send(struct raw_request *r, struct http_call *call,
                     size_t copies)
{
    const json_t *how = r->how;
    struct client *client = push_client(link_push(r->sb->link));
    struct raw_call *all =
        xcalloc(1, sizeof(*all) + copies * sizeof(all->copies[0]));

    all->sb = r->sb;
    all->call = call;
    all->interaction = r->interaction;
    all->count = all->left = copies;
    all->timer = (struct timer){ .fire = raw_late, .arg = all };
    http_attach(call, all, raw_drop);
    timer_start(r->sb->loop, &all->timer,
                number(how, "timeout_ms", TIMEOUT_MS) * 1000);
    for (size_t i = 0; i < copies; i++) {
        struct raw_copy *copy = &all->copies[i];

        copy->all = all;
        copy->since_us = clock_mono_us();
        copy->call =
            client_send(client,
                        &(struct client_request){
                            .port = r->url.port,
                            .bytes = r->bytes.data,
                            .len = r->bytes.len,
                            .piece = (size_t)number(how, "piece", 0),
                            .every_ms = number(how, "every_ms", 1),
                            .shut = json_is_true(json_object_get(how, "shut")),
                            .deaf = json_is_true(json_object_get(how, "deaf")),
                            .all = json_is_true(json_object_get(how, "all")),
                        },
                        copy_done, copy);
    }
}

void control_raw_http(struct sandbox *sb, struct http_call *call,
                      const json_t *how)
{
    struct raw_request r = { .how = how, .sb = sb };
    const char *url = word(how, "url");
    json_int_t copies = number(how, "copies", 1);

    if (!url || !url_parse(url, &r.url) || copies < 1 ||
        copies > COPIES_LIMIT) {
        http_answer_json(call, control_refusal("url: http://127.0.0.1:PORT/…; "
                                               "copies: 1 to 1000"));
        return;
    }
    sandbox_note(sb, "control raw_http", json_deep_copy(how));
    if (make_body(&r)) {
        make_bytes(&r);
        raw_send(&r, call, (size_t)copies);
    } else {
        http_answer_json(call, control_refusal("act: nobody can do that"));
    }
    buf_dispose(&r.body);
    buf_dispose(&r.bytes);
}
