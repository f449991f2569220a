#include "bot/flow/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "blocks/answer.h"
#include "blocks/form_read.h"
#include "blocks/render.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"

/* What a post needs when it is over: where to say that it is settled. */
struct delivery {
    struct queue *intake;
    struct settled *settled;
};

/* ---- where to ------------------------------------------------------------------ */

static void address(struct verdict *v, const char *method, const char *channel,
                    const char *user, const char *thread)
{
    free(v->address);
    v->method = method;
    v->address =
        json_text(member_str("channel", channel), member_str("user", user),
                  member_str("thread_ts", *thread ? thread : NULL));
}

static void post_to(struct verdict *v, const char *channel, const char *thread)
{
    address(v, "chat.postMessage", channel, NULL, thread);
    free(v->channel);
    v->channel = xstrdup(channel);
}

/*
 * An ephemeral is seen in a thread only where there is one already (Slack's
 * reference of chat.postEphemeral): to what was said in the channel it is
 * answered there.
 */
static void address_alone(struct verdict *v, const struct envelope *env)
{
    switch (env->place) {
    case PLACE_ASKED:
    case PLACE_ADMIN:
        break;
    case PLACE_CHANNEL:
        address(v, "chat.postEphemeral", env->channel, env->user, env->thread);
        break;
    case PLACE_DIRECT:
        post_to(v, env->channel, env->thread);
        break;
    case PLACE_PERSON:
        post_to(v, env->user, "");
        break;
    }
}

void verdict_share(struct verdict *v, const struct envelope *env)
{
    if (env->place == PLACE_CHANNEL)
        post_to(v, env->channel, *env->thread ? env->thread : env->ts);
}

/* ---- life ---------------------------------------------------------------------- */

struct verdict *verdict_new(enum verdict_kind kind, const struct envelope *env,
                            char *payload)
{
    struct verdict *v = xcalloc(1, sizeof *v);

    v->kind = kind;
    v->road = env->road;
    v->slot = env->slot;
    v->payload = payload;
    v->response_url = xstrdup(env->response_url);
    v->envelope_id = xstrdup(env->id);
    v->received_us = env->received_us;
    if (kind == VERDICT_ANSWER)
        v->entry = xstrdup(env->entry);
    if (payload)
        address_alone(v, env);
    return v;
}

struct verdict *verdict_view(const struct envelope *env, const char *user,
                             char *view)
{
    struct verdict *v = xcalloc(1, sizeof *v);

    v->kind = VERDICT_ANSWER;
    v->response_url = xstrdup("");
    v->envelope_id = xstrdup(env ? env->id : "");
    v->entry = env ? xstrdup(env->entry) : NULL;
    v->method = "views.publish";
    v->address = json_text(member_str("user_id", user));
    v->channel = xstrdup(user); /* the newest one last */
    v->payload = json_text(member_raw("view", view));
    free(view);
    return v;
}

void verdict_free(struct verdict *v)
{
    if (!v)
        return;
    free(v->payload);
    free(v->action);
    free(v->response_url);
    free(v->address);
    free(v->channel);
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

/* Two JSON objects as one; the second has members. Heap. */
static char *joined(const char *address, const char *message)
{
    return xasprintf("%.*s,%s", (int)strlen(address) - 1, address, message + 1);
}

/* Takes v, which has something to say and a place for it. */
static struct post *post_for(struct verdict *v, struct queue *intake)
{
    struct delivery *d = xcalloc(1, sizeof *d);
    struct post *post;

    d->intake = intake;
    d->settled = settled_from(v);
    if (v->method) {
        post = post_method(v->method, joined(v->address, v->payload));
        post->channel = v->channel;
        v->channel = NULL;
    } else {
        post = post_url(v->response_url, v->payload);
        v->response_url = v->payload = NULL;
    }
    post->lane = POST_CLICK;
    post->trace = xstrdup(d->settled->envelope_id);
    post->done = delivered;
    post->arg = d;
    verdict_free(v);
    return post;
}

void verdict_post(struct verdict *v, struct sender *sender,
                  struct queue *intake)
{
    struct post_outcome full = { .result = POST_GIVEN_UP,
                                 .error = "the sender is full",
                                 .body = "" };
    struct post *post;

    if (!v->payload || (!v->method && !v->response_url[0])) {
        verdict_settle(v, intake);
        return;
    }
    post = post_for(v, intake);
    if (sender_submit(sender, post) == PUSH_OK)
        return;
    post->done(post->arg, &full);
    post_free(post);
}

void verdict_tell(struct verdict *v, struct sender *sender,
                  struct queue *intake)
{
    if (v->road)
        v->road->tell(v->road, v);
    else
        verdict_post(v, sender, intake);
}

char *verdict_message(const struct envelope *env, const struct card *card,
                      bool replace)
{
    if (env->place != PLACE_ASKED)
        return render_message(card, RENDER_POST, 0);
    return render_message(card, replace ? RENDER_REPLACE : RENDER_ANSWER,
                          RENDER_ACK_BYTES);
}

struct verdict *verdict_document(const struct envelope *env,
                                 const struct answer *answer)
{
    enum answer_kind kind = answer_kind(answer);
    char *text = env->plain ? render_text(answer->card) : answer_json(answer);
    struct verdict *v = verdict_new(VERDICT_ANSWER, env, text);

    v->failed = kind == ANSWER_FAILED ? answer->err->kind : ERR_NONE;
    v->conflict = kind == ANSWER_CONFLICT;
    return v;
}

char *verdict_say(enum envelope_kind kind, const char *field, const char *text)
{
    if (kind == ENVELOPE_VIEW)
        return form_refusal(field, text);
    return xasprintf("{\"response_type\":\"ephemeral\","
                     "\"replace_original\":false,\"text\":\"%s\"}",
                     text);
}

char *verdict_say_to(const struct envelope *env, const char *text)
{
    if (env->place == PLACE_ASKED || env->kind == ENVELOPE_VIEW)
        return verdict_say(env->kind, env->field, text);
    return xasprintf("{\"text\":\"%s\"}", text);
}
