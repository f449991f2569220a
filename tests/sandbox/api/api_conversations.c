/*
 * api_conversations: looking at channels, and changing them.
 *
 * History is in api_history.c. One thread.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/api/api.h"
#include "tests/sandbox/blockkit/blockkit.h"
#include "tests/sandbox/world/news.h"

#define LIST_MAX   1000
#define TOPIC_MAX  250
#define INVITE_MAX 100
#define OPEN_MAX   8

static json_t *answer_channel(const struct channel *ch)
{
    return json_pack("{s:b, s:o}", "ok", 1, "channel", channel_json(ch, false));
}

/* ---- looking ------------------------------------------------------------ */

json_t *api_conversations_info(struct call *c)
{
    struct channel *ch = NULL;
    json_t *refused = call_channel(c, &ch);
    bool count = args_bool(c->args, "include_num_members", false);

    if (refused)
        return refused;
    return json_pack("{s:b, s:o}", "ok", 1, "channel", channel_json(ch, count));
}

json_t *api_conversations_members(struct call *c)
{
    struct channel *ch = NULL;
    int64_t limit;
    int64_t offset;
    json_t *refused = call_channel(c, &ch);

    if (refused || !call_page(c, 100, LIST_MAX, &limit, &offset, &refused))
        return refused;
    return call_paged("members", json_incref(ch->members), limit, offset);
}

/* "public_channel,im" names a type. */
static bool names_type(const char *types, const char *type)
{
    size_t len = strlen(type);

    for (const char *p = types; *p; p += *p == ',') {
        size_t word;

        p += strspn(p, " ");
        word = strcspn(p, ",");
        if (word == len && strncmp(p, type, len) == 0)
            return true;
        p += word;
    }
    return false;
}

/* "public_channel,private_channel" → "channels:read" and its like; NULL: all
 * of them are there. */
static const char *list_lacks(const struct call *c, const char *types)
{
    static const char *const needs[][2] = {
        { "public_channel", "channels:read" },
        { "private_channel", "groups:read" },
        { "im", "im:read" },
        { "mpim", "mpim:read" },
    };

    for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++)
        if (names_type(types, needs[i][0]) && !token_has(c->token, needs[i][1]))
            return needs[i][1];
    return NULL;
}

json_t *api_conversations_list(struct call *c)
{
    const char *types = args_text(c->args, "types");
    bool skip_archived = args_bool(c->args, "exclude_archived", false);
    const char *lacks;
    json_t *all;
    json_t *refused;
    int64_t limit;
    int64_t offset;

    if (!types)
        types = "public_channel";
    if (!call_page(c, 100, LIST_MAX, &limit, &offset, &refused))
        return refused;
    lacks = list_lacks(c, types);
    if (lacks)
        return call_missing_scope(c, lacks);
    all = json_array();
    for (const struct channel *ch = c->w->team.channels; ch; ch = ch->next)
        if (channel_visible(ch) && names_type(types, channel_type(ch)) &&
            !(skip_archived && ch->archived))
            json_array_append_new(all, channel_json(ch, true));
    return call_paged("channels", all, limit, offset);
}

/* ---- going in, and direct messages -------------------------------------- */

static void add_member(struct channel *ch, const char *user)
{
    if (!channel_has(ch, user))
        json_array_append_new(ch->members, json_string(user));
}

json_t *api_conversations_join(struct call *c)
{
    struct channel *ch = NULL;
    json_t *refused = call_channel(c, &ch);

    if (refused)
        return refused;
    if (ch->kind != CHANNEL_PUBLIC)
        return call_error("method_not_supported_for_channel_type");
    if (ch->archived)
        return call_error("is_archived");
    if (channel_has(ch, BOT_USER))
        c->warning = "already_in_channel";
    add_member(ch, BOT_USER);
    sandbox_changed(c->w->sb);
    news_state(c->w);
    return answer_channel(ch);
}

/* "U1,U2" into an array. New. */
static json_t *split_ids(const char *text)
{
    json_t *ids = json_array();

    while (text && *text) {
        size_t len = strcspn(text, ", ");

        if (len)
            json_array_append_new(ids, json_stringn(text, len));
        text += len;
        text += strspn(text, ", ");
    }
    return ids;
}

static struct channel *group_direct(struct team *team, const json_t *users,
                                    bool *is_new)
{
    json_t *members = json_copy((json_t *)users);
    struct channel *ch;
    char *name;

    json_array_append_new(members, json_string(BOT_USER));
    for (ch = team->channels; ch; ch = ch->next)
        if (ch->kind == CHANNEL_MPIM && json_equal(ch->members, members))
            break;
    *is_new = !ch;
    if (!ch) {
        name = team_next_id(team, "mpdm-");
        ch = channel_add(team, CHANNEL_MPIM, NULL, name, members);
        free(name);
    }
    json_decref(members);
    return ch;
}

static json_t *answer_opened(struct call *c, const struct channel *ch,
                             bool is_new)
{
    bool whole = args_bool(c->args, "return_im", false);
    json_t *answer = json_pack("{s:b, s:o}", "ok", 1, "channel",
                               whole ? channel_json(ch, false)
                                     : json_pack("{s:s}", "id", ch->id));

    if (!is_new)
        json_object_update_new(
            answer, json_pack("{s:b, s:b}", "no_op", 1, "already_open", 1));
    return answer;
}

