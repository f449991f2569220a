/*
 * notify.events: what comes by the stream is taken, once, whoever dies when,
 * and what cannot be taken is a dead letter that people can requeue.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/integration/incoming.h"

static struct harness *h;

static void stop(void)
{
    harness_stop(h);
}

TestSuite(alerts_in, .fini = stop, .timeout = 300);

static void expect_taken(const char *title, size_t alerts)
{
    incoming_read(h);
    incoming_cards(h, title, 1);
    cr_assert_eq(sql_number(h,
                            "select count(*) from opsbot.alerts where title"
                            " = '%s'",
                            title),
                 (long long)alerts);
}

Test(alerts_in, fields_and_a_payload)
{
    h = incoming_start("", NULL);
    incoming_add(h, "t-1", "P0", "Orders-are-rejected");
    redis_send(h, "XADD notify.events * payload %s traceId t-2",
               "{\"title\":\"Lag-grows\",\"severity\":\"warning\","
               "\"labels\":{\"service\":\"pay\"}}");
    expect_taken("Orders-are-rejected", 1);
    expect_taken("Lag-grows", 1);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.alerts where trace"
                               " in ('t-1', 't-2')"),
                 2);
    cr_assert_eq(sql_number(h, "select severity from opsbot.alerts where trace"
                               " = 't-1'"),
                 0);
}

Test(alerts_in, what_ends_is_resolved)
{
    h = incoming_start("", NULL);
    incoming_add(h, "t-1", "high", "Lag");
    expect_taken("Lag", 1);
    redis_send(h, "XADD notify.events * traceId t-1 severity high title Lag "
                  "status resolved");
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.alert_groups where resolved_at"
             " is not null");
    expect_taken("Lag", 1);
}

Test(alerts_in, duplicates_are_taken_once)
{
    h = incoming_start("", NULL);
    for (int i = 0; i < 5; i++)
        incoming_add(h, "t-1", "critical", "Twice");
    expect_taken("Twice", 1);
    /* The same entries, delivered again. */
    redis_send(h, "XGROUP SETID notify.events notify 0");
    expect_taken("Twice", 1);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.alert_news"), 1);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.alert_history"), 1);
}

Test(alerts_in, what_comes_while_it_is_stopped_is_taken_at_the_start)
{
    h = incoming_start("", NULL);
    cr_assert_eq(opsbot_stop(h->bot, 20000), 0);
    incoming_add(h, "t-1", "critical", "Meanwhile");
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    expect_taken("Meanwhile", 1);
}

/* Redis stands still when it is taken: so it is not confirmed. */
Test(alerts_in, kill_9_between_taken_and_confirmed)
{
    struct table_lock *lock;

    h = incoming_start("", NULL);
    incoming_add(h, "t-0", "info", "Warm");
    expect_taken("Warm", 1);
    lock = table_lock(h, "opsbot.alert_news");
    incoming_add(h, "t-1", "critical", "Unconfirmed");
    wait_redis(h, 1, COMES_MS, "XPENDING notify.events notify");
    part_pause(h, PART_REDIS);
    table_unlock(lock);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.alerts where title = 'Unconfirmed'");
    opsbot_kill9(h->bot);
    part_resume(h, PART_REDIS);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    expect_taken("Unconfirmed", 1);
}

/* Delivered, and neither taken nor confirmed: another consumer claims it. */
Test(alerts_in, what_a_dead_consumer_left_is_taken)
{
    h = incoming_start("", NULL);
    incoming_read(h);
    opsbot_kill9(h->bot);
    incoming_add(h, "t-1", "critical", "Left-behind");
    free(redis_text(h, "XREADGROUP GROUP notify opsbot:dead COUNT 10 STREAMS "
                       "notify.events >"));
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    expect_taken("Left-behind", 1);
}

Test(alerts_in, two_replicas_share_it)
{
    struct opsbot *second;

    h = incoming_start("", NULL);
    second = opsbot_start(h, NULL);
    opsbot_wait_ready(second);
    for (int i = 0; i < 40; i++) {
        char *trace = xasprintf("t-%d", i % 20);

        incoming_add(h, trace, "warning", "Shared");
        free(trace);
    }
    incoming_read(h);
    wait_settled(h, COMES_MS);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.alert_news where id"
                               " like 't-%%'"),
                 20);
    incoming_cards(h, "Shared", 1);
}

