/*
 * push: see push.h.
 */
#include "tests/sandbox/link/push.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/base/mem.h"
#include "tests/sandbox/wire/form.h"
#include "tests/sandbox/wire/sign.h"
#include "tests/sandbox/wire/wire.h"

#define SECRET    "8f742231b10e8888abcd99yyyzzz85a5"
#define KINDS     3
#define REDIRECTS 2

struct push {
    struct sandbox *sb;
    struct client *client;
    bool http;
    bool keep;
    char *secret;
    json_t *urls[KINDS]; /* arrays of text, by kind */
    uint64_t count;
};

struct push_call {
    struct push *push;
    struct client_call *call;
    push_done done;
    void *arg;
    char *url;
    struct buf body;
    struct buf headers; /* all but Host and Content-Length */
    json_t *others;     /* URLs to be tried where nobody listens */
    int redirects;
    bool deaf;
};

/* ---- settings ----------------------------------------------------------- */

/* By enum envelope_kind. */
static const char *const url_keys[KINDS] = { "events_url", "interactive_url",
                                             "commands_url" };

struct push *push_new(struct sandbox *sb)
{
    struct push *p = xcalloc(1, sizeof(*p));

    p->sb = sb;
    p->client = client_new(&sb->conns);
    p->secret = xstrdup(SECRET);
    for (int kind = 0; kind < KINDS; kind++)
        p->urls[kind] = json_array();
    return p;
}

void push_close(struct push *p)
{
    if (p)
        client_close(p->client);
}

void push_free(struct push *p)
{
    if (!p)
        return;
    client_free(p->client);
    for (int kind = 0; kind < KINDS; kind++)
        json_decref(p->urls[kind]);
    free(p->secret);
    free(p);
}

