/*
 * link_deliver: envelopes on their way out, and acks on their way back; see
 * link.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/sandbox/link/link_in.h"
#include "tests/sandbox/wire/wire.h"

#define WAITING_LIMIT 10000
#define LAST_ATTEMPT  3

/* After how long an event is sent again, by attempt. Slack's time. */
static const int64_t retry_after_us[] = { 0, 0, 60000000, 300000000 };

static void send_or_wait(struct link *l, struct envelope *e);

void link_make_id(struct link *l, char out[ENVELOPE_ID])
{
    uint64_t a = sandbox_random(l->sb);
    uint64_t b = sandbox_random(l->sb);

    snprintf(out, ENVELOPE_ID, "%08x-%04x-4%03x-%04x-%012llx",
             (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xFFFF),
             (unsigned)(a & 0xFFF), (unsigned)(0x8000 | (b >> 48 & 0x3FFF)),
             (unsigned long long)(b & 0xFFFFFFFFFFFFULL));
}

unsigned link_in_flight(const struct link *l)
{
    return l->in_flight + l->waiting_count;
}

struct envelope *link_last(const struct link *l)
{
    return l->last;
}

void link_forget_last(struct link *l)
{
    l->last = NULL;
}

void link_capture(struct link *l)
{
    l->capturing = true;
}

json_t *link_captured(struct link *l)
{
    json_t *captured = l->captured;

    l->captured = NULL;
    l->capturing = false;
    return captured;
}

/* ---- the end of an envelope --------------------------------------------- */

/* Slack sends an event again: a new envelope, the same event_id. */
static void send_again(struct link *l, struct envelope *e)
{
    char id[ENVELOPE_ID];
    struct envelope *next;

    if (e->kind != ENV_EVENT || !e->payload || e->no_retry ||
        e->attempt >= LAST_ATTEMPT)
        return;
    link_make_id(l, id);
    next = envelope_new(l->envelopes, id);
    next->link = l;
    next->kind = e->kind;
    next->attempt = e->attempt + 1;
    next->reason = e->reason;
    next->payload = e->payload;
    e->payload = NULL;
    if (e->interaction)
        next->interaction = xstrdup(e->interaction);
    next->timer.base = TIME_SLACK;
    next->timer.fire = e->timer.fire;
    timer_start(l->sb->loop, &next->timer, retry_after_us[next->attempt]);
}

static void unanswered(struct link *l, struct envelope *e, const char *error)
{
    e->state = ENVELOPE_UNANSWERED;
    e->error = error;
    l->stats.unanswered++;
    if (e->has_load) {
        load_lost(l->sb->load, e->load_number);
    } else {
        sandbox_note(l->sb, "UNANSWERED",
                     json_pack("{ss ss ss}", "envelope_id", e->id, "kind",
                               envelope_type(e->kind), "error", error));
        if (e->kind != ENV_EVENT && e->interaction)
            world_unanswered(l->sb->world, e->interaction, error);
        send_again(l, e);
    }
    envelope_retire(l->envelopes, e);
    sandbox_changed(l->sb);
}

void link_failed(struct link *l, struct envelope *e, const char *error)
{
    l->in_flight--;
    timer_stop(l->sb->loop, &e->timer);
    link_posts_cancel(l, e);
    unanswered(l, e, error);
}

/* The ack deadline, the time of a retry, or nobody there to send it to. */
static void envelope_due(void *arg)
{
    struct envelope *e = arg;
    struct link *l = e->link;

    if (e->state == ENVELOPE_SENT) {
        e->reason = e->posts ? "http_timeout" : "timeout";
        link_failed(l, e, "operation_timeout");
    } else if (e->error) {
        unanswered(l, e, e->error);
    } else {
        send_or_wait(l, e);
    }
}

/* ---- sending ------------------------------------------------------------ */

static char *envelope_text(const struct envelope *e, size_t *len)
{
    json_t *json = json_pack("{ss sO ss sb}", "envelope_id", e->id, "payload",
                             e->payload, "type", envelope_type(e->kind),
                             "accepts_response_payload", e->accepts_payload);
    char *text;

    if (e->kind == ENV_EVENT) {
        json_object_set_new(json, "retry_attempt", json_integer(e->attempt));
        json_object_set_new(json, "retry_reason",
                            json_string(e->reason ? e->reason : ""));
    }
    text = json_dumps(json, JSON_COMPACT);
    *len = strlen(text);
    json_decref(json);
    return text;
}

void link_sent(struct link *l, struct envelope *e)
{
    e->state = ENVELOPE_SENT;
    e->sent_us = clock_mono_us();
    e->sent_ms = sandbox_now_ms(l->sb);
    l->in_flight++;
    l->stats.delivered++;
    e->timer.fire = envelope_due;
    e->timer.base = TIME_REAL;
    timer_start(l->sb->loop, &e->timer, l->ack_timeout_us);
}