/* NULL, or what is wrong with the people to open a conversation with. */
static const char *check_people(struct call *c, const json_t *users)
{
    size_t i;
    json_t *id;

    if (!json_array_size(users))
        return "users_list_not_supplied";
    if (json_array_size(users) > OPEN_MAX)
        return "too_many_users";
    json_array_foreach(users, i, id)
    {
        if (!team_user(&c->w->team, json_string_value(id)))
            return "user_not_found";
    }
    if (json_array_size(users) > 1 && !token_has(c->token, "mpim:write"))
        return "missing_scope";
    return NULL;
}

json_t *api_conversations_open(struct call *c)
{
    const char *id = args_text(c->args, "channel");
    const struct channel *ch = channel_find(&c->w->team, id);
    json_t *users;
    const char *error;
    bool is_new = false;

    if (id)
        return ch && channel_visible(ch) ? answer_opened(c, ch, false)
                                         : call_error("channel_not_found");
    users = split_ids(args_text(c->args, "users"));
    error = check_people(c, users);
    if (!error && json_array_size(users) == 1)
        ch = channel_direct(
            &c->w->team, json_string_value(json_array_get(users, 0)), &is_new);
    else if (!error)
        ch = group_direct(&c->w->team, users, &is_new);
    json_decref(users);
    if (error && strcmp(error, "missing_scope") == 0)
        return call_missing_scope(c, "mpim:write");
    return error ? call_error(error) : answer_opened(c, ch, is_new);
}

/* ---- changing ----------------------------------------------------------- */

json_t *api_conversations_create(struct call *c)
{
    const char *name = args_text(c->args, "name");
    bool is_private = args_bool(c->args, "is_private", false);
    const char *scope = is_private ? "groups:write" : "channels:manage";
    const char *wrong = channel_name_wrong(name);
    struct channel *ch = NULL;
    json_t *members;

    if (!token_has(c->token, scope))
        return call_missing_scope(c, scope);
    if (wrong)
        return call_error(wrong);
    if (channel_by_name(&c->w->team, name))
        return call_error("name_taken");
    members = json_pack("[s]", BOT_USER);
    ch = channel_add(&c->w->team, is_private ? CHANNEL_PRIVATE : CHANNEL_PUBLIC,
                     NULL, name, members);
    json_decref(members);
    text_set(&ch->creator, BOT_USER);
    ch->created = world_now(c->w) / 1000;
    sandbox_changed(c->w->sb);
    news_state(c->w);
    return answer_channel(ch);
}

static const char *invite_wrong(struct call *c, const struct channel *ch,
                                const char *user)
{
    if (strcmp(user, BOT_USER) == 0)
        return "cant_invite_self";
    if (!team_user(&c->w->team, user))
        return "user_not_found";
    return channel_has(ch, user) ? "already_in_channel" : NULL;
}

/* Those that cannot be invited: [{"user","ok":false,"error"}]. New. */
static json_t *invite_errors(struct call *c, const struct channel *ch,
                             const json_t *users)
{
    json_t *errors = json_array();
    size_t i;
    json_t *id;

    json_array_foreach(users, i, id)
    {
        const char *wrong = invite_wrong(c, ch, json_string_value(id));

        if (wrong)
            json_array_append_new(errors,
                                  json_pack("{s:O, s:b, s:s}", "user", id, "ok",
                                            0, "error", wrong));
    }
    return errors;
}

static json_t *invite(struct call *c, struct channel *ch, const json_t *users)
{
    json_t *errors = invite_errors(c, ch, users);
    bool force = args_bool(c->args, "force", false);
    json_t *answer;
    size_t i;
    json_t *id;

    if (json_array_size(errors) && !force) {
        answer = call_error(args_text(json_array_get(errors, 0), "error"));
        json_object_set_new(answer, "errors", errors);
        return answer;
    }
    json_array_foreach(users, i, id)
    {
        if (!invite_wrong(c, ch, json_string_value(id)))
            add_member(ch, json_string_value(id));
    }
    answer = answer_channel(ch);
    if (json_array_size(errors))
        json_object_set(answer, "errors", errors);
    json_decref(errors);
    sandbox_changed(c->w->sb);
    news_state(c->w);
    return answer;
}

json_t *api_conversations_invite(struct call *c)
{
    struct channel *ch = NULL;
    json_t *refused = call_channel_inside(c, &ch);
    json_t *users;
    json_t *answer;

    if (refused)
        return refused;
    users = split_ids(args_text(c->args, "users"));
    if (!json_array_size(users) || json_array_size(users) > INVITE_MAX)
        answer = call_error("no_user");
    else
        answer = invite(c, ch, users);
    json_decref(users);
    return answer;
}

json_t *api_conversations_topic(struct call *c)
{
    const char *topic = json_string_value(json_object_get(c->args, "topic"));
    struct channel *ch = NULL;
    json_t *refused = call_channel_inside(c, &ch);

    if (refused)
        return refused;
    if (!topic)
        return call_invalid("missing required field: topic");
    if (blockkit_characters(topic) > TOPIC_MAX)
        return call_error("too_long");
    text_set(&ch->topic, topic);
    sandbox_changed(c->w->sb);
    news_state(c->w);
    return answer_channel(ch);
}

json_t *api_conversations_archive(struct call *c)
{
    struct channel *ch = NULL;
    json_t *refused = call_channel(c, &ch);

    if (refused)
        return refused;
    if (ch->archived)
        return call_error("already_archived");
    if (ch->general)
        return call_error("cant_archive_general");
    if (!channel_has(ch, BOT_USER))
        return call_error("not_in_channel");
    ch->archived = true;
    sandbox_changed(c->w->sb);
    news_state(c->w);
    return call_ok();
}
