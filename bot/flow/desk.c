#include "bot/flow/desk.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define REFUSE_MS  2500
#define ABANDON_MS 60000 /* a slot nobody spoke for: a bug, but no leak */

/* Why nothing is run. */
enum refusal { REFUSE_BUSY, REFUSE_AWAY, REFUSE_UNSURE };

static const char *const refusals[] = {
    [REFUSE_BUSY] = VERDICT_BUSY,
    [REFUSE_AWAY] = "I am restarting. Nothing was run. Please try again in a "
                    "few seconds.",
    [REFUSE_UNSURE] =
        "My storage (Redis) does not answer, and time is up. Nothing was run. "
        "Please try again; /ops ping shows what is down.",
};

/* ---- slots ------------------------------------------------------------------ */

static struct held *held_of(struct desk *d, uint64_t slot)
{
    struct held *h = &d->held[slot % HOLD_SLOTS];

    return slot && h->slot == slot ? h : NULL;
}

static void release(struct desk *d, struct held *h)
{
    free(h->envelope_id);
    free(h->response_url);
    free(h->field);
    *h = (struct held){ 0 };
    d->in_flight--;
    atomic_store(&d->fact_in_flight, d->in_flight);
    while (d->oldest_slot < d->next_slot && !held_of(d, d->oldest_slot))
        d->oldest_slot++;
}

/* What is said of env; its texts are env's. */
static struct held brief_of(const struct envelope *env, void *end, uint64_t who)
{
    return (struct held){
        .envelope_id = (char *)env->id,
        .response_url = (char *)env->response_url,
        .field = env->kind == ENVELOPE_VIEW ? (char *)env->field : NULL,
        .end = end,
        .who = who,
        .received_us = env->received_us,
        .kind = env->kind,
        .accepts = env->accepts,
    };
}

/* NULL: HOLD_SLOTS are in flight. A slow one is stepped over: it must not
 * hold up those behind it when the ring comes round. */
static struct held *hold(struct desk *d, const struct held *brief)
{
    struct held *h;

    if (d->in_flight == HOLD_SLOTS)
        return NULL;
    while (d->held[d->next_slot % HOLD_SLOTS].slot)
        d->next_slot++;
    h = &d->held[d->next_slot % HOLD_SLOTS];
    *h = *brief;
    h->slot = d->next_slot++;
    h->envelope_id = xstrdup(brief->envelope_id);
    h->response_url = xstrdup(brief->response_url);
    h->field = xstrdup(brief->field);
    d->in_flight++;
    atomic_store(&d->fact_in_flight, d->in_flight);
    hold_start(&d->holds, h->slot);
    return h;
}

/* ---- refusals ------------------------------------------------------------- */

static void submit(struct desk *d, struct post *post)
{
    if (!post)
        return;
    if (sender_submit(d->needs.sender, post) == PUSH_OK)
        return;
    log_error(d->ways->area, NULL, "the sender is full: a refusal is not sent");
    post_free(post);
}

static void without(struct desk *d, const struct held *h, enum desk_without why)
{
    if (d->ways->without)
        d->ways->without(d, h, why);
}

/* An event is not acked: Slack sends it again. Nor is a form that cannot be
 * told: an ack would close it, and what is in it would be lost. */
static void say_no(struct desk *d, const struct held *h, enum refusal why)
{
    struct log_ctx ctx = { .trace = h->envelope_id };
    char *payload = verdict_say(h->kind, h->field, refusals[why]);

    atomic_fetch_add(&d->fact_refused, 1);
    log_warn(d->ways->area, &ctx, "refused: %s", refusals[why]);
    if (payload && h->accepts) {
        d->ways->ack(d, h, payload);
        free(payload);
    } else if (payload && !envelope_comes_again(h->kind) &&
               h->response_url[0]) {
        d->ways->ack(d, h, NULL);
        submit(d, post_url(xstrdup(h->response_url), payload));
    } else {
        without(d, h, why == REFUSE_BUSY ? WITHOUT_ROOM : WITHOUT_RECORD);
        free(payload);
    }
}

static void refuse(struct desk *d, struct held *h, enum refusal why)
{
    say_no(d, h, why);
    release(d, h);
}

/* ---- in ------------------------------------------------------------------- */

void desk_take(struct desk *d, struct envelope *env, void *end, uint64_t who)
{
    struct held brief = brief_of(env, end, who);
    struct held *h = d->turning_away ? NULL : hold(d, &brief);

    if (!h) {
        say_no(d, &brief, d->turning_away ? REFUSE_AWAY : REFUSE_BUSY);
        envelope_free(env);
        return;
    }
    env->road = &d->road;
    env->slot = h->slot;
    env->item.node.next = NULL;
    *d->got_last = env;
    d->got_last = (struct envelope **)&env->item.node.next;
}

void desk_hand_over(struct desk *d)
{
    struct envelope *next;

    for (struct envelope *env = d->got; env; env = next) {
        uint64_t slot = env->slot;

        next = (struct envelope *)env->item.node.next;
        env->item.node.next = NULL;
        if (queue_push(d->needs.intake, &env->item.node) == PUSH_OK)
            continue;
        envelope_free(env);
        refuse(d, held_of(d, slot), REFUSE_BUSY);
    }
    d->got = NULL;
    d->got_last = &d->got;
}

