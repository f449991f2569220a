/*
 * api_views: views.open, views.push, views.update, views.publish.
 *
 * One thread.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/api/api.h"
#include "tests/sandbox/blockkit/blockkit.h"

static json_t *answer_view(const struct view *view)
{
    return json_pack("{s:b, s:o}", "ok", 1, "view", view_json(view));
}

/* NULL, or the answer: this definition is not accepted. */
static json_t *check_definition(struct call *c, const struct view *self,
                                bool is_home)
{
    const json_t *definition = args_value(c->args, "view");
    const char *type = args_text(definition, "type");
    struct refusal why = { 0 };

    why.error = view_refuse(c->w, definition, self, &why.problems);
    if (why.error)
        return call_refuse(&why);
    if ((strcmp(type, "home") == 0) != is_home)
        return call_invalid("must be a valid enum value "
                            "[json-pointer:/view/type]");
    return NULL;
}

/* A trigger that is still good; it is used up only when the view is good. */
static json_t *check_trigger(struct call *c, struct act **act)
{
    json_t *refused = call_needs(c, "trigger_id", "view", NULL);
    const char *trigger = args_text(c->args, "trigger_id");
    const char *error;

    if (refused)
        return refused;
    error =
        trigger ? act_trigger_look(c->w, trigger, act) : "invalid_trigger_id";
    return error ? call_error(error) : check_definition(c, NULL, false);
}

static json_t *show(struct call *c, struct act *act)
{
    struct view *view;

    act->trigger_used = true;
    view = view_new(c->w, act->user, args_value(c->args, "view"));
    act_shows(act, view);
    return answer_view(view);
}

json_t *api_views_open(struct call *c)
{
    struct act *act = NULL;
    json_t *refused = check_trigger(c, &act);

    if (refused)
        return refused;
    view_clear(c->w, act->user);
    return show(c, act);
}

json_t *api_views_push(struct call *c)
{
    struct act *act = NULL;
    json_t *refused = check_trigger(c, &act);

    if (refused)
        return refused;
    if (!act->view_id || !view_top(c->w, act->user))
        return call_error("not_found");
    if (view_depth(c->w, act->user) >= VIEW_DEPTH)
        return call_error("push_limit_reached");
    return show(c, act);
}

static bool hash_differs(struct call *c, const struct view *view)
{
    const char *hash = args_text(c->args, "hash");

    return hash && strcmp(hash, args_text(view->json, "hash")) != 0;
}

/* An update long after the ack still belongs to what the person did last. */
static void attribute(struct world *w, const struct view *view)
{
    struct act *act = act_find(w, view->last_act);

    if (act && !act->shown)
        act_shows(act, view);
}

json_t *api_views_update(struct call *c)
{
    const char *id = args_text(c->args, "view_id");
    const char *external = args_text(c->args, "external_id");
    json_t *refused = call_needs(c, "view", NULL);
    struct view *view;

    if (!refused && !id && !external)
        refused = call_invalid("missing required field: view_id");
    if (refused)
        return refused;
    view = id ? view_find(c->w, id) : view_by_external(c->w, external);
    if (!view)
        return call_error("not_found");
    if (hash_differs(c, view))
        return call_error("hash_conflict");
    refused = check_definition(c, view, view->home);
    if (refused)
        return refused;
    view_set(c->w, view, args_value(c->args, "view"));
    attribute(c->w, view);
    return answer_view(view);
}

json_t *api_views_publish(struct call *c)
{
    const char *user = args_text(c->args, "user_id");
    json_t *refused = call_needs(c, "user_id", "view", NULL);
    struct view *view;

    if (refused)
        return refused;
    if (!team_user(&c->w->team, user))
        return call_invalid("invalid `user_id`");
    view = view_home(c->w, user);
    if (view && hash_differs(c, view))
        return call_error("hash_conflict");
    refused = check_definition(c, view, true);
    if (refused)
        return refused;
    if (view)
        view_set(c->w, view, args_value(c->args, "view"));
    else
        view = view_new(c->w, user, args_value(c->args, "view"));
    view->published++;
    return answer_view(view);
}
