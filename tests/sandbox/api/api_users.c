/*
 * api_users: people and user groups.
 *
 * One thread.
 */
#include "tests/sandbox/api/api.h"

#include <string.h>

#define LIST_MAX 1000

static bool sees_email(const struct call *c)
{
    return token_has(c->token, "users:read.email");
}

static json_t *answer_user(const struct call *c, const struct user *user)
{
    return json_pack("{s:b, s:o}", "ok", 1, "user",
                     user_json(&c->w->team, user, sees_email(c)));
}

json_t *api_users_info(struct call *c)
{
    const struct user *user =
        team_user(&c->w->team, args_text(c->args, "user"));

    return user ? answer_user(c, user) : call_error("user_not_found");
}

json_t *api_users_by_email(struct call *c)
{
    const char *email = args_text(c->args, "email");
    const struct user *user =
        email ? team_user_by_email(&c->w->team, email) : NULL;

    if (!email)
        return call_invalid("missing required field: email");
    return user ? answer_user(c, user) : call_error("users_not_found");
}

json_t *api_users_list(struct call *c)
{
    json_t *refused;
    json_t *answer;
    json_t *all;
    int64_t limit;
    int64_t offset;

    if (!call_page(c, LIST_MAX, LIST_MAX, &limit, &offset, &refused))
        return refused;
    all = json_array();
    for (const struct user *u = c->w->team.users; u; u = u->next)
        json_array_append_new(all, user_json(&c->w->team, u, sees_email(c)));
    answer = call_paged("members", all, limit, offset);
    json_object_set_new(answer, "cache_ts",
                        json_integer(world_now(c->w) / 1000));
    return answer;
}

json_t *api_usergroups_list(struct call *c)
{
    bool users = args_bool(c->args, "include_users", false);
    bool disabled = args_bool(c->args, "include_disabled", false);
    json_t *all = json_array();

    for (const struct group *g = c->w->team.groups; g; g = g->next)
        if (disabled || !g->disabled)
            json_array_append_new(all, group_json(&c->w->team, g, users));
    return json_pack("{s:b, s:o}", "ok", 1, "usergroups", all);
}

json_t *api_usergroups_users(struct call *c)
{
    bool disabled = args_bool(c->args, "include_disabled", false);
    const struct group *group =
        team_group(&c->w->team, args_text(c->args, "usergroup"));

    if (!group || (group->disabled && !disabled))
        return call_error("no_such_subteam");
    return json_pack("{s:b, s:O}", "ok", 1, "users", group->users);
}

/* "U0ANN,U0BOB", or an array. NULL: none, or somebody who is not here. */
static json_t *users_named(struct call *c)
{
    const json_t *list = args_value(c->args, "users");
    const char *text = args_text(c->args, "users");
    json_t *users = json_is_array(list) ? json_deep_copy(list) : json_array();
    bool known = true;
    const json_t *user;
    size_t i;

    for (; text && *text; text += strspn(text, ", ")) {
        size_t len = strcspn(text, ", ");

        json_array_append_new(users, json_stringn(text, len));
        text += len;
    }
    json_array_foreach(users, i, user)
    {
        known = known && team_user(&c->w->team, json_string_value(user));
    }
    if (known && json_array_size(users) > 0)
        return users;
    json_decref(users);
    return NULL;
}

/* Whoever was in it is not any more. */
json_t *api_usergroups_update(struct call *c)
{
    struct group *group =
        team_group(&c->w->team, args_text(c->args, "usergroup"));
    json_t *users;

    if (!group || group->disabled)
        return call_error("no_such_subteam");
    users = users_named(c);
    if (!users)
        return call_error("invalid_users");
    json_decref(group->users);
    group->users = users;
    return json_pack("{s:b, s:o}", "ok", 1, "usergroup",
                     group_json(&c->w->team, group, true));
}
