/* Signed requests to an app's request URLs: the whole sandbox, and an app of
 * a few lines, in one loop. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/sandbox/link/push.h"
#include "tests/sandbox/wire/decode.h"
#include "tests/sandbox/wire/sign.h"
#include "tests/sandbox/wire/wire.h"

#define SECRET   "8f742231b10e8888abcd99yyyzzz85a5"
#define COMES_US 30000000
#define SEEN     32

/* What the app was sent. */
struct seen {
    char *path, *type, *agent, *signature, *timestamp, *retry_num, *reason;
    char *body;
    size_t len;
};

/* What it answers: the first of them once, the last for ever. */
struct answer {
    int status;
    const char *type, *headers, *body;
    bool silent; /* never */
};

static struct sandbox sb;
static struct http_server *app;
static struct seen seen[SEEN];
static int seen_count;
static struct answer answers[8];
static int answered;
static const char *challenge_answer; /* NULL: what was asked */

/* ---- the app ------------------------------------------------------------- */

static char *header(struct http_call *call, const char *name)
{
    return xstrdup(http_header(call, name));
}

static void forget(struct seen *s)
{
    char *all[] = { s->path,      s->type,      s->agent,  s->signature,
                    s->timestamp, s->retry_num, s->reason, s->body };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void note(struct http_call *call)
{
    const struct http_request *req = http_request(call);
    struct seen *s = &seen[seen_count++ % SEEN];

    forget(s);
    s->path = xstrdup(req->path);
    s->type = header(call, "Content-Type");
    s->agent = header(call, "User-Agent");
    s->signature = header(call, "X-Slack-Signature");
    s->timestamp = header(call, "X-Slack-Request-Timestamp");
    s->retry_num = header(call, "X-Slack-Retry-Num");
    s->reason = header(call, "X-Slack-Retry-Reason");
    s->body = xstrndup(req->body, req->body_len);
    s->len = req->body_len;
}

static bool answer_challenge(struct http_call *call)
{
    json_t *json = json_loads(http_request(call)->body, 0, NULL);
    json_t *challenge = json_object_get(json, "challenge");
    struct http_response res = { 0 };

    if (challenge && challenge_answer)
        response_text(&res, 200, challenge_answer);
    else if (challenge)
        response_json(&res, json_pack("{sO}", "challenge", challenge));
    json_decref(json);
    if (challenge)
        http_answer(call, &res);
    return challenge != NULL;
}

static void app_handle(void *arg, struct http_call *call)
{
    const struct answer *a = &answers[answered];
    struct http_response res = { 0 };

    (void)arg;
    if (answer_challenge(call))
        return;
    note(call);
    if (a[1].status || a[1].silent)
        answered++;
    if (a->silent) {
        http_hang(call);
        return;
    }
    response_text(&res, a->status ? a->status : 200, a->body ? a->body : "");
    if (a->type)
        res.content_type = a->type;
    if (a->headers)
        res.headers = xstrdup(a->headers);
    http_answer(call, &res);
}

static void answer_with(const struct answer *first, const struct answer *then)
{
    memset(answers, 0, sizeof answers);
    answered = 0;
    answers[0] = *first;
    if (then)
        answers[1] = *then;
}

/* ---- turning ------------------------------------------------------------- */

static bool (*wanted)(void *arg);
static void *wanted_arg;
static int64_t until_us;

static void look(void *arg)
{
    if ((wanted && wanted(wanted_arg)) || clock_mono_us() > until_us)
        loop_stop(arg);
}

static void turn_until(bool (*done)(void *arg), void *arg, const char *what)
{
    struct timer alarm = { .fire = look, .arg = sb.loop };

    wanted = done;
    wanted_arg = arg;
    until_us = clock_mono_us() + COMES_US;
    timer_start(sb.loop, &alarm, COMES_US + 1000);
    if (!done(arg))
        loop_run(sb.loop);
    timer_stop(sb.loop, &alarm);
    cr_assert(done(arg), "%s", what);
    wanted = NULL;
}

static bool were_seen(void *arg)
{
    return seen_count >= *(int *)arg;
}

static const struct seen *wait_seen(int n)
{
    turn_until(were_seen, &n, "the app was not asked so often");
    return &seen[n - 1];
}

/* ---- control calls -------------------------------------------------------- */

struct asked {
    bool over;
    json_t *answer;
};

static void on_answer(void *arg, enum client_end end, struct reply *reply)
{
    struct asked *asked = arg;

    asked->over = true;
    if (end == CLIENT_ANSWERED)
        asked->answer = json_loads(buf_text(&reply->body), 0, NULL);
}

static bool is_over(void *arg)
{
    return ((struct asked *)arg)->over;
}

/* Takes body. The answer; freed by the caller. */
static json_t *post(const char *path, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT);
    char *request = xasprintf("POST /control/%s HTTP/1.1\r\n"
                              "Content-Length: %zu\r\n\r\n%s",
                              path, strlen(text), text);
    struct asked asked = { 0 };
    struct url url;
    char *base = xasprintf("http://%s/", sandbox_host(&sb));

    cr_assert(url_parse(base, &url));
    client_send(push_client(link_push(sb.link)),
                &(struct client_request){ .port = url.port,
                                          .bytes = request,
                                          .len = strlen(request) },
                on_answer, &asked);
    turn_until(is_over, &asked, path);
    cr_assert(asked.answer, "%s", path);
    free(base);
    free(request);
    free(text);
    json_decref(body);
    return asked.answer;
}

