/* Frames as Slack sends them, and as nobody should. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "bot/flow/envelope.c"
#include "core/base/buf.h"

static struct envelope *parse(const char *frame)
{
    const char *why = "";

    return envelope_parse(frame, strlen(frame), &why);
}

static const char *why_not(const char *frame)
{
    const char *why = "";

    cr_assert_null(envelope_parse(frame, strlen(frame), &why));
    return why;
}

Test(envelope, a_slash_command)
{
    struct envelope *e = parse(
        "{\"envelope_id\":\"e-1\",\"type\":\"slash_commands\","
        "\"accepts_response_payload\":true,\"payload\":{\"team_id\":\"T0EX\","
        "\"channel_id\":\"C0OPS\",\"user_id\":\"U0ANN\",\"user_name\":\"ann\","
        "\"command\":\"/ops\",\"text\":\"dlq list\",\"response_url\":"
        "\"https://hooks.slack.com/commands/x\",\"trigger_id\":\"1.2.3\"}}");

    cr_assert_not_null(e);
    cr_expect_eq(e->kind, ENVELOPE_COMMAND);
    cr_expect(e->accepts);
    cr_expect_str_eq(e->id, "e-1");
    cr_expect_str_eq(e->user, "U0ANN");
    cr_expect_str_eq(e->channel, "C0OPS");
    cr_expect_str_eq(e->text, "dlq list");
    cr_expect_str_eq(e->keys[0], "envelope:e-1");
    cr_expect_eq(strncmp(e->keys[1], "trigger:", 8), 0);
    cr_expect_eq(strlen(e->keys[1]), 40);
    cr_expect_null(strstr(e->keys[1], "1.2.3"), "a secret is no key");
    cr_expect_null(e->keys[2]);
    envelope_free(e);
}

Test(envelope, a_pressed_button)
{
    struct envelope *e = parse(
        "{\"envelope_id\":\"e-2\",\"type\":\"interactive\",\"payload\":{"
        "\"type\":\"block_actions\",\"user\":{\"id\":\"U1\",\"username\":\"b\"}"
        ",\"team\":{\"id\":\"T1\"},\"container\":{\"channel_id\":\"C9\"},"
        "\"actions\":[{\"action_id\":\"ops.0\",\"value\":\"v\"}]}}");

    cr_assert_not_null(e);
    cr_expect_eq(e->kind, ENVELOPE_PRESS);
    cr_expect_not(e->accepts);
    cr_expect_str_eq(e->channel, "C9");
    cr_expect_str_eq(e->action, "v");
    cr_expect_str_eq(e->user_name, "b");
    envelope_free(e);
}

/* Of a menu, on a message whose blocks are in an attachment. */
Test(envelope, a_chosen_option)
{
    struct envelope *e = parse(
        "{\"envelope_id\":\"e-6\",\"type\":\"interactive\",\"payload\":{"
        "\"type\":\"block_actions\",\"user\":{\"id\":\"U1\"},"
        "\"channel\":{\"id\":\"C9\"},\"container\":{\"type\":"
        "\"message_attachment\",\"channel_id\":\"C9\"},\"actions\":[{"
        "\"type\":\"overflow\",\"action_id\":\"ops.5\",\"selected_option\":"
        "{\"text\":{\"type\":\"plain_text\",\"text\":\"Assign\"},"
        "\"value\":\"1:n.7:-:assign A-7\"}}]}}");

    cr_assert_not_null(e);
    cr_expect_eq(e->kind, ENVELOPE_PRESS);
    cr_expect_str_eq(e->channel, "C9");
    cr_expect_str_eq(e->action, "1:n.7:-:assign A-7");
    envelope_free(e);
}

/* Slack tells of it all the same: there is nothing to do, nor to say. */
Test(envelope, a_link_that_was_opened)
{
    struct envelope *e =
        parse("{\"envelope_id\":\"e-7\",\"type\":\"interactive\",\"payload\":{"
              "\"type\":\"block_actions\",\"user\":{\"id\":\"U1\"},"
              "\"actions\":[{\"action_id\":\"ops.0\",\"value\":\"0\"}]}}");

    cr_assert_not_null(e);
    cr_expect_eq(e->kind, ENVELOPE_OTHER);
    envelope_free(e);
}

