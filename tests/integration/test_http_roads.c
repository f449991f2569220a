/*
 * Request URLs end to end: by which roads Slack comes, what is said at start
 * and at the end, and answers that ride on the response.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/integration/common.h"
#include "tests/integration/urls.h"

static struct url_answer answer;

static void expect_page(const struct harness *h, const char *page,
                        const char *text)
{
    char *body = NULL;

    opsbot_get(h->bot, page, &body);
    cr_assert(strstr(body, text), "%s is not in %s", text, body);
    free(body);
}

/* ---- modes ---------------------------------------------------------------------- */

Test(modes, by_request_urls_no_hello_is_wanted, .timeout = 180)
{
    struct harness *h =
        harness_start(&(struct harness_options){ .road = ROAD_HTTP });

    expect_page(h, "/ready", "{\"ready\":true,\"missing\":[]}");
    expect_page(h, "/health", "\"socket\":{\"state\":\"off\",\"since\":null}");
    expect_page(h, "/health", "\"status\":\"ok\"");
    url_expect(h->bot, "ping", "by request URLs");
    expect_said(h, "U0ANN", "C0OPS", "health", "request URLs");
    cr_assert_eq(link_number(h, "opens"), 0, "no socket was asked for");
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events where"
                               " via = 'http'"),
                 2);
    harness_stop(h);
}

Test(modes, by_the_socket_there_are_no_urls, .timeout = 180)
{
    struct harness *h =
        harness_start(&(struct harness_options){ .road = ROAD_SOCKET });
    char *body = url_command("ping");

    cr_assert_eq(
        url_ask(h->bot, &(struct url_request){ .body = body }, &answer), 404);
    free(body);
    harness_stop(h);
}

Test(modes, both, .timeout = 180)
{
    static const char *const env[] = { "SLACK_MODE=both",
                                       "SLACK_SIGNING_SECRET=" URL_SECRET,
                                       NULL };
    struct harness *h = harness_start(
        &(struct harness_options){ .road = ROAD_SOCKET, .env = env });

    expect_page(h, "/health", "\"socket\":{\"state\":\"up\"");
    expect_said(h, "U0ANN", "C0OPS", "ping", "pong");
    url_expect(h->bot, "ping", "pong");
    wait_settled(h, COMES_MS);
    cr_assert_eq(sql_number(h, "select count(distinct via) from "
                               "opsbot.audit_events where command = 'ping'"),
                 2);
    harness_stop(h);
}

/* ---- at the start ----------------------------------------------------------------- */

static void refuses_to_start(const char *const *env, const char *why)
{
    struct harness *h = harness_start(&(struct harness_options){
        .road = ROAD_SOCKET,
        .parts = PART_REDIS | PART_POSTGRES | PART_SANDBOX });
    struct opsbot *bot = opsbot_start(h, env);

    cr_assert_eq(opsbot_wait_exit(bot, COMES_MS), 78);
    cr_assert(opsbot_log_has(bot, why), "%s", why);
    harness_stop(h);
}

Test(modes, without_a_secret_it_does_not_start, .timeout = 180)
{
    static const char *const env[] = { "SLACK_MODE=http", NULL };

    refuses_to_start(env, "missing SLACK_SIGNING_SECRET");
}

Test(modes, a_mode_that_is_none_is_said, .timeout = 180)
{
    static const char *const env[] = { "SLACK_MODE=web", NULL };

    refuses_to_start(env, "SLACK_MODE: expected socket, http or both");
}

/* ---- held ----------------------------------------------------------------------- */

static struct harness *h;

