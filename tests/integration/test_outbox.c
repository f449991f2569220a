/*
 * The public card of an effect: durable before it is attempted, posted once,
 * by whichever road there is (P5).
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/common.h"

#define REQUEUE "dlq requeue orders 1700000000000-1"
#define CARD    "Requeued 1 of 1"

static struct harness *start(void)
{
    struct harness *h = harness_start(NULL);

    dead_letters(h, "orders", 3);
    return h;
}

/* Requeued through this fault of chat.postMessage: posted, once. */
static void expect_posted_through(json_t *what)
{
    struct harness *h = start();

    fault(h, what);
    expect_said(h, "U0ANN", "C0OPS", REQUEUE, "Requeued 1 entry");
    wait_settled(h, 30000);
    wait_posts(h, "C0OPS", CARD, 1);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.outbox where state"
             " = 'sent' and ts <> ''");
    harness_stop(h);
}

Test(outbox, posted_after_a_429)
{
    expect_posted_through(
        json_pack("{s:s, s:i}", "on", "chat.postMessage", "retry_after", 1));
}

Test(outbox, posted_after_a_500)
{
    expect_posted_through(
        json_pack("{s:s, s:i}", "on", "chat.postMessage", "status", 500));
}

/* It took effect and nobody said so: it is found, not posted again. */
Test(outbox, a_post_whose_answer_is_lost_is_found)
{
    expect_posted_through(json_pack("{s:s, s:b, s:b}", "on", "chat.postMessage",
                                    "drop", 1, "after_effect", 1));
}

Test(outbox, a_post_that_is_dropped_before_is_posted)
{
    expect_posted_through(
        json_pack("{s:s, s:b}", "on", "chat.postMessage", "drop", 1));
}

Test(outbox, joins_a_public_channel)
{
    struct harness *h = start();

    expect_said(h, "U0ANN", "C0QUIET", REQUEUE, "Requeued 1 entry");
    wait_settled(h, 15000);
    wait_posts(h, "C0QUIET", CARD, 1);
    cr_assert_eq(calls_of(h, "conversations.join", NULL), 1);
    harness_stop(h);
}

/* Where it cannot join, those who are there see it by the response URL. */
Test(outbox, a_private_channel_by_response_url)
{
    struct harness *h = start();
    json_t *all;

    expect_said(h, "U0ANN", "G0SEC", REQUEUE, "Requeued 1 entry");
    wait_settled(h, 15000);
    all = control_get(h, "messages?channel=G0SEC&user=U0BOB");
    cr_assert_eq(reply_messages(all), 1);
    expect_shown(all, CARD);
    json_decref(all);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.outbox where state"
                               " = 'undeliverable'"),
                 0);
    harness_stop(h);
}

/* Committed, and killed before Slack was asked. */
Test(outbox, posted_by_the_next_run)
{
    struct harness *h = start();
    struct asked a;

    fault(h, json_pack("{s:s, s:i, s:b}", "on", "chat.postMessage", "times", 1,
                       "hang", 1));
    a = type_text(h, "U0ANN", "C0OPS", REQUEUE);
    control_wait(h, "calls:chat.postMessage", 1);
    json_decref(wait_answers(h, a.interaction, 1, 3000));
    opsbot_kill9(h->bot);
    cr_assert_eq(posted_with(h, "C0OPS", CARD), 0);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_settled(h, 80000);
    wait_posts(h, "C0OPS", CARD, 1);
    harness_stop(h);
}

/* Every effect once, in the order in which they were done. */
Test(outbox, cards_keep_their_order)
{
    struct harness *h = start();
    json_t *all;
    const char *texts[3];

    fault(h,
          json_pack("{s:s, s:i}", "on", "chat.postMessage", "retry_after", 1));
    for (int i = 1; i <= 3; i++) {
        char *text = xasprintf("dlq requeue orders 1700000000000-%d", i);

        expect_said(h, "U0ANN", "C0OPS", text, "Requeued 1 entry");
        free(text);
    }
    wait_settled(h, 30000);
    all = control_get(h, "messages?channel=C0OPS");
    cr_assert_eq(reply_messages(all), 3);
    for (size_t i = 0; i < 3; i++)
        texts[i] =
            json_string_value(json_object_get(reply_message(all, i), "text"));
    cr_assert(strstr(texts[0], "1700000000000-1 "));
    cr_assert(strstr(texts[1], "1700000000000-2 "));
    cr_assert(strstr(texts[2], "1700000000000-3 "));
    json_decref(all);
    harness_stop(h);
}

/* Posted while Postgres hangs: recorded when it is back, not looked for and
 * not posted again. */
Test(outbox, a_post_is_recorded_when_postgres_is_back)
{
    struct harness *h = start();

    fault(h,
          json_pack("{s:s, s:i}", "on", "chat.postMessage", "delay_ms", 3000));
    expect_said(h, "U0ANN", "C0OPS", REQUEUE, "Requeued 1 entry");
    control_wait(h, "calls:chat.postMessage", 1);
    part_pause(h, PART_POSTGRES);
    control_wait(h, "messages:C0OPS", 1);
    expect_said(h, "U0BOB", "C0OPS", "ping", "Postgres");
    opsbot_wait_log(h->bot, "Postgres is down", 5000);
    opsbot_wait_log(h->bot, "row 1: ", 5000);
    part_resume(h, PART_POSTGRES);
    wait_settled(h, 6000);
    wait_posts(h, "C0OPS", CARD, 1);
    cr_assert_eq(calls_of(h, "chat.postMessage", NULL), 1);
    cr_assert_eq(calls_of(h, "conversations.history", NULL), 0);
    harness_stop(h);
}