/* A form carries in itself what else an envelope says. */
Test(envelope, a_form_that_was_filled_in)
{
    struct envelope *e = parse(
        "{\"envelope_id\":\"e-5\",\"type\":\"interactive\","
        "\"accepts_response_payload\":true,\"payload\":{"
        "\"type\":\"view_submission\",\"user\":{\"id\":\"U1\"},"
        "\"trigger_id\":\"1.2.4\",\"view\":{\"id\":\"V1\","
        "\"callback_id\":\"opsbot.form\",\"private_metadata\":"
        "\"{\\\"command\\\":\\\"do 12\\\",\\\"nonce\\\":\\\"N\\\","
        "\\\"channel\\\":\\\"C1\\\",\\\"url\\\":\\\"https://x/1\\\","
        "\\\"ts\\\":\\\"12.3\\\",\\\"seen\\\":4}\","
        "\"blocks\":[{\"type\":\"input\",\"block_id\":\"text\",\"element\":{"
        "\"action_id\":\"word\"}}],\"state\":{\"values\":{\"text\":{"
        "\"word\":{\"value\":\"a b\"}}}}}}}");

    cr_assert_not_null(e);
    cr_expect_eq(e->kind, ENVELOPE_VIEW);
    cr_expect(e->accepts);
    cr_expect_str_eq(e->text, "do 12 \"a b\"");
    cr_expect_str_eq(e->view, "V1");
    cr_expect_str_eq(e->action, "N");
    cr_expect_str_eq(e->field, "text");
    cr_expect_str_eq(e->channel, "C1");
    cr_expect_str_eq(e->response_url, "https://x/1");
    cr_expect_str_eq(e->ts, "12.3");
    cr_expect_eq(e->seen, 4);
    cr_expect_eq(strncmp(e->keys[1], "trigger:", 8), 0);
    envelope_free(e);
}

Test(envelope, a_form_that_was_closed_is_nothing)
{
    struct envelope *e =
        parse("{\"envelope_id\":\"e-6\",\"type\":\"interactive\","
              "\"payload\":{\"type\":\"view_closed\",\"view\":{}}}");

    cr_assert_not_null(e);
    cr_expect_eq(e->kind, ENVELOPE_OTHER);
    envelope_free(e);
}

Test(envelope, an_event_is_known_by_its_id_and_by_what_happened)
{
    const char *shape =
        "{\"envelope_id\":\"%s\",\"type\":\"events_api\",\"retry_attempt\":%d,"
        "\"payload\":{\"team_id\":\"T\",\"event_id\":\"%s\",\"event\":{"
        "\"type\":\"app_mention\",\"user\":\"U\",\"channel\":\"C\","
        "\"event_ts\":\"1.2\"}}}";
    struct buf first = { 0 }, second = { 0 };
    struct envelope *a, *b;

    buf_fmt(&first, shape, "e-3", 0, "Ev1");
    buf_fmt(&second, shape, "e-4", 1, "Ev2");
    a = parse(first.data);
    b = parse(second.data);
    cr_expect_eq(a->kind, ENVELOPE_EVENT);
    cr_expect_eq(b->retry, 1);
    cr_expect_str_eq(a->keys[1], "event:Ev1");
    cr_expect_str_eq(b->keys[1], "event:Ev2");
    cr_expect_str_eq(a->keys[2], b->keys[2]);
    envelope_free(a);
    envelope_free(b);
    buf_dispose(&first);
    buf_dispose(&second);
}