static void did(const char *path, json_t *body)
{
    json_t *answer = post(path, body);

    cr_assert(json_is_true(json_object_get(answer, "ok")), "%s", path);
    json_decref(answer);
}

static const char *word(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

static bool is_true(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

/* until: "acked", or "" for something to see. */
static json_t *command(const char *text, const char *until)
{
    return post("command",
                json_pack("{ss ss ss ss si ss}", "user", "U0ANN", "channel",
                          "C0OPS", "command", "/ops", "text", text, "wait",
                          20000, "until", until));
}

/* The text of the answer's only message, "" without one. */
static const char *said(const json_t *answer)
{
    return word(json_array_get(json_object_get(answer, "messages"), 0), "text");
}

static void expect_said(const char *text, const char *want)
{
    json_t *answer = command(text, *want ? "" : "acked");

    cr_expect_str_eq(said(answer), want, "%s: %s", text, said(answer));
    json_decref(answer);
}

/* One event, not two: a reaction. */
static void event(void)
{
    did("event", json_pack("{s{ss ss}}", "event", "type", "reaction_added",
                           "user", "U0ANN"));
}

static long long stat_of(const char *name)
{
    json_t *link = link_json(sb.link, false);
    long long n = json_integer_value(json_object_get(link, name));

    json_decref(link);
    return n;
}

/* ---- before and after ----------------------------------------------------- */

static char *app_url(const char *path)
{
    return xasprintf("http://%s%s", http_address(app), path);
}

static json_t *set(json_t *how)
{
    char *url = app_url("/slack/events");

    json_object_set_new(how, "mode", json_string("http"));
    if (!json_object_get(how, "url"))
        json_object_set_new(how, "url", json_string(url));
    free(url);
    return post("delivery", how);
}

static void start(void)
{
    struct sandbox_options options = { .seeded = true, .seed = 7 };
    struct err err = { 0 };
    json_t *answer;

    cr_assert(sandbox_start(&sb, &options, &err), "%s", err.text);
    loop_each_turn(sb.loop, look, sb.loop);
    until_us = INT64_MAX;
    cr_assert(http_listen(&app, &sb.conns, 0, &err), "%s", err.text);
    http_serve(app, app_handle, NULL);
    answer = set(json_object());
    cr_assert(is_true(answer, "verified"));
    json_decref(answer);
}

static void stop(void)
{
    http_free(app);
    sandbox_stop(&sb);
    for (int i = 0; i < SEEN; i++)
        forget(&seen[i]);
}

TestSuite(delivery, .init = start, .fini = stop);

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
    click =
        post("click",
             json_pack("{ss ss ss sO si ss}", "user", "U0ANN", "channel",
                       "C0OPS", "action_id", "a/b", "ts",
                       json_object_get(
                           json_array_get(json_object_get(card, "messages"), 0),
                           "ts"),
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
    answer = set(json_object());
    cr_expect_not(is_true(answer, "verified"));
    cr_expect_str_eq(word(answer, "error"), "challenge_failed");
    json_decref(answer);
    http_pause(app);
    answer = set(json_object());
    cr_expect_str_eq(word(answer, "error"), "connection_failed");
    json_decref(answer);
}

Test(delivery, ssl_check_wants_an_empty_answer)
{
    json_t *answer = post("ssl_check", json_pack("{sb}", "unsigned", 1));

    cr_expect(is_true(answer, "verified"));
    cr_expect_str_eq(seen[0].body, "ssl_check=1&token=tok");
    cr_expect_str_empty(seen[0].signature);
    json_decref(answer);
    answer_with(&(struct answer){ .status = 200, .body = "hello" }, NULL);
    answer = post("ssl_check", json_object());
    cr_expect_str_eq(word(answer, "error"), "not_empty");
    cr_expect_str_not_empty(seen[1].signature);
    json_decref(answer);
}

Test(delivery, each_kind_may_have_its_url)
{
    char *url = app_url("/slack/commands");

    json_decref(set(json_pack("{ss}", "commands_url", url)));
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

    json_decref(
        set(json_pack("{s[ssss]}", "url", "http://127.0.0.1:1/a",
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
        answer = set(json_pack("{ss}", "url", urls[i]));
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

/* ---- many ----------------------------------------------------------------------- */

Test(delivery, a_load_over_kept_connections)
{
    json_t *answer;

    answer_with(&(struct answer){ .status = 200, .body = "pong" }, NULL);
    json_decref(set(json_pack("{sb}", "keep_alive", 1)));
    answer =
        post("load", json_pack("{ss ss ss ss si si}", "user", "U0ANN",
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
