/* event: see event.h; shapes are those of slack-protocol §3.9. */
#include "bot/flow/event.h"

#include <string.h>

#include "blocks/payload.h"
#include "bot/flow/said.h"
#include "core/base/mem.h"

/* Our own user, as the workspace it happened in knows us. */
static const char *our_user(const json_t *payload)
{
    const json_t *all = json_object_get(payload, "authorizations"), *one;
    size_t i;

    json_array_foreach(all, i, one)
    {
        if (!json_is_false(json_object_get(one, "is_bot")))
            return payload_text(one, "user_id");
    }
    return "";
}

/* What a person wrote just now: not a bot, no edit, no join. A file with
 * words to it is a message too, and so is what is shown in the channel from a
 * thread. */
static bool by_person(const json_t *event, const char *me)
{
    const char *user = payload_text(event, "user");
    const char *subtype = payload_text(event, "subtype");

    if (!user[0] || strcmp(user, me) == 0 || strcmp(user, "USLACKBOT") == 0)
        return false;
    if (subtype[0] && strcmp(subtype, "file_share") != 0 &&
        strcmp(subtype, "thread_broadcast") != 0)
        return false;
    return !payload_text(event, "bot_id")[0] &&
           !json_object_get(event, "edited") &&
           !json_is_true(json_object_get(event, "hidden"));
}

/*
 * The command in it; NULL: it is none of our business. To us alone everything
 * is said to us; elsewhere what begins with our name. A mention that Slack
 * tells of as a `message` too is taken from `app_mention`.
 */
static const char *command_in(const json_t *event, const char *me,
                              enum envelope_place *place)
{
    const char *type = payload_text(event, "type"),
               *text = payload_text(event, "text");
    const char *rest = said_to(text, me);

    if (strcmp(type, "app_mention") == 0) {
        *place = PLACE_CHANNEL;
        return rest;
    }
    if (strcmp(type, "message") != 0 ||
        strcmp(payload_text(event, "channel_type"), "im") != 0 ||
        !text[strspn(text, " \t\n")])
        return NULL;
    *place = PLACE_DIRECT;
    return rest ? rest : text;
}

static void read_said(struct envelope *env, const json_t *event,
                      const char *command, enum envelope_place place)
{
    env->kind = ENVELOPE_SAID;
    env->place = place;
    env->text = command;
    env->ts = payload_text(event, "ts");
    env->thread = payload_text(event, "thread_ts");
    env->keys[2] = xasprintf("said:%s:%s:%s", env->team, env->channel, env->ts);
}

/* An event comes again under a new envelope id with the same event id, and at
 * times with another event id too: then only what happened tells
 * (slack-protocol §1.5). */
static void read_other(struct envelope *env, const json_t *event)
{
    const char *type = payload_text(event, "type"),
               *ts = payload_text(event, "event_ts");

    env->kind = ENVELOPE_EVENT;
    if (strcmp(type, "app_home_opened") == 0 && env->user[0] &&
        strcmp(payload_text(event, "tab"), "home") == 0)
        env->kind = ENVELOPE_HOME;
    if (ts[0])
        env->keys[2] = xasprintf("what:%s:%s:%s:%s:%s", env->team, env->channel,
                                 type, env->user, ts);
}

void event_slack(struct envelope *env, const json_t *payload)
{
    const json_t *event = json_object_get(payload, "event");
    const char *id = payload_text(payload, "event_id"), *me = our_user(payload);
    enum envelope_place place = PLACE_ASKED;
    const char *command = NULL;

    env->team = payload_text(payload, "team_id");
    env->channel = payload_text(event, "channel");
    env->user = payload_text(event, "user");
    if (id[0])
        env->keys[1] = xasprintf("event:%s", id);
    if (env->channel[0] && payload_text(event, "ts")[0] && by_person(event, me))
        command = command_in(event, me, &place);
    if (command)
        read_said(env, event, command, place);
    else
        read_other(env, event);
}
