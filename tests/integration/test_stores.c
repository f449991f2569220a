/*
 * Redis, Postgres, or both away: what works goes on, what does not says so
 * with since-when, and nothing is done twice when they return (design §3.6).
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/integration/common.h"

#define BACK_MS 15000

/* Answered in time (Slack's 3 s: acked), with text in it. */
static void expect_soon(struct harness *h, const char *text, const char *shown)
{
    json_t *reply = say(h, "U0ANN", "C0OPS", text);

    cr_assert(json_is_true(json_object_get(reply, "acked")), "%s", text);
    expect_shown(reply, shown);
    json_decref(reply);
}

static json_t *mention(const char *id, const char *ts)
{
    return json_pack("{s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s}}", "event_id", id,
                     "event", "type", "app_mention", "channel", "C0OPS", "user",
                     "U0ANN", "text", "<@U0BOT> hello", "ts", ts, "event_ts",
                     ts);
}

Test(stores, redis_is_gone_and_comes_back)
{
    struct harness *h = harness_start(NULL);

    dead_letters(h, "orders", 2);
    part_stop(h, PART_REDIS);
    expect_soon(h, "dlq list", "Redis");
    wait_health(h->bot, "\"degraded\"", 5000);
    expect_soon(h, "dlq list", "down since");
    expect_soon(h, "dlq requeue orders 1700000000000-1", "down since");
    expect_soon(h, "ping", "Redis");
    expect_soon(h, "help", "dlq list");
    expect_soon(h, "audit", "dlq requeue");
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.operations"), 0);
    cr_assert_eq(opsbot_get(h->bot, "/ready", NULL), 503);
    part_start(h, PART_REDIS);
    opsbot_wait_ready(h->bot);
    expect_soon(h, "dlq list", "orders");
    wait_redis(h, 2, COMES_MS, "XLEN orders.dlq");
    wait_settled(h, BACK_MS);
    harness_stop(h);
}

Test(stores, redis_hangs)
{
    struct harness *h = harness_start(NULL);

    part_pause(h, PART_REDIS);
    expect_soon(h, "dlq list", "Redis");
    expect_soon(h, "ping", "Redis");
    expect_soon(h, "whoami", "U0ANN");
    part_resume(h, PART_REDIS);
    opsbot_wait_ready(h->bot);
    wait_settled(h, BACK_MS);
    harness_stop(h);
}

static void wait_acked(struct harness *h, long long n)
{
    control_wait(h, "acked", n);
    cr_assert_eq(link_number(h, "acked"), n);
}

/* An event that is not recorded is not acked: Slack sends it again. */
Test(stores, events_wait_for_redis)
{
    struct harness *h = harness_start(NULL);
    long long acked;

    part_stop(h, PART_REDIS);
    expect_soon(h, "ping", "Redis");
    acked = link_number(h, "acked");
    json_decref(
        control_post(h, "event", mention("Ev0WAITS", "1700000001.000100")));
    expect_soon(h, "ping", "Redis");
    expect_soon(h, "ping", "Redis");
    cr_assert_eq(link_number(h, "acked"), acked + 2);
    part_start(h, PART_REDIS);
    opsbot_wait_ready(h->bot);
    json_decref(control_post(h, "clock", json_pack("{s:i}", "scale", 60)));
    wait_acked(h, acked + 3);
    cr_assert(!opsbot_log_has(h->bot, "seen before") &&
              !opsbot_log_has(h->bot, "a twin of one in flight"));
    json_decref(
        control_post(h, "event", mention("Ev0WAITS", "1700000001.000100")));
    wait_acked(h, acked + 4);
    cr_assert(opsbot_log_has(h->bot, "seen before") ||
              opsbot_log_has(h->bot, "a twin of one in flight"));
    wait_settled(h, BACK_MS);
    harness_stop(h);
}

/* Recorded after all, when nobody believed in it any more. */
Test(stores, a_late_write_is_not_run_again)
{
    struct harness *h = harness_start(NULL);
    struct asked a;
    json_t *answer;

    dead_letters(h, "orders", 2);
    part_pause(h, PART_REDIS);
    a = type_text(h, "U0ANN", "C0OPS", "whoami");
    answer = wait_answers(h, a.interaction, 1, 3000);
    expect_shown(answer, "U0ANN");
    json_decref(answer);
    part_resume(h, PART_REDIS);
    opsbot_wait_ready(h->bot);
    wait_settled(h, BACK_MS);
    answer = answers_to(h, a.interaction);
    cr_assert_eq(reply_messages(answer), 1);
    json_decref(answer);
    cr_assert_eq(sql_number(h,
                            "select count(*) from opsbot.audit_events"
                            " where trace = '%s'",
                            a.trace),
                 1);
    opsbot_kill9(h->bot); /* nor by the next run */
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    cr_assert_eq(redis_number(h, "XLEN opsbot:inbox"), 0);
    harness_stop(h);
}

