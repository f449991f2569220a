/* message: the store of messages; see message.h. */
#include "tests/sandbox/world/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/blockkit/blockkit.h"
#include "tests/sandbox/world/news.h"
#include "tests/sandbox/world/world.h"

#define MESSAGES_KEPT    20000 /* a channel */
#define MESSAGES_DROPPED 4000  /* at once, when there are more */
#define REPLY_USERS_MAX  5

bool ts_parse(const char *text, int64_t *out)
{
    int64_t seconds;
    int64_t micros;
    int end = 0;

    if (!text || strspn(text, "0123456789.") != strlen(text))
        return false;
    if (sscanf(text, "%10" SCNd64 ".%6" SCNd64 "%n", &seconds, &micros, &end) !=
            2 ||
        text[end] || end != 17)
        return false;
    *out = seconds * 1000000 + micros;
    return true;
}

const char *ts_text(int64_t ts, char out[TS_TEXT])
{
    snprintf(out, TS_TEXT, "%010" PRId64 ".%06" PRId64, ts / 1000000,
             ts % 1000000);
    return out;
}

static json_t *ts_json(int64_t ts)
{
    char text[TS_TEXT];

    return json_string(ts_text(ts, text));
}

void message_free(struct message *m)
{
    free(m->ephemeral_to);
    free(m->interaction);
    json_decref(m->reply_users);
    json_decref(m->body);
    json_decref(m->metadata);
    json_decref(m->state);
    free(m);
}

static void drop_oldest(struct channel *ch)
{
    for (size_t i = 0; i < MESSAGES_DROPPED; i++)
        message_free(ch->messages[i]);
    ch->message_count -= MESSAGES_DROPPED;
    memmove(ch->messages, ch->messages + MESSAGES_DROPPED,
            ch->message_count * sizeof(struct message *));
}

static void keep(struct channel *ch, struct message *m)
{
    if (ch->message_count >= MESSAGES_KEPT)
        drop_oldest(ch);
    if (ch->message_count == ch->message_cap) {
        ch->message_cap = ch->message_cap ? ch->message_cap * 2 : 16;
        ch->messages =
            xrealloc(ch->messages, ch->message_cap * sizeof(struct message *));
    }
    ch->messages[ch->message_count++] = m;
}

struct message *message_at(const struct channel *ch, int64_t ts)
{
    size_t low = 0;
    size_t high = ch->message_count;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (ch->messages[mid]->ts < ts)
            low = mid + 1;
        else
            high = mid;
    }
    if (low < ch->message_count && ch->messages[low]->ts == ts)
        return ch->messages[low];
    return NULL;
}

struct message *message_find(const struct channel *ch, const char *text)
{
    int64_t ts;

    return ts_parse(text, &ts) ? message_at(ch, ts) : NULL;
}

static void count_reply(struct channel *ch, const struct message *reply)
{
    struct message *parent = message_at(ch, reply->thread_ts);
    const json_t *user = json_object_get(reply->body, "user");

    if (!parent || reply->ephemeral_to)
        return;
    parent->replies++;
    parent->latest_reply = reply->ts;
    if (!parent->reply_users)
        parent->reply_users = json_array();
    if (!names_have(parent->reply_users, json_string_value(user)) &&
        json_array_size(parent->reply_users) < REPLY_USERS_MAX)
        json_array_append(parent->reply_users, (json_t *)user);
}

/* Who wrote it, as the API shows it. */
static json_t *author(const struct origin *origin)
{
    if (strcmp(origin->user, BOT_USER) == 0)
        return json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:b, s:s}}",
                         "type", "message", "user", BOT_USER, "bot_id", BOT_ID,
                         "app_id", APP_ID, "team", TEAM_ID, "bot_profile", "id",
                         BOT_ID, "name", BOT_NAME, "deleted", 0, "team_id",
                         TEAM_ID);
    return json_pack("{s:s, s:s, s:s}", "type", "message", "user", origin->user,
                     "team", TEAM_ID);
}

/* Slack numbers attachments, and gives those without text a fallback. */
static json_t *fill_attachments(struct world *w, const json_t *attachments)
{
    json_t *filled = json_array();
    size_t i;
    json_t *from;

    json_array_foreach(attachments, i, from)
    {
        json_t *to = json_deep_copy(from);
        json_t *blocks = json_object_get(from, "blocks");

        if (!json_object_get(to, "id"))
            json_object_set_new(to, "id", json_integer((json_int_t)i + 1));
        if (!json_object_get(to, "fallback"))
            json_object_set_new(to, "fallback",
                                json_string("[no preview available]"));
        if (blocks)
            json_object_set_new(to, "blocks",
                                blockkit_fill(blocks, &w->next_id));
        json_array_append_new(filled, to);
    }
    return filled;
}

