/*
 * Request URLs on a bad day: requests that come twice, late, again, or while
 * nobody is there; answers that nobody reads. What the WebSocket's own tests
 * are for Socket Mode, this is for HTTP.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/common.h"
#include "tests/integration/talk.h"

#define ANN "U0ANN"
#define OPS "C0OPS"

static struct harness *h;

static void start(void)
{
    h = harness_start(&(struct harness_options){ .road = ROAD_HTTP });
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(deliveries, .init = start, .fini = stop, .timeout = 180);

static long long audited(const char *command)
{
    return sql_number(h,
                      "select count(*) from opsbot.audit_events"
                      " where command = '%s'",
                      command);
}

/* A request as the test says it, to the bot's URL. Takes request. */
static json_t *raw(json_t *request)
{
    json_object_set_new(
        request, "url",
        json_sprintf("http://%s/slack/events", opsbot_address(h->bot)));
    return control_post(h, "raw_http", request);
}

static json_t *typed(const char *text)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "user", ANN, "channel", OPS,
                     "command", "/ops", "text", text);
}

static long long status_of(const json_t *answer)
{
    return json_integer_value(json_object_get(answer, "status"));
}

/* ---- twice ------------------------------------------------------------------ */

Test(deliveries, a_command_that_comes_three_times_runs_once)
{
    json_t *reply;

    fault(h, json_pack("{s:s, s:i}", "on", "delivery", "copies", 3));
    reply = say(h, ANN, OPS, "ping");
    expect_shown(reply, "pong");
    json_decref(reply);
    control_wait(h, "idle", 1);
    wait_settled(h, COMES_MS);
    cr_assert_eq(audited("ping"), 1);
    cr_assert_eq(link_number(h, "unanswered"), 0);
}

Test(deliveries, an_effect_that_comes_three_times_happens_once)
{
    dead_letters(h, "orders", 3);
    fault(h, json_pack("{s:s, s:i}", "on", "delivery", "copies", 3));
    json_decref(say(h, ANN, OPS, "dlq requeue orders 1700000000000-1"));
    control_wait(h, "idle", 1);
    wait_settled(h, COMES_MS);
    cr_assert_eq(redis_number(h, "XLEN orders"), 1);
    cr_assert_eq(redis_number(h, "XLEN orders.dlq"), 2);
}

/* A second later, or from somebody who has read it. */
Test(deliveries, a_command_that_is_played_back_is_not_run)
{
    json_t *answer, *all, *one;
    size_t i, told = 0;

    answer = raw(json_pack("{s:o, s:{}, s:i}", "act", typed("ping"), "sign",
                           "copies", 5));
    all = json_object_get(answer, "answers");
    cr_assert_eq(json_array_size(all), 5);
    json_array_foreach(all, i, one)
    {
        const char *body = json_string_value(json_object_get(one, "body"));

        cr_assert_eq(status_of(one), 200);
        told += body && *body;
    }
    cr_assert_leq(told, 1, "%zu answers", told);
    json_decref(answer);
    wait_settled(h, COMES_MS);
    cr_assert_eq(audited("ping"), 1);
}

/* ---- who is not Slack ---------------------------------------------------------- */

static void expect_refused(json_t *request, const char *what)
{
    json_t *answer;

    json_object_set_new(request, "act", typed("ping"));
    answer = raw(request);
    cr_assert_eq(status_of(answer), 401, "%s: %lld", what, status_of(answer));
    json_decref(answer);
}

Test(deliveries, what_is_not_signed_by_slack_is_refused)
{
    expect_refused(json_object(), "no signature");
    expect_refused(json_pack("{s:{s:s}}", "sign", "secret", "another"),
                   "another secret");
    expect_refused(json_pack("{s:{s:i}}", "sign", "age_s", 400), "old");
    expect_refused(json_pack("{s:{s:i}}", "sign", "age_s", -400), "from then");
    expect_refused(json_pack("{s:{s:s}}", "sign", "timestamp", "soon"),
                   "no time");
    cr_assert_eq(audited("ping"), 0);
}

/* ---- the wire ------------------------------------------------------------------- */

static void expect_pong(json_t *request, const char *how)
{
    json_t *answer;

    json_object_set_new(request, "act", typed("ping"));
    json_object_set_new(request, "sign", json_object());
    answer = raw(request);
    cr_assert_eq(status_of(answer), 200, "%s: %lld", how, status_of(answer));
    cr_assert(
        strstr(json_string_value(json_object_get(answer, "body")), "pong"),
        "%s", how);
    json_decref(answer);
}

