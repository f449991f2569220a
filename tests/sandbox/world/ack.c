/*
 * ack: what the app's acknowledgement of an interaction brings about.
 *
 * A command's payload is a message; a submission's is a response_action. The
 * rest may not carry one. One thread.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/api/args.h"
#include "tests/sandbox/blockkit/blockkit.h"
#include "tests/sandbox/world/message.h"
#include "tests/sandbox/world/post.h"
#include "tests/sandbox/world/world.h"

/* ---- Slackbot ----------------------------------------------------------- */

/* Only the person who did it sees this. Takes text. */
static void slackbot_says(struct world *w, struct act *act, char *text)
{
    struct origin origin = { .via = "slackbot",
                             .user = SLACKBOT_USER,
                             .ephemeral_to = act->user,
                             .interaction = act->id };
    struct message *m = message_post(w, act->channel, &origin,
                                     json_pack("{s:s}", "text", text));

    act_made(act, act->channel, m);
    free(text);
}

static void command_failed(struct world *w, struct act *act, const char *error)
{
    slackbot_says(
        w, act,
        xasprintf("%s failed with the error \"%s\"", act->command, error));
}

/* ---- commands ----------------------------------------------------------- */

static bool is_in_channel(const json_t *payload)
{
    const char *type = args_text(payload, "response_type");

    return type && strcmp(type, "in_channel") == 0;
}

static const char *refuse_message(struct world *w, struct act *act,
                                  struct refusal *why)
{
    const char *error = why->error;
    char *text = refusal_text(why);

    sandbox_note(w->sb, "ERROR: ack payload refused",
                 json_pack("{s:s, s:s}", "interaction", act->id, "why", text));
    command_failed(w, act, text);
    free(text);
    refusal_dispose(why);
    return error;
}

/* The payload as arguments: text alone is a message too. New. */
static json_t *message_args(const json_t *payload)
{
    if (json_is_string(payload))
        return json_pack("{s:O}", "text", payload);
    return json_incref((json_t *)payload);
}

static const char *ack_command(struct world *w, struct act *act,
                               const json_t *payload)
{
    struct origin origin = { .via = "ack",
                             .user = BOT_USER,
                             .interaction = act->id };
    struct refusal why;
    struct message *m;
    json_t *args;
    json_t *content;

    if (json_is_object(payload) && !json_object_size(payload))
        return NULL;
    args = message_args(payload);
    if (!is_in_channel(args))
        origin.ephemeral_to = act->user;
    content = post_content(w, args, "ack", &why);
    json_decref(args);
    if (!content)
        return refuse_message(w, act, &why);
    m = message_post(w, act->channel, &origin, content);
    act_made(act, act->channel, m);
    return NULL;
}

/* ---- submissions -------------------------------------------------------- */

static void view_trouble(struct world *w, struct view *view, const char *text)
{
    text_set(&view->trouble, text);
    view_changed(w, view);
}

static bool has_input(const struct view *view, const char *block_id)
{
    size_t i;
    json_t *block;

    json_array_foreach(json_object_get(view->json, "blocks"), i, block)
    {
        const char *id = args_text(block, "block_id");
        const char *type = args_text(block, "type");

        if (id && type && strcmp(id, block_id) == 0 &&
            strcmp(type, "input") == 0)
            return true;
    }
    return false;
}

static const char *submit_errors(struct world *w, struct act *act,
                                 struct view *view, const json_t *payload)
{
    json_t *errors = json_object_get(payload, "errors");
    const char *key;
    json_t *value;

    if (!json_object_size(errors))
        return "response_action errors without errors";
    json_object_foreach(errors, key, value)
    {
        if (!has_input(view, key))
            return "response_action errors: no such input block";
        if (!json_is_string(value) || !json_string_length(value))
            return "response_action errors: a text for each block";
    }
    json_decref(act->errors);
    act->errors = json_deep_copy(errors);
    act_shows(act, view);
    sandbox_changed(w->sb);
    return NULL;
}

