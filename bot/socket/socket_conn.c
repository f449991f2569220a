/*
 * socket_conn: one WebSocket connection: the libwebsockets callback, frames
 * in and out, pings, silence, the end.
 *
 * Callbacks only collect and mark; a connection is freed in conn_reap(),
 * after the turn. LWS_CALLBACK_WSI_DESTROY is the one event that says a
 * connection is gone in every case, an upgrade never answered included.
 */
#include "bot/socket/socket_int.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define FRAMES_A_TURN 64
#define IDLE_MS       3000  /* draining: silent for so long, Slack has moved */
#define DRAIN_MS      15000 /* Slack closes within about 10 s itself */

static int on_event(struct lws *wsi, enum lws_callback_reasons why, void *user,
                    void *in, size_t len);

const struct lws_protocols socket_protocols[] = {
    { "slack", on_event, 0, 65536, 0, NULL, 0 },
    { NULL, NULL, 0, 0, 0, NULL, 0 },
};

/* The state people are shown: the best connection's. */
static void show_link(struct socket *s)
{
    const struct conn *up = conn_up(s);
    enum link link = LINK_DOWN;

    if (up)
        link = LINK_UP;
    else if (s->opening)
        link = s->opening->link;
    if (atomic_exchange(&s->fact_link, (int)link) != (int)link)
        atomic_store(&s->fact_since, clock_wall_ms());
    atomic_store(&s->fact_up_at, up ? up->up_at : 0);
}

/* The one mover of a connection's state. */
void conn_enter(struct conn *c, enum link to)
{
    log_info("socket", NULL, "link %u: %s -> %s", c->number, link_name(c->link),
             link_name(to));
    c->link = to;
    c->since = clock_mono_ms();
    if (to == LINK_UP) {
        c->up_at = c->since;
        c->end = LINK_LOST; /* unless we learn better */
        if (c->s->opening == c)
            c->s->opening = NULL;
        atomic_store(&c->s->fact_token_refused, false);
        /* The successor is up: the others take what still comes, and go. */
        for (size_t i = 0; i < CONNS; i++) {
            struct conn *old = &c->s->conns[i];

            if (old != c && old->link == LINK_UP)
                conn_enter(old, LINK_DRAINING);
        }
    }
    show_link(c->s);
}

struct conn *conn_up(struct socket *s)
{
    struct conn *best = NULL;

    for (size_t i = 0; i < CONNS; i++) {
        struct conn *c = &s->conns[i];

        if (c->link == LINK_UP && !c->gone && (!best || c->up_at > best->up_at))
            best = c;
    }
    return best;
}

/* ---- out ------------------------------------------------------------------ */

/* lws masks the buffer in place, so each frame has one of its own. */
void conn_send(struct conn *c, const char *text, size_t len)
{
    struct frame *f = xmalloc(sizeof *f + LWS_PRE + len);

    f->next = NULL;
    f->len = len;
    memcpy(f->data + LWS_PRE, text, len);
    *c->out_last = f;
    c->out_last = &f->next;
    lws_callback_on_writable(c->wsi);
}

static bool write_frame(struct conn *c)
{
    struct frame *f = c->out;
    bool ok = lws_write(c->wsi, f->data + LWS_PRE, f->len, LWS_WRITE_TEXT) >=
              (int)f->len;

    c->out = f->next;
    if (!c->out)
        c->out_last = &c->out;
    free(f);
    return ok;
}

/* Our own clock travels in the ping, so its pong is a measurement. */
static bool write_ping(struct conn *c)
{
    unsigned char data[LWS_PRE + 32];
    int len = snprintf((char *)data + LWS_PRE, 32, "%lld",
                       (long long)clock_mono_us());

    c->ping_due = false;
    return lws_write(c->wsi, data + LWS_PRE, (size_t)len, LWS_WRITE_PING) >= 0;
}

static void cork(struct conn *c, int on)
{
    setsockopt(lws_get_socket_fd(c->wsi), IPPROTO_TCP, TCP_CORK, &on,
               sizeof on);
}