Test(deliveries, a_body_comes_as_it_likes)
{
    expect_pong(json_object(), "whole");
    expect_pong(json_pack("{s:i}", "chunked", 7), "in chunks");
    expect_pong(json_pack("{s:i, s:i}", "piece", 40, "every_ms", 10), "slowly");
    expect_pong(json_pack("{s:s}", "content_type",
                          "Application/X-WWW-Form-Urlencoded; charset=utf-8"),
                "its type in other words");
    wait_settled(h, COMES_MS);
    cr_assert_eq(audited("ping"), 4);
}

Test(deliveries, an_answer_that_nobody_reads_is_not_missed)
{
    json_t *reply;

    dead_letters(h, "orders", 2);
    fault(h, json_pack("{s:s, s:b}", "on", "delivery", "drop", 1));
    reply = say(h, ANN, OPS, "dlq requeue orders 1700000000000-1");
    expect_shown(reply, "dispatch_failed");
    json_decref(reply);
    wait_redis(h, 1, COMES_MS, "XLEN orders");
    expect_said(h, ANN, OPS, "dlq requeue orders 1700000000000-1", "already");
    cr_assert_eq(redis_number(h, "XLEN orders"), 1);
}

/* ---- events come again ------------------------------------------------------------ */

static void mention_ping(void)
{
    talk_mention(h, ANN, OPS, "<@U0BOT> ping", NULL);
}

static void expect_one_pong(void)
{
    json_t *seen = talk_answer(h, ANN, OPS, "pong");

    json_decref(seen);
    control_wait(h, "idle", 1);
    wait_settled(h, COMES_MS);
    seen = talk_seen(h, ANN, OPS, "pong");
    cr_assert_eq(reply_messages(seen), 1);
    json_decref(seen);
    cr_assert_eq(audited("ping"), 1);
}

/* At once, and so with the same signature if it is the same second. */
Test(deliveries, an_event_whose_answer_is_lost_is_done_once)
{
    fault(h, json_pack("{s:s, s:b, s:i, s:{s:s}}", "on", "delivery", "drop", 1,
                       "times", 2, "match", "kind", "events_api"));
    mention_ping();
    expect_one_pong();
    cr_assert_eq(link_number(h, "unanswered"), 2);
}

Test(deliveries, a_first_delivery_may_say_that_it_is_the_third)
{
    fault(h, json_pack("{s:s, s:i, s:s, s:i}", "on", "delivery", "retry_num", 2,
                       "retry_reason", "http_timeout", "times", 2));
    mention_ping();
    expect_one_pong();
}

Test(deliveries, an_event_of_the_time_when_nobody_was_there)
{
    opsbot_stop(h->bot, 0);
    mention_ping();
    control_wait(h, "idle", 1);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    json_decref(control_post(h, "clock", json_pack("{s:i}", "scale", 30)));
    expect_one_pong();
}

Test(deliveries, a_command_while_nobody_is_there)
{
    opsbot_stop(h->bot, 0);
    expect_said(h, ANN, OPS, "ping", "dispatch_failed");
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    expect_said(h, ANN, OPS, "ping", "pong");
}

Test(deliveries, killed_with_an_event_in_its_hands)
{
    struct table_lock *lock = table_lock(h, "audit_events");

    mention_ping();
    wait_redis(h, 1, COMES_MS, "XLEN opsbot:inbox");
    opsbot_kill9(h->bot);
    table_unlock(lock);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    json_decref(control_post(h, "clock", json_pack("{s:i}", "scale", 30)));
    expect_one_pong();
}

/* ---- replicas ------------------------------------------------------------------------ */

/* What a load balancer does: a copy here, a copy there. */
Test(deliveries, two_replicas_run_one_command_once)
{
    struct opsbot *second = opsbot_start(h, NULL);

    opsbot_wait_ready(second);
    dead_letters(h, "orders", 6);
    for (int i = 1; i <= 6; i++) {
        char *text = xasprintf("dlq requeue orders 1700000000000-%d", i);

        fault(h, json_pack("{s:s, s:i}", "on", "delivery", "copies", 4));
        json_decref(say(h, ANN, OPS, text));
        free(text);
    }
    control_wait(h, "idle", 1);
    wait_settled(h, COMES_MS);
    cr_assert_eq(redis_number(h, "XLEN orders"), 6);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events"
                               " where kind = 'attempt'"),
                 6);
    cr_assert_eq(opsbot_stop(second, 0), 0);
    expect_said(h, ANN, OPS, "ping", "pong");
}
