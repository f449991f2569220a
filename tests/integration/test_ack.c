/*
 * ack and unack as people see them: once, in public, whoever has it named;
 * while stores are away; after a crash; and what is pending in a stream.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/halting.h"

#define TRACE   "4bf92f3577b34da6"
#define KEY     "notify:ack:" TRACE
#define ACK     "ack " TRACE " looking into it"
#define BACK_MS 60000

static const char yaml[] = "channels:\n  ops: C0GENERAL\n"
                           "admins: [U0ANN, U0BOB]\n"
                           "ack:\n  lease: 30\n";

static struct harness *start(void)
{
    return harness_start(&(struct harness_options){ .yaml = yaml });
}

/* Both records of it, its operation and its cards; the key. */
static void expect_all_there(struct harness *h)
{
    wait_sql(h, 1, BACK_MS,
             "select count(*) from opsbot.operations where state = 'done'"
             " and command = 'ack'");
    wait_sql(h, 2, BACK_MS,
             "select count(*) from opsbot.audit_events where command = 'ack'"
             " and (kind, outcome) in (('attempt', 'attempt'),"
             " ('outcome', 'ok'))");
    wait_settled(h, BACK_MS);
    wait_redis(h, 1, COMES_MS, "EXISTS " KEY);
    wait_posts(h, "C0OPS", "Acknowledged · " TRACE, 1);
    wait_posts(h, "C0GENERAL", "Acknowledged · " TRACE, 1);
}

Test(ack, once_and_in_public)
{
    struct harness *h = start();
    char *value;

    expect_said(h, "U0ANN", "C0OPS", ACK, "It is yours until ");
    expect_all_there(h);
    value = redis_text(h, "GET %s", KEY);
    cr_expect_not_null(strstr(value, "{\"by\":\"U0ANN\",\"at\":\"20"), "%s",
                       value);
    cr_expect_not_null(strstr(value, "\"until\":\"20"), "%s", value);
    cr_expect_leq(redis_number(h, "PTTL %s", KEY), 30 * 60000);
    cr_expect_gt(redis_number(h, "PTTL %s", KEY), 20 * 60000);
    expect_said(h, "U0BOB", "C0OPS", "ack " TRACE, "is acknowledged already");
    expect_said(h, "U0BOB", "C0OPS", "ack " TRACE, "U0ANN");
    wait_sql(h, 2, COMES_MS,
             "select count(*) from opsbot.operations where state = 'refused'"
             " and command = 'ack'");
    wait_posts(h, "C0OPS", "Acknowledged · " TRACE, 1);
    free(value);
    harness_stop(h);
}

Test(ack, a_button_gives_it_up_and_the_card_says_so)
{
    struct harness *h = start();
    json_t *answer;

    expect_said(h, "U0ANN", "C0OPS", ACK, "It is yours until ");
    expect_all_there(h);
    answer = press_card(h, "U0BOB", "Unacknowledge");
    expect_shown(answer, "nobody has it now");
    json_decref(answer);
    wait_redis(h, 0, COMES_MS, "EXISTS " KEY);
    wait_posts(h, "C0OPS", "Unacknowledged · " TRACE, 1);
    wait_posts(h, "C0OPS", "Earlier acknowledgement · " TRACE, 1);
    expect_said(h, "U0ANN", "C0OPS", "unack " TRACE, "Nobody has acknowledged");
    answer = press_card(h, "U0ANN", "Acknowledge");
    expect_shown(answer, "It is yours until ");
    json_decref(answer);
    wait_redis(h, 1, COMES_MS, "EXISTS " KEY);
    harness_stop(h);
}

Test(ack, without_the_right_nothing_happens)
{
    struct harness *h = start();

    expect_said(h, "U0CAT", "C0OPS", ACK, "`ack` needs the right `alert.ack`");
    expect_said(h, "U0CAT", "C0OPS", "unack " TRACE, "the right `alert.ack`");
    cr_expect_eq(redis_number(h, "EXISTS %s", KEY), 0);
    wait_sql(h, 2, COMES_MS,
             "select count(*) from opsbot.audit_events where kind = 'refusal'");
    harness_stop(h);
}

Test(ack, postgres_is_away)
{
    struct harness *h = start();

    part_stop(h, PART_POSTGRES);
    expect_patiently(h, ACK, "The record waits in Redis");
    cr_assert_eq(redis_number(h, "EXISTS %s", KEY), 1);
    cr_assert_geq(redis_number(h, "XLEN opsbot:audit"), 2);
    part_start(h, PART_POSTGRES);
    expect_all_there(h);
    harness_stop(h);
}

Test(ack, redis_is_away)
{
    struct harness *h = start();

    part_stop(h, PART_REDIS);
    expect_patiently(h, ACK, "it waits for Redis");
    part_start(h, PART_REDIS);
    expect_all_there(h);
    expect_said(h, "U0ANN", "C0OPS", "unack " TRACE, "nobody has it now");
    harness_stop(h);
}

Test(ack, both_are_away)
{
    struct harness *h = start();
    char *journal = xasprintf("%s/state1/journal", h->dir), *text;

    part_stop(h, PART_REDIS);
    part_stop(h, PART_POSTGRES);
    expect_patiently(h, ACK, "waits in the journal");
    text = harness_read(journal);
    cr_assert(strstr(text, " ack {"), "%s", text);
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    expect_all_there(h);
    free(text);
    free(journal);
    harness_stop(h);
}

/* Killed once it is in Redis, before or after the rest: finished once. */
Test(ack, a_crash_in_the_middle)
{
    struct harness *h = start();
    struct asked asked;

    asked = type_text(h, "U0ANN", "C0OPS", ACK);
    wait_redis(h, 1, COMES_MS, "EXISTS " KEY);
    opsbot_kill9(h->bot);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    expect_all_there(h);
    cr_expect_gt(strlen(asked.interaction), 0);
    harness_stop(h);
}

/* ---- what is pending -------------------------------------------------------- */

Test(ack, pending_entries_are_shown)
{
    struct harness *h = start();
    json_t *answer, *group;

    redis_send(h, "XGROUP CREATE orders notify 0 MKSTREAM");
    dead_letters(h, "orders", 1); /* by which the stream is found */
    for (int i = 0; i < 12; i++)
        redis_send(h, "XADD orders * n %d", i);
    redis_send(h, "XREADGROUP GROUP notify anna COUNT 12 STREAMS orders >");
    answer = say(h, "U0CAT", "C0OPS", "streams pending orders");
    expect_shown(answer, "orders: 12 pending");
    expect_shown(answer, "delivered 1 time");
    group = press(h, "U0CAT", "C0OPS", answer, "Show notify");
    expect_shown(group, "page 1 of 2");
    json_decref(answer);
    answer = press(h, "U0CAT", "C0OPS", group, "Next page");
    expect_shown(answer, "page 2 of 2");
    expect_said(h, "U0CAT", "C0OPS", "streams pending orders notfy",
                "Did you mean `notify`?");
    json_decref(answer);
    json_decref(group);
    harness_stop(h);
}
