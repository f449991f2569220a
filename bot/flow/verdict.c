#include "bot/flow/verdict.h"

#include <stdlib.h>

#include "blocks/form_read.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"

/* What a post needs when it is over: where to say that it is settled. */
struct delivery {
    struct queue *intake;
    struct settled *settled;
};

struct verdict *verdict_new(enum verdict_kind kind, const struct envelope *env,
                            char *payload)
{
    struct verdict *v = xcalloc(1, sizeof *v);

    v->kind = kind;
    v->slot = env->slot;
    v->payload = payload;
    v->response_url = xstrdup(env->response_url);
    if (env->kind == ENVELOPE_VIEW && env->user[0])
        v->user = xstrdup(env->user);
    v->envelope_id = xstrdup(env->id);
    v->received_us = env->received_us;
    if (kind == VERDICT_ANSWER)
        v->entry = xstrdup(env->entry);
    return v;
}

void verdict_free(struct verdict *v)
{
    if (!v)
        return;
    free(v->payload);
    free(v->action);
    free(v->response_url);
    free(v->user);
    free(v->entry);
    free(v->envelope_id);
    free(v);
}

/* Moves entry and envelope_id out of v. */
static struct settled *settled_from(struct verdict *v)
{
    struct settled *s = xcalloc(1, sizeof *s);

    s->item.what = ITEM_SETTLED;
    s->entry = v->entry;
    s->envelope_id = v->envelope_id;
    v->entry = NULL;
    v->envelope_id = NULL;
    return s;
}

void settled_free(struct settled *s)
{
    if (!s)
        return;
    free(s->entry);
    free(s->envelope_id);
    free(s);
}

static void settle(struct queue *intake, struct settled *s)
{
    if (!queue_force(intake, &s->item.node))
        settled_free(s);
}

void verdict_settle(struct verdict *v, struct queue *intake)
{
    settle(intake, settled_from(v));
    verdict_free(v);
}

/* Sender thread. What Slack refused for good is settled too: asking again
 * would be refused again. What only ran out of time stays recorded while we
 * live, and is answered by whoever takes it over. */
static void delivered(void *arg, const struct post_outcome *outcome)
{
    struct delivery *d = arg;
    struct log_ctx ctx = { .trace = d->settled->envelope_id };

    if (outcome->result != POST_SENT)
        log_warn("answer", &ctx, "the answer did not reach Slack: %s",
                 outcome->error);
    if (outcome->result == POST_GIVEN_UP) {
        free(d->settled->entry);
        d->settled->entry = NULL;
    }
    settle(d->intake, d->settled);
    free(d);
}

/* To the person: a form that was opened where no URL comes from. */
static struct post *post_direct(const struct verdict *v)
{
    char *body = json_with_str(v->payload, "channel", v->user);
    struct post *post =
        post_method("chat.postMessage", body ? body : xstrdup(v->payload));

    post->channel = xstrdup(v->user);
    return post;
}

/* Takes v, which has a road and something to say. */
static struct post *post_for(struct verdict *v, struct queue *intake)
{
    struct delivery *d = xcalloc(1, sizeof *d);
    struct post *post;

    d->intake = intake;
    d->settled = settled_from(v);
    post = v->response_url[0]
               ? post_url(xstrdup(v->response_url), xstrdup(v->payload))
               : post_direct(v);
    post->lane = POST_CLICK;
    post->trace = xstrdup(d->settled->envelope_id);
    post->done = delivered;
    post->arg = d;
    verdict_free(v);
    return post;
}

void verdict_by_url(struct verdict *v, struct sender *sender,
                    struct queue *intake)
{
    struct post_outcome full = { .result = POST_GIVEN_UP,
                                 .error = "the sender is full",
                                 .body = "" };
    struct post *post;

    if (!v->payload || (!v->response_url[0] && !v->user)) {
        verdict_settle(v, intake);
        return;
    }
    post = post_for(v, intake);
    if (sender_submit(sender, post) == PUSH_OK)
        return;
    post->done(post->arg, &full);
    post_free(post);
}

char *verdict_say(enum envelope_kind kind, const char *field, const char *text)
{
    if (kind == ENVELOPE_VIEW)
        return form_refusal(field, text);
    return xasprintf("{\"response_type\":\"ephemeral\","
                     "\"replace_original\":false,\"text\":\"%s\"}",
                     text);
}
