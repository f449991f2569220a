/* Requests to the app as a test wants them: POST /control/raw_http. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/sandbox/unit/app.h"
#include "tests/sandbox/wire/decode.h"
#include "tests/sandbox/wire/sign.h"

TestSuite(raw, .init = app_start, .fini = app_stop);

/* Takes request. */
static json_t *raw(json_t *request)
{
    char *url = app_url("/slack/commands");

    json_object_set_new(request, "url", json_string(url));
    free(url);
    return control("raw_http", request);
}

static void expect_end(json_t *answer, const char *end, int status)
{
    cr_expect(is_true(answer, "ok"));
    cr_expect_str_eq(word(answer, "end"), end);
    cr_expect_eq(json_integer_value(json_object_get(answer, "status")), status);
    json_decref(answer);
}

static bool is_signed(const struct seen *s, const char *secret)
{
    char signature[SIGNATURE_TEXT];

    sign_request(secret, s->timestamp, s->body, s->len, signature);
    return strcmp(s->signature, signature) == 0;
}

Test(raw, what_somebody_does_as_slack_would_send_it)
{
    json_t *answer, *form;

    answer_with(&(struct answer){ .status = 200, .body = "pong" }, NULL);
    answer =
        raw(json_pack("{s{ss ss ss ss} s{}}", "act", "user", "U0ANN", "channel",
                      "C0OPS", "command", "/ops", "text", "ping", "sign"));
    cr_expect_str_eq(word(answer, "body"), "pong");
    cr_expect_str_eq(word(json_object_get(answer, "headers"), "content-type"),
                     "text/plain; charset=utf-8");
    cr_expect_str_not_empty(word(answer, "interaction"));
    expect_end(answer, "answered", 200);
    cr_expect(is_signed(&seen[0], SECRET));
    cr_expect_str_eq(seen[0].path, "/slack/commands");
    form = decode_form(seen[0].body, seen[0].len);
    cr_expect_str_eq(word(form, "text"), "ping");
    json_decref(form);
}

Test(raw, forged_old_and_unsigned)
{
    long long now = (long long)time(NULL);

    expect_end(raw(json_pack("{ss s{ss}}", "body", "a=1", "sign", "secret",
                             "another")),
               "answered", 200);
    cr_expect(is_signed(&seen[0], "another"));
    cr_expect_not(is_signed(&seen[0], SECRET));
    expect_end(
        raw(json_pack("{ss s{si}}", "body", "a=1", "sign", "age_s", 400)),
        "answered", 200);
    cr_expect(is_signed(&seen[1], SECRET));
    cr_expect_leq(llabs(now - 400 - atoll(seen[1].timestamp)), 60);
    expect_end(
        raw(json_pack("{ss s{ss}}", "body", "a=1", "sign", "timestamp", "now")),
        "answered", 200);
    cr_expect_str_eq(seen[2].timestamp, "now");
    expect_end(raw(json_pack("{ss}", "body", "a=1")), "answered", 200);
    cr_expect_str_empty(seen[3].signature);
}

Test(raw, every_way_to_say_a_body)
{
    json_decref(raw(json_pack("{s{ss}}", "form", "a", "b c")));
    json_decref(raw(json_pack("{s{ss}}", "payload", "type", "x")));
    json_decref(raw(json_pack("{sn}", "json")));
    json_decref(raw(json_pack("{ss si ss}", "body", "a", "pad", 3,
                              "content_type", "Text/Odd; x=y")));
    cr_assert_eq(seen_count, 4);
    cr_expect_str_eq(seen[0].body, "a=b+c");
    cr_expect_str_eq(seen[1].body, "payload=%7B%22type%22%3A%22x%22%7D");
    cr_expect_str_eq(seen[2].body, "null");
    cr_expect_str_eq(seen[2].type, "application/json");
    cr_expect_str_eq(seen[3].body, "axxx");
    cr_expect_str_eq(seen[3].type, "Text/Odd; x=y");
}