Test(envelope, what_is_no_envelope_says_why)
{
    cr_expect_str_eq(why_not("null"), "it is not JSON");
    cr_expect_str_eq(why_not("[]"), "it is not an object");
    cr_expect_str_eq(why_not("{\"a\":"), "it is not JSON");
    cr_expect_str_eq(why_not(""), "it is not JSON");
    cr_expect_str_eq(why_not("{}"), "it has no usable envelope_id");
    cr_expect_str_eq(why_not("{\"envelope_id\":7}"),
                     "it has no usable envelope_id");
    cr_expect_str_eq(why_not("{\"envelope_id\":\"\"}"),
                     "it has no usable envelope_id");
}

Test(envelope, an_id_longer_than_any_id_is_refused)
{
    struct buf b = { 0 };

    buf_str(&b, "{\"envelope_id\":\"");
    for (int i = 0; i < 300; i++)
        buf_char(&b, 'x');
    buf_str(&b, "\"}");
    cr_expect_str_eq(why_not(b.data), "it has no usable envelope_id");
    buf_dispose(&b);
}

/* Every field of a wrong type is as if it were not there. */
Test(envelope, wrong_types_and_missing_fields_are_empty)
{
    static const char *const payloads[] = {
        "null",
        "[]",
        "7",
        "\"x\"",
        "{}",
        "[[[[]]]]",
        ("{\"text\":7,\"user_id\":null,\"channel_id\":[],\"team_id\":{},"
         "\"command\":false,\"response_url\":1,\"trigger_id\":{}}"),
    };
    static const char *const types[] = { "slash_commands", "interactive",
                                         "events_api", "new_kind" };

    for (size_t p = 0; p < sizeof payloads / sizeof payloads[0]; p++) {
        for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
            struct buf b = { 0 };
            struct envelope *e;

            buf_fmt(&b,
                    "{\"envelope_id\":\"e\",\"type\":\"%s\","
                    "\"payload\":%s}",
                    types[t], payloads[p]);
            e = parse(b.data);
            cr_assert_not_null(e, "%s", b.data);
            cr_expect_str_empty(e->text);
            cr_expect_str_empty(e->user);
            cr_expect_str_empty(e->response_url);
            cr_expect_null(e->keys[2]);
            envelope_free(e);
            buf_dispose(&b);
        }
    }
}

Test(envelope, deep_nesting_is_refused_not_followed)
{
    struct buf b = { 0 };

    buf_str(&b, "{\"envelope_id\":\"e\",\"payload\":");
    for (int i = 0; i < 100000; i++)
        buf_char(&b, '[');
    cr_expect_str_eq(why_not(b.data), "it is not JSON");
    buf_dispose(&b);
}

/* ---- by the admin API ------------------------------------------------------ */

Test(envelope, by_the_admin_api)
{
    struct envelope *e =
        envelope_admin("admin:1", "token:ci", "halt \"trading\" a &amp; b");

    cr_expect_eq(e->kind, ENVELOPE_COMMAND);
    cr_expect_eq(e->place, PLACE_ADMIN);
    cr_expect_eq(e->voucher, VOUCHED_BY_US);
    cr_expect_str_eq(e->id, "admin:1");
    cr_expect_str_eq(e->user, "token:ci");
    cr_expect_str_eq(e->user_name, "ci");
    cr_expect_str_eq(e->text, "halt \"trading\" a &amp; b");
    cr_expect_str_eq(e->channel, "");
    cr_expect_str_eq(e->response_url, "");
    cr_expect_str_eq(e->trigger_id, "");
    cr_expect_neq(e->recorded_at, 0);
    cr_expect_not(e->accepts);
    envelope_free(e);
}

Test(envelope, slack_vouches_for_its_own_alone)
{
    struct envelope *e = parse(
        "{\"envelope_id\":\"e-1\",\"type\":\"slash_commands\",\"payload\":{"
        "\"user_id\":\"unix:root\",\"text\":\"dlq list\",\"voucher\":2,"
        "\"place\":4}}");

    cr_assert_not_null(e);
    cr_expect_str_eq(e->user, "unix:root");
    cr_expect_eq(e->voucher, VOUCHED_BY_SLACK);
    cr_expect_eq(e->place, PLACE_ASKED);
    envelope_free(e);
}
