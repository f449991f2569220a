/*
 * say: commands, as people type them, and events as tests make them.
 *
 * The verbs command and event of world_act(). Messages are in talk.c. One
 * thread.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/sandbox/api/args.h"
#include "tests/sandbox/world/message.h"
#include "tests/sandbox/world/payload.h"

size_t act_mark(const char *text)
{
    size_t len = strcspn(text, ">");

    if (!text[len])
        return 0;
    if (strchr("@#!", text[1]) || strncmp(text + 1, "http", 4) == 0)
        return len + 1;
    return 0;
}

char *act_escaped(const char *text)
{
    struct buf b = { 0 };

    buf_str(&b, "");
    while (*text) {
        size_t mark = *text == '<' ? act_mark(text) : 0;

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
    return buf_take(&b);
}

static json_t *command_payload(struct world *w, struct act *act,
                               const struct user *user, const char *text)
{
    char *url = hook_url(w, "commands", act, act->channel, NULL);
    char *typed = act_escaped(text);
    json_t *payload = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
        "token", VERIFICATION, "team_id", TEAM_ID, "team_domain", TEAM_DOMAIN,
        "channel_id", act->channel->id, "channel_name",
        channel_shown(act->channel), "user_id", user->id, "user_name",
        user->name, "command", act->command, "text", typed, "api_app_id",
        APP_ID, "is_enterprise_install", "false", "response_url", url,
        "trigger_id", act_trigger(w, act));

    free(typed);
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
    json_t *refused = act_place(w, how, &user, &ch);

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
