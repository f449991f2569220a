/*
 * socket: see socket.h.
 */
#include "tests/sandbox/link/socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/sandbox/wire/wire.h"

#define PING_EVERY_US  10000000
#define LOST_AFTER_US  60000000 /* without a frame: Slack notices */
#define SILENT_US      30000000 /* a half-open socket gets its share so long */
#define REFRESH_MS     1000     /* from refresh_requested to the end */
#define CLOSE_REPLY_US 5000000
#define LAST_ACKS_US   200000 /* between the end of a grace and FIN */

static struct loop *loop_of(const struct socket *s)
{
    return link_sandbox(s->link)->loop;
}

static void note(const struct socket *s, const char *what, const char *detail)
{
    sandbox_note(link_sandbox(s->link), what,
                 json_pack("{si ss*}", "socket", (int)s->id, "detail", detail));
}

const char *socket_state_name(enum socket_state state)
{
    switch (state) {
    case SOCKET_GREETING:
        return "greeting";
    case SOCKET_OPEN:
        return "open";
    case SOCKET_LEAVING:
        return "leaving";
    case SOCKET_SILENT:
        return "silent";
    case SOCKET_CLOSING:
        return "closing";
    }
    return "";
}

bool socket_takes(const struct socket *s)
{
    return socket_works(s) || s->state == SOCKET_SILENT;
}

bool socket_works(const struct socket *s)
{
    return s->state == SOCKET_OPEN || s->state == SOCKET_LEAVING;
}

static void socket_enter(struct socket *s, enum socket_state to)
{
    if (s->state == to)
        return;
    s->state = to;
    note(s, "socket state", socket_state_name(to));
    if (to == SOCKET_CLOSING) {
        timer_stop(loop_of(s), &s->ping);
        timer_stop(loop_of(s), &s->life_end);
        timer_stop(loop_of(s), &s->grace);
        timer_stop(loop_of(s), &s->hello);
    }
    link_on_state(s->link);
}

/* ---- sending ------------------------------------------------------------ */

void socket_send_frame(struct socket *s, bool fin, enum ws_op op,
                       const void *data, size_t len)
{
    struct buf *out = conn_out(s->conn);

    if (!out)
        return;
    ws_write(out, fin, op, data, len);
    conn_dirty(s->conn);
}

void socket_send_text(struct socket *s, const char *text, size_t len)
{
    socket_send_frame(s, true, WS_TEXT, text, len);
}

void socket_send_json(struct socket *s, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);

    socket_send_text(s, text, strlen(text));
    free(text);
    json_decref(json);
}

void socket_send_ping(struct socket *s)
{
    char text[48];
    int n = snprintf(text, sizeof(text), "Ping from applink-sandbox-%u-%u",
                     s->id, ++s->pings_sent);

    socket_send_frame(s, true, WS_PING, text, (size_t)n);
}

/* ---- the end ------------------------------------------------------------ */

/* FIN once everything is sent; what still comes in is not looked at. */
static void socket_finish(struct socket *s)
{
    socket_enter(s, SOCKET_CLOSING);
    conn_finish(s->conn);
}

/* Nothing is handed out from now on, and the acks of what was are still heard:
 * who cannot know yet that this is the end is not at fault. */
static void grace_over(void *arg)
{
    struct socket *s = arg;

    if (s->state == SOCKET_SILENT) {
        socket_enter(s, SOCKET_CLOSING); /* and stays half-open */
    } else if (s->state == SOCKET_CLOSING) {
        conn_finish(s->conn);
    } else {
        socket_enter(s, SOCKET_CLOSING);
        timer_start(loop_of(s), &s->grace, LAST_ACKS_US);
    }
}

void socket_disconnect(struct socket *s, const char *reason, int64_t grace_ms)
{
    note(s, "disconnect", reason);
    socket_send_json(s, json_pack("{ss ss s{ss}}", "type", "disconnect",
                                  "reason", reason, "debug_info", "host",
                                  "applink-sandbox"));
    if (grace_ms <= 0) {
        socket_finish(s);
        return;
    }
    timer_start(loop_of(s), &s->grace, grace_ms * 1000);
    if (s->state == SOCKET_OPEN)
        socket_enter(s, SOCKET_LEAVING);
}

