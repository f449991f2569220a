/*
 * talk: what people say to one another and to the app, and the home tab.
 *
 * The verbs message, mention and home of world_act(), and the events that
 * Slack makes of them (protocol §3.9). The app hears of a message when it is
 * in a direct message with it, or mentions it where it is a member. One
 * thread.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/sandbox/api/args.h"
#include "tests/sandbox/world/payload.h"
#include "tests/sandbox/world/talk.h"

#define BOT_MARK "<@" BOT_USER

/* ---- rich text, as the composer makes it --------------------------------- */

/* Rich text is not escaped; the message's text is. */
static void add_text(json_t *elements, const char *text, size_t len)
{
    static const struct {
        const char *from, *to;
    } entities[] = { { "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" } };
    struct buf b = { 0 };
    size_t i = 0;

    while (i < len) {
        size_t e = 0;

        while (e < 3 && strncmp(text + i, entities[e].from,
                                strlen(entities[e].from)) != 0)
            e++;
        buf_add(&b, e < 3 ? entities[e].to : text + i, 1);
        i += e < 3 ? strlen(entities[e].from) : 1;
    }
    if (len)
        json_array_append_new(elements, json_pack("{s:s, s:s}", "type", "text",
                                                  "text", buf_text(&b)));
    buf_dispose(&b);
}

static json_t *id_element(const char *type, const char *key, const char *id)
{
    return json_pack("{s:s, s:s}", "type", type, key, id);
}

/* The inside of a mark, cut at its label. */
static json_t *mark_element(const char *id, const char *label)
{
    if (*id == '@')
        return id_element("user", "user_id", id + 1);
    if (*id == '#')
        return id_element("channel", "channel_id", id + 1);
    if (strncmp(id, "!subteam^", 9) == 0)
        return id_element("usergroup", "usergroup_id", id + 9);
    if (*id == '!')
        return id_element("broadcast", "range", id + 1);
    return json_pack("{s:s, s:s, s:s*}", "type", "link", "url", id, "text",
                     label);
}

static void add_mark(json_t *elements, const char *mark, size_t len)
{
    char *id = xstrndup(mark + 1, len - 2);
    char *label = strchr(id, '|');

    if (label)
        *label++ = '\0';
    json_array_append_new(elements, mark_element(id, label));
    free(id);
}

static json_t *rich_text(const char *text)
{
    json_t *elements = json_array();

    while (*text) {
        size_t mark = *text == '<' ? act_mark(text) : 0;
        size_t plain = mark ? 0 : 1 + strcspn(text + 1, "<");

        if (mark)
            add_mark(elements, text, mark);
        else
            add_text(elements, text, plain);
        text += mark + plain;
    }
    return json_pack("[{s:s, s:[{s:s, s:o}]}]", "type", "rich_text", "elements",
                     "type", "rich_text_section", "elements", elements);
}

/* ---- messages and their events ------------------------------------------- */

/* text is escaped already. */
static struct message *person_says(struct world *w, struct channel *ch,
                                   const struct user *user, const char *text,
                                   int64_t thread_ts)
{
    char *hex = world_hex(w, 16);
    char *uuid = xasprintf("%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
                           hex + 16, hex + 20);
    json_t *content = json_pack("{s:s, s:s, s:o}", "client_msg_id", uuid,
                                "text", text, "blocks", rich_text(text));
    struct origin origin = { .via = "user",
                             .user = user->id,
                             .thread_ts = thread_ts };

    free(hex);
    free(uuid);
    return message_post(w, ch, &origin, content);
}

/* Replies name who wrote the message they answer. */
static void add_parent(json_t *event, const struct channel *ch,
                       const struct message *m)
{
    const struct message *parent =
        m->thread_ts ? message_at(ch, m->thread_ts) : NULL;

    if (parent)
        json_object_set(event, "parent_user_id",
                        json_object_get(parent->body, "user"));
}

static struct act *send_event(struct world *w, const char *type,
                              const struct channel *ch, const struct message *m)
{
    const char *user = args_text(m->body, "user");
    struct act *act = act_new(w, ACT_EVENT, user);
    json_t *event = message_json(m, false);

    json_object_set_new(event, "type", json_string(type));
    json_object_set_new(event, "channel", json_string(ch->id));
    json_object_set(event, "event_ts", json_object_get(event, "ts"));
    if (strcmp(type, "message") == 0) {
        json_object_set_new(event, "channel_type",
                            json_string(channel_event_type(ch)));
        add_parent(event, ch, m);
    }
    link_deliver(sandbox_link(w->sb), ENV_EVENT, false,
                 payload_event(w, event, NULL), act->id);
    return act;
}

