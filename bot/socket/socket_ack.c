/*
 * socket_ack: held acks: slots, deadlines, verdicts, refusals.
 *
 * An ack that may carry a payload waits for the answer up to
 * answer_in_ack_ms. After that: recorded, it leaves bare and the answer goes
 * by response URL; not recorded, it waits on, up to 2.5 s, then refuses (P1).
 */
#include "bot/socket/socket_int.h"

#include <stdlib.h>
#include <string.h>

#include "bot/flow/tally.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define ACK_BYTES  20480 /* Slack ignores acks of this size and above */
#define REFUSE_MS  2500
#define ABANDON_MS 60000 /* a slot nobody spoke for: a bug, but no leak */

#define TEXT_AWAY                                                              \
    "I am restarting. Nothing was run. Please try again in a few seconds."
#define TEXT_UNSURE                                                            \
    "My storage (Redis) does not answer, and time is up. Nothing was run. "    \
    "Please try again; /ops ping shows what is down."

static struct held *held_of(struct socket *s, uint64_t slot)
{
    struct held *h = &s->held[slot % HOLD_SLOTS];

    return slot && h->slot == slot ? h : NULL;
}

static void release(struct socket *s, struct held *h)
{
    free(h->envelope_id);
    free(h->response_url);
    free(h->field);
    *h = (struct held){ 0 };
    s->in_flight--;
    atomic_store(&s->fact_in_flight, s->in_flight);
    while (s->oldest_slot < s->next_slot && !held_of(s, s->oldest_slot))
        s->oldest_slot++;
}

/* NULL: HOLD_SLOTS are in flight. A slow one is stepped over: it must not
 * hold up those behind it when the ring comes round. */
static struct held *hold(struct conn *c, const struct envelope *env)
{
    struct socket *s = c->s;
    struct held *h;

    if (s->in_flight == HOLD_SLOTS)
        return NULL;
    while (s->held[s->next_slot % HOLD_SLOTS].slot)
        s->next_slot++;
    h = &s->held[s->next_slot % HOLD_SLOTS];
    *h = (struct held){
        .slot = s->next_slot++,
        .envelope_id = xstrdup(env->id),
        .response_url = xstrdup(env->response_url),
        .field = env->kind == ENVELOPE_VIEW ? xstrdup(env->field) : NULL,
        .conn = c,
        .conn_number = c->number,
        .received = clock_mono_ms(),
        .received_us = env->received_us,
        .kind = env->kind,
        .accepts = env->accepts,
    };
    s->in_flight++;
    atomic_store(&s->fact_in_flight, s->in_flight);
    hold_start(&s->holds, h->slot);
    return h;
}

/* ---- the frame ------------------------------------------------------------ */

static bool plain_id(const char *id)
{
    return strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                      "0123456789-_.:") == strlen(id);
}

static void add_id(struct buf *b, const char *id)
{
    json_t *text;
    char *quoted;

    if (plain_id(id)) {
        buf_fmt(b, "\"%s\"", id);
        return;
    }
    text = json_string(id);
    quoted = json_dumps(text, JSON_ENCODE_ANY);
    buf_str(b, quoted ? quoted : "\"\"");
    free(quoted);
    json_decref(text);
}

/* The connection it came by, else any that is open: Slack matches acks by
 * envelope id. */
static struct conn *road(struct socket *s, const struct held *h)
{
    struct conn *c = h->conn;

    if (c->number == h->conn_number && c->wsi && !c->gone &&
        c->closing == CLOSE_NOT)
        return c;
    return conn_up(s);
}

/* False: no connection, or the payload does not fit: nothing was sent. */
static bool send_ack(struct socket *s, const struct held *h,
                     const char *payload)
{
    struct conn *c = road(s, h);
    struct buf b = { 0 };
    bool fits;

    if (!c)
        return false;
    buf_str(&b, "{\"envelope_id\":");
    add_id(&b, h->envelope_id);
    if (payload) {
        buf_str(&b, ",\"payload\":");
        buf_str(&b, payload);
    }
    buf_char(&b, '}');
    fits = b.len < ACK_BYTES;
    if (fits) {
        conn_send(c, b.data, b.len);
        atomic_fetch_add(&s->fact_acks, 1);
        tally_ack("socket", clock_mono_us() - h->received_us);
    }
    buf_dispose(&b);
    return fits;
}

/* ---- refusals ------------------------------------------------------------- */

static void submit(struct socket *s, struct post *post)
{
    if (!post)
        return;
    if (sender_submit(s->needs.sender, post) == PUSH_OK)
        return;
    log_error("socket", NULL, "the sender is full: a refusal is not sent");
    post_free(post);
}

/* An event is not acked: Slack sends it again. Nor is a form that cannot be
 * told: an ack would close it, and what is in it would be lost. */
static void say_no(struct socket *s, const struct held *h,
                   enum tally_reason reason, const char *text)
{
    struct log_ctx ctx = { .trace = h->envelope_id };
    char *payload = verdict_say(h->kind, h->field, text);

    atomic_fetch_add(&s->fact_refused, 1);
    tally_refusal(reason);
    log_warn("socket", &ctx, "refused: %s", text);
    if (!payload)
        return;
    if (h->accepts) {
        send_ack(s, h, payload);
        free(payload);
    } else if (!envelope_comes_again(h->kind) && h->response_url[0]) {
        send_ack(s, h, NULL);
        submit(s, post_url(xstrdup(h->response_url), payload));
    } else {
        free(payload);
    }
}