/* ---- out ------------------------------------------------------------------ */

/* By response URL, or a post; what a full sender refuses is kept and tried
 * again. */
static void by_post(struct desk *d, struct verdict *v)
{
    struct sender_facts facts;

    sender_facts(d->needs.sender, &facts);
    if (facts.waiting >= SENDER_POSTS - 1) {
        v->node.next = (struct node *)d->unsent;
        d->unsent = v;
        return;
    }
    verdict_post(v, d->needs.sender, d->needs.intake);
}

static void answer(struct desk *d, struct held *h, struct verdict *v)
{
    const char *payload = v->action ? v->action : v->payload;
    bool told = false;

    if (!h->acked && h->accepts)
        told = d->ways->ack(d, h, payload);
    if (!h->acked && !told)
        told = d->ways->ack(d, h, NULL) && !payload;
    if (h->acked && h->accepts && payload)
        atomic_fetch_add(&d->fact_late, 1);
    release(d, h);
    if ((told && !(v->both && v->response_url[0])) || !v->payload)
        verdict_settle(v, d->needs.intake);
    else
        by_post(d, v);
}

/* It was recorded: the answer comes later, or came with the first. */
static void ack_bare(struct desk *d, struct held *h, bool last)
{
    if (!h->acked)
        h->acked = d->ways->ack(d, h, NULL);
    if (last)
        release(d, h);
}

void desk_verdict(struct desk *d, struct verdict *v)
{
    struct held *h = held_of(d, v->slot);

    if (v->kind == VERDICT_ANSWER && h) {
        answer(d, h, v);
        return;
    }
    if (v->kind == VERDICT_ANSWER) {
        by_post(d, v); /* the slot had its last word: a refusal */
        return;
    }
    if (v->kind == VERDICT_SEEN || v->kind == VERDICT_TWIN)
        atomic_fetch_add(&d->fact_twins, 1);
    if (h && v->kind == VERDICT_ACK) {
        ack_bare(d, h, envelope_comes_again(h->kind));
    } else if (h && v->kind == VERDICT_SEEN) {
        ack_bare(d, h, true);
    } else if (h) {
        without(d, h, v->kind == VERDICT_TWIN ? WITHOUT_TWIN : WITHOUT_RECORD);
        release(d, h);
    }
    verdict_free(v);
}

/* ---- time ------------------------------------------------------------------ */

static void overdue(struct desk *d, struct held *h, int64_t age)
{
    struct holds *holds = &d->holds;
    enum fate fate = hold_fate(holds, h->slot);

    if (fate == FATE_RECORDED && !h->acked) {
        if (h->kind == ENVELOPE_VIEW && age < REFUSE_MS)
            return; /* a bare ack closes the form: nothing could be mended */
        ack_bare(d, h, false);
    } else if (age >= REFUSE_MS &&
               (hold_move(holds, h->slot, FATE_WAITING, FATE_REFUSED) ||
                hold_move(holds, h->slot, FATE_MEMORY, FATE_REFUSED))) {
        refuse(d, h, REFUSE_UNSURE);
    } else if (age >= ABANDON_MS) {
        struct log_ctx ctx = { .trace = h->envelope_id };

        log_error(d->ways->area, &ctx, "no answer after 60 s: given up");
        release(d, h);
    }
}

static void retry_unsent(struct desk *d)
{
    struct verdict *v = d->unsent, *next;

    d->unsent = NULL;
    for (; v; v = next) {
        next = (struct verdict *)v->node.next;
        by_post(d, v);
    }
}

void desk_tick(struct desk *d, int64_t now)
{
    int64_t patience = config_now(d->needs.config)->slack.answer_in_ack_ms;

    for (uint64_t slot = d->oldest_slot; slot < d->next_slot; slot++) {
        struct held *h = held_of(d, slot);

        if (!h)
            continue;
        if (now - h->received_us / 1000 < patience)
            break; /* in order of arrival */
        overdue(d, h, now - h->received_us / 1000);
    }
    retry_unsent(d);
}

/* ---- life ------------------------------------------------------------------- */

void desk_init(struct desk *d, const char *name,
               void (*tell)(struct road *road, struct verdict *v),
               const struct desk_ways *ways, const struct desk_needs *needs)
{
    d->road = (struct road){ .name = name, .holds = &d->holds, .tell = tell };
    d->ways = ways;
    d->needs = *needs;
    d->held = xcalloc(HOLD_SLOTS, sizeof *d->held);
    d->next_slot = d->oldest_slot = 1;
    d->got_last = &d->got;
}

void desk_dispose(struct desk *d)
{
    struct verdict *next;
    struct envelope *env, *then;

    for (struct verdict *v = d->unsent; v; v = next) {
        next = (struct verdict *)v->node.next;
        verdict_free(v);
    }
    for (env = d->got; env; env = then) {
        then = (struct envelope *)env->item.node.next;
        envelope_free(env);
    }
    for (size_t i = 0; i < HOLD_SLOTS; i++) {
        free(d->held[i].envelope_id);
        free(d->held[i].response_url);
        free(d->held[i].field);
    }
    free(d->held);
}
