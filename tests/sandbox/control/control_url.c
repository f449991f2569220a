/*
 * control_url: where the app's request URLs are, whether it passes Slack's
 * own checks of them, and ssl_check; see control.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/control/control.h"
#include "tests/sandbox/link/push.h"
#include "tests/sandbox/wire/decode.h"
#include "tests/sandbox/wire/wire.h"

#define TOKEN "tok" /* the deprecated verification token */

/* One request that somebody waits for; attached to their call. */
struct trial {
    struct sandbox *sb;
    struct http_call *call;
    struct push_call *push; /* NULL: over */
    struct timer timer;
    char challenge[41]; /* "" for an ssl_check */
};

static void trial_drop(void *arg)
{
    struct trial *t = arg;

    timer_stop(t->sb->loop, &t->timer);
    push_cancel(t->push);
    free(t);
}

/* The challenge as JSON, as text or as a form. */
static bool echoes(const struct trial *t, const struct reply *reply)
{
    const char *body = buf_text(&reply->body);
    json_t *json = json_loadb(body, reply->body.len, 0, NULL);
    json_t *form = decode_form(body, reply->body.len);
    const char *in_json = json_string_value(json_object_get(json, "challenge"));
    const char *in_form = json_string_value(json_object_get(form, "challenge"));
    bool same = strcmp(body, t->challenge) == 0 ||
                (in_json && strcmp(in_json, t->challenge) == 0) ||
                (in_form && strcmp(in_form, t->challenge) == 0);

    json_decref(json);
    json_decref(form);
    return same;
}

/* Ends the call. */
static void tell(struct trial *t, const char *error, const struct reply *reply)
{
    json_t *answer = push_json(link_push(t->sb->link));

    if (!error && reply->status != 200)
        error = "http_error";
    if (!error && *t->challenge && !echoes(t, reply))
        error = "challenge_failed";
    if (!error && !*t->challenge && reply->body.len)
        error = "not_empty";
    json_object_set_new(answer, "ok", json_true());
    json_object_set_new(answer, "verified", json_boolean(!error));
    if (error)
        json_object_set_new(answer, "error", json_string(error));
    if (reply) {
        json_object_set_new(answer, "status", json_integer(reply->status));
        json_object_set_new(answer, "body",
                            json_string(buf_text(&reply->body)));
    }
    sandbox_note(t->sb, *t->challenge ? "url_verification" : "ssl_check",
                 json_incref(answer));
    http_answer_json(t->call, answer);
}

static void trial_done(void *arg, const char *reason, const struct reply *reply)
{
    struct trial *t = arg;

    t->push = NULL;
    tell(t, reason, reply);
}

static void trial_late(void *arg)
{
    tell(arg, "http_timeout", NULL);
}

static void trial_start(struct sandbox *sb, struct http_call *call,
                        struct parcel *parcel, const char *challenge)
{
    struct trial *t = xcalloc(1, sizeof(*t));

    t->sb = sb;
    t->call = call;
    strcpy(t->challenge, challenge);
    t->timer = (struct timer){ .fire = trial_late, .arg = t };
    http_attach(call, t, trial_drop);
    timer_start(sb->loop, &t->timer, link_ack_timeout(sb->link) * 1000);
    t->push = push_send(link_push(sb->link), parcel, trial_done, t);
}

/* ---- POST /control/delivery --------------------------------------------- */

static void verify(struct sandbox *sb, struct http_call *call)
{
    char challenge[41];
    json_t *json;
    char *body;

    sandbox_hex(sb, 20, challenge);
    json = json_pack("{ss ss ss}", "token", TOKEN, "challenge", challenge,
                     "type", "url_verification");
    body = json_dumps(json, JSON_COMPACT);
    trial_start(sb, call,
                &(struct parcel){
                    .kind = ENV_EVENT, .body = body, .len = strlen(body) },
                challenge);
    free(body);
    json_decref(json);
}

void control_delivery(struct sandbox *sb, struct http_call *call,
                      const json_t *how)
{
    struct push *push = link_push(sb->link);
    const char *wrong = push_set(push, how);
    json_t *answer;

    if (wrong) {
        http_answer_json(call, control_refusal(wrong));
        return;
    }
    sandbox_note(sb, "control delivery", push_json(push));
    link_send_waiting(sb->link);
    sandbox_changed(sb);
    if (push_on(push) && !json_is_false(json_object_get(how, "verify"))) {
        verify(sb, call);
        return;
    }
    answer = push_json(push);
    json_object_set_new(answer, "ok", json_true());
    http_answer_json(call, answer);
}

/* ---- POST /control/ssl_check -------------------------------------------- */

void control_ssl_check(struct sandbox *sb, struct http_call *call,
                       const json_t *how)
{
    static const char body[] = "ssl_check=1&token=" TOKEN;

    if (!push_on(link_push(sb->link))) {
        http_answer_json(call, control_refusal("no request URL is set"));
        return;
    }
    trial_start(sb, call,
                &(struct parcel){
                    .kind = ENV_COMMAND,
                    .body = body,
                    .len = sizeof(body) - 1,
                    .unsigned_ = json_is_true(json_object_get(how, "unsigned")),
                },
                "");
}
