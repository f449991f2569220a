/* Events: what asks something of us, where the answer goes, what is one. */
#include <criterion/criterion.h>
#include <string.h>

#include "bot/flow/envelope.h"
#include "core/base/buf.h"

/* inner: members of the event, as JSON without braces. */
static struct envelope *event(const char *inner)
{
    struct buf b = { 0 };
    const char *why = "";
    struct envelope *env;

    buf_fmt(&b,
            "{\"envelope_id\":\"e-1\",\"type\":\"events_api\",\"payload\":{"
            "\"team_id\":\"T\",\"event_id\":\"Ev1\",\"authorizations\":"
            "[{\"user_id\":\"U0ME\",\"is_bot\":false},"
            "{\"user_id\":\"U0BOT\",\"is_bot\":true}],\"event\":{%s}}}",
            inner);
    env = envelope_parse(b.data, b.len, &why);
    cr_assert_not_null(env, "%s: %s", why, b.data);
    buf_dispose(&b);
    return env;
}

#define PERSON "\"user\":\"U1\",\"channel\":\"C1\",\"ts\":\"1.2\","
#define MENTION                                                                \
    PERSON "\"type\":\"app_mention\",\"text\":\"<@U0BOT> dlq  list\""
#define DIRECT                                                                 \
    PERSON "\"type\":\"message\",\"channel_type\":\"im\","                     \
           "\"text\":\"`dlq list`\""

Test(event, a_mention_is_answered_in_the_channel)
{
    struct envelope *env = event(MENTION);

    cr_expect_eq(env->kind, ENVELOPE_SAID);
    cr_expect_eq(env->place, PLACE_CHANNEL);
    cr_expect_str_eq(env->text, "dlq  list");
    cr_expect_str_eq(env->ts, "1.2");
    cr_expect_str_empty(env->thread);
    cr_expect_str_eq(env->keys[1], "event:Ev1");
    cr_expect_str_eq(env->keys[2], "said:T:C1:1.2");
    cr_expect(envelope_comes_again(env->kind));
    envelope_free(env);
}

Test(event, a_direct_message_is_answered_there)
{
    struct envelope *env = event(DIRECT ",\"thread_ts\":\"1.0\"");

    cr_expect_eq(env->kind, ENVELOPE_SAID);
    cr_expect_eq(env->place, PLACE_DIRECT);
    cr_expect_str_eq(env->text, "dlq list");
    cr_expect_str_eq(env->thread, "1.0");
    cr_expect_str_eq(env->keys[2], "said:T:C1:1.2");
    envelope_free(env);
}

static void ignored(const char *inner)
{
    struct envelope *env = event(inner);

    cr_expect_eq(env->kind, ENVELOPE_EVENT, "%s", inner);
    cr_expect_str_empty(env->text);
    cr_expect_neq(strncmp(env->keys[2] ? env->keys[2] : "", "said:", 5), 0);
    envelope_free(env);
}

Test(event, what_is_none_of_our_business)
{
    ignored(MENTION ",\"bot_id\":\"B1\"");
    ignored(MENTION ",\"subtype\":\"bot_message\"");
    ignored(MENTION ",\"edited\":{\"user\":\"U1\"}");
    ignored(MENTION ",\"hidden\":true");
    ignored(DIRECT ",\"bot_id\":\"B1\"");
    ignored(DIRECT ",\"subtype\":\"message_changed\"");
    ignored(DIRECT ",\"user\":\"U0BOT\"");
    ignored(DIRECT ",\"user\":\"USLACKBOT\"");
    ignored(DIRECT ",\"text\":\" \"");
    ignored(DIRECT ",\"channel_type\":\"mpim\"");
    ignored(DIRECT ",\"channel_type\":\"channel\"");
    ignored(DIRECT ",\"ts\":7");
    ignored("\"type\":\"message\"");
    ignored("");
    ignored(PERSON "\"type\":\"app_mention\",\"text\":\"ask <@U0BOT>\"");
    ignored(PERSON "\"type\":\"reaction_added\",\"text\":\"<@U0BOT> x\"");
}

Test(event, words_to_a_file_are_words)
{
    struct envelope *env = event(DIRECT ",\"subtype\":\"file_share\"");

    cr_expect_eq(env->kind, ENVELOPE_SAID);
    envelope_free(env);
}

Test(event, without_knowing_who_we_are_no_mention_is_ours)
{
    const char *why = "", *frame = "{\"envelope_id\":\"e\",\"type\":\"events_"
                                   "api\",\"payload\":{\"event\":"
                                   "{" MENTION "}}}";
    struct envelope *env = envelope_parse(frame, strlen(frame), &why);

    cr_expect_eq(env->kind, ENVELOPE_EVENT);
    envelope_free(env);
}

Test(event, app_home)
{
    static const char shape[] = "\"type\":\"app_home_opened\",\"user\":\"U1\","
                                "\"channel\":\"D1\",\"event_ts\":\"1.2\",";
    struct buf b = { 0 };
    struct envelope *env;

    buf_fmt(&b, "%s\"tab\":\"home\"", shape);
    env = event(b.data);
    cr_expect_eq(env->kind, ENVELOPE_HOME);
    cr_expect_str_eq(env->user, "U1");
    cr_expect_str_eq(env->keys[2], "what:T:D1:app_home_opened:U1:1.2");
    envelope_free(env);
    buf_cut(&b, 0);
    buf_fmt(&b, "%s\"tab\":\"messages\"", shape);
    ignored(b.data);
    buf_dispose(&b);
}

Test(event, a_press_on_app_home_has_no_ack_to_answer_on)
{
    const char *
        why = "",
       *frame =
           "{\"envelope_id\":\"e\",\"type\":\"interactive\","
           "\"accepts_response_payload\":true,\"payload\":{\"type\":"
           "\"block_actions\",\"user\":{\"id\":\"U1\"},\"container\":{\"type\":"
           "\"view\",\"view_id\":\"V1\"},\"view\":{\"type\":\"home\"},"
           "\"actions\":[{\"value\":\"v\"}]}}";
    struct envelope *env = envelope_parse(frame, strlen(frame), &why);

    cr_expect_eq(env->kind, ENVELOPE_PRESS);
    cr_expect_eq(env->place, PLACE_PERSON);
    cr_expect_not(env->accepts);
    cr_expect_str_empty(env->channel);
    envelope_free(env);
}
