/* Signed requests to an app's request URLs: what is sent, and what its
 * answers mean. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/sandbox/unit/app.h"
#include "tests/sandbox/wire/decode.h"
#include "tests/sandbox/wire/sign.h"

TestSuite(delivery, .init = app_start, .fini = app_stop);

/* ---- what is sent --------------------------------------------------------- */

static void expect_signed(const struct seen *s)
{
    char signature[SIGNATURE_TEXT];

    sign_request(SECRET, s->timestamp, s->body, s->len, signature);
    cr_expect_str_eq(s->signature, signature);
    cr_expect_leq(llabs(atoll(s->timestamp) - (long long)time(NULL)), 60);
    cr_expect_str_eq(s->agent, "Slackbot 1.0 (+https://api.slack.com/robots)");
    cr_expect_str_eq(s->path, "/slack/events");
}

Test(delivery, a_command_is_a_form)
{
    const struct seen *s;
    json_t *form;

    expect_said("a b&c \xc3\xbc", "");
    s = wait_seen(1);
    expect_signed(s);
    cr_expect_str_eq(s->type, "application/x-www-form-urlencoded");
    form = decode_form(s->body, s->len);
    cr_expect_str_eq(word(form, "command"), "/ops");
    cr_expect_str_eq(word(form, "text"), "a b&amp;c \xc3\xbc");
    cr_expect_str_eq(word(form, "user_id"), "U0ANN");
    cr_expect_str_eq(word(form, "is_enterprise_install"), "false");
    cr_expect(*word(form, "trigger_id") && *word(form, "response_url"));
    cr_expect_null(json_object_get(form, "envelope_id"));
    json_decref(form);
}

Test(delivery, an_event_is_json)
{
    const struct seen *s;
    json_t *json;

    event();
    s = wait_seen(1);
    expect_signed(s);
    cr_expect_str_eq(s->type, "application/json");
    cr_expect_str_empty(s->retry_num);
    json = json_loadb(s->body, s->len, 0, NULL);
    cr_expect_str_eq(word(json, "type"), "event_callback");
    cr_expect_str_eq(word(json_object_get(json, "event"), "type"),
                     "reaction_added");
    json_decref(json);
}

static const char button[] =
    "{\"text\":\"card\",\"blocks\":[{\"type\":\"actions\",\"elements\":["
    "{\"type\":\"button\",\"action_id\":\"a/b\",\"value\":\"7\",\"text\":"
    "{\"type\":\"plain_text\",\"text\":\"Press\"}}]}]}";

Test(delivery, a_click_is_a_payload)
{
    json_t *card, *form, *payload, *click;
    const struct seen *s;

    answer_with(&(struct answer){ .type = "application/json; charset=utf-8",
                                  .body = button },
                &(struct answer){ .status = 200 });
    card = command("card", "");
    click = control(
        "click",
        json_pack(
            "{ss ss ss sO si ss}", "user", "U0ANN", "channel", "C0OPS",
            "action_id", "a/b", "ts",
            json_object_get(
                json_array_get(json_object_get(card, "messages"), 0), "ts"),
            "wait", 20000, "until", "acked"));
    cr_expect(is_true(click, "acked"));
    s = wait_seen(2);
    expect_signed(s);
    cr_expect_str_eq(s->type, "application/x-www-form-urlencoded");
    cr_expect(strstr(s->body, "a%5C%2Fb"), "slashes are escaped: %s", s->body);
    form = decode_form(s->body, s->len);
    cr_expect_eq(json_object_size(form), 1);
    payload = json_loads(word(form, "payload"), 0, NULL);
    cr_expect_str_eq(word(payload, "type"), "block_actions");
    json_decref(payload);
    json_decref(form);
    json_decref(click);
    json_decref(card);
}

/* ---- what is answered ------------------------------------------------------ */

Test(delivery, json_text_and_nothing)
{
    answer_with(&(struct answer){ .type = "application/json",
                                  .body = "{\"text\":\"as JSON\"}" },
                &(struct answer){ .status = 200, .body = "as text" });
    expect_said("one", "as JSON");
    expect_said("two", "as text");
    answer_with(&(struct answer){ .type = "application/json", .body = "{}" },
                NULL);
    expect_said("three", "");
    cr_expect_eq(stat_of("acked"), 3);
    cr_expect_eq(stat_of("unanswered"), 0);
}

Test(delivery, json_under_another_type_is_text)
{
    answer_with(&(struct answer){ .body = "{\"text\":\"no\"}" }, NULL);
    expect_said("one", "{\"text\":\"no\"}");
}

Test(delivery, a_failure_is_told_to_the_person)
{
    static const char failed[] = "/ops failed with the error \"dispatch_"
                                 "failed\"";

    answer_with(&(struct answer){ .status = 500, .body = "oh" },
                &(struct answer){ .status = 204 });
    expect_said("one", failed);
    expect_said("no 200 either", failed);
    http_pause(app);
    expect_said("nobody there", failed);
    cr_expect_eq(stat_of("unanswered"), 3);
}