static void send_to(struct link *l, struct envelope *e, struct socket *s)
{
    size_t len;
    char *text = envelope_text(e, &len);

    socket_send_text(s, text, len);
    link_sent(l, e);
    sandbox_note(l->sb, "envelope",
                 json_pack("{ss ss si si sI}", "envelope_id", e->id, "kind",
                           envelope_type(e->kind), "socket", (int)s->id,
                           "attempt", e->attempt, "bytes", (json_int_t)len));
    free(text);
    if (e->kind == ENV_EVENT)
        return;
    json_decref(e->payload);
    e->payload = NULL;
}

static void wait_for_socket(struct link *l, struct envelope *e)
{
    if (l->waiting_last)
        l->waiting_last->newer = e;
    else
        l->waiting = e;
    l->waiting_last = e;
    l->waiting_count++;
}

/* The world hears of a failure only when this turn's work is done. */
static void send_or_wait(struct link *l, struct envelope *e)
{
    struct socket *s = link_pick(l);

    if (push_on(l->push)) {
        link_post(l, e);
    } else if (s) {
        send_to(l, e, s);
    } else if (e->kind == ENV_EVENT && l->waiting_count < WAITING_LIMIT) {
        wait_for_socket(l, e);
    } else {
        e->error = "dispatch_failed";
        e->timer.base = TIME_REAL;
        timer_start(l->sb->loop, &e->timer, 0);
    }
}

void link_send_waiting(struct link *l)
{
    struct envelope *e = l->waiting;

    l->waiting = NULL;
    l->waiting_last = NULL;
    l->waiting_count = 0;
    while (e) {
        struct envelope *next = e->newer;

        e->newer = NULL;
        send_or_wait(l, e);
        e = next;
    }
}

void link_deliver(struct link *l, enum envelope_kind kind, bool accepts_payload,
                  json_t *payload, const char *interaction)
{
    char id[ENVELOPE_ID];
    struct envelope *e;

    if (l->capturing) {
        json_decref(l->captured);
        l->captured = payload;
        return;
    }
    link_make_id(l, id);
    e = envelope_new(l->envelopes, id);
    e->link = l;
    e->kind = kind;
    e->accepts_payload = accepts_payload;
    e->payload = payload;
    e->interaction = xstrdup(interaction);
    e->timer.fire = envelope_due;
    l->last = e;
    send_or_wait(l, e);
}

bool link_send_load(struct link *l, const char *id, uint32_t number,
                    const char *text, size_t len)
{
    bool http = push_on(l->push);
    struct socket *s = http ? NULL : link_pick(l);
    struct envelope *e;

    if (!http && !s)
        return false;
    e = envelope_new(l->envelopes, id);
    e->link = l;
    e->kind = ENV_COMMAND;
    e->accepts_payload = true;
    e->has_load = true;
    e->load_number = number;
    if (s)
        socket_send_text(s, text, len);
    link_sent(l, e);
    if (http)
        link_post_body(l, e, text, len, 1);
    return true;
}

static enum envelope_kind kind_of(const char *type)
{
    if (type && strcmp(type, "slash_commands") == 0)
        return ENV_COMMAND;
    if (type && strcmp(type, "interactive") == 0)
        return ENV_INTERACTIVE;
    return ENV_EVENT;
}

static struct envelope *made_envelope(struct link *l, const json_t *json)
{
    const char *id = json_string_value(json_object_get(json, "envelope_id"));
    struct envelope *e;

    if (!id || !*id || strlen(id) >= ENVELOPE_ID)
        return NULL; /* sent all the same, but there is nothing to track */
    e = envelope_new(l->envelopes, id);
    e->link = l;
    e->kind = kind_of(json_string_value(json_object_get(json, "type")));
    e->accepts_payload =
        json_is_true(json_object_get(json, "accepts_response_payload"));
    link_sent(l, e);
    l->last = e;
    return e;
}

/* One that is not tracked has to be waited for all the same. */
static void post_made(struct link *l, const json_t *envelope, int copies)
{
    struct envelope *e = made_envelope(l, envelope);
    struct buf body = { 0 };
    char id[ENVELOPE_ID];

    if (!e) {
        link_make_id(l, id);
        e = envelope_new(l->envelopes, id);
        e->link = l;
        e->kind = kind_of(json_string_value(json_object_get(envelope, "type")));
        link_sent(l, e);
    }
    e->attempt =
        (int)json_integer_value(json_object_get(envelope, "retry_attempt"));
    e->reason = e->attempt ? "http_timeout" : NULL;
    l->stats.delivered += (unsigned)copies - 1;
    push_body(&body, e->kind, json_object_get(envelope, "payload"));
    link_post_body(l, e, body.data, body.len, copies);
    buf_dispose(&body);
}