/* Many frames, few packets. -1 closes the connection. */
static int on_writeable(struct conn *c)
{
    int written = 0;
    bool ok = true;

    if (c->ping_due)
        ok = write_ping(c);
    cork(c, 1);
    while (ok && c->out && written++ < FRAMES_A_TURN &&
           !lws_send_pipe_choked(c->wsi))
        ok = write_frame(c);
    cork(c, 0);
    if (!ok)
        return -1;
    if (c->out) {
        lws_callback_on_writable(c->wsi);
        return 0;
    }
    if (c->closing != CLOSE_WANTED)
        return 0;
    c->closing = CLOSE_SENT;
    c->since = clock_mono_ms();
    lws_close_reason(c->wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
    return -1;
}

void conn_close(struct conn *c)
{
    if (!c->wsi || c->closing != CLOSE_NOT)
        return;
    if (c->link < LINK_UP) {
        conn_kill(c, LINK_FAILED, "stopped");
        return;
    }
    c->closing = CLOSE_WANTED;
    lws_callback_on_writable(c->wsi);
}

void conn_kill(struct conn *c, enum link_end end, const char *why)
{
    c->end = end;
    snprintf(c->why, sizeof c->why, "%s", why);
    if (c->wsi)
        lws_set_timeout(c->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT,
                        LWS_TO_KILL_ASYNC);
}

/* ---- in ------------------------------------------------------------------- */

static void on_hello(struct conn *c, const json_t *hello)
{
    const json_t *debug = json_object_get(hello, "debug_info");
    json_int_t life = json_integer_value(
        json_object_get(debug, "approximate_connection_time"));
    int64_t now = clock_mono_ms();

    if (c->link != LINK_CONNECTING)
        return;
    log_info("socket", NULL, "hello: %lld connection(s) of this app",
             (long long)json_integer_value(
                 json_object_get(hello, "num_connections")));
    conn_enter(c, LINK_UP);
    c->next_ping = now; /* measures the round trip at once */
    if (life >= 2 && life < 1000000) {
        int64_t margin = life * 1000 / 10;

        c->refresh_at = now + life * 1000 - (margin < 60000 ? margin : 60000);
    }
}

/* slack-protocol §1.6. A reason not known yet is treated as a refresh. */
static void on_disconnect(struct conn *c, const json_t *root)
{
    const char *reason = json_string_value(json_object_get(root, "reason"));

    if (!reason)
        reason = "refresh_requested";
    log_info("socket", NULL, "link %u: Slack asks to disconnect: %s", c->number,
             reason);
    if (strcmp(reason, "too_many_websockets") == 0) {
        conn_kill(c, LINK_TOO_MANY,
                  "too_many_websockets: more than 10 "
                  "connections for this app");
    } else if (strcmp(reason, "link_disabled") == 0) {
        conn_kill(c, LINK_DISABLED,
                  "link_disabled: switch Socket Mode on in the app's "
                  "settings");
    } else if (c->link == LINK_UP) {
        c->refresh_at = 0;
        snprintf(c->why, sizeof c->why, "%.100s", reason);
        open_now(c->s);
    }
}

static void malformed(struct conn *c, const char *why)
{
    atomic_fetch_add(&c->s->fact_malformed, 1);
    log_warn("socket", NULL, "link %u: a message of %zu bytes is ignored: %s",
             c->number, c->in.len, why);
}

static void on_message(struct conn *c)
{
    json_t *root = json_loadb(buf_text(&c->in), c->in.len, 0, NULL);
    const char *type, *why = "";
    struct envelope *env;

    if (!json_is_object(root)) {
        /* jansson's own words quote what it met: an address of an answer */
        malformed(c, root ? "it is not an object" : "it is not JSON");
        json_decref(root);
        return;
    }
    type = json_string_value(json_object_get(root, "type"));
    if (type && strcmp(type, "hello") == 0) {
        on_hello(c, root);
        json_decref(root);
    } else if (type && strcmp(type, "disconnect") == 0) {
        on_disconnect(c, root);
        json_decref(root);
    } else {
        env = envelope_from(root, buf_text(&c->in), c->in.len, &why);
        if (env)
            ack_received(c, env);
        else
            malformed(c, why);
    }
}

/* A message may come in many pieces; it is whole when the frame is final and
 * nothing of it remains. */
static void on_receive(struct conn *c, struct lws *wsi, const void *in,
                       size_t len)
{
    bool whole =
        lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi);

    c->last_rx = clock_mono_ms();
    if (c->in.len + len > FRAME_LIMIT)
        c->skip = true;
    if (!c->skip && len)
        buf_add(&c->in, in, len);
    if (!whole)
        return;
    if (c->skip)
        malformed(c, "it is longer than 4 MiB");
    else if (lws_frame_is_binary(wsi))
        malformed(c, "it is binary");
    else if (c->in.len == 0)
        malformed(c, "it is empty");
    else
        on_message(c);
    c->skip = false;
    if (c->in.cap > 65536)
        buf_dispose(&c->in);
    else
        buf_cut(&c->in, 0);
}

