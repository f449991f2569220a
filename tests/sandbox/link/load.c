/*
 * load: see load.h.
 */
#include "tests/sandbox/link/load.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/sandbox/link/load_text.h"
#include "tests/sandbox/wire/wire.h"

#define COMMANDS_LIMIT   5000000
#define CHECK_EVERY      100
#define PER_TURN         4096
#define TICK_US          1000
#define REPLY_TIMEOUT_MS 10000

enum item_state { ITEM_NEW, ITEM_SENT, ITEM_ACKED, ITEM_DONE };

struct item {
    int64_t due_us; /* sent, or should have been */
    enum item_state state;
};

struct load {
    struct sandbox *sb;
    struct http_call *call;
    struct load_text *text;
    struct item *items;
    uint32_t first; /* number of items[0]: numbers are never used twice */
    uint32_t total;
    uint32_t sent;
    uint32_t over;   /* done, one way or the other */
    uint32_t oldest; /* all before it are done */
    uint32_t window; /* 0: open loop */
    double rate;
    int64_t started_us;
    int64_t last_us; /* the latest reply */
    int64_t reply_timeout_us;
    uint32_t acked;
    uint32_t replied;
    uint32_t refused;
    uint32_t lost;
    uint32_t payloads; /* seen, to check every hundredth */
    uint32_t *latency; /* µs, one per reply */
    struct timer tick;
    struct buf out;
};

static void load_end(struct load *load);

/* ---- one command -------------------------------------------------------- */

static void item_done(struct load *load, struct item *item)
{
    item->state = ITEM_DONE;
    load->over++;
}

static struct item *item_of(struct load *load, uint32_t number)
{
    uint32_t n;

    if (!load)
        return NULL;
    n = number - load->first;
    return n < load->sent ? &load->items[n] : NULL;
}

static void check(struct load *load, const json_t *message)
{
    const char *wrong;

    if (load->payloads++ % CHECK_EVERY != 0)
        return;
    wrong = world_check_message(load->sb->world, message);
    if (!wrong)
        return;
    load->refused++;
    sandbox_note(
        load->sb, "LOAD: BAD MESSAGE",
        json_pack("{ss sO}", "wrong", wrong, "message", (json_t *)message));
}

static void item_replied(struct load *load, struct item *item)
{
    int64_t now = clock_mono_us();

    load->last_us = now;
    load->latency[load->replied++] = (uint32_t)(now - item->due_us);
    item_done(load, item);
}

void load_acked(struct load *load, uint32_t number, const json_t *payload)
{
    struct item *item = item_of(load, number);

    if (!item)
        return;
    load->acked++;
    if (payload)
        check(load, payload);
    if (item->state != ITEM_SENT)
        return;
    if (payload)
        item_replied(load, item);
    else
        item->state = ITEM_ACKED;
}

static void item_lost(struct load *load, struct item *item)
{
    load->lost++;
    item_done(load, item);
}

void load_lost(struct load *load, uint32_t number)
{
    struct item *item = item_of(load, number);

    if (item && item->state == ITEM_SENT)
        item_lost(load, item);
}

void load_reply(struct sandbox *sb, const struct http_request *req,
                struct http_response *res)
{
    const char *digits = req->path + strlen(LOAD_PATH);
    struct item *item = item_of(sb->load, (uint32_t)strtoul(digits, NULL, 10));
    json_t *message = json_loadb(req->body, req->body_len, 0, NULL);

    response_text(res, message ? 200 : 400, message ? "ok" : "no_text");
    if (item && message) {
        check(sb->load, message);
        if (item->state != ITEM_DONE)
            item_replied(sb->load, item);
    }
    json_decref(message);
}

/* ---- sending ------------------------------------------------------------ */

static bool send_one(struct load *load, int64_t due_us)
{
    uint32_t number = load->first + load->sent;
    struct item *item = &load->items[load->sent];
    char id[ENVELOPE_ID];
    bool ok;

    link_make_id(load->sb->link, id);
    buf_cut(&load->out, 0);
    load_text_fill(load->text, id, number, &load->out);
    ok = link_send_load(load->sb->link, id, number, load->out.data,
                        load->out.len);
    if (!ok && load->window)
        return false; /* a closed loop waits for a socket */
    load->sent++;
    *item = (struct item){ .due_us = due_us, .state = ITEM_SENT };
    if (!ok)
        item_lost(load, item);
    return true;
}

static void send_closed(struct load *load)
{
    while (load->sent < load->total && load->sent - load->over < load->window)
        if (!send_one(load, clock_mono_us()))
            return;
}

static void send_open(struct load *load)
{
    int64_t now = clock_mono_us();

    for (int n = 0; n < PER_TURN && load->sent < load->total; n++) {
        int64_t due =
            load->started_us + (int64_t)(load->sent * 1e6 / load->rate);

        if (due > now)
            return;
        send_one(load, due);
    }
}