void socket_refuse(struct socket *s, const char *reason)
{
    socket_disconnect(s, reason, 0);
}

void socket_close(struct socket *s, int code, const char *reason)
{
    struct buf *out = conn_out(s->conn);

    note(s, "close sent", reason);
    if (out)
        ws_write_close(out, code, reason);
    conn_dirty(s->conn);
    socket_enter(s, SOCKET_CLOSING);
    timer_start(loop_of(s), &s->grace, CLOSE_REPLY_US);
}

void socket_drop(struct socket *s)
{
    socket_enter(s, SOCKET_CLOSING);
    conn_abort(s->conn);
}

void socket_fin(struct socket *s)
{
    socket_enter(s, SOCKET_CLOSING);
    conn_half(s->conn);
    timer_start(loop_of(s), &s->grace, LOST_AFTER_US);
}

void socket_silent(struct socket *s)
{
    conn_freeze(s->conn);
    timer_stop(loop_of(s), &s->ping);
    timer_stop(loop_of(s), &s->life_end);
    timer_start(loop_of(s), &s->grace, SILENT_US);
    socket_enter(s, SOCKET_SILENT);
}

/* ---- receiving ---------------------------------------------------------- */

static void protocol_error(struct socket *s, enum ws_code code, const char *why)
{
    link_stats(s->link)->protocol_errors++;
    note(s, "PROTOCOL ERROR", why);
    socket_close(s, (int)code, why);
    conn_finish(s->conn);
}

static void on_close(struct socket *s, const struct ws_frame *f)
{
    int code = WS_NO_CODE;

    if (f->len >= 2)
        code = (unsigned char)f->data[0] << 8 | (unsigned char)f->data[1];
    link_on_close(s->link, s, code);
    if (s->no_close_reply) {
        socket_enter(s, SOCKET_CLOSING);
        return;
    }
    if (s->state != SOCKET_CLOSING) /* else it answers ours */
        socket_send_frame(s, true, WS_CLOSE, f->data, f->len < 2 ? 0 : 2);
    socket_finish(s);
}

static void on_control(struct socket *s, const struct ws_frame *f)
{
    if (f->op == WS_CLOSE) {
        on_close(s, f);
    } else if (f->op == WS_PONG) {
        link_stats(s->link)->pongs++;
    } else {
        link_stats(s->link)->pings++;
        if (!s->no_pong)
            socket_send_frame(s, true, WS_PONG, f->data, f->len);
    }
}

static void on_whole(struct socket *s, enum ws_op op, const char *data,
                     size_t len, bool fragmented)
{
    if (op == WS_TEXT)
        link_on_message(s->link, s, data, len, fragmented);
    else
        note(s, "binary message ignored", NULL);
}

static void on_fragment(struct socket *s, const struct ws_frame *f)
{
    if (f->op != WS_CONTINUATION)
        s->message_op = f->op;
    buf_add(&s->message, f->data, f->len);
    s->fragments++;
    if (s->message.len > WS_MESSAGE_LIMIT) {
        protocol_error(s, WS_TOO_BIG, "a message is longer than 1 MiB");
        return;
    }
    if (!f->fin)
        return;
    on_whole(s, s->message_op, buf_text(&s->message), s->message.len, true);
    buf_dispose(&s->message);
    s->fragments = 0;
}

static void on_frame(struct socket *s, const struct ws_frame *f)
{
    s->frames++;
    if (f->op >= WS_CLOSE)
        on_control(s, f);
    else if ((f->op == WS_CONTINUATION) != (s->fragments > 0))
        protocol_error(s, WS_PROTOCOL_ERROR,
                       s->fragments ? "a new message inside another"
                                    : "a continuation of nothing");
    else if (f->fin && !s->fragments)
        on_whole(s, f->op, f->data, f->len, false);
    else
        on_fragment(s, f);
}