static void refuse(struct socket *s, struct held *h, enum tally_reason reason,
                   const char *text)
{
    say_no(s, h, reason, text);
    release(s, h);
}

/* ---- in ------------------------------------------------------------------- */

void ack_received(struct conn *c, struct envelope *env)
{
    struct socket *s = c->s;
    struct held *h = hold(c, env);

    c->last_envelope = clock_mono_ms();
    atomic_fetch_add(&s->fact_envelopes, 1);
    if (!h) {
        struct held brief = { .envelope_id = (char *)env->id,
                              .response_url = (char *)env->response_url,
                              .field = (char *)env->field,
                              .conn = c,
                              .conn_number = c->number,
                              .received_us = env->received_us,
                              .kind = env->kind,
                              .accepts = env->accepts };

        say_no(s, &brief, TALLY_BUSY, VERDICT_BUSY);
        envelope_free(env);
        return;
    }
    if (s->turning_away) {
        refuse(s, h, TALLY_STOPPING, TEXT_AWAY);
        envelope_free(env);
        return;
    }
    env->road = &s->road;
    env->slot = h->slot;
    env->item.node.next = NULL;
    *s->got_last = env;
    s->got_last = (struct envelope **)&env->item.node.next;
}

void ack_hand_over(struct socket *s)
{
    struct envelope *next;

    for (struct envelope *env = s->got; env; env = next) {
        uint64_t slot = env->slot;

        next = (struct envelope *)env->item.node.next;
        env->item.node.next = NULL;
        if (queue_push(s->needs.intake, &env->item.node) == PUSH_OK)
            continue;
        envelope_free(env);
        refuse(s, held_of(s, slot), TALLY_BUSY, VERDICT_BUSY);
    }
    s->got = NULL;
    s->got_last = &s->got;
}

/* ---- out ------------------------------------------------------------------ */

/* By response URL, or a post; what a full sender refuses is kept and tried
 * again. */
static void by_post(struct socket *s, struct verdict *v)
{
    struct sender_facts facts;

    sender_facts(s->needs.sender, &facts);
    if (facts.waiting >= SENDER_POSTS - 1) {
        v->node.next = (struct node *)s->unsent;
        s->unsent = v;
        return;
    }
    verdict_post(v, s->needs.sender, s->needs.intake);
}

static void answer(struct socket *s, struct held *h, struct verdict *v)
{
    const char *payload = v->action ? v->action : v->payload;
    bool told = false;

    if (!h->acked && h->accepts)
        told = send_ack(s, h, payload);
    if (!h->acked && !told)
        told = send_ack(s, h, NULL) && !payload;
    if (h->acked && h->accepts && payload)
        atomic_fetch_add(&s->fact_late, 1);
    release(s, h);
    if ((told && !(v->both && v->response_url[0])) || !v->payload)
        verdict_settle(v, s->needs.intake);
    else
        by_post(s, v);
}

void ack_verdict(struct socket *s, struct verdict *v)
{
    struct held *h = held_of(s, v->slot);

    if (v->kind == VERDICT_ANSWER) {
        if (h)
            answer(s, h, v);
        else
            by_post(s, v); /* the slot had its last word: a refusal */
        return;
    }
    if (h && v->kind == VERDICT_ACK && !h->acked) {
        h->acked = send_ack(s, h, NULL);
        if (envelope_comes_again(h->kind))
            release(s, h); /* nothing more to say about it */
    } else if (h && v->kind == VERDICT_FORGET) {
        release(s, h);
    }
    verdict_free(v);
}

/* ---- time ------------------------------------------------------------------ */

static void overdue(struct socket *s, struct held *h, int64_t age)
{
    struct holds *holds = &s->holds;
    enum fate fate = hold_fate(holds, h->slot);

    if (fate == FATE_RECORDED && !h->acked) {
        if (h->kind == ENVELOPE_VIEW && age < REFUSE_MS)
            return; /* a bare ack closes the form: nothing could be mended */
        h->acked = send_ack(s, h, NULL);
    } else if (age >= REFUSE_MS &&
               (hold_move(holds, h->slot, FATE_WAITING, FATE_REFUSED) ||
                hold_move(holds, h->slot, FATE_MEMORY, FATE_REFUSED))) {
        refuse(s, h, TALLY_UNRECORDED, TEXT_UNSURE);
    } else if (age >= ABANDON_MS) {
        struct log_ctx ctx = { .trace = h->envelope_id };

        log_error("socket", &ctx, "no answer after 60 s: given up");
        release(s, h);
    }
}

static void retry_unsent(struct socket *s)
{
    struct verdict *v = s->unsent, *next;

    s->unsent = NULL;
    for (; v; v = next) {
        next = (struct verdict *)v->node.next;
        by_post(s, v);
    }
}

void ack_tick(struct socket *s, int64_t now)
{
    int64_t patience = config_now(s->needs.config)->slack.answer_in_ack_ms;

    for (uint64_t slot = s->oldest_slot; slot < s->next_slot; slot++) {
        struct held *h = held_of(s, slot);

        if (!h)
            continue;
        if (now - h->received < patience)
            break; /* in order of arrival */
        overdue(s, h, now - h->received);
    }
    retry_unsent(s);
}
