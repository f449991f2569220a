/* Bodies of Slack's requests, and of those who hold its secret and are not
 * Slack: what becomes a frame, and what becomes nothing. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/flow/envelope.h"
#include "bot/http/slack_body.h"
#include "core/base/buf.h"

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"

static struct slack_read got;

static struct slack_read *take(enum slack_path path, const char *type,
                               const char *data, size_t len)
{
    struct slack_body in = { .path = path,
                             .type = type,
                             .data = data,
                             .len = len,
                             .signature = "v0=aa",
                             .retry = "" };

    slack_read_dispose(&got);
    slack_read(&in, &got);
    return &got;
}

static struct slack_read *read_at(enum slack_path path, const char *type,
                                  const char *text)
{
    return take(path, type, text, strlen(text));
}

static void finish(void)
{
    slack_read_dispose(&got);
}

TestSuite(slack_body, .fini = finish);

/* As intake would get it. */
static struct envelope *envelope(void)
{
    const char *why = "";
    struct envelope *env;

    cr_assert_eq(got.kind, SLACK_FRAME, "%d: %s", (int)got.kind, got.why);
    env = envelope_parse(got.text, strlen(got.text), &why);
    cr_assert_not_null(env, "%s", why);
    return env;
}

static void refused(enum slack_path path, const char *type, const char *text)
{
    read_at(path, type, text);
    cr_expect_eq(got.kind, SLACK_BAD, "%.60s is %d", text, (int)got.kind);
    cr_expect(got.why[0]);
    cr_expect_null(got.root);
    cr_expect_null(got.text);
}

/* ---- what Slack sends --------------------------------------------------------- */

#define COMMAND                                                                \
    "team_id=T1&channel_id=C1&user_id=U1&user_name=ann&command=%2Fops&"        \
    "text=dlq+list+%C3%A4%2B&response_url=https%3A%2F%2Fx%2F1&trigger_id=1.2"

Test(slack_body, a_command)
{
    struct envelope *env;

    read_at(SLACK_COMMANDS, FORM, COMMAND);
    env = envelope();
    cr_expect_eq(env->kind, ENVELOPE_COMMAND);
    cr_expect(env->accepts);
    cr_expect_str_eq(env->command, "/ops");
    cr_expect_str_eq(env->text, "dlq list ä+");
    cr_expect_str_eq(env->response_url, "https://x/1");
    cr_expect_eq(strncmp(env->keys[1], "trigger:", 8), 0);
    cr_expect_null(strstr(env->keys[1], "1.2"), "its digest alone");
    cr_expect_eq(strncmp(env->id, "http:", 5), 0);
    envelope_free(env);
}

Test(slack_body, a_press_and_a_form)
{
    struct envelope *env;

    read_at(SLACK_INTERACTIVE, FORM,
            "payload=%7B%22type%22%3A%22block_actions%22%2C%22user%22%3A%7B%22"
            "id%22%3A%22U1%22%7D%2C%22trigger_id%22%3A%221.3%22%7D");
    env = envelope();
    cr_expect_eq(env->kind, ENVELOPE_PRESS);
    cr_expect_not(env->accepts, "its answer goes by response URL");
    envelope_free(env);
    read_at(SLACK_EVENTS, FORM,
            "payload={\"type\":\"view_submission\",\"trigger_id\":\"1.4\"}");
    env = envelope();
    cr_expect_eq(env->kind, ENVELOPE_VIEW);
    cr_expect(env->accepts);
    envelope_free(env);
}

Test(slack_body, an_event_and_its_redelivery)
{
    struct slack_body in = { .path = SLACK_EVENTS,
                             .type = JSON,
                             .data = "{\"type\":\"event_callback\",\"event_id\""
                                     ":\"Ev1\",\"event\":{\"type\":\"x\"}}",
                             .signature = "v0=aa",
                             .retry = "2" };
    struct envelope *first, *again;

    in.len = strlen(in.data);
    slack_read(&in, &got);
    again = envelope();
    in.retry = "";
    in.signature = "v0=bb";
    slack_read_dispose(&got);
    slack_read(&in, &got);
    first = envelope();
    cr_expect_eq(first->kind, ENVELOPE_EVENT);
    cr_expect_eq(first->retry, 0);
    cr_expect_eq(again->retry, 2);
    cr_expect_str_eq(first->id, again->id, "one id for all deliveries");
    cr_expect_str_eq(first->keys[1], "event:Ev1");
    envelope_free(first);
    envelope_free(again);
}