Test(alerts_in, a_group_that_is_gone_is_made_anew)
{
    h = incoming_start("", NULL);
    incoming_add(h, "t-1", "high", "First");
    expect_taken("First", 1);
    redis_send(h, "XGROUP DESTROY notify.events notify");
    incoming_add(h, "t-2", "high", "Second");
    incoming_wait(h, "Second");
    expect_taken("First", 1);
    redis_send(h, "DEL notify.events");
    opsbot_wait_log(h->bot, "notify.events cannot be read", COMES_MS);
    incoming_add(h, "t-3", "high", "Third");
    expect_taken("Third", 1);
}

/* A stream that was there before the bot: what is long over pages nobody,
 * what is new does, and what ends an alert counts. */
Test(alerts_in, what_is_older_than_max_age_fires_nothing)
{
    h = incoming_start("  max_age: 2h\n", NULL);
    cr_assert_eq(opsbot_stop(h->bot, 20000), 0);
    redis_send(h, "DEL notify.events");
    redis_send(h, "XADD notify.events 1700000000000-0 traceId old-1 severity"
                  " critical title Long-over");
    redis_send(h, "XADD notify.events 1700000000001-0 traceId old-2 severity"
                  " critical title Over-too status resolved");
    incoming_add(h, "t-1", "critical", "New-one");
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    expect_taken("New-one", 1);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.alert_groups where"
                               " title in ('Long-over', 'Over-too')"),
                 0);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.alert_news where id"
                               " = 'old-2' or id like 'old-2%%'"),
                 1);
    cr_assert_eq(posted_with(h, "C0OPS", "Long-over"), 0);
    opsbot_wait_log(h->bot, "1 entries of notify.events are older", COMES_MS);
}

/* Who wants all of it has all of it. */
Test(alerts_in, max_age_0_takes_everything)
{
    h = incoming_start("  max_age: \"0\"\n", NULL);
    redis_send(h, "XADD notify.events 1700000000000-0 traceId old-1 severity"
                  " critical title Long-over");
    expect_taken("Long-over", 1);
}

static const char poison[] =
    "XADD notify.events * traceId bad-1 payload {\"title\":";

Test(alerts_in, poison_becomes_a_dead_letter_and_holds_up_nobody)
{
    h = incoming_start("  attempts: 2\n", NULL);
    redis_send(h, poison);
    incoming_add(h, "t-1", "critical", "Behind-it");
    incoming_wait(h, "Behind-it");
    wait_redis(h, 1, COMES_MS, "XLEN notify.events.dlq");
    incoming_read(h);
    expect_said(h, "U0ANN", "C0OPS", "dlq list", "notify.events");
    expect_said(h, "U0ANN", "C0OPS", "dlq show notify.events",
                "it ends too early");
    expect_said(h, "U0ANN", "C0OPS", "dlq show notify.events", "2 attempts");
}

/* It was requeued before: whoever follows it needs the id that it began
 * with, and one field of that name. */
Test(alerts_in, what_is_dead_again_keeps_its_first_id)
{
    char *letter, *at;

    h = incoming_start("  attempts: 1\n", NULL);
    redis_send(h, "XADD notify.events * payload {\"title\": original_id 17-1");
    wait_redis(h, 1, COMES_MS, "XLEN notify.events.dlq");
    letter = redis_text(h, "XRANGE notify.events.dlq - +");
    at = strstr(letter, "original_id\n17-1\n");
    cr_assert(at, "%s", letter);
    cr_expect_null(strstr(at + 1, "original_id"), "%s", letter);
    cr_expect(strstr(letter, "payload\n{\"title\":\n"), "%s", letter);
    cr_expect(strstr(letter, "\nerror\n"), "%s", letter);
    cr_expect(strstr(letter, "\nattempts\n1\n"), "%s", letter);
    cr_expect(strstr(letter, "\nfailed_at\n"), "%s", letter);
    free(letter);
}

/* By hand as a person mends it: the fields of the dead letter are those of
 * the entry, so that it comes back as it was. */
Test(alerts_in, what_is_requeued_is_taken_again)
{
    char *id, *line;

    h = incoming_start("  attempts: 1\n", NULL);
    redis_send(h, "XADD notify.events.dlq * traceId t-9 severity critical "
                  "title Mended error was-broken original_id 1-1 attempts 5 "
                  "failed_at 2025-11-20T15:41:00Z");
    id = redis_text(h, "XRANGE notify.events.dlq - + COUNT 1");
    id[strcspn(id, "\n")] = '\0';
    line = xasprintf("dlq requeue notify.events %s", id);
    expect_said(h, "U0ANN", "C0OPS", line, "equeued");
    incoming_wait(h, "Mended");
    incoming_read(h);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.alerts where trace"
                               " = 't-9'"),
                 1);
    free(line);
    free(id);
}

