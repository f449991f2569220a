/* channel: channels and direct messages; see channel.h. */
#include "tests/sandbox/world/channel.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/world/message.h"
#include "tests/sandbox/world/world.h"

#define NAME_MAX_LENGTH 80

static const struct {
    const char *prefix;
    const char *scope;
    const char *type;
    const char *event;
} kinds[] = {
    [CHANNEL_PUBLIC] = { "C", "channels", "public_channel", "channel" },
    [CHANNEL_PRIVATE] = { "G", "groups", "private_channel", "group" },
    [CHANNEL_IM] = { "D", "im", "im", "im" },
    [CHANNEL_MPIM] = { "G", "mpim", "mpim", "mpim" },
};

struct channel *channel_find(const struct team *team, const char *id)
{
    for (struct channel *ch = team->channels; ch; ch = ch->next)
        if (id && strcmp(ch->id, id) == 0)
            return ch;
    return NULL;
}

struct channel *channel_by_name(const struct team *team, const char *name)
{
    if (name && *name == '#')
        name++;
    for (struct channel *ch = team->channels; ch; ch = ch->next)
        if (name && ch->kind != CHANNEL_IM && strcmp(ch->name, name) == 0)
            return ch;
    return NULL;
}

struct channel *channel_add(struct team *team, enum channel_kind kind,
                            const char *id, const char *name,
                            const json_t *members)
{
    struct channel *ch = xcalloc(1, sizeof(*ch));
    struct channel **end = &team->channels;

    ch->id = id ? xstrdup(id) : team_next_id(team, kinds[kind].prefix);
    ch->name = xstrdup(name);
    ch->kind = kind;
    ch->topic = xstrdup("");
    ch->creator = xstrdup(team->users ? team->users->id : "");
    ch->created = team->created;
    ch->members = members ? json_deep_copy(members) : json_array();
    while (*end)
        end = &(*end)->next;
    *end = ch;
    return ch;
}

void channel_free(struct channel *ch)
{
    for (size_t i = 0; i < ch->message_count; i++)
        message_free(ch->messages[i]);
    free(ch->messages);
    json_decref(ch->members);
    free(ch->id);
    free(ch->name);
    free(ch->topic);
    free(ch->creator);
    free(ch);
}

/* "U0ANN" talks to the bot in "D0ANN". */
struct channel *channel_direct(struct team *team, const char *user,
                               bool *is_new)
{
    json_t *members;
    struct channel *ch;
    char *id;

    for (ch = team->channels; ch; ch = ch->next)
        if (ch->kind == CHANNEL_IM && strcmp(ch->name, user) == 0)
            break;
    *is_new = !ch;
    if (ch)
        return ch;
    id = xasprintf("D%s", user + 1);
    members = json_pack("[s, s]", user, BOT_USER);
    ch = channel_add(team, CHANNEL_IM, id, user, members);
    json_decref(members);
    free(id);
    return ch;
}

bool channel_has(const struct channel *ch, const char *user)
{
    return names_have(ch->members, user);
}

bool channel_visible(const struct channel *ch)
{
    return ch->kind == CHANNEL_PUBLIC || channel_has(ch, BOT_USER);
}

const char *channel_scope(const struct channel *ch)
{
    return kinds[ch->kind].scope;
}

const char *channel_type(const struct channel *ch)
{
    return kinds[ch->kind].type;
}

const char *channel_event_type(const struct channel *ch)
{
    return kinds[ch->kind].event;
}

const char *channel_shown(const struct channel *ch)
{
    if (ch->kind == CHANNEL_PUBLIC)
        return ch->name;
    return ch->kind == CHANNEL_IM ? "directmessage" : "privategroup";
}

static json_t *direct_json(const struct channel *ch)
{
    return json_pack("{s:s, s:I, s:b, s:b, s:s, s:b, s:b, s:i}", "id", ch->id,
                     "created", (json_int_t)ch->created, "is_im", 1,
                     "is_archived", 0, "user", ch->name, "is_user_deleted", 0,
                     "is_org_shared", 0, "priority", 0);
}

static json_t *topic_json(const char *value, const struct channel *ch)
{
    return json_pack("{s:s, s:s, s:I}", "value", value, "creator",
                     *value ? BOT_USER : "", "last_set",
                     (json_int_t)(*value ? ch->created : 0));
}

json_t *channel_json(const struct channel *ch, bool with_count)
{
    bool is_private = ch->kind != CHANNEL_PUBLIC;
    json_t *json;
    json_t *more;

    if (ch->kind == CHANNEL_IM)
        return direct_json(ch);
    json = json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b}",
                     "id", ch->id, "name", ch->name, "name_normalized",
                     ch->name, "is_channel", !is_private, "is_group",
                     ch->kind == CHANNEL_PRIVATE, "is_im", 0, "is_mpim",
                     ch->kind == CHANNEL_MPIM, "is_private", is_private,
                     "is_archived", ch->archived, "is_general", ch->general,
                     "is_member", channel_has(ch, BOT_USER));
    more = json_pack("{s:b, s:b, s:b, s:I, s:s, s:i, s:I, s:o, s:o, s:[]}",
                     "is_shared", 0, "is_org_shared", 0, "is_ext_shared", 0,
                     "created", (json_int_t)ch->created, "creator", ch->creator,
                     "unlinked", 0, "updated", (json_int_t)(ch->created * 1000),
                     "topic", topic_json(ch->topic, ch), "purpose",
                     topic_json("", ch), "previous_names");
    json_object_update_new(json, more);
    if (with_count)
        json_object_set_new(
            json, "num_members",
            json_integer((json_int_t)json_array_size(ch->members)));
    return json;
}

const char *channel_name_wrong(const char *name)
{
    size_t len = name ? strlen(name) : 0;
    const char *good = "abcdefghijklmnopqrstuvwxyz0123456789-_";

    if (!len)
        return "invalid_name_required";
    if (len > NAME_MAX_LENGTH)
        return "invalid_name_maxlength";
    if (strspn(name, "-_") == len)
        return "invalid_name_punctuation";
    return strspn(name, good) == len ? NULL : "invalid_name_specials";
}
