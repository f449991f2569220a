/*
 * click: a person uses a control, on a message or in a view.
 *
 * The control must really be there, as that person sees it; what is sent is
 * what it holds (protocol §3.2 to §3.4). One thread.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/api/args.h"
#include "tests/sandbox/blockkit/blockkit.h"
#include "tests/sandbox/world/message.h"
#include "tests/sandbox/world/payload.h"
#include "tests/sandbox/world/widget.h"

/* Which control, and where it was found. All borrowed. */
struct target {
    const char *action_id;
    const char *block_id; /* NULL: any */
    const json_t *value;  /* NULL: none was given */
    json_t *block;
    json_t *element;
    json_t *blocks; /* all of them, around the block */
    int attachment; /* number of the attachment, or 0 */
};

static bool is_text(const json_t *json, const char *key, const char *text)
{
    const char *is = json_string_value(json_object_get(json, key));

    return is && strcmp(is, text) == 0;
}

/* Buttons that differ only in their value are told apart by it. */
static bool is_target(void *arg, json_t *block, json_t *element)
{
    struct target *t = arg;
    const json_t *value = json_object_get(element, "value");

    if (!is_text(element, "action_id", t->action_id) ||
        (t->block_id && !is_text(block, "block_id", t->block_id)))
        return false;
    if (t->value && value && is_text(element, "type", "button") &&
        !json_equal(t->value, value))
        return false;
    t->block = block;
    t->element = element;
    return true;
}

static bool find_in_message(const struct message *m, struct target *t)
{
    size_t i;
    json_t *attachment;

    t->blocks = json_object_get(m->body, "blocks");
    if (blockkit_each(t->blocks, is_target, t))
        return true;
    json_array_foreach(json_object_get(m->body, "attachments"), i, attachment)
    {
        t->blocks = json_object_get(attachment, "blocks");
        t->attachment = (int)i + 1;
        if (blockkit_each(t->blocks, is_target, t))
            return true;
    }
    return false;
}

/* The entry of "actions": what the element shows, and what was chosen. */
static json_t *action_json(struct world *w, const struct target *t,
                           const json_t *chosen)
{
    json_t *action = json_deep_copy(t->element);

    json_object_del(action, "options");
    json_object_del(action, "option_groups");
    json_object_del(action, "accessibility_label");
    json_object_set(action, "block_id", json_object_get(t->block, "block_id"));
    if (chosen)
        json_object_update(action, (json_t *)chosen);
    json_object_set_new(action, "action_ts", payload_ts(w));
    return action;
}

/* What the element holds now (new, NULL for a button), or *wrong. */
static json_t *choose(const struct target *t, const char **wrong)
{
    *wrong = NULL;
    if (is_text(t->element, "type", "button") ||
        is_text(t->element, "type", "icon_button"))
        return NULL;
    if (!t->value) {
        *wrong = "value: this control needs one";
        return NULL;
    }
    if (is_text(t->element, "type", "feedback_buttons"))
        return json_pack("{s:O}", "value", t->value);
    return widget_given(t->element, t->value, wrong);
}

static void remember(json_t *values, const struct target *t,
                     const json_t *chosen)
{
    if (chosen && widget_is_stateful(t->element))
        widget_store(values, t->block, t->element, json_deep_copy(chosen));
}

/* ---- on a message ------------------------------------------------------- */

/* NULL and *m, or a refusal: this person does not see such a message. */
static json_t *find_message(struct world *w, const json_t *how,
                            const struct user *user, struct channel **ch,
                            struct message **m)
{
    const char *channel = args_text(how, "channel");
    const char *ts = args_text(how, "ts");

    *ch = channel_find(&w->team, channel);
    if (!*ch)
        return act_refused("channel: no %s here", channel ? channel : "(none)");
    if ((*ch)->kind != CHANNEL_PUBLIC && !channel_has(*ch, user->id))
        return act_refused("%s is not in %s", user->id, channel);
    *m = message_find(*ch, ts);
    if (!*m)
        return act_refused("ts: no message %s in %s", ts ? ts : "(none)",
                           channel);
    if ((*m)->deleted)
        return act_refused("the message %s was deleted", ts);
    if ((*m)->ephemeral_to && strcmp((*m)->ephemeral_to, user->id) != 0)
        return act_refused("%s does not see the message %s", user->id, ts);
    return NULL;
}

static json_t *container_json(const struct message *m, const struct channel *ch,
                              const struct target *t)
{
    char text[TS_TEXT];
    json_t *json = json_pack("{s:s, s:s, s:s, s:b}", "type",
                             t->attachment ? "message_attachment" : "message",
                             "message_ts", ts_text(m->ts, text), "channel_id",
                             ch->id, "is_ephemeral", m->ephemeral_to != NULL);

    if (m->thread_ts)
        json_object_set_new(json, "thread_ts",
                            json_string(ts_text(m->thread_ts, text)));
    if (t->attachment) {
        json_object_set_new(json, "attachment_id", json_integer(t->attachment));
        json_object_set_new(json, "is_app_unfurl", json_false());
    }
    return json;
}