static void start(void)
{
    h = harness_start(&(struct harness_options){ .road = ROAD_HTTP });
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(held, .init = start, .fini = stop, .timeout = 180);

struct asker {
    struct url_answer answer;
    char *body;
    pthread_t thread;
};

static void *ask_beside(void *arg)
{
    struct asker *a = arg;

    url_ask(h->bot, &(struct url_request){ .body = a->body }, &a->answer);
    return NULL;
}

static void ask_in_thread(struct asker *a, const char *text)
{
    a->body = url_command(text);
    pthread_create(&a->thread, NULL, ask_beside, a);
}

static void asker_join(struct asker *a)
{
    pthread_join(a->thread, NULL);
    free(a->body);
}

Test(held, an_answer_in_time_rides_on_the_response)
{
    char *body = url_command("help");

    cr_assert_eq(
        url_ask(h->bot, &(struct url_request){ .body = body }, &answer), 200);
    cr_expect(strstr(answer.head, "content-type: application/json\r\n"));
    cr_expect(strstr(answer.body, "\"response_type\":\"ephemeral\""));
    free(body);
}

/* Recorded, and not answered in time: 200 without a body; the answer comes by
 * response URL. */
Test(held, a_late_one_comes_by_response_url)
{
    struct table_lock *lock = table_lock(h, "audit_events");
    struct asked asked = type_text(h, "U0ANN", "C0OPS", "ping");
    json_t *messages;
    bool payload;

    control_wait(h, "acked", 1);
    cr_assert_geq(ack_of(h, asked.envelope, &payload), 0);
    cr_assert_not(payload, "it was answered without a body");
    table_unlock(lock);
    messages = wait_answers(h, asked.interaction, 1, COMES_MS);
    expect_shown(messages, "pong");
    json_decref(messages);
    cr_assert_eq(
        url_metric(h->bot, "opsbot_slack_requests_total{outcome=\"late\"}"), 1);
    control_wait(h, "idle", 1);
    cr_assert_eq(url_metric(h->bot, "opsbot_slack_requests_held"), 0);
}

/* In flight when the end is asked for: answered; who comes then is told to come
 * again. */
Test(held, at_the_end_it_is_answered_and_newcomers_are_503)
{
    struct table_lock *lock = table_lock(h, "audit_events");
    struct asked asked = type_text(h, "U0ANN", "C0OPS", "ping");
    char *body = url_command("ping");
    json_t *messages;

    wait_redis(h, 1, COMES_MS, "XLEN opsbot:inbox");
    opsbot_signal(h->bot, SIGTERM);
    opsbot_wait_log(h->bot, "stopping: ", COMES_MS);
    while (url_ask(h->bot, &(struct url_request){ .body = body }, &answer) ==
           200)
        harness_sleep(10);
    cr_assert_eq(answer.status, 503);
    cr_assert(strstr(answer.head, "retry-after: "));
    table_unlock(lock);
    cr_assert_eq(opsbot_wait_exit(h->bot, COMES_MS), 0);
    messages = wait_answers(h, asked.interaction, 1, COMES_MS);
    expect_shown(messages, "pong");
    json_decref(messages);
    cr_assert_eq(redis_number(h, "XLEN opsbot:inbox"), 0);
    free(body);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
}

/* Killed between the record and the answer: whoever starts next answers. */
Test(held, killed_in_the_middle)
{
    struct table_lock *lock = table_lock(h, "audit_events");
    struct asked asked = type_text(h, "U0ANN", "C0OPS", "ping");
    json_t *messages;

    wait_redis(h, 1, COMES_MS, "XLEN opsbot:inbox");
    opsbot_kill9(h->bot);
    table_unlock(lock);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_redis(h, 0, 60000, "XLEN opsbot:inbox");
    wait_settled(h, COMES_MS);
    messages = answers_to(h, asked.interaction);
    cr_assert_leq(reply_messages(messages), 3);
    json_decref(messages);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events where"
                               " command = 'ping'"),
                 1, "by the first, in its last moment, or by the second");
}

/* ---- stores ----------------------------------------------------------------------- */

Test(held, with_both_stores_away_a_halt_halts)
{
    struct asker askers[3];

    part_stop(h, PART_REDIS);
    part_stop(h, PART_POSTGRES);
    wait_health(h->bot, "\"redis\":{\"state\":\"down\"", COMES_MS);
    wait_health(h->bot, "\"postgres\":{\"state\":\"down\"", COMES_MS);
    ask_in_thread(&askers[0], "halt all both are away");
    ask_in_thread(&askers[1], "ping");
    ask_in_thread(&askers[2], "dlq list");
    for (int i = 0; i < 3; i++) {
        asker_join(&askers[i]);
        cr_assert_eq(askers[i].answer.status, 200);
        cr_assert(askers[i].answer.body[0], "%d: each is told at once", i);
    }
    cr_assert(strstr(askers[0].answer.body, "alt"), "%s",
              askers[0].answer.body);
    cr_assert(strstr(askers[1].answer.body, "I am here"), "%s",
              askers[1].answer.body);
    part_start(h, PART_POSTGRES);
    part_start(h, PART_REDIS);
    wait_redis(h, 1, COMES_MS, "EXISTS opsbot:halt:all");
}

/* ---- a flood ------------------------------------------------------------------------ */

/* Changes nothing but counters. */
Test(held, a_flood_of_forgeries_changes_nothing_but_counters)
{
    json_t *flood;
    double forged;

    flood =
        control_post(h, "flood",
                     json_pack("{s:o, s:i, s:i, s:i}", "url",
                               json_sprintf("http://%s/slack/commands",
                                            opsbot_address(h->bot)),
                               "rate", 2000, "seconds", 3, "connections", 16));
    cr_assert_gt(json_integer_value(json_object_get(flood, "refused")), 0);
    cr_assert_eq(json_integer_value(json_object_get(flood, "other")), 0);
    url_expect(h->bot, "ping", "pong");
    forged =
        url_metric(h->bot, "opsbot_slack_requests_total{outcome=\"forged\"}");
    cr_assert_eq(forged,
                 (double)json_integer_value(json_object_get(flood, "refused")));
    wait_settled(h, COMES_MS);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events"), 1);
    json_decref(flood);
}