Test(raw, in_chunks_and_byte_by_byte)
{
    expect_end(raw(json_pack("{ss si}", "body", "0123456789", "chunked", 3)),
               "answered", 200);
    expect_end(raw(json_pack("{ss si si}", "body", "0123456789", "piece", 1,
                             "every_ms", 0)),
               "answered", 200);
    cr_expect_str_eq(seen[0].body, "0123456789");
    cr_expect_str_eq(seen[1].body, "0123456789");
}

Test(raw, copies_are_the_same_to_the_byte)
{
    json_t *answer =
        raw(json_pack("{ss s{} si}", "body", "a=1", "sign", "copies", 3));
    json_t *all = json_object_get(answer, "answers");

    cr_expect_eq(json_array_size(all), 3);
    cr_expect_eq(seen_count, 3);
    cr_expect_str_eq(seen[0].signature, seen[2].signature);
    cr_expect_str_eq(seen[0].timestamp, seen[2].timestamp);
    expect_end(answer, "answered", 200);
}

Test(raw, a_length_that_is_too_long_waits_for_ever)
{
    expect_end(raw(json_pack("{ss si si}", "body", "a=1", "content_length", 4,
                             "timeout_ms", 30)),
               "timeout", 0);
    cr_expect_eq(seen_count, 0);
}

Test(raw, what_the_app_refuses_is_told)
{
    expect_end(raw(json_pack("{ss ss}", "body", "a=1", "content_length", "x")),
               "answered", 400);
    expect_end(raw(json_pack("{ss si s[[ss]]}", "body", "a=1", "chunked", 1,
                             "headers", "Content-Length", "3")),
               "answered", 400);
    cr_expect_eq(seen_count, 0);
}

Test(raw, a_header_twice)
{
    expect_end(raw(json_pack("{ss s[[ss][ss]]}", "body", "a=1", "headers",
                             "X-Slack-Signature", "v0=first",
                             "x-slack-signature", "v0=second")),
               "answered", 200);
    cr_expect_str_eq(seen[0].signature, "v0=first");
}

Test(raw, verbatim_and_all_that_comes)
{
    json_t *answer =
        raw(json_pack("{ss sb}", "text",
                      "POST /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
                      "POST /b HTTP/1.1\r\nConnection: close\r\n"
                      "Content-Length: 0\r\n\r\n",
                      "all", 1));
    const char *text = word(answer, "text");
    const char *second = strstr(text + 1, "HTTP/1.1 200");

    cr_expect_not_null(second, "two answers: %s", text);
    cr_expect_eq(seen_count, 2);
    cr_expect_str_eq(seen[1].path, "/b");
    expect_end(answer, "answered", 200);
}

Test(raw, nobody_there_and_cut_off)
{
    expect_end(raw(json_pack("{ss sb}", "body", "a=1", "deaf", 1)), "deaf", 0);
    wait_seen(1);
    http_pause(app);
    expect_end(raw(json_pack("{ss}", "body", "a=1")), "refused", 0);
}

/* The app answers 413 before it has read it, and closes: the answer counts,
 * not the broken pipe. */
Test(raw, a_body_that_is_refused_early)
{
    for (int i = 0; i < 2; i++)
        expect_end(raw(json_pack("{si}", "pad", 17000000)), "answered", 413);
    cr_expect_eq(seen_count, 0);
}

Test(raw, a_flood_is_forged_and_counted)
{
    char *url = app_url("/slack/commands");
    json_t *answer;

    answer_with(&(struct answer){ .status = 401 }, NULL);
    answer =
        control("flood", json_pack("{ss si sf si}", "url", url, "rate", 2000,
                                   "seconds", 0.1, "connections", 4));
    cr_expect_eq(json_integer_value(json_object_get(answer, "sent")), 200);
    cr_expect_eq(json_integer_value(json_object_get(answer, "refused")), 200);
    cr_expect_eq(seen_count, 200);
    cr_expect_not(is_signed(&seen[0], SECRET));
    json_decref(answer);
    free(url);
}

Test(raw, what_makes_no_sense)
{
    json_t *answer = control("raw_http", json_pack("{ss}", "url", "http://x"));

    cr_expect_not(is_true(answer, "ok"));
    json_decref(answer);
    answer = raw(json_pack("{s{ss}}", "act", "user", "U0NOBODY"));
    cr_expect_not(is_true(answer, "ok"));
    json_decref(answer);
}
