/*
 * check_websocket: an upgrade is granted, and the message comes that is
 * expected. Nothing is kept: a new connection is what is asked.
 */
#include <string.h>

#include "core/base/clock.h"
#include "core/check/check_parts.h"
#include "core/check/ws.h"

/* Until one contains what is expected. False: check_bad() was called. */
static bool message_comes(struct check_ask *ask, struct wire *w)
{
    const char *want = ask->spec->expect.contains;
    struct buf message = { 0 };
    struct err err = { 0 };
    char limit[CHECK_TIME];
    unsigned others = 0;
    bool found = false;

    while (!found && !check_is_over(ask) &&
           ws_next(w, &message, ask->until, &err)) {
        found = memmem(buf_text(&message), message.len, want, strlen(want));
        others += !found;
    }
    buf_dispose(&message);
    if (found)
        return true;
    if (others == 0)
        check_failed(ask, err.kind ? err.text : "no message");
    else if (check_is_over(ask))
        check_bad(ask, "%u message%s within %s, none contains \"%s\"", others,
                  others == 1 ? "" : "s",
                  check_time((int64_t)ask->spec->timeout_ms * 1000, limit),
                  want);
    else
        check_bad(ask, "%s after %u message%s without \"%s\"", err.text, others,
                  others == 1 ? "" : "s", want);
    return false;
}

static void converse(struct check_ask *ask, struct wire *w,
                     const struct ws_url *url)
{
    struct err err = { 0 };

    if (!ws_upgrade(w, url, ask->spec->token, ask->until, &err)) {
        check_failed(ask, err.text);
        return;
    }
    if (!ask->spec->expect.contains || message_comes(ask, w)) {
        ask->out->took_us = clock_mono_us() - ask->began;
        ws_bye(w, ask->until);
        check_ok_time(ask);
    }
}

static void websocket_run(struct check_ask *ask)
{
    const struct config_check *spec = ask->spec;
    struct wire_tls tls = { NULL, spec->ca, spec->client_cert,
                            spec->client_key };
    struct ws_url url;
    struct err err = { 0 };
    struct wire *w;

    if (!ws_url(spec->url, &url)) {
        check_bad(ask, "its url is not ws:// or wss://host:port/path");
        return;
    }
    tls.name = url.at.host;
    w = wire_open(&url.at, url.tls ? &tls : NULL, ask->until, &err);
    if (w)
        converse(ask, w, &url);
    else
        check_failed(ask, err.text);
    wire_close(w);
}

const struct check_type check_websocket = { NULL, websocket_run, NULL };