Test(slack_body, what_has_no_id_is_named_by_its_signature)
{
    struct slack_body in = { .path = SLACK_COMMANDS,
                             .type = FORM,
                             .data = "command=%2Fops",
                             .len = 14,
                             .signature = "v0=aa",
                             .retry = "" };
    char one[64];

    slack_read(&in, &got);
    snprintf(one, sizeof one, "%s",
             json_string_value(json_object_get(got.root, "envelope_id")));
    slack_read_dispose(&got);
    in.signature = "v0=bb";
    slack_read(&in, &got);
    cr_expect_str_neq(
        one, json_string_value(json_object_get(got.root, "envelope_id")));
}

Test(slack_body, a_type_in_any_case_with_parameters)
{
    static const char *const types[] = {
        FORM "; charset=utf-8",
        "Application/X-WWW-Form-Urlencoded;charset=UTF-8",
        FORM " ; x=y",
        FORM ";",
    };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        read_at(SLACK_COMMANDS, types[i], COMMAND);
        cr_expect_eq(got.kind, SLACK_FRAME, "%s: %s", types[i], got.why);
    }
    read_at(SLACK_EVENTS, "Application/JSON; charset=utf-8",
            "{\"type\":\"url_verification\",\"challenge\":\"x\"}");
    cr_expect_eq(got.kind, SLACK_CHALLENGE);
}

Test(slack_body, a_challenge_is_said_back)
{
    read_at(SLACK_EVENTS, JSON,
            "{\"token\":\"t\",\"challenge\":\"3e\\\"Zb\",\"type\":"
            "\"url_verification\"}");
    cr_expect_eq(got.kind, SLACK_CHALLENGE);
    cr_expect_str_eq(got.text, "{\"challenge\":\"3e\\\"Zb\"}");
}

Test(slack_body, an_ssl_check_runs_nothing)
{
    read_at(SLACK_COMMANDS, FORM, "ssl_check=1&token=x");
    cr_expect_eq(got.kind, SLACK_SSL_CHECK);
    read_at(SLACK_COMMANDS, FORM, COMMAND "&ssl_check=1");
    cr_expect_eq(got.kind, SLACK_SSL_CHECK, "the command in it is not run");
    read_at(SLACK_COMMANDS, FORM, COMMAND "&ssl_check=0");
    cr_expect_eq(got.kind, SLACK_FRAME);
    cr_expect(slack_ssl_check("a=b&ssl_check=1", 15));
    cr_expect(slack_ssl_check("ssl_check=1&a=b", 15));
    cr_expect_not(slack_ssl_check("ssl_check=10", 12));
    cr_expect_not(slack_ssl_check("xssl_check=1", 12));
    cr_expect_not(slack_ssl_check("", 0));
}

Test(slack_body, notices_and_types_to_come_ask_nothing)
{
    read_at(SLACK_EVENTS, JSON,
            "{\"type\":\"app_rate_limited\",\"team_id\":\"T1\"}");
    cr_expect_eq(got.kind, SLACK_NOTICE);
    read_at(SLACK_EVENTS, JSON, "{\"type\":\"something_of_2031\"}");
    cr_expect_eq(got.kind, SLACK_NOTICE);
}

/* ---- what it does not -------------------------------------------------------- */

Test(slack_body, malformed_ones_are_nothing)
{
    static const char *const events[] = {
        "",
        "null",
        "[]",
        "42",
        "\"text\"",
        "true",
        "{",
        "{}",
        "{\"type\":7}",
        "{\"type\":\"event_callback\"}",
        "{\"type\":\"event_callback\",\"event\":[]}",
        "{\"type\":\"event_callback\",\"event\":\"x\"}",
        "{\"type\":\"url_verification\"}",
        "{\"type\":\"url_verification\",\"challenge\":{}}",
        "{\"type\":\"x\",\"type\":\"event_callback\",\"event\":{}}",
        "{\"type\":\"event_callback\",\"event\":{\"a\":1,\"a\":2}}",
        "{\"type\":\"event_callback\",\"event\":{}} trailing",
        "{\"type\":\"event_callback\",\"event\":{\"a\":\"\xff\"}}",
        "{\"type\":\"event_callback\",\"event\":{\"a\":\"\\u0000\"}}",
        "{\"type\":\"event_callback\",\"event\":{\"a\":\"\\ud800\"}}",
    };

    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        refused(SLACK_EVENTS, JSON, events[i]);
}