Test(delivery, three_seconds_are_all_there_is)
{
    answer_with(&(struct answer){ .silent = true }, NULL);
    did("clock", json_pack("{si}", "ack_timeout_ms", 30));
    expect_said("one", "/ops failed with the error \"operation_timeout\"");
    cr_expect_eq(stat_of("in_flight"), 0);
}

/* ---- events come again ----------------------------------------------------- */

static void expect_retry(int n, const char *num, const char *reason)
{
    const struct seen *s = wait_seen(n);

    cr_expect_str_eq(s->retry_num, num);
    cr_expect_str_eq(s->reason, reason);
    cr_expect_str_eq(s->body, seen[0].body);
    expect_signed(s);
}

Test(delivery, an_event_comes_again_three_times)
{
    answer_with(&(struct answer){ .status = 500 }, NULL);
    did("clock", json_pack("{si}", "scale", 5000));
    event();
    expect_retry(2, "1", "http_error");
    expect_retry(3, "2", "http_error");
    expect_retry(4, "3", "http_error");
    did("clock", json_pack("{si}", "advance_ms", 3600000));
    event();
    wait_seen(5);
    cr_expect_str_empty(seen[4].retry_num, "no fourth time");
}

Test(delivery, late_or_cut_off_is_why)
{
    answer_with(&(struct answer){ .silent = true },
                &(struct answer){ .status = 299 });
    did("clock", json_pack("{si}", "ack_timeout_ms", 30));
    event();
    expect_retry(2, "1", "http_timeout");
    cr_expect_eq(stat_of("unanswered"), 1);
}

Test(delivery, an_app_may_ask_not_to_be_sent_it_again)
{
    answer_with(
        &(struct answer){ .status = 503, .headers = "X-Slack-No-Retry: 1\r\n" },
        NULL);
    did("clock", json_pack("{si}", "scale", 5000));
    event();
    wait_seen(1);
    did("clock", json_pack("{si}", "advance_ms", 3600000));
    event();
    wait_seen(2);
    cr_expect_str_empty(seen[1].retry_num);
}

/* ---- redirects -------------------------------------------------------------- */

Test(delivery, two_redirects_are_followed)
{
    answer_with(
        &(struct answer){ .status = 301, .headers = "Location: /a\r\n" },
        &(struct answer){ .status = 302, .headers = "Location: /b\r\n" });
    answers[2] = (struct answer){ .status = 200, .body = "there" };
    expect_said("one", "there");
    cr_expect_str_eq(seen[1].path, "/a");
    cr_expect_str_eq(seen[2].path, "/b");
    cr_expect_str_eq(seen[2].body, seen[0].body);
    cr_expect_str_eq(seen[2].signature, seen[0].signature);
}

Test(delivery, a_third_is_too_many)
{
    answer_with(
        &(struct answer){ .status = 302, .headers = "Location: /a\r\n" }, NULL);
    event();
    wait_seen(3);
    expect_retry(4, "1", "too_many_redirects");
}

Test(delivery, a_redirect_to_elsewhere_is_not_followed)
{
    answer_with(
        &(struct answer){ .status = 302,
                          .headers = "Location: http://192.0.2.1/a\r\n" },
        &(struct answer){ .status = 200 });
    event();
    expect_retry(2, "1", "connection_failed");
}

/* ---- faults ------------------------------------------------------------------ */

Test(delivery, an_answer_that_is_never_read)
{
    did("fault", json_pack("{ss sb s{ss}}", "on", "delivery", "drop", 1,
                           "match", "kind", "events_api"));
    event();
    expect_retry(2, "1", "connection_failed");
}

Test(delivery, a_request_that_is_lost)
{
    did("fault", json_pack("{ss sb}", "on", "delivery", "hang", 1));
    did("clock", json_pack("{si}", "ack_timeout_ms", 30));
    event();
    wait_seen(1);
    cr_expect_str_eq(seen[0].retry_num, "1");
    cr_expect_str_eq(seen[0].reason, "http_timeout");
}

Test(delivery, sent_twice_and_answered_once)
{
    did("fault", json_pack("{ss si}", "on", "delivery", "copies", 2));
    answer_with(&(struct answer){ .status = 200 },
                &(struct answer){ .status = 200, .body = "the second" });
    expect_said("one", "the second");
    cr_expect_str_eq(seen[0].body, seen[1].body);
    cr_expect_eq(stat_of("acked"), 1);
}

Test(delivery, one_of_two_copies_fails)
{
    did("fault", json_pack("{ss si}", "on", "delivery", "copies", 2));
    answer_with(&(struct answer){ .status = 500 },
                &(struct answer){ .status = 200, .body = "good" });
    expect_said("one", "good");
    cr_expect_eq(stat_of("unanswered"), 0);
}

Test(delivery, another_number_and_a_delay)
{
    did("fault", json_pack("{ss si ss si}", "on", "delivery", "retry_num", 2,
                           "retry_reason", "ssl_error", "delay_ms", 5));
    event();
    wait_seen(1);
    cr_expect_str_eq(seen[0].retry_num, "2");
    cr_expect_str_eq(seen[0].reason, "ssl_error");
}

