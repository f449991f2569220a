/*
 * change: control verbs that change the world itself.
 *
 * New people, channels, members, user groups and tokens; archiving, deleting
 * a message, and the rate limits. Each answers what it made. One thread.
 */
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/api/args.h"
#include "tests/sandbox/world/message.h"
#include "tests/sandbox/world/news.h"
#include "tests/sandbox/world/world.h"

static json_t *done(void)
{
    return json_pack("{s:b}", "ok", 1);
}

/* {"id", "name"?, "real_name"?, "email"?, "is_guest"?, "is_admin"?,
 * "deleted"?} */
static json_t *change_user(struct world *w, const json_t *how)
{
    const char *id = args_text(how, "id");
    const char *name = args_text(how, "name");
    struct user *user = team_user(&w->team, id);
    bool is_new = !user;

    if (!id || (!user && !name))
        return act_refused("user: id, and name for a new one");
    if (!user)
        user = team_add_user(&w->team, id, name, args_text(how, "real_name"),
                             args_text(how, "email"));
    if (is_new)
        channel_direct(&w->team, id, &is_new);
    if (name)
        text_set(&user->name, name);
    if (args_text(how, "real_name"))
        text_set(&user->real_name, args_text(how, "real_name"));
    if (args_text(how, "email"))
        text_set(&user->email, args_text(how, "email"));
    user->is_guest = args_bool(how, "is_guest", user->is_guest);
    user->is_admin = args_bool(how, "is_admin", user->is_admin);
    user->deleted = args_bool(how, "deleted", user->deleted);
    return json_pack("{s:b, s:o}", "ok", 1, "user",
                     user_json(&w->team, user, true));
}

/* {"name", "id"?, "is_private"?, "members"?: […]} */
static json_t *change_channel(struct world *w, const json_t *how)
{
    const char *name = args_text(how, "name");
    const char *id = args_text(how, "id");
    bool is_private = args_bool(how, "is_private", false);
    struct channel *ch;

    if (channel_name_wrong(name))
        return act_refused("name: %s", channel_name_wrong(name));
    if (channel_by_name(&w->team, name) || channel_find(&w->team, id))
        return act_refused("there is such a channel already");
    ch = channel_add(&w->team, is_private ? CHANNEL_PRIVATE : CHANNEL_PUBLIC,
                     id, name, args_value(how, "members"));
    return json_pack("{s:b, s:o}", "ok", 1, "channel", channel_json(ch, true));
}

/* {"channel", "user", "leave"?} */
static json_t *change_member(struct world *w, const json_t *how)
{
    struct channel *ch = channel_find(&w->team, args_text(how, "channel"));
    const char *user = args_text(how, "user");

    if (!ch || !team_user(&w->team, user))
        return act_refused("channel and user: both must be there");
    if (args_bool(how, "leave", false))
        names_remove(ch->members, user);
    else if (!channel_has(ch, user))
        json_array_append_new(ch->members, json_string(user));
    return done();
}

/* {"id", "handle"?, "users"?: […], "disabled"?} */
static json_t *change_group(struct world *w, const json_t *how)
{
    const char *id = args_text(how, "id");
    const char *handle = args_text(how, "handle");
    const json_t *users = args_value(how, "users");
    struct group *group = team_group(&w->team, id);

    if (!id || (!group && !handle))
        return act_refused("group: id, and handle for a new one");
    if (users && !json_is_array(users))
        return act_refused("users: an array of user ids");
    if (!group)
        group = team_add_group(&w->team, id, handle, NULL);
    if (users) {
        json_decref(group->users);
        group->users = json_deep_copy(users);
    }
    group->disabled = args_bool(how, "disabled", group->disabled);
    return json_pack("{s:b, s:o}", "ok", 1, "group",
                     group_json(&w->team, group, true));
}

static json_t *change_token(struct world *w, const json_t *how)
{
    const char *wrong = token_change(&w->tokens, how);

    return wrong ? act_refused("%s", wrong) : done();
}

/* {"channel", "archived"?: true} */
static json_t *change_archive(struct world *w, const json_t *how)
{
    struct channel *ch = channel_find(&w->team, args_text(how, "channel"));

    if (!ch)
        return act_refused("channel: not here");
    ch->archived = args_bool(how, "archived", true);
    return done();
}

/* {"channel", "ts"}: somebody deletes a message. */
static json_t *change_delete(struct world *w, const json_t *how)
{
    struct channel *ch = channel_find(&w->team, args_text(how, "channel"));
    struct message *m = ch ? message_find(ch, args_text(how, "ts")) : NULL;

    if (!m || m->deleted)
        return act_refused("channel and ts: no such message");
    message_delete(w, ch, m);
    return done();
}

static json_t *change_limits(struct world *w, const json_t *how)
{
    limit_change(&w->limits, how);
    return done();
}

static const struct {
    const char *verb;
    json_t *(*run)(struct world *w, const json_t *how);
} changes[] = {
    { "archive", change_archive }, { "channel", change_channel },
    { "delete", change_delete },   { "group", change_group },
    { "limits", change_limits },   { "member", change_member },
    { "token", change_token },     { "user", change_user },
};

static json_t *changed(struct world *w, json_t *answer)
{
    sandbox_changed(w->sb);
    news_state(w);
    return answer;
}

json_t *world_change(struct world *w, const char *verb, const json_t *how)
{
    for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++)
        if (strcmp(changes[i].verb, verb) == 0)
            return changed(w, changes[i].run(w, how));
    return NULL;
}