/* Acked long ago, but the reply never came. */
static void give_up_old(struct load *load)
{
    int64_t before = clock_mono_us() - load->reply_timeout_us;

    while (load->oldest < load->sent) {
        struct item *item = &load->items[load->oldest];

        if (item->state == ITEM_ACKED && item->due_us < before)
            item_lost(load, item);
        if (item->state != ITEM_DONE)
            return;
        load->oldest++;
    }
}

void load_pump(struct load *load)
{
    if (!load)
        return;
    if (load->window)
        send_closed(load);
    else
        send_open(load);
    give_up_old(load);
    if (load->over == load->total)
        load_end(load);
}

static void tick(void *arg)
{
    struct load *load = arg;

    timer_start(load->sb->loop, &load->tick,
                load->window ? 100 * TICK_US : TICK_US);
}

/* ---- beginning and end -------------------------------------------------- */

void load_free(struct load *load)
{
    if (!load)
        return;
    timer_stop(load->sb->loop, &load->tick);
    load_text_free(load->text);
    free(load->items);
    free(load->latency);
    buf_dispose(&load->out);
    free(load);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static json_t *percentile(const struct load *load, double part)
{
    size_t i;

    if (!load->replied)
        return json_null();
    i = (size_t)(part * (double)(load->replied - 1) + 0.5);
    return json_real((double)load->latency[i] / 1000);
}

static json_t *report(struct load *load)
{
    double seconds = (double)(load->last_us - load->started_us) / 1e6;

    qsort(load->latency, load->replied, sizeof(*load->latency), by_size);
    return json_pack(
        "{sb sI sI sI sI sI sf sf s{so so so so}}", "ok", 1, "sent",
        (json_int_t)load->sent, "acked", (json_int_t)load->acked, "replied",
        (json_int_t)load->replied, "refused", (json_int_t)load->refused, "lost",
        (json_int_t)load->lost, "seconds", seconds, "per_second",
        seconds > 0 ? load->replied / seconds : 0.0, "ms", "p50",
        percentile(load, 0.5), "p90", percentile(load, 0.9), "p99",
        percentile(load, 0.99), "max", percentile(load, 1));
}

static void load_end(struct load *load)
{
    json_t *answer = report(load);

    sandbox_note(load->sb, "load over", json_incref(answer));
    load->sb->load = NULL;
    http_answer_json(load->call, answer);
    load_free(load);
}

/* Whoever asked for it left: it ends. */
static void client_gone(void *arg)
{
    struct load *load = arg;

    load->total = load->sent;
    for (uint32_t i = load->oldest; i < load->sent; i++)
        if (load->items[i].state != ITEM_DONE)
            item_lost(load, &load->items[i]);
    loop_again(load->sb->loop);
}

static double number(const json_t *how, const char *name, double otherwise)
{
    const json_t *value = json_object_get(how, name);

    return json_is_number(value) ? json_number_value(value) : otherwise;
}

/* Reads the shape of the load. False: it has none. */
static bool read_shape(struct load *load, const json_t *how)
{
    double count = number(how, "count", 0);
    double window = number(how, "window", 0);

    load->rate = number(how, "rate", 0);
    if (load->rate > 0) {
        count = load->rate * number(how, "seconds", 0);
        window = 0;
    } else if (window < 1) {
        return false;
    }
    if (count < 1 || count > COMMANDS_LIMIT || window > COMMANDS_LIMIT)
        return false;
    load->total = (uint32_t)count;
    load->window = (uint32_t)window;
    load->reply_timeout_us =
        (int64_t)number(how, "reply_timeout_ms", REPLY_TIMEOUT_MS) * 1000;
    return true;
}

static void load_start(struct load *load)
{
    static uint32_t next_number = 1;

    load->first = next_number;
    next_number += load->total;
    load->items = xcalloc(load->total, sizeof(*load->items));
    load->latency = xcalloc(load->total, sizeof(*load->latency));
    load->tick = (struct timer){ .fire = tick, .arg = load };
    load->started_us = clock_mono_us();
    load->last_us = load->started_us;
    load->sb->load = load;
    http_on_gone(load->call, client_gone, load);
    tick(load);
    loop_again(load->sb->loop);
}

void load_control(struct sandbox *sb, struct http_call *call, const json_t *how)
{
    struct load *load = xcalloc(1, sizeof(*load));
    json_t *refused = NULL;

    load->sb = sb;
    load->call = call;
    if (sb->load)
        refused =
            json_pack("{sb ss}", "ok", 0, "error", "another load is running");
    else if (!read_shape(load, how))
        refused = json_pack("{sb ss}", "ok", 0, "error",
                            "user, channel, command, text and count, window "
                            "or rate, seconds; at most 5000000 commands");
    else
        load->text = load_text_new(sb, how, &refused);
    if (load->text) {
        load_start(load);
        return;
    }
    load_free(load);
    http_answer_json(call, refused);
}
