/*
 * envelope: from JSON to the fields we use. Pure; any thread.
 */
#include "bot/flow/envelope.h"

#include <stdlib.h>
#include <string.h>

#include "blocks/form_read.h"
#include "blocks/payload.h"
#include "blocks/render.h"
#include "bot/flow/event.h"
#include "bot/flow/said.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/mem.h"

static const char *text_in(const json_t *object, const char *outer,
                           const char *key)
{
    return payload_text(json_object_get(object, outer), key);
}

static void read_command(struct envelope *env, const json_t *payload)
{
    env->kind = ENVELOPE_COMMAND;
    env->team = payload_text(payload, "team_id");
    env->channel = payload_text(payload, "channel_id");
    env->user = payload_text(payload, "user_id");
    env->user_name = payload_text(payload, "user_name");
    env->command = payload_text(payload, "command");
    env->text = payload_text(payload, "text");
}

static enum envelope_kind interactive_kind(const char *type)
{
    if (strcmp(type, "block_actions") == 0)
        return ENVELOPE_PRESS;
    if (strcmp(type, "view_submission") == 0)
        return ENVELOPE_VIEW;
    return ENVELOPE_OTHER;
}

/* App Home has no channel and no response URL, and an ack's payload is shown
 * nowhere. */
static void press_at_home(struct envelope *env)
{
    env->place = PLACE_PERSON;
    env->accepts = false;
}

/* Of a menu it is in the option that was chosen. */
static const char *pressed(const json_t *action)
{
    const char *value = payload_text(action, "value");

    return value[0] ? value : text_in(action, "selected_option", "value");
}

static void read_interactive(struct envelope *env, const json_t *payload)
{
    const json_t *actions = json_object_get(payload, "actions");
    const json_t *action = json_array_get(actions, 0);

    env->kind = interactive_kind(payload_text(payload, "type"));
    env->team = text_in(payload, "team", "id");
    env->channel = text_in(payload, "channel", "id");
    if (!env->channel[0])
        env->channel = text_in(payload, "container", "channel_id");
    env->user = text_in(payload, "user", "id");
    env->user_name = text_in(payload, "user", "username");
    env->ts = text_in(payload, "container", "message_ts");
    env->action = pressed(action);
    if (env->kind == ENVELOPE_PRESS && render_press_link(env->action))
        env->kind = ENVELOPE_OTHER;
    if (strcmp(text_in(payload, "view", "type"), "home") == 0)
        press_at_home(env);
}

/* A form carries in itself where it was asked for, and how to answer. */
static void read_form(struct envelope *env, const json_t *payload,
                      struct form_read *form)
{
    const json_t *view = json_object_get(payload, "view");

    form_read(view, form);
    env->view = payload_text(view, "id");
    env->text = form->typed;
    env->action = form->nonce;
    env->channel = form->channel;
    env->response_url = form->response_url;
    env->ts = form->message;
    env->seen = form->seen;
    env->field = form->field;
    if (!env->response_url[0] && env->user[0])
        env->place = PLACE_PERSON; /* when its ack comes too late */
}

/* Its digest: whoever has it may open a form in the bot's name. Heap. */
static char *trigger_key(const char *trigger_id)
{
    char digest[SHA256_HEX];

    digest_sha256(digest, trigger_id, NULL);
    return xasprintf("trigger:%.32s", digest);
}

static void read_payload(struct envelope *env, const char *type,
                         const json_t *payload, struct form_read *form)
{
    if (strcmp(type, "slash_commands") == 0)
        read_command(env, payload);
    else if (strcmp(type, "interactive") == 0)
        read_interactive(env, payload);
    else if (strcmp(type, "events_api") == 0)
        event_slack(env, payload);
    env->response_url = payload_text(payload, "response_url");
    if (env->kind == ENVELOPE_VIEW)
        read_form(env, payload, form);
    env->trigger_id = payload_text(payload, "trigger_id");
    if (env->trigger_id[0] && !env->keys[1])
        env->keys[1] = trigger_key(env->trigger_id);
}