/* A view that came with the ack, for update and push. */
static const char *refuse_view(struct world *w, struct act *act,
                               const json_t *definition,
                               const struct view *self)
{
    json_t *problems = NULL;
    const char *error = view_refuse(w, definition, self, &problems);
    json_t *texts;

    if (!error)
        return NULL;
    texts = blockkit_texts(problems, "");
    sandbox_note(w->sb, "ERROR: ack view refused",
                 json_pack("{s:s, s:s, s:o}", "interaction", act->id, "error",
                           error, "why", texts));
    json_decref(problems);
    return error;
}

static const char *submit_update(struct world *w, struct act *act,
                                 struct view *view, const json_t *payload)
{
    const json_t *definition = json_object_get(payload, "view");
    const char *error = refuse_view(w, act, definition, view);

    if (error)
        return error;
    view_set(w, view, definition);
    act_shows(act, view);
    return NULL;
}

static const char *submit_push(struct world *w, struct act *act,
                               struct view *view, const json_t *payload)
{
    const json_t *definition = json_object_get(payload, "view");
    const char *error = refuse_view(w, act, definition, NULL);

    (void)view;
    if (!error && view_depth(w, act->user) >= VIEW_DEPTH)
        error = "push_limit_reached";
    if (error)
        return error;
    act_shows(act, view_new(w, act->user, definition));
    return NULL;
}

static const char *submit_clear(struct world *w, struct act *act,
                                struct view *view, const json_t *payload)
{
    (void)view;
    (void)payload;
    view_clear(w, act->user);
    return NULL;
}

static const struct {
    const char *name;
    const char *(*run)(struct world *w, struct act *act, struct view *view,
                       const json_t *payload);
} response_actions[] = {
    { "clear", submit_clear },
    { "errors", submit_errors },
    { "push", submit_push },
    { "update", submit_update },
};

static const char *run_response_action(struct world *w, struct act *act,
                                       struct view *view, const json_t *payload)
{
    const char *name = args_text(payload, "response_action");
    size_t count = sizeof(response_actions) / sizeof(*response_actions);

    for (size_t i = 0; name && i < count; i++)
        if (strcmp(response_actions[i].name, name) == 0)
            return response_actions[i].run(w, act, view, payload);
    return "unknown response_action";
}

static const char *ack_submit(struct world *w, struct act *act,
                              const json_t *payload)
{
    struct view *view = view_find(w, act->view_id);
    const char *error;

    if (!view)
        return NULL;
    if (!payload || (json_is_object(payload) && !json_object_size(payload))) {
        view_pop(w, view);
        return NULL;
    }
    if (json_is_object(payload))
        error = run_response_action(w, act, view, payload);
    else
        error = "a submission is answered by JSON, or by nothing";
    if (error) {
        world_note(w, "ERROR: view_submission answer refused", error);
        view_trouble(w, view, "We had some trouble connecting. Try again?");
    }
    return error;
}

/* ---- called by the wire ------------------------------------------------- */

const char *world_ack(struct world *w, const char *interaction,
                      const json_t *payload)
{
    struct act *act = act_find(w, interaction);

    if (!act)
        return NULL;
    if (act->kind == ACT_SUBMIT)
        return ack_submit(w, act, payload);
    if (act->kind == ACT_COMMAND && payload && !json_is_null(payload))
        return ack_command(w, act, payload);
    return NULL;
}

void world_unanswered(struct world *w, const char *interaction,
                      const char *error)
{
    struct act *act = act_find(w, interaction);
    struct view *view = act ? view_find(w, act->view_id) : NULL;

    if (!act || act->kind == ACT_EVENT)
        return;
    if (act->kind == ACT_COMMAND)
        command_failed(w, act, error);
    else if (view)
        view_trouble(w, view, "We had some trouble connecting. Try again?");
    else
        world_note(w, "the control shows an error", interaction);
}

const char *world_check_message(struct world *w, const json_t *message)
{
    json_t *args;
    json_t *content;
    struct refusal why;
    const char *error = NULL;

    (void)w;
    if (!json_is_object(message) && !json_is_string(message))
        return "invalid_payload";
    if (json_is_object(message) && !json_object_size(message))
        return NULL;
    args = message_args(message);
    content = post_content(NULL, args, "load", &why);
    if (!content)
        error = why.error;
    json_decref(content);
    json_decref(args);
    refusal_dispose(&why);
    return error;
}