void talk_tell(struct world *w, const struct channel *ch,
               const struct message *m)
{
    if (ch->kind == CHANNEL_IM)
        send_event(w, "message", ch, m);
}

static bool mentions_bot(const char *text)
{
    const char *at = strstr(text, BOT_MARK);

    return at && (at[strlen(BOT_MARK)] == '>' || at[strlen(BOT_MARK)] == '|');
}

/* Says it, and tells the app where it listens. The act is the first event's,
 * or NULL. */
static json_t *say(struct world *w, struct channel *ch, const struct user *user,
                   const char *text, int64_t thread_ts)
{
    struct message *m = person_says(w, ch, user, text, thread_ts);
    struct act *act = NULL;
    json_t *answer;

    if (ch->kind == CHANNEL_IM) {
        act = send_event(w, "message", ch, m);
    } else if (channel_has(ch, BOT_USER) && mentions_bot(text)) {
        act = send_event(w, "app_mention", ch, m);
        send_event(w, "message", ch, m);
    }
    answer = act ? act_accepted(act) : json_pack("{s:b}", "ok", 1);
    json_object_set(answer, "ts", json_object_get(m->body, "ts"));
    return answer;
}

/* NULL and *ts (0: in no thread), or a refusal. */
static json_t *find_thread(const json_t *how, const struct channel *ch,
                           int64_t *ts)
{
    const char *text = args_text(how, "thread_ts");
    const struct message *parent;

    *ts = 0;
    if (!text)
        return NULL;
    if (!ts_parse(text, ts))
        return act_refused("thread_ts: a message ts");
    parent = message_at(ch, *ts);
    if (parent && (parent->ephemeral_to || parent->thread_ts))
        return act_refused("thread_ts: nobody can answer to %s", text);
    return NULL;
}

json_t *act_message(struct world *w, const json_t *how)
{
    const char *text = args_text(how, "text");
    struct user *user = NULL;
    struct channel *ch = NULL;
    int64_t thread_ts = 0;
    json_t *refused = act_place(w, how, &user, &ch);
    json_t *answer;
    char *typed;

    if (!refused)
        refused = find_thread(how, ch, &thread_ts);
    if (!refused && !text)
        refused = act_refused("text: what is said");
    if (refused)
        return refused;
    typed = act_escaped(text);
    answer = say(w, ch, user, typed, thread_ts);
    free(typed);
    return answer;
}

/* Nobody needs to write the mention out; in a direct message there is none. */
static char *mention_text(const struct channel *ch, const char *text)
{
    return mentions_bot(text) || ch->kind == CHANNEL_IM
               ? xstrdup(text)
               : xasprintf(BOT_MARK "> %s", text);
}

json_t *act_mention(struct world *w, const json_t *how)
{
    const char *text = args_text(how, "text");
    struct user *user = NULL;
    struct channel *ch = NULL;
    int64_t thread_ts = 0;
    json_t *refused = act_place(w, how, &user, &ch);
    json_t *answer;
    char *full;

    if (!refused)
        refused = find_thread(how, ch, &thread_ts);
    if (!refused && !channel_has(ch, BOT_USER))
        refused = act_refused("the bot is not in %s", ch->id);
    if (refused)
        return refused;
    full = mention_text(ch, text ? text : "");
    answer = say(w, ch, user, full, thread_ts);
    free(full);
    return answer;
}

/* ---- the home tab -------------------------------------------------------- */

/* {"user", "tab"?: "home" or "messages"} */
json_t *act_home(struct world *w, const json_t *how)
{
    const char *id = args_text(how, "user");
    const char *tab = args_text(how, "tab");
    const struct user *user = team_user(&w->team, id);
    const struct view *view;
    struct act *act;
    json_t *event;
    bool is_new;

    if (!user || user->is_bot)
        return act_refused("user: no %s here", id ? id : "(none)");
    if (tab && strcmp(tab, "home") != 0 && strcmp(tab, "messages") != 0)
        return act_refused("tab: home or messages");
    act = act_new(w, ACT_EVENT, id);
    view = view_home(w, id);
    event = json_pack("{s:s, s:s, s:s, s:s, s:o}", "type", "app_home_opened",
                      "user", id, "channel",
                      channel_direct(&w->team, id, &is_new)->id, "tab",
                      tab ? tab : "home", "event_ts", payload_ts(w));
    if (view)
        json_object_set_new(event, "view", view_json(view));
    link_deliver(sandbox_link(w->sb), ENV_EVENT, false,
                 payload_event(w, event, NULL), act->id);
    return act_accepted(act);
}