/* ---- settings ----------------------------------------------------------------- */

Test(delivery, who_does_not_echo_is_not_verified)
{
    json_t *answer;

    challenge_answer = "something else";
    answer = set_delivery(json_object());
    cr_expect_not(is_true(answer, "verified"));
    cr_expect_str_eq(word(answer, "error"), "challenge_failed");
    json_decref(answer);
    http_pause(app);
    answer = set_delivery(json_object());
    cr_expect_str_eq(word(answer, "error"), "connection_failed");
    json_decref(answer);
}

Test(delivery, ssl_check_wants_an_empty_answer)
{
    json_t *answer = control("ssl_check", json_pack("{sb}", "unsigned", 1));

    cr_expect(is_true(answer, "verified"));
    cr_expect_str_eq(seen[0].body, "ssl_check=1&token=tok");
    cr_expect_str_empty(seen[0].signature);
    json_decref(answer);
    answer_with(&(struct answer){ .status = 200, .body = "hello" }, NULL);
    answer = control("ssl_check", json_object());
    cr_expect_str_eq(word(answer, "error"), "not_empty");
    cr_expect_str_not_empty(seen[1].signature);
    json_decref(answer);
}

Test(delivery, each_kind_may_have_its_url)
{
    char *url = app_url("/slack/commands");

    json_decref(set_delivery(json_pack("{ss}", "commands_url", url)));
    free(url);
    expect_said("one", "");
    event();
    wait_seen(2);
    cr_expect_str_eq(seen[0].path, "/slack/commands");
    cr_expect_str_eq(seen[1].path, "/slack/events");
}

Test(delivery, where_nobody_listens_another_is_asked)
{
    char *url = app_url("/slack/events");

    json_decref(set_delivery(
        json_pack("{s[ssss]}", "url", "http://127.0.0.1:1/a",
                  "http://127.0.0.1:1/b", url, "http://localhost:1/c")));
    free(url);
    for (int i = 0; i < 5; i++)
        expect_said("one", "");
    cr_expect_eq(seen_count, 5);
    cr_expect_eq(stat_of("unanswered"), 0);
}

Test(delivery, what_makes_no_sense_changes_nothing)
{
    static const char *const urls[] = { "https://127.0.0.1/", "x",
                                        "http://192.0.2.1/",
                                        "http://127.0.0.1:0/" };
    json_t *answer;

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        answer = set_delivery(json_pack("{ss}", "url", urls[i]));
        cr_expect_not(is_true(answer, "ok"), "%s", urls[i]);
        json_decref(answer);
    }
    expect_said("one", "");
    cr_expect_eq(seen_count, 1);
}

Test(delivery, socket_mode_again)
{
    did("delivery", json_pack("{ss}", "mode", "socket"));
    expect_said("one", "/ops failed with the error \"dispatch_failed\"");
    cr_expect_eq(seen_count, 0);
}

Test(delivery, what_waited_for_a_socket_goes_by_http)
{
    did("delivery", json_pack("{ss}", "mode", "socket"));
    event();
    cr_expect_eq(stat_of("in_flight"), 1);
    json_decref(set_delivery(json_object()));
    wait_seen(1);
    cr_expect_str_empty(seen[0].retry_num);
}

Test(delivery, faults_that_cannot_be_are_refused)
{
    json_t *answer =
        control("fault", json_pack("{ss si}", "on", "delivery", "status", 500));

    cr_expect_not(is_true(answer, "ok"));
    json_decref(answer);
}

/* ---- many ----------------------------------------------------------------------- */

Test(delivery, a_load_over_kept_connections)
{
    json_t *answer;

    answer_with(&(struct answer){ .status = 200, .body = "pong" }, NULL);
    json_decref(set_delivery(json_pack("{sb}", "keep_alive", 1)));
    answer =
        control("load", json_pack("{ss ss ss ss si si}", "user", "U0ANN",
                                  "channel", "C0OPS", "command", "/ops", "text",
                                  "ping {n}", "count", 300, "window", 8));
    cr_expect_eq(json_integer_value(json_object_get(answer, "replied")), 300);
    cr_expect_eq(json_integer_value(json_object_get(answer, "lost")), 0);
    json_decref(answer);
    cr_expect(strstr(seen[1].body, "text=ping+"));
    cr_expect_str_neq(seen[1].body, seen[2].body);
}

Test(delivery, an_envelope_that_a_test_made)
{
    answer_with(&(struct answer){ .status = 200 }, NULL);
    did("envelope",
        json_pack("{s{ss ss si s{ss}} si}", "envelope", "envelope_id", "e-1",
                  "type", "events_api", "retry_attempt", 2, "payload", "type",
                  "event_callback", "copies", 3));
    wait_seen(3);
    cr_expect_str_eq(seen[2].body, "{\"type\":\"event_callback\"}");
    cr_expect_str_eq(seen[2].retry_num, "2");
    cr_expect_eq(stat_of("delivered"), 3);
}