bool link_send_made(struct link *l, const json_t *envelope, int copies)
{
    char *text;
    size_t len;

    if (push_on(l->push)) {
        post_made(l, envelope, copies);
        return true;
    }
    if (!link_pick(l))
        return false;
    if (made_envelope(l, envelope))
        l->stats.delivered--; /* counted below, each copy */
    text = json_dumps(envelope, JSON_COMPACT);
    len = strlen(text);
    for (int i = 0; i < copies; i++) {
        socket_send_text(link_pick(l), text, len);
        l->stats.delivered++;
    }
    sandbox_note(
        l->sb, "made envelope",
        json_pack("{sO si}", "envelope", (json_t *)envelope, "copies", copies));
    free(text);
    return true;
}

/* ---- acks --------------------------------------------------------------- */

static void ack_world(struct link *l, struct envelope *e, const json_t *payload)
{
    const char *wrong = NULL;

    if (e->holds && payload && !e->answer)
        e->answer = json_incref((json_t *)payload);
    if (payload && !e->accepts_payload)
        wrong = "payload in the ack of an envelope that accepts none";
    if (e->interaction) {
        const char *complaint = world_ack(l->sb->world, e->interaction,
                                          e->accepts_payload ? payload : NULL);

        if (complaint)
            wrong = complaint;
    }
    e->complaint = wrong;
    sandbox_note(l->sb, wrong ? "BAD ACK" : "ack",
                 json_pack("{ss sf ss* sO*}", "envelope_id", e->id, "ms",
                           (double)(e->acked_us - e->sent_us) / 1000,
                           "complaint", wrong, "payload", payload));
}

void link_acked_again(struct link *l, struct envelope *e, const json_t *payload)
{
    e->had_payload = true;
    ack_world(l, e, payload);
    sandbox_changed(l->sb);
}

void link_acked(struct link *l, struct envelope *e, const json_t *payload)
{
    l->in_flight--;
    l->stats.acked++;
    timer_stop(l->sb->loop, &e->timer);
    e->state = ENVELOPE_ACKED;
    e->acked_us = clock_mono_us();
    e->had_payload = payload != NULL;
    if (e->has_load)
        load_acked(l->sb->load, e->load_number, payload);
    else
        ack_world(l, e, payload);
    json_decref(e->payload);
    e->payload = NULL;
    envelope_retire(l->envelopes, e);
    sandbox_changed(l->sb);
}

static void ignored(struct link *l, const struct socket *s, uint64_t *counter,
                    const char *what, const char *text, size_t len)
{
    (*counter)++;
    sandbox_note(l->sb, what,
                 json_pack("{si sI so*}", "socket", (int)s->id, "bytes",
                           (json_int_t)len, "text",
                           json_stringn(text, len < 300 ? len : 300)));
}

/* An empty payload is what Bolt sends for none. */
static json_t *payload_of(const json_t *ack)
{
    json_t *payload = json_object_get(ack, "payload");

    if (json_is_null(payload) ||
        (json_is_object(payload) && json_object_size(payload) == 0))
        return NULL;
    return payload;
}

static void on_ack(struct link *l, struct socket *s, const json_t *ack,
                   const char *text, size_t len)
{
    const json_t *id = json_object_get(ack, "envelope_id");
    struct envelope *e = NULL;

    if (json_is_string(id))
        e = envelope_find(l->envelopes, json_string_value(id),
                          json_string_length(id));
    if (!json_is_string(id)) {
        ignored(l, s, &l->stats.bad_messages, "NOT AN ACK", text, len);
    } else if (!e || e->state == ENVELOPE_WAITING) {
        ignored(l, s, &l->stats.unknown_acks, "UNKNOWN ACK", text, len);
    } else if (e->state == ENVELOPE_ACKED) {
        ignored(l, s, &l->stats.duplicate_acks, "DUPLICATE ACK", text, len);
    } else if (e->state == ENVELOPE_UNANSWERED) {
        ignored(l, s, &l->stats.late_acks, "LATE ACK", text, len);
    } else {
        s->acks++;
        link_acked(l, e, payload_of(ack));
    }
}

void link_on_message(struct link *l, struct socket *s, const char *text,
                     size_t len, bool fragmented)
{
    json_t *json;

    if (fragmented) {
        ignored(l, s, &l->stats.fragmented_acks,
                "FRAGMENTED ACK: Slack ignores it", text, len);
        return;
    }
    if (len >= LINK_ACK_LIMIT) {
        ignored(l, s, &l->stats.oversized_acks,
                "ACK OF 20 KiB OR MORE: Slack ignores it", text, len);
        return;
    }
    json = json_loadb(text, len, 0, NULL);
    if (json)
        on_ack(l, s, json, text, len);
    else
        ignored(l, s, &l->stats.bad_messages, "NOT JSON", text, len);
    json_decref(json);
}
