/*
 * control_flood: POST /control/flood, forged requests at a rate, on kept
 * connections; see control.h and CONTROL.md.
 *
 * An open loop with a bound: when so many are unanswered, it waits, and the
 * report says how many a second it came to.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/sandbox/control/control.h"
#include "tests/sandbox/link/push.h"
#include "tests/sandbox/wire/wire.h"

#define TICK_US        1000
#define CONNECTIONS    64
#define REQUESTS_LIMIT 10000000

/* Attached to the control call. */
struct flood {
    struct sandbox *sb;
    struct http_call *call;
    struct url url;
    struct buf bytes;
    double rate;
    int64_t started_us;
    int64_t total, sent, over;
    int64_t refused; /* 401 */
    int64_t other;   /* another status */
    int64_t failed;  /* no answer */
    int64_t window;
    bool gone; /* whoever asked for it left */
    struct timer tick;
};

static void flood_drop(void *arg)
{
    struct flood *f = arg;

    timer_stop(f->sb->loop, &f->tick);
    buf_dispose(&f->bytes);
    free(f);
}

static void flood_end(struct flood *f)
{
    double seconds = (double)(clock_mono_us() - f->started_us) / 1e6;

    http_answer_json(
        f->call,
        json_pack("{sb sI sI sI sI sf sf}", "ok", 1, "sent",
                  (json_int_t)f->sent, "refused", (json_int_t)f->refused,
                  "other", (json_int_t)f->other, "failed",
                  (json_int_t)f->failed, "seconds", seconds, "per_second",
                  seconds > 0 ? (double)f->over / seconds : 0.0));
}

static void one_over(void *arg, enum client_end end, struct reply *reply)
{
    struct flood *f = arg;

    if (end != CLIENT_ANSWERED)
        f->failed++;
    else if (reply->status == 401)
        f->refused++;
    else
        f->other++;
    if (++f->over == f->total)
        flood_end(f);
}

static void send_one(struct flood *f)
{
    f->sent++;
    client_send(push_client(link_push(f->sb->link)),
                &(struct client_request){ .port = f->url.port,
                                          .bytes = f->bytes.data,
                                          .len = f->bytes.len,
                                          .keep = true },
                one_over, f);
}

static void tick(void *arg)
{
    struct flood *f = arg;
    double passed = (double)(clock_mono_us() - f->started_us) / 1e6;

    if (f->gone)
        f->total = f->sent;
    if (f->over == f->total) {
        flood_end(f);
        return;
    }
    timer_start(f->sb->loop, &f->tick, TICK_US);
    while (f->sent < f->total && f->sent - f->over < f->window &&
           (double)f->sent < passed * f->rate)
        send_one(f);
}

static void client_gone(void *arg)
{
    ((struct flood *)arg)->gone = true;
}

/* Right in all but the signature. */
static void make_bytes(struct flood *f)
{
    static const char body[] =
        "token=tok&team_id=T0EX&team_domain=acme&channel_id=C0OPS"
        "&channel_name=ops&user_id=U0ANN&user_name=ann&command=%2Fops"
        "&text=ping&api_app_id=A0BOT&is_enterprise_install=false"
        "&response_url=http%3A%2F%2F127.0.0.1%3A1%2Fcommands%2FT0EX%2F1%2Fa"
        "&trigger_id=1.222.00000000000000000000000000000000";

    buf_fmt(&f->bytes,
            "POST %s HTTP/1.1\r\nHost: %s\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            "X-Slack-Signature: v0=%064d\r\n"
            "X-Slack-Request-Timestamp: %lld\r\nContent-Length: %zu\r\n\r\n%s",
            f->url.path, f->url.host, 7, (long long)clock_wall_ms() / 1000,
            sizeof(body) - 1, body);
}

static bool read_shape(struct flood *f, const json_t *how)
{
    const char *url = json_string_value(json_object_get(how, "url"));
    double seconds = json_number_value(json_object_get(how, "seconds"));
    const json_t *window = json_object_get(how, "connections");

    f->rate = json_number_value(json_object_get(how, "rate"));
    f->total = (int64_t)(f->rate * seconds);
    f->window = window ? json_integer_value(window) : CONNECTIONS;
    return url && url_parse(url, &f->url) && f->total > 0 &&
           f->total <= REQUESTS_LIMIT && f->window > 0;
}

void control_flood(struct sandbox *sb, struct http_call *call,
                   const json_t *how)
{
    struct flood *f = xcalloc(1, sizeof(*f));

    f->sb = sb;
    f->call = call;
    f->tick = (struct timer){ .fire = tick, .arg = f };
    if (!read_shape(f, how)) {
        free(f);
        http_answer_json(call,
                         control_refusal("url: http://127.0.0.1:PORT/…; rate, "
                                         "seconds; connections?"));
        return;
    }
    make_bytes(f);
    http_attach(call, f, flood_drop);
    http_on_gone(call, client_gone, f);
    f->started_us = clock_mono_us();
    tick(f);
}
