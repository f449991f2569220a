/*
 * look_socket: how Slack comes to us. The app-level token opens a WebSocket,
 * which says hello and is closed again at once, with goodbyes from both ends;
 * for request URLs there is a signing secret. Its own thread.
 *
 * For a moment Slack has one connection more to deliver to. What it sends
 * there all the same is not acked, as nobody could act on it: an event comes
 * again by another connection, a command has to be typed again, and both are
 * said.
 */
#include <stdlib.h>
#include <string.h>

#include "bot/check/slack.h"
#include "bot/sender/sender_body.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/check/ws.h"

#define HELLO_MS      6000
#define GOODBYE_MS    3000
#define CONNECTIONS   10 /* that one app may have open */
#define SECRET_LENGTH 32

/* ---- frames ---------------------------------------------------------------------- */

static struct json_doc *parsed(const struct buf *message)
{
    struct err ignored;

    return json_doc_parse(buf_text(message), message->len, &ignored);
}

/* The first message is hello, or says why there will be none. */
static bool hello(struct wire *w, int64_t until, int64_t *connections,
                  struct err *err)
{
    struct buf message = { 0 };
    struct json_doc *doc = NULL;
    const char *type;
    bool ok = ws_next(w, &message, until, err);

    if (ok) {
        doc = parsed(&message);
        type = doc ? json_doc_str(doc, "type") : "";
        ok = strcmp(type, "hello") == 0;
        if (ok)
            *connections = json_doc_int(doc, "num_connections", 1);
        else if (strcmp(type, "disconnect") == 0)
            err_set(err, ERR_SLACK, "Slack disconnects: %s",
                    json_doc_str(doc, "reason"));
        else
            err_set(err, ERR_SLACK, "what came is no hello");
    }
    json_doc_free(doc);
    buf_dispose(&message);
    return ok;
}

/* Until the other end has closed as well. *envelopes: what came meanwhile.
 * False: it did not close. */
static bool goodbye(struct wire *w, int64_t until, unsigned *envelopes)
{
    struct buf message = { 0 };
    struct err err = { 0 };
    struct json_doc *doc;

    ws_bye(w, until);
    while (ws_next(w, &message, until, &err)) {
        doc = parsed(&message);
        *envelopes += doc && json_doc_has(doc, "envelope_id");
        json_doc_free(doc);
    }
    buf_dispose(&message);
    return strncmp(err.text, "closed the WebSocket", 20) == 0;
}

/* ---- the connection ----------------------------------------------------------------- */

/* Plain for loopback alone, as the bot itself has it. */
static bool may_connect(const struct ws_url *url)
{
    char *http = xasprintf("http://%s/", url->host);
    bool may = url->tls || body_url_loopback(http);

    free(http);
    return may;
}

static void say_done(struct look *l, int64_t connections, unsigned envelopes,
                     bool closed)
{
    static const char id[] = "slack.socket";

    if (envelopes)
        report_warn(&l->report, id,
                    "whoever got no answer just now may have to ask again",
                    "WebSocket: hello; %u message%s came that belonged to "
                    "another connection",
                    envelopes, envelopes == 1 ? "" : "s");
    else if (connections > CONNECTIONS - 1)
        report_warn(&l->report, id, "stop copies of this app that nobody needs",
                    "WebSocket: hello; %lld connections of this app are open, "
                    "and Slack allows %d",
                    (long long)connections, CONNECTIONS);
    else if (!closed)
        report_warn(&l->report, id, "check again",
                    "WebSocket: hello, but no goodbye");
    else
        report_ok(&l->report, id,
                  "WebSocket: hello and goodbye (%lld connection%s open "
                  "with it)",
                  (long long)connections, connections == 1 ? "" : "s");
}

static const char *todo(const char *why)
{
    if (strstr(why, "too_many_websockets"))
        return "stop copies of this app: Slack allows ten connections";
    if (strstr(why, "link_disabled"))
        return "switch Socket Mode on in the app's settings "
               "(https://api.slack.com/apps)";
    return "let this machine open TLS connections to wss-primary.slack.com "
           "and wss-backup.slack.com, port 443";
}

static void converse(struct look *l, struct wire *w, const struct ws_url *url)
{
    int64_t until = clock_mono_ms() + look_left_ms(l, HELLO_MS);
    int64_t connections = 0;
    unsigned envelopes = 0;
    struct err err = { 0 };
    bool closed;

    if (!ws_upgrade(w, url, NULL, until, &err) ||
        !hello(w, until, &connections, &err)) {
        report_fail(&l->report, "slack.socket", todo(err.text), "WebSocket: %s",
                    err.text);
        return;
    }
    until = clock_mono_ms() + look_left_ms(l, GOODBYE_MS);
    closed = goodbye(w, until, &envelopes);
    say_done(l, connections, envelopes, closed);
}

static void try_socket(struct look *l, const char *text)
{
    struct wire_tls tls = { 0 };
    struct err err = { 0 };
    struct ws_url url;
    struct wire *w;

    if (!ws_url(text, &url) || !may_connect(&url)) {
        report_fail(&l->report, "slack.socket", "check SLACK_API_URL",
                    "WebSocket: Slack gave a URL that is not usable");
        return;
    }
    tls.name = url.at.host;
    w = wire_open(&url.at, url.tls ? &tls : NULL,
                  clock_mono_ms() + look_left_ms(l, HELLO_MS), &err);
    if (w)
        converse(l, w, &url);
    else
        report_fail(&l->report, "slack.socket", todo(err.text), "WebSocket: %s",
                    err.text);
    wire_close(w);
}

/* ---- the token ---------------------------------------------------------------------- */

static void look_at_app_token(struct slack *s)
{
    static const char id[] = "slack.app_token";
    struct look *l = s->look;
    char out[SLACK_TODO];
    struct err err = { 0 };

    if (!slack_call(s, "apps.connections.open", l->cfg->slack.app_token, "",
                    &err)) {
        report_fail(&l->report, id, SLACK_AWAY_TODO, "app token: Slack: %s",
                    err.text);
    } else if (*slack_refusal(s)) {
        report_fail(&l->report, id,
                    slack_token_todo(slack_refusal(s), "SLACK_APP_TOKEN", out),
                    "app token: Slack refuses it: %s", slack_refusal(s));
    } else {
        report_ok(&l->report, id, "app token: Slack takes it");
        try_socket(l, json_doc_str(s->answer, "url"));
    }
}

/* ---- or the other road ---------------------------------------------------------------- */

/* Nobody but Slack can say whether it is the right one: the first request will
 * show. What is not as long as all of them is something else. */
static void look_at_secrets(struct look *l)
{
    const char *at = l->cfg->slack.signing_secret;
    unsigned count = 0, odd = 0;

    while (*at) {
        size_t len;

        at += strspn(at, ", ");
        len = strcspn(at, ", ");
        count += len > 0;
        odd += len > 0 && len != SECRET_LENGTH;
        at += len;
    }
    if (odd)
        report_warn(&l->report, "slack.signing_secret",
                    "copy it anew from Basic Information, App Credentials, "
                    "Signing Secret",
                    "signing secret: Slack's have %d characters, this has not",
                    SECRET_LENGTH);
    else
        report_ok(&l->report, "slack.signing_secret", "signing secret: %s",
                  count > 1 ? "two, while one replaces the other" : "one");
}

void look_socket(struct look *l)
{
    const struct config_slack *slack = &l->cfg->slack;
    struct slack s;

    if (slack->by_socket) {
        slack_init(&s, l);
        look_at_app_token(&s);
        slack_dispose(&s);
    }
    if (slack->by_http)
        look_at_secrets(l);
}