Test(alerts_in, slack_refuses_and_nothing_is_lost_nor_twice)
{
    h = incoming_start("", NULL);
    fault(h, json_pack("{ss si si}", "on", "chat.postMessage", "times", 3,
                       "status", 500));
    fault(h, json_pack("{ss sb sb}", "on", "chat.postMessage", "drop", 1,
                       "after_effect", 1));
    for (int i = 0; i < 3; i++) {
        char *name = xasprintf("Refused-%d", i);

        incoming_add(h, name, "critical", name);
        free(name);
    }
    incoming_read(h);
    for (int i = 0; i < 3; i++) {
        char *name = xasprintf("Refused-%d", i);

        incoming_cards(h, name, 1);
        free(name);
    }
}

Test(alerts_in, a_typed_test_takes_the_same_way)
{
    h = incoming_start("", NULL);
    expect_said(h, "U0ANN", "C0OPS", "alert test critical Is-this-on",
                "on its way");
    incoming_cards(h, "Is-this-on", 1);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.alert_groups where"
                               " test"),
                 1);
}

/* ---- at the end of it ---------------------------------------------------------- */

#define POSTS 20

static char *one_of(int i)
{
    return xasprintf("{\"title\":\"Posted-%d\",\"severity\":\"info\","
                     "\"traceId\":\"p-%d\"}",
                     i, i);
}

/* Sent, and its answer not waited for. */
static int post_begin(int i)
{
    char *body = one_of(i), *bytes;
    int fd = url_dial(h->bot);
    size_t len;

    bytes = url_bytes(
        &(struct url_request){
            .path = "/alerts", .type = URL_JSON, .secret = "", .body = body },
        &len);
    url_send(fd, bytes, len);
    free(bytes);
    free(body);
    return fd;
}

static bool queue_waits(void *arg)
{
    (void)arg;
    return url_metric(h->bot, "opsbot_alerts_waiting") >= 2;
}

static long long there(int i)
{
    return sql_number(h,
                      "select count(*) from opsbot.alerts where trace ="
                      " 'p-%d'",
                      i);
}

static bool all_taken(void *arg)
{
    const bool *said = arg;

    for (int i = 0; i < POSTS; i++)
        if (said[i] && there(i) != 1)
            return false;
    return true;
}

/* SIGTERM while Postgres keeps the first batch waiting and others queue: what
 * was answered 200 is kept, what was not can come again, and of the stream
 * nothing is confirmed that is not. */
Test(alerts_in, a_stop_with_batches_in_the_queue_loses_nothing)
{
    static struct url_answer answer;
    struct table_lock *lock;
    bool said[POSTS] = { false };
    int fds[POSTS];

    h = incoming_start("", NULL);
    lock = table_lock(h, "opsbot.alert_news");
    for (int i = 0; i < POSTS; i++)
        fds[i] = post_begin(i);
    for (int i = 0; i < 5; i++) {
        char *trace = xasprintf("s-%d", i);

        incoming_add(h, trace, "info", "Of-the-stream");
        free(trace);
    }
    wait_until(queue_waits, NULL, COMES_MS, "batches to wait");
    opsbot_signal(h->bot, SIGTERM);
    for (int i = 0; i < POSTS; i++) {
        url_read(fds[i], &answer);
        close(fds[i]);
        said[i] = answer.status == 200;
    }
    table_unlock(lock);
    cr_assert_eq(opsbot_wait_exit(h->bot, 30000), 0);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_until(all_taken, said, COMES_MS, "what was answered 200");
    incoming_read(h);
    for (int i = 0; i < POSTS; i++) {
        char *body = one_of(i);

        incoming_expect(h->bot, "/alerts", NULL, body, 200, "\"ok\":true");
        free(body);
    }
    wait_redis(h, 0, COMES_MS, "XLEN opsbot:alerts");
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.alerts where trace"
                               " like 'p-%%'"),
                 POSTS);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.alert_news where id"
                               " like 's-%%'"),
                 5);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.alert_news"),
                 POSTS + 5);
}
