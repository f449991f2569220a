/*
 * submit: a person fills a modal in and sends it, or closes it.
 *
 * What Slack's client would not send (an empty required input, a number that
 * is none) is refused here. One thread.
 */
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/api/args.h"
#include "tests/sandbox/blockkit/blockkit.h"
#include "tests/sandbox/world/payload.h"
#include "tests/sandbox/world/widget.h"

static const char *text_in(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    return text ? text : "";
}

/* NULL and *user, *view; or a refusal: only the topmost modal is in reach. */
static json_t *find_view(struct world *w, const json_t *how, struct user **user,
                         struct view **view)
{
    const char *id = args_text(how, "user");
    const char *view_id = args_text(how, "view_id");

    *user = team_user(&w->team, id);
    *view = view_find(w, view_id);
    if (!*user)
        return act_refused("user: no %s here", id ? id : "(none)");
    if (!*view || strcmp((*view)->user, id) != 0)
        return act_refused("view_id: %s has no open view %s", id,
                           view_id ? view_id : "(none)");
    if (*view != view_top(w, id))
        return act_refused("%s has another view above %s", id, view_id);
    return NULL;
}

/* ---- values ------------------------------------------------------------- */

struct filling {
    const json_t *given; /* {block_id: {action_id: value}} */
    json_t *values;      /* of the view's state; changed */
    size_t used;         /* how many of given have a place */
    json_t *refused;     /* or NULL */
};

static bool fill_one(void *arg, json_t *block, json_t *element)
{
    struct filling *f = arg;
    const char *block_id = text_in(block, "block_id");
    const char *action_id = text_in(element, "action_id");
    json_t *given =
        json_object_get(json_object_get(f->given, block_id), action_id);
    const char *wrong;
    json_t *value;

    if (!given)
        return false;
    f->used++;
    value = widget_given(element, given, &wrong);
    if (!value) {
        f->refused =
            act_refused("values.%s.%s: %s", block_id, action_id, wrong);
        return true;
    }
    widget_store(f->values, block, element, value);
    return false;
}

static size_t count_values(const json_t *given)
{
    size_t count = 0;
    const char *key;
    json_t *of_block;

    json_object_foreach((json_t *)given, key, of_block)
    {
        count += json_object_size(of_block);
    }
    return count;
}

/* As the client does before it lets anybody press the button. */
static bool check_one(void *arg, json_t *block, json_t *element)
{
    struct filling *f = arg;
    const char *block_id = text_in(block, "block_id");
    const char *action_id = text_in(element, "action_id");
    const json_t *value =
        json_object_get(json_object_get(f->values, block_id), action_id);
    const char *wrong = value ? widget_refuse(element, value) : NULL;

    if (strcmp(text_in(block, "type"), "input") == 0 && value &&
        widget_is_empty(value) &&
        !json_is_true(json_object_get(block, "optional")))
        wrong = "this input is required";
    if (wrong)
        f->refused =
            act_refused("values.%s.%s: %s", block_id, action_id, wrong);
    return wrong != NULL;
}

/* NULL, or why it cannot be submitted. */
static json_t *fill_in(struct view *view, const json_t *given)
{
    const json_t *blocks = json_object_get(view->json, "blocks");
    const json_t *state = json_object_get(view->json, "state");
    struct filling f = { .given = given,
                         .values = json_object_get(state, "values") };

    blockkit_each(blocks, fill_one, &f);
    if (!f.refused && f.used != count_values(given))
        f.refused = act_refused("values: one of them has no place in the "
                                "view (block_id and action_id)");
    if (!f.refused)
        blockkit_each(blocks, check_one, &f);
    return f.refused;
}

/* ---- submit ------------------------------------------------------------- */

static json_t *submission(struct world *w, struct act *act,
                          const struct user *user, const struct view *view)
{
    json_t *payload = payload_interaction("view_submission", user);

    json_object_update_new(payload,
                           json_pack("{s:s, s:[], s:o}", "trigger_id",
                                     act_trigger(w, act), "response_urls",
                                     "view", view_json(view)));
    return payload;
}

json_t *act_submit(struct world *w, const json_t *how)
{
    struct user *user = NULL;
    struct view *view = NULL;
    struct act *act;
    json_t *refused = find_view(w, how, &user, &view);

    if (!refused && !json_object_size(json_object_get(view->json, "submit")))
        refused = act_refused("the view has no submit button");
    if (!refused)
        refused = fill_in(view, json_object_get(how, "values"));
    if (refused)
        return refused;
    act = act_new(w, ACT_SUBMIT, user->id);
    act->view_id = xstrdup(view->id);
    text_set(&view->last_act, act->id);
    text_set(&view->trouble, NULL);
    link_deliver(sandbox_link(w->sb), ENV_INTERACTIVE, true,
                 submission(w, act, user, view), act->id);
    return act_accepted(act);
}

/* ---- close -------------------------------------------------------------- */

static bool is_set(const struct view *view, const char *key)
{
    return json_is_true(json_object_get(view->json, key));
}

static json_t *closing(const struct user *user, const struct view *view,
                       bool cleared)
{
    json_t *payload = payload_interaction("view_closed", user);

    json_object_update_new(payload,
                           json_pack("{s:o, s:b}", "view", view_json(view),
                                     "is_cleared", cleared));
    return payload;
}

/* The x of a stack closes all of it: {"all": true}, or clear_on_close. */
json_t *act_close(struct world *w, const json_t *how)
{
    struct user *user = NULL;
    struct view *view = NULL;
    struct act *act = NULL;
    bool all;
    json_t *refused = find_view(w, how, &user, &view);

    if (refused)
        return refused;
    all = args_bool(how, "all", is_set(view, "clear_on_close"));
    if (is_set(view, "notify_on_close")) {
        json_t *payload = closing(user, view, all);

        act = act_new(w, ACT_CLOSE, user->id);
        act->view_id = xstrdup(view->id);
        link_deliver(sandbox_link(w->sb), ENV_INTERACTIVE, false, payload,
                     act->id);
    }
    if (all)
        view_clear(w, user->id);
    else
        view_pop(w, view);
    return act ? act_accepted(act) : json_pack("{s:b}", "ok", 1);
}
