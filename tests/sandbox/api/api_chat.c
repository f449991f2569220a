/*
 * api_chat: chat.postMessage, chat.postEphemeral, chat.update, chat.delete,
 * chat.getPermalink and reactions.add.
 *
 * Errors and shapes are those of the protocol (§5.3). One thread.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/api/api.h"
#include "tests/sandbox/blockkit/blockkit.h"
#include "tests/sandbox/world/news.h"
#include "tests/sandbox/world/talk.h"

#define REACTIONS_MAX 50

static json_t *answer_posted(const struct channel *ch, const struct message *m)
{
    json_t *answer = call_ok();

    json_object_set_new(answer, "channel", json_string(ch->id));
    json_object_set(answer, "ts", json_object_get(m->body, "ts"));
    json_object_set_new(answer, "message", message_json(m, true));
    return answer;
}

/* ---- where to ----------------------------------------------------------- */

/* A channel by id or name, or the direct message with a person. */
static struct channel *find_target(struct call *c)
{
    const char *id = args_text(c->args, "channel");
    struct channel *ch = channel_find(&c->w->team, id);
    bool is_new;

    if (!ch)
        ch = channel_by_name(&c->w->team, id);
    if (!ch && team_user(&c->w->team, id) && strcmp(id, BOT_USER) != 0)
        ch = channel_direct(&c->w->team, id, &is_new);
    return ch && channel_visible(ch) ? ch : NULL;
}

static json_t *check_target(struct call *c, struct channel **out)
{
    json_t *refused = call_needs(c, "channel", NULL);
    struct channel *ch;

    if (refused)
        return refused;
    ch = find_target(c);
    if (!ch)
        return call_error("channel_not_found");
    if (ch->archived)
        return call_error("is_archived");
    if (!channel_has(ch, BOT_USER) && !token_has(c->token, "chat:write.public"))
        return call_error("not_in_channel");
    *out = ch;
    return NULL;
}

/* NULL and *out (0: not in a thread), or the answer. */
static json_t *check_thread(struct call *c, const struct channel *ch,
                            int64_t *out)
{
    const json_t *value = args_value(c->args, "thread_ts");
    const struct message *parent;

    *out = 0;
    if (!value)
        return NULL;
    if (!ts_parse(json_string_value(value), out))
        return call_error("invalid_thread_ts");
    parent = message_at(ch, *out);
    if (!parent || parent->ephemeral_to ||
        (parent->deleted && !parent->replies))
        return call_error("thread_not_found");
    return parent->thread_ts ? call_error("cannot_reply_to_message") : NULL;
}

/* ---- chat.postMessage --------------------------------------------------- */

json_t *api_chat_post(struct call *c)
{
    struct origin origin = { .via = "api", .user = BOT_USER };
    struct channel *ch = NULL;
    struct refusal why;
    const struct message *m;
    json_t *content;
    json_t *refused = check_target(c, &ch);
    int wait;

    if (!refused)
        refused = check_thread(c, ch, &origin.thread_ts);
    if (refused)
        return refused;
    content = post_content(c->w, c->args, "chat.postMessage", &why);
    if (!content)
        return call_refuse(&why);
    wait = limit_post(&c->w->limits, world_now(c->w), ch->id);
    if (wait) {
        json_decref(content);
        return call_limited(c, wait);
    }
    origin.broadcast = args_bool(c->args, "reply_broadcast", false);
    m = message_post(c->w, ch, &origin, content);
    talk_tell(c->w, ch, m);
    return answer_posted(ch, m);
}

/* ---- chat.postEphemeral ------------------------------------------------- */

json_t *api_chat_ephemeral(struct call *c)
{
    struct origin origin = { .via = "api", .user = BOT_USER };
    const char *user = args_text(c->args, "user");
    struct channel *ch = NULL;
    struct refusal why;
    const struct message *m;
    json_t *content;
    json_t *answer;
    json_t *refused = check_target(c, &ch);

    if (!refused)
        refused = call_needs(c, "user", NULL);
    if (!refused)
        refused = check_thread(c, ch, &origin.thread_ts);
    if (refused)
        return refused;
    if (!user || !channel_has(ch, user))
        return call_error("user_not_in_channel");
    content = post_content(c->w, c->args, "chat.postEphemeral", &why);
    if (!content)
        return call_refuse(&why);
    origin.ephemeral_to = user;
    m = message_post(c->w, ch, &origin, content);
    answer = call_ok();
    json_object_set(answer, "message_ts", json_object_get(m->body, "ts"));
    return answer;
}

/* ---- chat.update and chat.delete ---------------------------------------- */

/* NULL and *ch, *m, or the answer. Ephemerals are in nobody's reach. */
static json_t *find_message(struct call *c, const char *ts_key,
                            struct channel **ch, struct message **m)
{
    json_t *refused = call_channel(c, ch);

