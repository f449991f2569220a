/* view: modals and home tabs; see view.h. */
#include "tests/sandbox/world/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/blockkit/blockkit.h"
#include "tests/sandbox/world/news.h"
#include "tests/sandbox/world/widget.h"
#include "tests/sandbox/world/world.h"

/* What a definition may set, and what stands there if it does not. */
static const struct {
    const char *key;
    enum { DEFAULT_TEXT, DEFAULT_NULL, DEFAULT_FALSE } other;
} parts[] = {
    { "title", DEFAULT_NULL },
    { "submit", DEFAULT_NULL },
    { "close", DEFAULT_NULL },
    { "private_metadata", DEFAULT_TEXT },
    { "callback_id", DEFAULT_TEXT },
    { "external_id", DEFAULT_TEXT },
    { "clear_on_close", DEFAULT_FALSE },
    { "notify_on_close", DEFAULT_FALSE },
    { "submit_disabled", DEFAULT_FALSE },
};

static void view_free(struct view *view)
{
    json_decref(view->json);
    free(view->id);
    free(view->user);
    free(view->trouble);
    free(view->last_act);
    free(view);
}

void views_dispose(struct views *views)
{
    while (views->first) {
        struct view *view = views->first;

        views->first = view->next;
        view_free(view);
    }
}

/* ---- finding ------------------------------------------------------------ */

struct view *view_find(const struct world *w, const char *id)
{
    for (struct view *v = w->views.first; v; v = v->next)
        if (id && strcmp(v->id, id) == 0)
            return v;
    return NULL;
}

static const char *text_of(const struct view *view, const char *key)
{
    const char *text = json_string_value(json_object_get(view->json, key));

    return text ? text : "";
}

struct view *view_by_external(const struct world *w, const char *external_id)
{
    for (struct view *v = w->views.first; v; v = v->next)
        if (external_id && *external_id &&
            strcmp(text_of(v, "external_id"), external_id) == 0)
            return v;
    return NULL;
}

static bool is_in_stack(const struct view *view, const char *user)
{
    return !view->home && strcmp(view->user, user) == 0;
}

struct view *view_top(const struct world *w, const char *user)
{
    struct view *top = NULL;

    for (struct view *v = w->views.first; v; v = v->next)
        if (is_in_stack(v, user))
            top = v;
    return top;
}

struct view *view_home(const struct world *w, const char *user)
{
    for (struct view *v = w->views.first; v; v = v->next)
        if (v->home && strcmp(v->user, user) == 0)
            return v;
    return NULL;
}

unsigned view_depth(const struct world *w, const char *user)
{
    unsigned depth = 0;

    for (struct view *v = w->views.first; v; v = v->next)
        depth += is_in_stack(v, user);
    return depth;
}

/* ---- making ------------------------------------------------------------- */

static size_t json_bytes(const json_t *json)
{
    return json_dumpb(json, NULL, 0, JSON_COMPACT);
}

const char *view_refuse(const struct world *w, const json_t *definition,
                        const struct view *self, json_t **problems)
{
    const char *external =
        json_string_value(json_object_get(definition, "external_id"));
    const struct view *other = view_by_external(w, external);

    if (!json_is_object(definition)) {
        blockkit_problem(problems, "/view", "must be an object");
        return "invalid_arguments";
    }
    if (json_bytes(definition) > VIEW_BYTES_MAX)
        return "view_too_large";
    *problems = blockkit_check_view(definition);
    if (*problems)
        return "invalid_arguments";
    return other && other != self ? "duplicate_external_id" : NULL;
}

static void set_part(json_t *json, const json_t *definition, size_t i)
{
    json_t *given = json_object_get(definition, parts[i].key);

    if (given)
        json_object_set_new(json, parts[i].key, json_deep_copy(given));
    else if (parts[i].other == DEFAULT_TEXT)
        json_object_set_new(json, parts[i].key, json_string(""));
    else if (parts[i].other == DEFAULT_FALSE)
        json_object_set_new(json, parts[i].key, json_false());
    else
        json_object_set_new(json, parts[i].key, json_null());
}

static json_t *new_hash(struct world *w)
{
    char *secret = world_hex(w, 4);
    char *text = xasprintf("%" PRId64 ".%s", world_now(w) / 1000, secret);
    json_t *hash = json_string(text);

    free(secret);
    free(text);
    return hash;
}

void view_changed(struct world *w, const struct view *view)
{
    sandbox_changed(w->sb);
    if (view->home)
        news_home(w, view->user);
    else
        news_views(w, view->user);
}

void view_set(struct world *w, struct view *view, const json_t *definition)
{
    json_t *values =
        json_object_get(json_object_get(view->json, "state"), "values");
    json_t *blocks =
        blockkit_fill(json_object_get(definition, "blocks"), &w->next_id);
    json_t *state = widget_states(blocks, values);

    json_object_set(view->json, "type", json_object_get(definition, "type"));
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        set_part(view->json, definition, i);
    json_object_set_new(view->json, "blocks", blocks);
    json_object_set_new(view->json, "state",
                        json_pack("{s:o}", "values", state));
    json_object_set_new(view->json, "hash", new_hash(w));
    free(view->trouble);
    view->trouble = NULL;
    view_changed(w, view);
}

struct view *view_new(struct world *w, const char *user,
                      const json_t *definition)
{
    struct view *below = view_top(w, user);
    struct view *view = xcalloc(1, sizeof(*view));
    struct view **end = &w->views.first;
    const char *type = json_string_value(json_object_get(definition, "type"));

    view->id = xasprintf("V0X%05u", ++w->views.last);
    view->user = xstrdup(user);
    view->home = strcmp(type, "home") == 0;
    if (view->home)
        below = NULL;
    view->json =
        json_pack("{s:s, s:s, s:s, s:s?, s:s, s:s, s:s}", "id", view->id,
                  "team_id", TEAM_ID, "root_view_id",
                  below ? text_of(below, "root_view_id") : view->id,
                  "previous_view_id", below ? below->id : NULL, "app_id",
                  APP_ID, "app_installed_team_id", TEAM_ID, "bot_id", BOT_ID);
    while (*end)
        end = &(*end)->next;
    *end = view;
    view_set(w, view, definition);
    return view;
}

/* ---- closing ------------------------------------------------------------ */

void view_pop(struct world *w, struct view *view)
{
    struct view **at = &w->views.first;

    while (*at && *at != view)
        at = &(*at)->next;
    if (*at)
        *at = view->next;
    view_changed(w, view);
    view_free(view);
}

void view_clear(struct world *w, const char *user)
{
    char *whose = xstrdup(user);
    struct view *top;

    while ((top = view_top(w, whose)))
        view_pop(w, top);
    free(whose);
}

/* ---- showing ------------------------------------------------------------ */

/* Blocks and state are replaced, never changed, so the copy may be shallow:
 * but for the values, which people change one by one. */
json_t *view_json(const struct view *view)
{
    json_t *json = json_copy(view->json);

    json_object_set_new(json, "state",
                        json_deep_copy(json_object_get(json, "state")));
    return json;
}

json_t *view_seen(const struct view *view)
{
    json_t *json = view_json(view);

    json_object_set_new(json, "user", json_string(view->user));
    if (view->trouble)
        json_object_set_new(json, "trouble", json_string(view->trouble));
    return json;
}