static void socket_data(struct conn *conn)
{
    struct socket *s = conn->owner;

    s->heard_us = clock_mono_us();
    while (conn->state == CONN_OPEN && conn_in_len(conn)) {
        struct ws_frame frame;
        enum ws_code code;
        const char *why;
        size_t used;
        enum ws_parsed got = ws_parse(conn_in(conn), conn_in_len(conn), &frame,
                                      &used, &why, &code);

        if (got == WS_MORE)
            return;
        if (got == WS_BAD) {
            protocol_error(s, code, why);
            return;
        }
        on_frame(s, &frame);
        conn_eat(conn, used);
    }
}

static void socket_gone(struct conn *conn)
{
    struct socket *s = conn->owner;

    if (s->state != SOCKET_CLOSING)
        link_on_close(s->link, s, WS_ABNORMAL);
    socket_enter(s, SOCKET_CLOSING);
    timer_stop(loop_of(s), &s->grace);
    link_on_gone(s->link, s);
    buf_dispose(&s->message);
    free(s);
}

/* ---- life --------------------------------------------------------------- */

static void ping_due(void *arg)
{
    struct socket *s = arg;

    if (clock_mono_us() - s->heard_us > LOST_AFTER_US) {
        note(s, "nothing heard for 60 s: closed", NULL);
        socket_finish(s);
        return;
    }
    socket_send_ping(s);
    timer_start(loop_of(s), &s->ping, PING_EVERY_US);
}

/* First stop: the warning. Second: the refresh, and the end soon after. */
static void life_due(void *arg)
{
    struct socket *s = arg;

    if (s->warned) {
        socket_disconnect(s, "refresh_requested", REFRESH_MS);
        return;
    }
    s->warned = true;
    timer_start(loop_of(s), &s->life_end, s->life.warning_before_ms * 1000);
    if (s->life.warning_before_ms > 0)
        socket_disconnect(s, "warning", s->life.warning_before_ms + 60000);
}

static void hello_due(void *arg)
{
    struct socket *s = arg;
    int64_t first = s->life.life_ms - s->life.warning_before_ms;

    if (s->state != SOCKET_GREETING)
        return;
    socket_send_json(s,
                     json_pack("{ss si s{ss} s{ss si sI}}", "type", "hello",
                               "num_connections", (int)link_live(s->link),
                               "connection_info", "app_id", "A0BOT",
                               "debug_info", "host", "applink-sandbox",
                               "build_number", 1, "approximate_connection_time",
                               (json_int_t)s->life.approximate_s));
    link_stats(s->link)->hellos++;
    timer_start(loop_of(s), &s->life_end, (first > 0 ? first : 0) * 1000);
    socket_enter(s, SOCKET_OPEN);
}

void socket_greet(struct socket *s)
{
    struct fault *f = fault_take(link_sandbox(s->link)->faults, "hello", NULL);

    if (!f) {
        hello_due(s);
        return;
    }
    note(s, "fault on hello", NULL);
    if (f->error)
        socket_refuse(s, f->error);
    else if (f->kind == FAULT_DROP)
        socket_drop(s);
    else if (f->kind == FAULT_DELAY)
        timer_start(loop_of(s), &s->hello, f->delay_ms * 1000);
    fault_done(link_sandbox(s->link)->faults, f);
}

static const struct protocol socket_protocol = { .data = socket_data,
                                                 .gone = socket_gone };

struct socket *socket_new(struct link *link, struct conn *conn, unsigned id,
                          const struct socket_life *life)
{
    struct socket *s = xcalloc(1, sizeof(*s));

    s->link = link;
    s->conn = conn;
    s->id = id;
    s->life = *life;
    s->since_us = clock_mono_us();
    s->heard_us = s->since_us;
    s->ping = (struct timer){ .fire = ping_due, .arg = s };
    s->grace = (struct timer){ .fire = grace_over, .arg = s };
    s->hello = (struct timer){ .fire = hello_due, .arg = s };
    s->life_end =
        (struct timer){ .fire = life_due, .arg = s, .base = TIME_SLACK };
    conn->owner = s;
    conn->protocol = &socket_protocol;
    timer_start(loop_of(s), &s->ping, PING_EVERY_US);
    return s;
}