static struct envelope *envelope_new(const char *frame, size_t len)
{
    struct envelope *env = xcalloc(1, sizeof *env);

    env->kind = ENVELOPE_OTHER;
    env->frame = xstrndup(frame, len);
    env->frame_len = len;
    env->team = env->channel = env->user = env->user_name = "";
    env->command = env->text = env->action = "";
    env->response_url = env->trigger_id = "";
    env->view = env->field = "";
    env->ts = env->thread = "";
    env->received_us = clock_mono_us();
    env->item.node.bytes = len;
    env->item.what = ITEM_ENVELOPE;
    return env;
}

/*
 * What we use of the tree, copied into one piece, so that the tree is freed
 * where it was made: another thread freeing its forty pieces was a tenth of
 * the daemon's CPU.
 */
static void keep_text(struct envelope *env)
{
    const char **const texts[] = {
        &env->id,      &env->team,       &env->channel,      &env->user,
        &env->command, &env->text,       &env->response_url, &env->user_name,
        &env->action,  &env->trigger_id, &env->view,         &env->field,
        &env->ts,      &env->thread,
    };
    size_t n = sizeof texts / sizeof texts[0], size = 0, at = 0;

    for (size_t i = 0; i < n; i++)
        size += strlen(*texts[i]) + 1;
    env->storage = xmalloc(size);
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(*texts[i]) + 1;

        memcpy(env->storage + at, *texts[i], len);
        *texts[i] = env->storage + at;
        at += len;
    }
}

struct envelope *envelope_from(json_t *root, const char *frame, size_t len,
                               const char **why)
{
    const char *id = payload_text(root, "envelope_id");
    struct form_read form = { 0 };
    struct envelope *env = NULL;

    if (!id[0] || strlen(id) > 255) {
        *why = "it has no usable envelope_id";
    } else {
        env = envelope_new(frame, len);
        env->id = id;
        env->accepts =
            json_is_true(json_object_get(root, "accepts_response_payload"));
        env->retry =
            (int)json_integer_value(json_object_get(root, "retry_attempt"));
        env->keys[0] = xasprintf("envelope:%s", id);
        read_payload(env, payload_text(root, "type"),
                     json_object_get(root, "payload"), &form);
        keep_text(env);
        if (env->kind == ENVELOPE_SAID)
            said_tidy(env->storage + (env->text - env->storage));
    }
    form_read_dispose(&form);
    json_decref(root);
    return env;
}

struct envelope *envelope_parse(const char *frame, size_t len, const char **why)
{
    json_error_t problem;
    json_t *root = json_loadb(frame, len, 0, &problem);

    if (!json_is_object(root)) {
        *why = root ? "it is not an object" : "it is not JSON";
        json_decref(root);
        return NULL;
    }
    return envelope_from(root, frame, len, why);
}

struct envelope *envelope_admin(const char *id, const char *user,
                                const char *line)
{
    struct envelope *env = envelope_new(line, strlen(line));
    const char *colon = strchr(user, ':');

    env->kind = ENVELOPE_COMMAND;
    env->place = PLACE_ADMIN;
    env->voucher = VOUCHED_BY_US;
    env->id = id;
    env->user = user;
    env->user_name = colon ? colon + 1 : user;
    env->text = line;
    env->recorded_at = clock_wall_ms();
    keep_text(env);
    return env;
}

void envelope_free(struct envelope *env)
{
    if (!env)
        return;
    for (size_t i = 0; i < ENVELOPE_KEYS; i++)
        free(env->keys[i]);
    free(env->storage);
    free(env->frame);
    free(env->entry);
    free(env);
}

bool envelope_comes_again(enum envelope_kind kind)
{
    return kind == ENVELOPE_EVENT || kind == ENVELOPE_SAID ||
           kind == ENVELOPE_HOME;
}
