/*
 * look: what a test sees of the world.
 *
 * The answers of /control/messages, /control/views and /control/state, as
 * CONTROL.md describes them. One thread.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/api/args.h"
#include "tests/sandbox/world/message.h"
#include "tests/sandbox/world/world.h"

struct look {
    const char *user;
    int64_t since;
    int64_t thread;
    size_t limit; /* the newest so many of a channel; 0: all */
};

static bool wanted(const struct look *look, const struct message *m)
{
    if (m->deleted || m->ts <= look->since)
        return false;
    if (look->thread && m->ts != look->thread && m->thread_ts != look->thread)
        return false;
    return !m->ephemeral_to ||
           (look->user && strcmp(look->user, m->ephemeral_to) == 0);
}

/* Where the newest `limit` of those that are wanted begin. */
static size_t first_of(const struct look *look, const struct channel *ch)
{
    size_t i = look->limit ? ch->message_count : 0;
    size_t found = 0;

    while (i > 0 && found < look->limit)
        found += wanted(look, ch->messages[--i]);
    return i;
}

static void add_channel(json_t *all, const struct look *look,
                        const struct channel *ch)
{
    for (size_t i = first_of(look, ch); i < ch->message_count; i++)
        if (wanted(look, ch->messages[i])) {
            json_t *seen = message_seen(ch->messages[i]);

            json_object_set_new(seen, "channel", json_string(ch->id));
            json_array_append_new(all, seen);
        }
}

static json_t *caused_messages(struct world *w, const char *interaction)
{
    json_t *caused = world_caused(w, interaction);
    json_t *answer = json_pack("{s:b, s:O}", "ok", 1, "messages",
                               json_object_get(caused, "messages"));

    json_decref(caused);
    return answer;
}

static json_t *caused_views(struct world *w, const char *interaction)
{
    json_t *caused = world_caused(w, interaction);
    json_t *view = json_object_get(caused, "view");
    json_t *answer = json_pack("{s:b, s:[O*]}", "ok", 1, "views", view);

    json_decref(caused);
    return answer;
}

json_t *world_messages(struct world *w, const json_t *query)
{
    const char *id = args_text(query, "channel");
    const char *since = args_text(query, "since");
    const char *thread = args_text(query, "thread");
    const struct channel *ch = channel_find(&w->team, id);
    const char *interaction = args_text(query, "interaction");
    const char *limit = args_text(query, "limit");
    struct look look = { .user = args_text(query, "user"),
                         .limit = limit ? strtoul(limit, NULL, 10) : 0 };
    json_t *all;

    if (interaction)
        return caused_messages(w, interaction);
    if (id && !ch)
        return act_refused("channel: no %s here", id);
    if (since && !ts_parse(since, &look.since))
        return act_refused("since: a message ts");
    if (thread && !ts_parse(thread, &look.thread))
        return act_refused("thread: a message ts");
    all = json_array();
    for (const struct channel *c = w->team.channels; c; c = c->next)
        if (!ch || ch == c)
            add_channel(all, &look, c);
    return json_pack("{s:b, s:o}", "ok", 1, "messages", all);
}

json_t *world_views(struct world *w, const json_t *query)
{
    const char *user = args_text(query, "user");
    const char *interaction = args_text(query, "interaction");
    json_t *all;

    if (interaction)
        return caused_views(w, interaction);
    all = json_array();
    for (const struct view *v = w->views.first; v; v = v->next)
        if (!user || strcmp(user, v->user) == 0)
            json_array_append_new(all, view_seen(v));
    return json_pack("{s:b, s:o}", "ok", 1, "views", all);
}

bool world_knows(const struct world *w, const char *user)
{
    return team_user(&w->team, user) != NULL;
}

json_t *world_home(struct world *w, const json_t *query)
{
    const char *user = args_text(query, "user");
    const struct view *view;

    if (!team_user(&w->team, user))
        return act_refused("user: no %s here", user ? user : "(none)");
    view = view_home(w, user);
    return json_pack("{s:b, s:o?, s:i}", "ok", 1, "view",
                     view ? view_json(view) : NULL, "published",
                     view ? (int)view->published : 0);
}

json_t *world_state(struct world *w)
{
    json_t *users = json_array();
    json_t *channels = json_array();
    json_t *groups = json_array();

    for (const struct user *u = w->team.users; u; u = u->next)
        json_array_append_new(users, user_json(&w->team, u, true));
    for (const struct channel *c = w->team.channels; c; c = c->next) {
        json_t *json = channel_json(c, true);

        json_object_set(json, "members", c->members);
        json_array_append_new(channels, json);
    }
    for (const struct group *g = w->team.groups; g; g = g->next)
        json_array_append_new(groups, group_json(&w->team, g, true));
    return json_pack("{s:b, s:o, s:o, s:o, s:o, s:{s:b, s:f, s:f}}", "ok", 1,
                     "users", users, "channels", channels, "groups", groups,
                     "tokens", tokens_json(&w->tokens), "limits", "on",
                     w->limits.on, "post_per_channel",
                     w->limits.post_per_channel, "burst", w->limits.post_burst);
}
