/* talk: see talk.h. */
#include "tests/integration/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

#define BOT "U0BOT"

/* ---- saying ----------------------------------------------------------------- */

char *talk_say(struct harness *h, const char *user, const char *channel,
               const char *text, const char *thread)
{
    json_t *answer =
        control_post(h, "message",
                     json_pack("{s:s, s:s, s:s, s:s*}", "user", user, "channel",
                               channel, "text", text, "thread_ts", thread));
    char *ts = xstrdup(json_string_value(json_object_get(answer, "ts")));

    json_decref(answer);
    return ts;
}

void talk_mention(struct harness *h, const char *user, const char *channel,
                  const char *text, const char *thread)
{
    json_decref(
        control_post(h, "mention",
                     json_pack("{s:s, s:s, s:s, s:s*}", "user", user, "channel",
                               channel, "text", text, "thread_ts", thread)));
}

void talk_event(struct harness *h, const char *event_id, json_t *event)
{
    json_decref(control_post(
        h, "event",
        json_pack("{s:o, s:s*}", "event", event, "event_id", event_id)));
}

/* ---- looking ---------------------------------------------------------------- */

static bool shows(const json_t *message, const char *text)
{
    json_t *one = json_pack("{s:[O]}", "messages", message);
    char *shown = reply_shown(one);
    const char *user = json_string_value(json_object_get(message, "user"));
    bool yes = user && strcmp(user, BOT) == 0 && strstr(shown, text) != NULL;

    free(shown);
    json_decref(one);
    return yes;
}

json_t *talk_seen(struct harness *h, const char *user, const char *channel,
                  const char *text)
{
    char path[160];
    json_t *all, *seen = json_array(), *message;
    size_t i;

    snprintf(path, sizeof path, "messages?channel=%s&user=%s", channel, user);
    all = control_get(h, path);
    json_array_foreach(json_object_get(all, "messages"), i, message)
    {
        if (shows(message, text))
            json_array_append(seen, message);
    }
    json_decref(all);
    return json_pack("{s:o}", "messages", seen);
}

struct look {
    struct harness *h;
    const char *user, *channel, *text;
    size_t want;
    json_t *seen;
};

static bool enough(void *arg)
{
    struct look *l = arg;

    json_decref(l->seen);
    l->seen = talk_seen(l->h, l->user, l->channel, l->text);
    return reply_messages(l->seen) >= l->want;
}

json_t *talk_wait(struct harness *h, const char *user, const char *channel,
                  const char *text, size_t n)
{
    struct look look = { h, user, channel, text, n, NULL };

    wait_until(enough, &look, TALK_MS, text);
    return look.seen;
}

json_t *talk_answer(struct harness *h, const char *user, const char *channel,
                    const char *text)
{
    return talk_wait(h, user, channel, text, 1);
}

void talk_over(struct harness *h)
{
    json_decref(control_get(h, "wait?for=idle&count=1&timeout=20000"));
    wait_settled(h, TALK_MS);
}
