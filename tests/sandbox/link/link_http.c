/*
 * link_http: envelopes as signed requests, and what the answers mean; see
 * link.h and push.h.
 *
 * Each request of an envelope is a post, which holds the envelope. One that is
 * still under way after the first answer (a copy) goes on.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "tests/sandbox/link/link_in.h"
#include "tests/sandbox/wire/wire.h"

struct post {
    struct link *link;
    struct envelope *envelope; /* held */
    struct push_call *call;    /* NULL: the fault delays it */
    struct fault *fault;       /* or NULL */
    struct buf body;
    struct timer timer;
    struct post *next; /* of the link */
    struct post *previous;
};

static void post_free(struct post *post)
{
    if (post->next)
        post->next->previous = post->previous;
    if (post->previous)
        post->previous->next = post->next;
    else
        post->link->posts = post->next;
    post->envelope->posts--;
    timer_stop(post->link->sb->loop, &post->timer);
    push_cancel(post->call);
    if (post->fault)
        fault_done(post->link->sb->faults, post->fault);
    buf_dispose(&post->body);
    envelope_release(post->envelope);
    free(post);
}

void link_posts_cancel(struct link *l, struct envelope *e)
{
    struct post *post = l->posts;

    while (post && e->posts) {
        struct post *next = post->next;

        if (post->envelope == e)
            post_free(post);
        post = next;
    }
}

/* ---- answers ------------------------------------------------------------ */

static bool is_good(const struct envelope *e, int status)
{
    return e->kind == ENV_EVENT ? status / 100 == 2 : status == 200;
}

static bool is_json(const struct reply *reply)
{
    static const char json[] = "application/json";

    return strncasecmp(reply_header(reply, "content-type"), json,
                       sizeof(json) - 1) == 0;
}

/* What the app says with its answer: JSON, or else a message's text; nothing
 * when it says nothing. New. */
static json_t *payload_of(const struct envelope *e, const struct reply *reply)
{
    json_t *payload;

    if (!reply->body.len || e->kind == ENV_EVENT)
        return NULL;
    if (!is_json(reply))
        return json_stringn(reply->body.data, reply->body.len);
    payload =
        json_loadb(reply->body.data, reply->body.len, JSON_DECODE_ANY, NULL);
    if (json_is_object(payload) && json_object_size(payload) == 0) {
        json_decref(payload);
        return NULL;
    }
    return payload;
}

static void good(struct link *l, struct envelope *e, const struct reply *reply)
{
    json_t *payload = payload_of(e, reply);

    if (e->state == ENVELOPE_SENT)
        link_acked(l, e, payload);
    else if (payload)
        link_acked_again(l, e, payload);
    json_decref(payload);
}

static void bad(struct link *l, struct envelope *e, const char *reason,
                const struct reply *reply)
{
    sandbox_note(l->sb, "BAD ANSWER",
                 json_pack("{ss ss si ss*}", "envelope_id", e->id, "reason",
                           reason, "status", reply ? reply->status : 0, "body",
                           reply ? buf_text(&reply->body) : NULL));
    if (e->state != ENVELOPE_SENT || e->posts)
        return; /* another copy has been, or will be answered */
    e->reason = reason;
    e->no_retry =
        reply && strcmp(reply_header(reply, "x-slack-no-retry"), "1") == 0;
    link_failed(l, e, "dispatch_failed");
}

static void post_done(void *arg, const char *reason, const struct reply *reply)
{
    struct post *post = arg;
    struct link *l = post->link;
    struct envelope *e = post->envelope;

    post->call = NULL;
    envelope_hold(e);
    post_free(post);
    if (reply) {
        l->stats.http_answers++;
        e->status = reply->status;
    }
    if (!reason && is_good(e, reply->status))
        good(l, e, reply);
    else
        bad(l, e, reason ? reason : "http_error", reply);
    envelope_release(e);
}

/* ---- sending ------------------------------------------------------------ */

static void post_send(void *arg)
{
    struct post *post = arg;
    const struct fault *f = post->fault;
    const struct envelope *e = post->envelope;
    struct parcel parcel = {
        .kind = e->kind,
        .body = buf_text(&post->body),
        .len = post->body.len,
        .retry_num = e->attempt,
        .retry_reason = e->reason,
        .deaf = f && f->kind == FAULT_DROP,
    };

    if (f && f->retry_num >= 0)
        parcel.retry_num = (int)f->retry_num;
    if (f && f->retry_reason)
        parcel.retry_reason = f->retry_reason;
    post->call = push_send(post->link->push, &parcel, post_done, post);
}

static void post_new(struct link *l, struct envelope *e, struct fault *fault,
                     const char *body, size_t len)
{
    struct post *post = xcalloc(1, sizeof(*post));

    post->link = l;
    post->envelope = e;
    envelope_hold(e);
    post->fault = fault;
    buf_add(&post->body, body, len);
    post->timer = (struct timer){ .fire = post_send, .arg = post };
    post->next = l->posts;
    if (post->next)
        post->next->previous = post;
    l->posts = post;
    e->posts++;
    if (fault && fault->kind == FAULT_HANG)
        return; /* lost on its way: the deadline ends it */
    if (fault && fault->delay_ms > 0)
        timer_start(l->sb->loop, &post->timer, fault->delay_ms * 1000);
    else
        post_send(post);
}

/* A fault applies to one request: its copies go as they should. */
void link_post_body(struct link *l, struct envelope *e, const char *body,
                    size_t len, int copies)
{
    json_t *about = json_pack("{ss si}", "kind", envelope_type(e->kind),
                              "attempt", e->attempt);
    struct fault *fault = fault_take(l->sb->faults, "delivery", about);

    json_decref(about);
    if (fault) {
        sandbox_note(l->sb, "fault on delivery", json_deep_copy(fault->spec));
        copies += (int)fault->copies - 1;
    }
    for (int i = 0; i < copies; i++)
        post_new(l, e, i ? NULL : fault, body, len);
}

void link_post(struct link *l, struct envelope *e)
{
    struct buf body = { 0 };

    push_body(&body, e->kind, e->payload);
    link_sent(l, e);
    sandbox_note(l->sb, "request",
                 json_pack("{ss ss si sI}", "envelope_id", e->id, "kind",
                           envelope_type(e->kind), "attempt", e->attempt,
                           "bytes", (json_int_t)body.len));
    link_post_body(l, e, body.data, body.len, 1);
    buf_dispose(&body);
    if (e->kind == ENV_EVENT)
        return;
    json_decref(e->payload);
    e->payload = NULL;
}

void link_close(struct link *l)
{
    while (l && l->posts)
        post_free(l->posts);
    if (l)
        push_close(l->push);
}
