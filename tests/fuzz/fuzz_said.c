/*
 * fuzz_said: what people say, as it comes in an event. The input is one line
 * of what is ours (a user id), and the text; it is also tried as the whole
 * event. Tidied once is tidy, nothing grows, and a command is only in what is
 * said to us.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bot/flow/envelope.h"
#include "bot/flow/said.h"
#include "core/base/json.h"
#include "core/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Within, and at no place before it. */
static bool part_of(const char *part, const char *text)
{
    return part >= text && part <= text + strlen(text);
}

static void try_words(const char *text, const char *me)
{
    const char *rest = said_to(text, me);
    const char *command = said_command(text, "/ops");
    char *tidy = xstrdup(text);
    size_t len = strlen(text), once;

    if ((rest && !part_of(rest, text)) || !part_of(command, text))
        abort();
    said_tidy(tidy);
    once = strlen(tidy);
    if (once > len || (once && strchr(" \t\n", tidy[once - 1])))
        abort();
    free(tidy);
}

static void read_frame(const char *frame)
{
    const char *why = NULL;
    struct envelope *env = envelope_parse(frame, strlen(frame), &why);

    if (!env && !why)
        abort();
    if (env && (!env->text || !env->ts || !env->thread || !env->keys[0]))
        abort();
    if (env && env->kind == ENVELOPE_SAID &&
        (!env->channel[0] || !env->user[0] || !env->ts[0] ||
         env->place == PLACE_ASKED))
        abort();
    envelope_free(env);
}

/* event: a JSON value, put into the envelope as it stands. */
static void try_event(const char *event, const char *me)
{
    char *user =
        json_text(member_str("user_id", me), member_bool("is_bot", true));
    char *list = xasprintf("[%s]", user);
    char *payload = json_text(
        member_str("team_id", "T0"), member_str("event_id", "Ev0"),
        member_raw("authorizations", list), member_raw("event", event));
    char *frame = json_text(member_str("envelope_id", "e"),
                            member_str("type", "events_api"),
                            member_raw("payload", payload));

    read_frame(frame);
    free(frame);
    free(payload);
    free(list);
    free(user);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *me = xstrndup((const char *)data, size);
    char *text = strchr(me, '\n');
    char *event;

    if (text)
        *text++ = '\0';
    else
        text = me + strlen(me);
    try_words(text, me);
    try_event(text, me);
    event =
        json_text(member_str("type", "app_mention"),
                  member_str("user", "U0ANN"), member_str("channel", "C0OPS"),
                  member_str("ts", "1.2"), member_str("text", text));
    try_event(event, me);
    free(event);
    free(me);
    return 0;
}