    if (!refused)
        refused = call_needs(c, ts_key, NULL);
    if (refused)
        return refused;
    *m = message_find(*ch, args_text(c->args, ts_key));
    if (!*m || (*m)->deleted || (*m)->ephemeral_to)
        return call_error("message_not_found");
    return NULL;
}

static bool is_own(const struct message *m)
{
    const char *bot = args_text(m->body, "bot_id");

    return bot && strcmp(bot, BOT_ID) == 0;
}

json_t *api_chat_update(struct call *c)
{
    const char *text = args_text(c->args, "text");
    struct channel *ch = NULL;
    struct message *m = NULL;
    struct refusal why;
    json_t *content;
    json_t *answer;
    json_t *refused = find_message(c, "ts", &ch, &m);

    if (refused)
        return refused;
    if (!is_own(m))
        return call_error("cant_update_message");
    if (ch->archived)
        return call_error("is_archived");
    if (text && blockkit_characters(text) > TEXT_UPDATE_MAX)
        return call_error("msg_too_long");
    content = post_content(c->w, c->args, "chat.update", &why);
    if (!content)
        return call_refuse(&why);
    if (text && !json_object_get(content, "blocks") &&
        json_object_get(m->body, "blocks"))
        world_note(c->w, "warning: blocks kept by an update without blocks",
                   args_text(c->args, "ts"));
    message_edit(c->w, ch, m, content);
    answer = answer_posted(ch, m);
    json_object_set(answer, "text", json_object_get(m->body, "text"));
    return answer;
}

json_t *api_chat_delete(struct call *c)
{
    struct channel *ch = NULL;
    struct message *m = NULL;
    json_t *answer;
    json_t *refused = find_message(c, "ts", &ch, &m);

    if (refused)
        return refused;
    if (!is_own(m))
        return call_error("cant_delete_message");
    answer = call_ok();
    json_object_set_new(answer, "channel", json_string(ch->id));
    json_object_set(answer, "ts", json_object_get(m->body, "ts"));
    message_delete(c->w, ch, m);
    return answer;
}

/* ---- the rest ----------------------------------------------------------- */

/* "1700000000.000100" → "p1700000000000100", and the thread behind it. */
static char *permalink(const struct channel *ch, const struct message *m)
{
    char ts[TS_TEXT];
    char thread[TS_TEXT];
    char *link;

    ts_text(m->ts, ts);
    memmove(ts + 10, ts + 11, strlen(ts + 11) + 1);
    link = xasprintf("https://" TEAM_DOMAIN ".slack.com/archives/%s/p%s",
                     ch->id, ts);
    if (m->thread_ts) {
        char *with = xasprintf("%s?thread_ts=%s&cid=%s", link,
                               ts_text(m->thread_ts, thread), ch->id);

        free(link);
        link = with;
    }
    return link;
}

json_t *api_chat_permalink(struct call *c)
{
    struct channel *ch = NULL;
    struct message *m = NULL;
    json_t *answer;
    char *link;
    json_t *refused = find_message(c, "message_ts", &ch, &m);

    if (refused)
        return refused;
    link = permalink(ch, m);
    answer = json_pack("{s:b, s:s, s:s}", "ok", 1, "channel", ch->id,
                       "permalink", link);
    free(link);
    return answer;
}

/* The reactions of a message: [{"name","users","count"}]. */
static json_t *add_reaction(json_t *body, const char *name)
{
    json_t *old = json_object_get(body, "reactions");
    json_t *reactions = old ? json_deep_copy(old) : json_array();
    json_t *error = NULL;
    size_t i;
    json_t *one;

    json_array_foreach(reactions, i, one)
    {
        if (strcmp(args_text(one, "name"), name) == 0)
            error = call_error("already_reacted");
    }
    if (!error && json_array_size(reactions) >= REACTIONS_MAX)
        error = call_error("too_many_emoji");
    if (error) {
        json_decref(reactions);
        return error;
    }
    json_array_append_new(reactions,
                          json_pack("{s:s, s:[s], s:i}", "name", name, "users",
                                    BOT_USER, "count", 1));
    json_object_set_new(body, "reactions", reactions);
    return NULL;
}

json_t *api_reactions_add(struct call *c)
{
    const char *name = args_text(c->args, "name");
    struct channel *ch = NULL;
    struct message *m = NULL;
    json_t *refused = call_channel_inside(c, &ch);

    if (!refused)
        refused = find_message(c, "timestamp", &ch, &m);
    if (!refused)
        refused = call_needs(c, "name", NULL);
    if (refused)
        return refused;
    if (!name || strchr(name, ' ') || *name == ':')
        return call_error("invalid_name");
    refused = add_reaction(m->body, name);
    if (refused)
        return refused;
    sandbox_changed(c->w->sb);
    news_message(c->w, ch, m);
    return call_ok();
}