static void on_pong(struct conn *c, const char *in, size_t len)
{
    char text[32] = "";
    int64_t now = clock_mono_us();
    long long sent;

    c->last_rx = now / 1000;
    memcpy(text, in, len < sizeof text - 1 ? len : sizeof text - 1);
    sent = strtoll(text, NULL, 10);
    if (sent <= 0 || sent > now)
        return;
    atomic_store(&c->s->fact_rtt_us, now - sent);
    atomic_store(&c->s->fact_rtt_at, now / 1000);
}

static void on_gone(struct conn *c)
{
    c->gone = true;
    c->wsi = NULL;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons why, void *user,
                    void *in, size_t len)
{
    struct conn *c = wsi ? lws_get_opaque_user_data(wsi) : NULL;

    (void)user;
    if (!c || (c->wsi && c->wsi != wsi))
        return 0;
    switch ((int)why) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        snprintf(c->why, sizeof c->why, "%.*s", in ? (int)len : 7,
                 in ? (const char *)in : "unknown");
        break;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        c->last_rx = clock_mono_ms();
        break;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        on_receive(c, wsi, in, len);
        break;
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
        on_pong(c, in, len);
        break;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return on_writeable(c);
    case LWS_CALLBACK_WSI_DESTROY:
        on_gone(c);
        break;
    }
    return 0;
}

/* ---- time, and the end ---------------------------------------------------- */

static void up_tick(struct conn *c, int64_t now)
{
    if (now - c->last_rx > SILENT_MS) {
        conn_kill(c, LINK_LOST, "no frame for 25 s: half-open");
        return;
    }
    if (now >= c->next_ping && c->closing == CLOSE_NOT) {
        c->next_ping = now + PING_MS;
        c->ping_due = true;
        lws_callback_on_writable(c->wsi);
    }
    if (c->refresh_at && now >= c->refresh_at) {
        c->refresh_at = 0;
        log_info("socket", NULL, "link %u is near the end of its life",
                 c->number);
        open_now(c->s);
    }
}

static void draining_tick(struct conn *c, int64_t now)
{
    if (now - c->since > DRAIN_MS && now - c->last_envelope > IDLE_MS)
        conn_close(c);
}

void conn_tick(struct conn *c, int64_t now)
{
    if (!c->wsi)
        return;
    if (c->closing == CLOSE_SENT) {
        if (now - c->since > 1000)
            conn_kill(c, LINK_LOST, "no answer to our Close");
    } else if (c->link == LINK_CONNECTING) {
        if (now - c->since > HELLO_MS)
            conn_kill(c, LINK_FAILED, "no hello within 10 s");
    } else if (c->link == LINK_UP || c->link == LINK_DRAINING) {
        up_tick(c, now);
        if (c->wsi && c->link == LINK_DRAINING)
            draining_tick(c, now);
    }
}

/* Acks that it could not write any more: by the one that is up, which Slack
 * takes as well. Without one they are lost with it. */
static void pass_on_frames(struct conn *c)
{
    struct conn *up = conn_up(c->s);
    struct frame *next;

    if (up && c->out) {
        *up->out_last = c->out;
        up->out_last = c->out_last;
        c->out = NULL;
        lws_callback_on_writable(up->wsi);
    }
    for (struct frame *f = c->out; f; f = next) {
        next = f->next;
        free(f);
    }
}

void conn_reap(struct conn *c)
{
    struct socket *s = c->s;

    if (!c->gone)
        return;
    open_ended(s, c);
    pass_on_frames(c);
    buf_dispose(&c->in);
    *c = (struct conn){ .s = s };
    c->out_last = &c->out;
    show_link(s);
}