static json_t *message_click(struct world *w, struct act *act,
                             const struct user *user, struct message *m,
                             const struct target *t, const json_t *chosen)
{
    struct channel *ch = act->channel;
    json_t *payload = payload_interaction("block_actions", user);
    char *url = hook_url(w, "actions", act, ch, m);

    json_object_update_new(
        payload,
        json_pack("{s:o, s:s, s:{s:s, s:s}, s:{s:O}, s:s, s:[o]}", "container",
                  container_json(m, ch, t), "trigger_id", act_trigger(w, act),
                  "channel", "id", ch->id, "name", channel_shown(ch), "state",
                  "values", m->state, "response_url", url, "actions",
                  action_json(w, t, chosen)));
    if (!m->ephemeral_to)
        json_object_set_new(payload, "message", message_json(m, false));
    free(url);
    return payload;
}

/* The state of all the message's controls, after this one. */
static void update_state(struct message *m, const struct target *t,
                         const json_t *chosen)
{
    json_t *values = widget_states(t->blocks, m->state);

    json_decref(m->state);
    m->state = values;
    remember(values, t, chosen);
}

static json_t *click_message(struct world *w, const json_t *how,
                             const struct user *user, struct target *t)
{
    struct channel *ch = NULL;
    struct message *m = NULL;
    struct act *act;
    const char *wrong;
    json_t *chosen;
    json_t *refused = find_message(w, how, user, &ch, &m);

    if (refused)
        return refused;
    if (!find_in_message(m, t))
        return act_refused("the message has no such control (any more): "
                           "action_id %s",
                           t->action_id);
    chosen = choose(t, &wrong);
    if (wrong)
        return act_refused("%s", wrong);
    update_state(m, t, chosen);
    act = act_new(w, ACT_CLICK, user->id);
    act->channel = ch;
    link_deliver(sandbox_link(w->sb), ENV_INTERACTIVE, false,
                 message_click(w, act, user, m, t, chosen), act->id);
    json_decref(chosen);
    return act_accepted(act);
}

/* ---- in a view ---------------------------------------------------------- */

/* Inputs report what is typed into them only if they are asked to. */
static bool reports(const struct target *t)
{
    return !is_text(t->block, "type", "input") ||
           json_is_true(json_object_get(t->block, "dispatch_action"));
}

static json_t *view_click(struct world *w, struct act *act,
                          const struct user *user, const struct view *view,
                          const json_t *action)
{
    json_t *payload = payload_interaction("block_actions", user);
    json_t *seen = view_json(view);

    json_object_update_new(
        payload,
        json_pack("{s:{s:s, s:s}, s:s, s:O, s:o, s:[O]}", "container", "type",
                  "view", "view_id", view->id, "trigger_id",
                  act_trigger(w, act), "state", json_object_get(seen, "state"),
                  "view", seen, "actions", action));
    return payload;
}

static json_t *click_view(struct world *w, const json_t *how,
                          const struct user *user, struct target *t)
{
    const char *view_id = args_text(how, "view_id");
    struct view *view = view_find(w, view_id);
    struct act *act;
    const char *wrong;
    json_t *chosen;
    json_t *action;

    if (!view || strcmp(view->user, user->id) != 0)
        return act_refused("view_id: %s has no open view %s", user->id,
                           view_id);
    if (!blockkit_each(json_object_get(view->json, "blocks"), is_target, t))
        return act_refused("the view has no such control: action_id %s",
                           t->action_id);
    chosen = choose(t, &wrong);
    if (wrong)
        return act_refused("%s", wrong);
    remember(json_object_get(json_object_get(view->json, "state"), "values"), t,
             chosen);
    action = action_json(w, t, chosen);
    json_decref(chosen);
    if (!reports(t)) {
        json_decref(action);
        return json_pack("{s:b}", "ok", 1);
    }
    act = act_new(w, ACT_CLICK, user->id);
    act->view_id = xstrdup(view->id);
    text_set(&view->last_act, act->id);
    link_deliver(sandbox_link(w->sb), ENV_INTERACTIVE, false,
                 view_click(w, act, user, view, action), act->id);
    json_decref(action);
    return act_accepted(act);
}

json_t *act_click(struct world *w, const json_t *how)
{
    struct target t = { .action_id = args_text(how, "action_id"),
                        .block_id = args_text(how, "block_id"),
                        .value = json_object_get(how, "value") };
    const char *id = args_text(how, "user");
    const struct user *user = team_user(&w->team, id);

    if (!user)
        return act_refused("user: no %s here", id ? id : "(none)");
    if (!t.action_id)
        return act_refused("action_id: of the control");
    return args_text(how, "view_id") ? click_view(w, how, user, &t)
                                     : click_message(w, how, user, &t);
}