Test(slack_body, a_hundred_levels_are_too_many)
{
    static const int levels[] = { 60, 100, 1000, 100000 };

    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        struct buf b = { 0 };

        buf_str(&b, "{\"type\":\"event_callback\",\"event\":{\"x\":\"[[[\","
                    "\"y\":");
        for (int n = 0; n < levels[i]; n++)
            buf_char(&b, '[');
        for (int n = 0; n < levels[i]; n++)
            buf_char(&b, ']');
        buf_str(&b, "}}");
        read_at(SLACK_EVENTS, JSON, buf_text(&b));
        cr_expect_eq(got.kind, i ? SLACK_BAD : SLACK_FRAME, "%d", levels[i]);
        buf_dispose(&b);
    }
}

Test(slack_body, forms_that_can_be_read_twice_are_nothing)
{
    static const char *const forms[] = {
        "",
        "text=help",
        "command=",
        "command=%2Fops&command=%2Fops",
        "command=%2Fops&text=a&text=b",
        "command=%2Fops&te%78t=a&text=b",
        "command=%2Fops&text=%",
        "command=%2Fops&text=%4",
        "command=%2Fops&text=%zz",
        "command=%2Fops&text=%00",
        "command=%2Fops&text=%ff%fe",
        "command=%2Fops&text=%c0%af",
        "command=%2Fops&=x",
        "command=%2Fops&&text=x",
        "command=%2Fops&payload={}",
        "command=%2Fops&payload={\"type\":\"block_actions\"}",
        "{\"command\":\"/ops\"}",
    };

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        refused(SLACK_EVENTS, FORM, forms[i]);
}

Test(slack_body, a_nul_in_a_form_is_nothing)
{
    static const char form[] = "command=%2Fops&text=a\0b";

    take(SLACK_COMMANDS, FORM, form, sizeof form - 1);
    cr_expect_eq(got.kind, SLACK_BAD);
}

Test(slack_body, a_form_has_bounds)
{
    struct buf b = { 0 };

    buf_str(&b, "command=%2Fops");
    for (int i = 0; i < 200; i++)
        buf_fmt(&b, "&f%d=x", i);
    refused(SLACK_COMMANDS, FORM, buf_text(&b));
    buf_dispose(&b);
}

Test(slack_body, payloads_are_objects_with_a_type)
{
    static const char *const payloads[] = {
        "payload=null",
        "payload=[]",
        "payload=1",
        "payload={}",
        "payload={\"type\":[]}",
        "payload={\"type\":\"block_actions\",\"type\":\"view_submission\"}",
        "payload=%7B",
        "payload=",
    };

    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++)
        refused(SLACK_INTERACTIVE, FORM, payloads[i]);
}

/* Each URL for its own; /slack/events for all. */
Test(slack_body, each_url_for_its_own)
{
    refused(SLACK_INTERACTIVE, FORM, COMMAND);
    refused(SLACK_COMMANDS, FORM, "payload={\"type\":\"block_actions\"}");
    refused(SLACK_COMMANDS, JSON,
            "{\"type\":\"url_verification\",\"challenge\":\"x\"}");
    refused(SLACK_INTERACTIVE, JSON,
            "{\"type\":\"event_callback\",\"event\":{}}");
    refused(SLACK_EVENTS, JSON, COMMAND);
    refused(SLACK_EVENTS, FORM, "{\"type\":\"event_callback\",\"event\":{}}");
    refused(SLACK_EVENTS, "", COMMAND);
    refused(SLACK_EVENTS, "text/plain", COMMAND);
    refused(SLACK_EVENTS, "multipart/form-data; boundary=x", COMMAND);
    refused(SLACK_EVENTS, "application/jsonx", "{}");
}

/* Numbers that are no delivery's. */
Test(slack_body, a_retry_is_a_small_number)
{
    static const char *const retries[] = { "0", "-1", "x", "1x", "100", " 1" };
    struct slack_body in = { .path = SLACK_COMMANDS,
                             .type = FORM,
                             .data = "command=%2Fops",
                             .len = 14,
                             .signature = "v0=aa" };

    for (size_t i = 0; i < sizeof retries / sizeof *retries; i++) {
        in.retry = retries[i];
        slack_read_dispose(&got);
        slack_read(&in, &got);
        cr_expect_null(json_object_get(got.root, "retry_attempt"), "%s",
                       retries[i]);
    }
}