Test(stores, postgres_is_gone_and_comes_back)
{
    struct harness *h = harness_start(NULL);
    struct asked a;
    json_t *answer;

    dead_letters(h, "orders", 2);
    part_stop(h, PART_POSTGRES);
    expect_soon(h, "dlq list", "orders");
    expect_soon(h, "ping", "Postgres");
    expect_soon(h, "audit", "down since");
    expect_soon(h, "dlq requeue orders 1700000000000-1", "down since");
    cr_assert_eq(redis_number(h, "XLEN orders"), 0);
    wait_redis(h, 2, COMES_MS, "XLEN orders.dlq");
    a = type_text(h, "U0BOB", "C0OPS", "dlq show orders");
    answer = wait_answers(h, a.interaction, 1, 3000);
    expect_shown(answer, "dlq.show");
    json_decref(answer);
    wait_redis(h, 5, COMES_MS, "XLEN opsbot:audit");
    part_start(h, PART_POSTGRES);
    opsbot_wait_ready(h->bot);
    wait_settled(h, BACK_MS);
    wait_sql(h, 5, COMES_MS, "select count(*) from opsbot.audit_events");
    cr_assert_eq(sql_number(h,
                            "select count(*) from opsbot.audit_events"
                            " where kind = 'refusal' and trace = '%s'",
                            a.trace),
                 1);
    expect_soon(h, "dlq requeue orders 1700000000000-1", "Requeued 1 entry");
    harness_stop(h);
}

Test(stores, postgres_hangs)
{
    struct harness *h = harness_start(NULL);

    dead_letters(h, "orders", 2);
    part_pause(h, PART_POSTGRES);
    expect_soon(h, "dlq list", "orders");
    expect_soon(h, "ping", "Postgres");
    expect_soon(h, "dlq requeue orders 1700000000000-1", "Postgres");
    wait_redis(h, 2, COMES_MS, "XLEN orders.dlq");
    part_resume(h, PART_POSTGRES);
    opsbot_wait_ready(h->bot);
    wait_settled(h, BACK_MS);
    wait_redis(h, 2, COMES_MS, "XLEN orders.dlq");
    harness_stop(h);
}

Test(stores, both_are_gone)
{
    struct harness *h = harness_start(NULL);

    part_stop(h, PART_REDIS);
    part_stop(h, PART_POSTGRES);
    expect_soon(h, "ping", "Postgres");
    expect_soon(h, "help", "dlq list");
    expect_soon(h, "dlq list", "down since");
    expect_soon(h, "audit", "down since");
    wait_health(h->bot, "\"journal\":{\"state\":\"waiting\"", 5000);
    cr_assert_eq(opsbot_get(h->bot, "/health", NULL), 200);
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    opsbot_wait_ready(h->bot);
    expect_soon(h, "ping", "Redis");
    wait_sql(h, 5, BACK_MS, "select count(*) from opsbot.audit_events");
    wait_health(h->bot, "\"journal\":{\"state\":\"ok\"", 5000);
    cr_assert(!opsbot_log_has(h->bot, "recorded nowhere but here"));
    harness_stop(h);
}

/* Parts of a harness without the bot; then the bot with some of them away. */
static struct harness *start_without(enum part away)
{
    struct harness *h = harness_start(&(struct harness_options){
        .parts = PART_REDIS | PART_POSTGRES | PART_SANDBOX });

    part_stop(h, away);
    opsbot_start(h, NULL);
    opsbot_wait_heard(h->bot);
    return h;
}

Test(stores, start_without_redis)
{
    struct harness *h = start_without(PART_REDIS);

    expect_soon(h, "ping", "Redis");
    wait_health(h->bot, "\"degraded\"", 5000);
    part_start(h, PART_REDIS);
    opsbot_wait_ready(h->bot);
    expect_soon(h, "dlq list", "dead-letter queue");
    harness_stop(h);
}

Test(stores, start_without_postgres)
{
    struct harness *h = start_without(PART_POSTGRES);

    expect_soon(h, "ping", "Postgres");
    wait_health(h->bot, "\"degraded\"", 5000);
    part_start(h, PART_POSTGRES);
    opsbot_wait_ready(h->bot);
    cr_assert(opsbot_log_has(h->bot, "applied 0001_spine"));
    wait_settled(h, BACK_MS);
    wait_sql(h, 1, COMES_MS, "select count(*) from opsbot.audit_events");
    harness_stop(h);
}

/* It runs with any Redis; but who looks is told. */
Test(stores, a_redis_that_loses_things_is_told_of)
{
    struct harness *h = harness_start(NULL);

    redis_send(h, "CONFIG SET maxmemory 200mb");
    redis_send(h, "CONFIG SET maxmemory-policy allkeys-lru");
    cr_assert_eq(opsbot_stop(h->bot, COMES_MS), 0);
    opsbot_restart(h->bot);
    wait_health(h->bot, "\"redis_risk\":\"it throws away inbox", COMES_MS);
    opsbot_wait_log(h->bot, "Set `maxmemory-policy noeviction`", COMES_MS);
    redis_send(h, "CONFIG SET appendonly no");
    cr_assert_eq(opsbot_stop(h->bot, COMES_MS), 0);
    opsbot_restart(h->bot);
    wait_health(h->bot, "it has no append only file", COMES_MS);
    harness_stop(h);
}