/* One URL or several. New array; NULL: not URLs that we can reach. */
static json_t *read_urls(const json_t *value)
{
    json_t *list = json_is_array(value) ? json_copy((json_t *)value)
                                        : json_pack("[O]", (json_t *)value);
    const json_t *one;
    struct url url;
    size_t i;

    json_array_foreach(list, i, one)
    {
        if (json_is_string(one) && url_parse(json_string_value(one), &url))
            continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

static const char *set_urls(struct push *p, const json_t *how)
{
    json_t *found[KINDS] = { NULL };
    const char *wrong = NULL;

    for (int kind = 0; kind < KINDS; kind++) {
        const json_t *value = json_object_get(how, url_keys[kind]);

        if (!value)
            value = json_object_get(how, "url");
        if (value)
            found[kind] = read_urls(value);
        if (value && !json_array_size(found[kind]))
            wrong = "url: http://127.0.0.1:PORT/…, or an array of such";
    }
    for (int kind = 0; kind < KINDS; kind++) {
        if (found[kind] && !wrong) {
            json_decref(p->urls[kind]);
            p->urls[kind] = json_incref(found[kind]);
        }
        json_decref(found[kind]);
    }
    return wrong;
}

static bool has_urls(const struct push *p)
{
    for (int kind = 0; kind < KINDS; kind++)
        if (!json_array_size(p->urls[kind]))
            return false;
    return true;
}

const char *push_set(struct push *p, const json_t *how)
{
    const char *mode = json_string_value(json_object_get(how, "mode"));
    const char *secret =
        json_string_value(json_object_get(how, "signing_secret"));
    const json_t *keep = json_object_get(how, "keep_alive");
    const char *wrong;

    if (mode && strcmp(mode, "http") != 0 && strcmp(mode, "socket") != 0)
        return "mode: socket or http";
    wrong = set_urls(p, how);
    if (wrong)
        return wrong;
    if (mode && strcmp(mode, "http") == 0 && !has_urls(p))
        return "url, or commands_url, interactive_url and events_url";
    if (mode)
        p->http = strcmp(mode, "http") == 0;
    if (keep)
        p->keep = json_is_true(keep);
    if (secret) {
        free(p->secret);
        p->secret = xstrdup(secret);
    }
    return NULL;
}

json_t *push_json(const struct push *p)
{
    json_t *json = json_pack("{ss sb}", "mode", p->http ? "http" : "socket",
                             "keep_alive", p->keep);

    for (int kind = 0; kind < KINDS; kind++)
        json_object_set_new(json, url_keys[kind], json_copy(p->urls[kind]));
    return json;
}

bool push_on(const struct push *p)
{
    return p->http;
}

const char *push_secret(const struct push *p)
{
    return p->secret;
}

struct client *push_client(struct push *p)
{
    return p->client;
}

uint64_t push_count(const struct push *p)
{
    return p->count;
}

/* ---- the request -------------------------------------------------------- */

void push_body(struct buf *out, enum envelope_kind kind, const json_t *payload)
{
    /* As PHP's json_encode() writes it. */
    char *text = json_dumps(payload, JSON_COMPACT | JSON_ESCAPE_SLASH |
                                         JSON_ENSURE_ASCII);

    if (kind == ENV_COMMAND)
        form_object(out, payload);
    else if (kind == ENV_INTERACTIVE)
        form_field(out, "payload", text);
    else
        buf_str(out, text);
    free(text);
}

/* Slack's signature is on real time, whatever the sandbox's clock does: the
 * app compares it with its own. */
static void add_signature(struct push_call *call)
{
    char timestamp[24];
    char signature[SIGNATURE_TEXT];

    snprintf(timestamp, sizeof(timestamp), "%lld", (long long)time(NULL));
    sign_request(call->push->secret, timestamp, buf_text(&call->body),
                 call->body.len, signature);
    buf_fmt(&call->headers,
            "X-Slack-Signature: %s\r\nX-Slack-Request-Timestamp: %s\r\n",
            signature, timestamp);
}

static void add_headers(struct push_call *call, const struct parcel *parcel)
{
    buf_fmt(&call->headers,
            "User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n"
            "Accept-Encoding: gzip,deflate\r\nAccept: application/json,*/*\r\n"
            "Content-Type: %s\r\n%s",
            parcel->kind == ENV_EVENT ? "application/json"
                                      : "application/x-www-form-urlencoded",
            call->push->keep ? "" : "Connection: close\r\n");
    if (!parcel->unsigned_)
        add_signature(call);
    if (parcel->retry_num)
        buf_fmt(&call->headers,
                "X-Slack-Retry-Num: %d\r\nX-Slack-Retry-Reason: %s\r\n",
                parcel->retry_num,
                parcel->retry_reason ? parcel->retry_reason : "unknown_error");
}

static void call_free(struct push_call *call)
{
    buf_dispose(&call->body);
    buf_dispose(&call->headers);
    json_decref(call->others);
    free(call->url);
    free(call);
}

static void finish(struct push_call *call, const char *reason,
                   const struct reply *reply)
{
    call->done(call->arg, reason, reply);
    call_free(call);
}

static void on_end(void *arg, enum client_end end, struct reply *reply);

/* False: no URL that we can reach. */
static bool go(struct push_call *call)
{
    struct buf out = { 0 };
    struct url url;

    if (!url_parse(call->url, &url))
        return false;
    buf_fmt(&out, "POST %s HTTP/1.1\r\nHost: %s\r\n", url.path, url.host);
    buf_add(&out, buf_text(&call->headers), call->headers.len);
    buf_fmt(&out, "Content-Length: %zu\r\n\r\n", call->body.len);
    buf_add(&out, buf_text(&call->body), call->body.len);
    call->push->count++;
    call->call = client_send(call->push->client,
                             &(struct client_request){
                                 .port = url.port,
                                 .bytes = out.data,
                                 .len = out.len,
                                 .keep = call->push->keep,
                                 .deaf = call->deaf,
                             },
                             on_end, call);
    buf_dispose(&out);
    return true;
}

/* ---- what comes of it --------------------------------------------------- */

static bool try_another(struct push_call *call)
{
    size_t n = json_array_size(call->others);
    size_t i;

    if (!n)
        return false;
    i = sandbox_random(call->push->sb) % n;
    free(call->url);
    call->url = xstrdup(json_string_value(json_array_get(call->others, i)));
    json_array_remove(call->others, i);
    return go(call);
}

/* A Location that is only a path stays on its host. */
static char *resolve(const char *from, const char *location)
{
    struct url url;

    if (*location != '/')
        return xstrdup(location);
    if (!url_parse(from, &url))
        return xstrdup("");
    return xasprintf("http://%s%s", url.host, location);
}

static void redirected(struct push_call *call, const struct reply *reply)
{
    const char *location = reply_header(reply, "location");
    char *url = resolve(call->url, location);

    free(call->url);
    call->url = url;
    if (++call->redirects > REDIRECTS)
        finish(call, "too_many_redirects", NULL);
    else if (!go(call))
        finish(call, "connection_failed", NULL);
}

static bool is_redirect(const struct reply *reply)
{
    return (reply->status == 301 || reply->status == 302) &&
           *reply_header(reply, "location");
}

static void on_end(void *arg, enum client_end end, struct reply *reply)
{
    struct push_call *call = arg;

    call->call = NULL;
    if (end == CLIENT_ANSWERED && is_redirect(reply))
        redirected(call, reply);
    else if (end == CLIENT_ANSWERED)
        finish(call, NULL, reply);
    else if (end == CLIENT_BAD)
        finish(call, "unknown_error", NULL);
    else if (end != CLIENT_REFUSED || !try_another(call))
        finish(call, "connection_failed", NULL);
}

struct push_call *push_send(struct push *p, const struct parcel *parcel,
                            push_done done, void *arg)
{
    struct push_call *call = xcalloc(1, sizeof(*call));

    call->push = p;
    call->done = done;
    call->arg = arg;
    call->deaf = parcel->deaf;
    call->others = json_copy(p->urls[parcel->kind]);
    buf_add(&call->body, parcel->body, parcel->len);
    add_headers(call, parcel);
    try_another(call);
    return call;
}

void push_cancel(struct push_call *call)
{
    if (!call)
        return;
    client_cancel(call->call);
    call_free(call);
}