/* One part of the content into the message; empty parts go away. */
static void set_part(struct world *w, struct message *m, const char *key,
                     json_t *value)
{
    bool empty = json_is_null(value) ||
                 (json_is_array(value) && !json_array_size(value));

    if (strcmp(key, "metadata") == 0) {
        json_decref(m->metadata);
        m->metadata = json_object_size(value) ? json_deep_copy(value) : NULL;
    } else if (empty) {
        json_object_del(m->body, key);
    } else if (strcmp(key, "blocks") == 0) {
        json_object_set_new(m->body, key, blockkit_fill(value, &w->next_id));
    } else if (strcmp(key, "attachments") == 0) {
        json_object_set_new(m->body, key, fill_attachments(w, value));
    } else {
        json_object_set(m->body, key, value);
    }
}

static void set_content(struct world *w, struct message *m, json_t *content)
{
    const char *key;
    json_t *value;

    json_object_foreach(content, key, value)
    {
        set_part(w, m, key, value);
    }
    if (!json_object_get(m->body, "text"))
        json_object_set_new(m->body, "text", json_string(""));
    json_decref(content);
}

static int64_t next_ts(struct world *w, struct channel *ch)
{
    int64_t now = world_now(w) * 1000;

    ch->last_ts = now > ch->last_ts ? now : ch->last_ts + 1;
    return ch->last_ts;
}

struct message *message_post(struct world *w, struct channel *ch,
                             const struct origin *origin, json_t *content)
{
    struct message *m = xcalloc(1, sizeof(*m));

    m->ts = next_ts(w, ch);
    m->thread_ts = origin->thread_ts;
    m->broadcast = origin->broadcast && origin->thread_ts;
    m->via = origin->via;
    m->ephemeral_to = xstrdup(origin->ephemeral_to);
    m->interaction = xstrdup(origin->interaction);
    m->body = author(origin);
    json_object_set_new(m->body, "ts", ts_json(m->ts));
    set_content(w, m, content);
    keep(ch, m);
    if (m->thread_ts)
        count_reply(ch, m);
    sandbox_changed(w->sb);
    news_message(w, ch, m);
    return m;
}

void message_edit(struct world *w, const struct channel *ch, struct message *m,
                  json_t *content)
{
    json_t *user = json_object_get(m->body, "user");

    set_content(w, m, content);
    m->edits++;
    json_decref(m->state);
    m->state = NULL;
    if (!m->ephemeral_to)
        json_object_set_new(m->body, "edited",
                            json_pack("{s:O, s:o}", "user", user, "ts",
                                      ts_json(world_now(w) * 1000)));
    sandbox_changed(w->sb);
    news_message(w, ch, m);
}

void message_delete(struct world *w, struct channel *ch, struct message *m)
{
    struct message *parent =
        m->thread_ts && !m->ephemeral_to ? message_at(ch, m->thread_ts) : NULL;

    m->deleted = true;
    if (parent && parent->replies)
        parent->replies--;
    sandbox_changed(w->sb);
    news_message(w, ch, m);
}

static void add_thread(json_t *json, const struct message *m)
{
    if (m->thread_ts)
        json_object_set_new(json, "thread_ts", ts_json(m->thread_ts));
    if (m->broadcast)
        json_object_set_new(json, "subtype", json_string("thread_broadcast"));
    if (!m->replies)
        return;
    json_object_update_new(
        json,
        json_pack("{s:o, s:i, s:i, s:o, s:O, s:b, s:b}", "thread_ts",
                  ts_json(m->ts), "reply_count", (int)m->replies,
                  "reply_users_count", (int)json_array_size(m->reply_users),
                  "latest_reply", ts_json(m->latest_reply), "reply_users",
                  m->reply_users, "is_locked", 0, "subscribed", 0));
}

json_t *message_json(const struct message *m, bool all_metadata)
{
    json_t *json = json_copy(m->body);

    add_thread(json, m);
    if (m->metadata && all_metadata)
        json_object_set(json, "metadata", m->metadata);
    else if (m->metadata)
        json_object_set_new(
            json, "metadata",
            json_pack("{s:O}", "event_type",
                      json_object_get(m->metadata, "event_type")));
    return json;
}

json_t *message_seen(const struct message *m)
{
    json_t *json = message_json(m, true);

    json_object_set_new(json, "via", json_string(m->via));
    json_object_set_new(json, "edits", json_integer(m->edits));
    json_object_set_new(json, "is_ephemeral", json_boolean(m->ephemeral_to));
    if (m->ephemeral_to)
        json_object_set_new(json, "ephemeral_to", json_string(m->ephemeral_to));
    if (m->interaction)
        json_object_set_new(json, "interaction", json_string(m->interaction));
    if (m->state)
        json_object_set_new(
            json, "state",
            json_pack("{s:o}", "values", json_deep_copy(m->state)));
    if (m->deleted)
        json_object_set_new(json, "deleted", json_true());
    return json;
}
