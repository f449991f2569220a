/*
 * say: what people type: commands, mentions, and events as tests make them.
 *
 * The verbs command, mention and event of world_act(). One thread.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/sandbox/api/args.h"
#include "tests/sandbox/world/message.h"
#include "tests/sandbox/world/payload.h"

/* NULL and *user, *ch; or a refusal: somebody is not there. */
static json_t *find_place(struct world *w, const json_t *how,
                          struct user **user, struct channel **ch)
{
    const char *user_id = args_text(how, "user");
    const char *channel_id = args_text(how, "channel");

    *user = team_user(&w->team, user_id);
    *ch = channel_find(&w->team, channel_id);
    if (!*user)
        return act_refused("user: no %s here", user_id ? user_id : "(none)");
    if (!*ch)
        return act_refused("channel: no %s here",
                           channel_id ? channel_id : "(none)");
    if (!channel_has(*ch, user_id))
        return act_refused("%s is not in %s", user_id, channel_id);
    if ((*ch)->archived)
        return act_refused("%s is archived", channel_id);
    return NULL;
}

/* "<@U0ANN|ann>", "<#C0OPS>", "<!here>", "<https://…>": Slack's own marks stay
 * as they are. The length of one at text, or 0. */
static size_t mark_length(const char *text)
{
    size_t len = strcspn(text, ">");

    if (!text[len])
        return 0;
    if (strchr("@#!", text[1]) || strncmp(text + 1, "http", 4) == 0)
        return len + 1;
    return 0;
}

/* The three characters that Slack escapes in what people type. */
static json_t *escaped(const char *text)
{
    struct buf b = { 0 };
    json_t *json;

    while (*text) {
        size_t mark = *text == '<' ? mark_length(text) : 0;

        if (mark)
            buf_add(&b, text, mark);
        else if (*text == '&' || *text == '<' || *text == '>')
            buf_str(&b, *text == '&'   ? "&amp;"
                        : *text == '<' ? "&lt;"
                                       : "&gt;");
        else
            buf_char(&b, *text);
        text += mark ? mark : 1;
    }
    json = json_string(buf_text(&b));
    buf_dispose(&b);
    return json;
}

static json_t *command_payload(struct world *w, struct act *act,
                               const struct user *user, const char *text)
{
    char *url = hook_url(w, "commands", act, act->channel, NULL);
    json_t *payload = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s}",
        "token", VERIFICATION, "team_id", TEAM_ID, "team_domain", TEAM_DOMAIN,
        "channel_id", act->channel->id, "channel_name",
        channel_shown(act->channel), "user_id", user->id, "user_name",
        user->name, "command", act->command, "text", escaped(text),
        "api_app_id", APP_ID, "is_enterprise_install", "false", "response_url",
        url, "trigger_id", act_trigger(w, act));

    free(url);
    return payload;
}

json_t *act_command(struct world *w, const json_t *how)
{
    const char *command = args_text(how, "command");
    const char *text = args_text(how, "text");
    struct user *user = NULL;
    struct channel *ch = NULL;
    struct act *act;
    json_t *refused = find_place(w, how, &user, &ch);

    if (refused)
        return refused;
    if (!command || *command != '/')
        return act_refused("command: text that begins with /");
    act = act_new(w, ACT_COMMAND, user->id);
    act->channel = ch;
    act->command = xstrdup(command);
    link_deliver(sandbox_link(w->sb), ENV_COMMAND, true,
                 command_payload(w, act, user, text ? text : ""), act->id);
    return act_accepted(act);
}

/* "<@U0BOT> status" as the rich text that Slack makes of it. */
static json_t *rich_text(const char *text)
{
    const char *mention = "<@" BOT_USER ">";
    size_t len = strlen(mention);
    json_t *elements = json_array();

    if (strncmp(text, mention, len) == 0) {
        json_array_append_new(elements, json_pack("{s:s, s:s}", "type", "user",
                                                  "user_id", BOT_USER));
        text += len;
    }
    if (*text)
        json_array_append_new(
            elements, json_pack("{s:s, s:s}", "type", "text", "text", text));
    return json_pack("[{s:s, s:[{s:s, s:o}]}]", "type", "rich_text", "elements",
                     "type", "rich_text_section", "elements", elements);
}

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

/* An event about a message that a person wrote. */
static struct act *send_message_event(struct world *w, const char *type,
                                      const struct channel *ch,
                                      const struct user *user,
                                      const struct message *m)
{
    struct act *act = act_new(w, ACT_EVENT, user->id);
    json_t *event = message_json(m, false);

    json_object_set_new(event, "type", json_string(type));
    json_object_set_new(event, "channel", json_string(ch->id));
    json_object_set(event, "event_ts", json_object_get(event, "ts"));
    if (strcmp(type, "message") == 0)
        json_object_set_new(event, "channel_type",
                            json_string(channel_event_type(ch)));
    link_deliver(sandbox_link(w->sb), ENV_EVENT, false,
                 payload_event(w, event, NULL), act->id);
    return act;
}

/* Nobody needs to write the mention out; in a direct message there is none. */
static char *mention_text(const struct channel *ch, const char *text)
{
    bool has = strstr(text, "<@" BOT_USER ">") != NULL;

    return has || ch->kind == CHANNEL_IM
               ? xstrdup(text)
               : xasprintf("<@" BOT_USER "> %s", text);
}

json_t *act_mention(struct world *w, const json_t *how)
{
    const char *text = args_text(how, "text");
    const char *thread = args_text(how, "thread_ts");
    struct user *user = NULL;
    struct channel *ch = NULL;
    struct message *m;
    struct act *act = NULL;
    int64_t thread_ts = 0;
    json_t *refused = find_place(w, how, &user, &ch);
    json_t *answer;
    char *full;

    if (refused)
        return refused;
    if (!channel_has(ch, BOT_USER))
        return act_refused("the bot is not in %s", ch->id);
    if (thread && !ts_parse(thread, &thread_ts))
        return act_refused("thread_ts: a message ts");
    full = mention_text(ch, text ? text : "");
    m = person_says(w, ch, user, full, thread_ts);
    free(full);
    if (ch->kind != CHANNEL_IM)
        act = send_message_event(w, "app_mention", ch, user, m);
    if (act)
        send_message_event(w, "message", ch, user, m);
    else
        act = send_message_event(w, "message", ch, user, m);
    answer = act_accepted(act);
    json_object_set(answer, "ts", json_object_get(m->body, "ts"));
    return answer;
}

json_t *act_event(struct world *w, const json_t *how)
{
    json_t *event = json_object_get(how, "event");
    struct act *act;
    json_t *outer;
    json_t *answer;

    if (!json_is_string(json_object_get(event, "type")))
        return act_refused("event: an object with a type");
    act = act_new(w, ACT_EVENT, args_text(event, "user"));
    outer = payload_event(w, json_deep_copy(event), args_text(how, "event_id"));
    answer = act_accepted(act);
    json_object_set(answer, "event_id", json_object_get(outer, "event_id"));
    link_deliver(sandbox_link(w->sb), ENV_EVENT, false, outer, act->id);
    return answer;
}
