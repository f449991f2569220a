/* team: people and user groups; see team.h. Channels are in channel.c. */
#include "tests/sandbox/world/team.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/world/channel.h"
#include "tests/sandbox/world/world.h"

bool names_have(const json_t *names, const char *name)
{
    size_t i;
    json_t *one;

    json_array_foreach(names, i, one)
    {
        if (name && json_is_string(one) &&
            strcmp(json_string_value(one), name) == 0)
            return true;
    }
    return false;
}

bool names_remove(json_t *names, const char *name)
{
    size_t i;
    json_t *one;

    json_array_foreach(names, i, one)
    {
        if (strcmp(json_string_value(one), name) == 0)
            return json_array_remove(names, i) == 0;
    }
    return false;
}

void text_set(char **text, const char *value)
{
    char *copy = xstrdup(value);

    free(*text);
    *text = copy;
}

char *team_next_id(struct team *team, const char *prefix)
{
    return xasprintf("%s0N%04u", prefix, ++team->next_number);
}

struct user *team_user(const struct team *team, const char *id)
{
    for (struct user *u = team->users; u; u = u->next)
        if (id && strcmp(u->id, id) == 0)
            return u;
    return NULL;
}

struct user *team_user_by_name(const struct team *team, const char *name)
{
    for (struct user *u = team->users; u; u = u->next)
        if (name && strcmp(u->name, name) == 0)
            return u;
    return NULL;
}

struct user *team_user_by_email(const struct team *team, const char *email)
{
    for (struct user *u = team->users; u; u = u->next)
        if (!u->is_bot && !u->deleted && strcasecmp(u->email, email) == 0)
            return u;
    return NULL;
}

struct group *team_group(const struct team *team, const char *id)
{
    for (struct group *g = team->groups; g; g = g->next)
        if (id && strcmp(g->id, id) == 0)
            return g;
    return NULL;
}

struct user *team_add_user(struct team *team, const char *id, const char *name,
                           const char *real_name, const char *email)
{
    struct user *user = xcalloc(1, sizeof(*user));
    struct user **end = &team->users;

    user->id = xstrdup(id);
    user->name = xstrdup(name);
    user->real_name = xstrdup(real_name ? real_name : name);
    user->email =
        email ? xstrdup(email) : xasprintf("%s@" TEAM_DOMAIN ".example", name);
    while (*end)
        end = &(*end)->next;
    *end = user;
    return user;
}

struct group *team_add_group(struct team *team, const char *id,
                             const char *handle, const json_t *users)
{
    struct group *group = xcalloc(1, sizeof(*group));
    struct group **end = &team->groups;

    group->id = xstrdup(id);
    group->handle = xstrdup(handle);
    group->name = xstrdup(handle);
    group->users = users ? json_deep_copy(users) : json_array();
    while (*end)
        end = &(*end)->next;
    *end = group;
    return group;
}

static void add_people(struct team *team)
{
    struct user *user;

    team_add_user(team, "U0ANN", "ann", "Ann Archer", NULL)->is_admin = true;
    team_add_user(team, "U0BOB", "bob", "Bob Baker", NULL);
    team_add_user(team, "U0CAT", "cat", "Cat Carter", NULL);
    team_add_user(team, "U0DAN", "dan", "Dan Dyer", NULL)->is_guest = true;
    user = team_add_user(team, BOT_USER, BOT_NAME, "opsbot", NULL);
    user->is_bot = true;
    user = team_add_user(team, SLACKBOT_USER, "slackbot", "Slackbot", NULL);
    user->is_bot = true;
}

/* A person can write to the app before it has ever written to them. */
static void add_directs(struct team *team)
{
    bool is_new;

    for (const struct user *u = team->users; u; u = u->next)
        if (!u->is_bot)
            channel_direct(team, u->id, &is_new);
}

void team_init(struct team *team, int64_t now_ms)
{
    json_t *all = json_pack("[s, s, s, s, s]", "U0ANN", "U0BOB", "U0CAT",
                            "U0DAN", BOT_USER);
    json_t *people =
        json_pack("[s, s, s, s]", "U0ANN", "U0BOB", "U0CAT", "U0DAN");
    json_t *two = json_pack("[s, s]", "U0ANN", "U0BOB");

    team->created = now_ms / 1000;
    add_people(team);
    channel_add(team, CHANNEL_PUBLIC, "C0OPS", "ops", all);
    channel_add(team, CHANNEL_PUBLIC, "C0GENERAL", "general", all)->general =
        true;
    channel_add(team, CHANNEL_PUBLIC, "C0QUIET", "quiet", people);
    channel_add(team, CHANNEL_PRIVATE, "G0SEC", "sec", two);
    team_add_group(team, "S0ONCALL", "oncall", two);
    add_directs(team);
    json_decref(all);
    json_decref(people);
    json_decref(two);
}

static void users_dispose(struct team *team)
{
    while (team->users) {
        struct user *user = team->users;

        team->users = user->next;
        free(user->id);
        free(user->name);
        free(user->real_name);
        free(user->email);
        free(user);
    }
}

void team_dispose(struct team *team)
{
    users_dispose(team);
    while (team->groups) {
        struct group *group = team->groups;

        team->groups = group->next;
        json_decref(group->users);
        free(group->id);
        free(group->handle);
        free(group->name);
        free(group);
    }
    while (team->channels) {
        struct channel *ch = team->channels;

        team->channels = ch->next;
        channel_free(ch);
    }
}

static json_t *profile_json(const struct user *user, bool with_email)
{
    json_t *profile = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "real_name", user->real_name,
        "real_name_normalized", user->real_name, "display_name", user->name,
        "display_name_normalized", user->name, "status_text", "",
        "status_emoji", "", "team", TEAM_ID);

    if (with_email && !user->is_bot)
        json_object_set_new(profile, "email", json_string(user->email));
    if (strcmp(user->id, BOT_USER) == 0) {
        json_object_set_new(profile, "bot_id", json_string(BOT_ID));
        json_object_set_new(profile, "api_app_id", json_string(APP_ID));
    }
    return profile;
}

json_t *user_json(const struct team *team, const struct user *user,
                  bool with_email)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:i, s:o, s:b}", "id", user->id,
        "team_id", TEAM_ID, "name", user->name, "deleted", user->deleted,
        "real_name", user->real_name, "tz", "Etc/UTC", "tz_label",
        "Coordinated Universal Time", "tz_offset", 0, "profile",
        profile_json(user, with_email), "is_bot", user->is_bot);
    json_t *more =
        json_pack("{s:b, s:b, s:b, s:b, s:b, s:b, s:I}", "is_admin",
                  user->is_admin, "is_owner", 0, "is_restricted",
                  user->is_guest, "is_ultra_restricted", 0, "is_app_user", 0,
                  "has_2fa", 0, "updated", (json_int_t)team->created);

    json_object_update_new(json, more);
    return json;
}

json_t *group_json(const struct team *team, const struct group *group,
                   bool with_users)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:b, s:b, s:s, s:s, s:s, s:b, s:I, s:I, s:I}", "id",
        group->id, "team_id", TEAM_ID, "is_usergroup", 1, "is_subteam", 1,
        "name", group->name, "description", "", "handle", group->handle,
        "is_external", 0, "date_create", (json_int_t)team->created,
        "date_update", (json_int_t)team->created, "date_delete",
        (json_int_t)(group->disabled ? team->created : 0));

    json_object_set_new(
        json, "user_count",
        json_integer((json_int_t)json_array_size(group->users)));
    if (with_users)
        json_object_set(json, "users", group->users);
    return json;
}
