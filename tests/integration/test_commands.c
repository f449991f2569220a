/*
 * Each command as a person types it, against what is in Redis and Postgres.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/common.h"

#define REQUEUE "dlq requeue orders 1700000000000-1"

static struct harness *start(int letters)
{
    struct harness *h = harness_start(NULL);

    if (letters)
        dead_letters(h, "orders", letters);
    return h;
}

/* Two texts, one after the other, in the answer to what ann types. */
static void expect_ann(struct harness *h, const char *text, const char *one,
                       const char *two)
{
    json_t *reply = say(h, "U0ANN", "C0OPS", text);

    expect_shown(reply, one);
    expect_shown(reply, two);
    json_decref(reply);
}

Test(commands, streams_tells_what_redis_says)
{
    struct harness *h = start(2);

    for (int i = 0; i < 7; i++)
        redis_send(h, "XADD orders * n %d", i);
    redis_send(h, "XGROUP CREATE orders shipping 0");
    redis_send(h, "XREADGROUP GROUP shipping truck1 COUNT 3 STREAMS orders >");
    redis_send(h, "XREADGROUP GROUP shipping truck2 COUNT 1 STREAMS orders >");
    expect_ann(h, "streams", "*orders*  7 entries",
               "`shipping`: 4 pending (oldest ");
    expect_ann(h, "streams orders", "`truck1`: 3 pending",
               "`truck2`: 1 pending");
    expect_ann(h, "streams ordres", "There is no stream `ordres`", "orders");
    harness_stop(h);
}

/* Queues are found by the ends of their keys; a key of another type is none. */
Test(commands, dlq_list_finds_queues_and_causes)
{
    struct harness *h = start(12);
    json_t *reply;

    redis_send(h, "XADD pay.dlq * error %s", "card 4711 refused");
    redis_send(h, "XADD pay.dlq * error %s", "card 4712 refused");
    redis_send(h, "SET x.dlq hello");
    expect_ann(h, "dlq list", "Dead letters: 14 in 2 of 2 streams",
               "top cause: timeout ×12");
    reply = say(h, "U0ANN", "C0OPS", "dlq list");
    expect_shown(reply, "refused ×2");
    expect_not_shown(reply, "x.dlq");
    json_decref(reply);
    expect_ann(h, "dlq show x.dlq", "I did not run that", "x.dlq");
    expect_ann(h, "dlq requeue x 1-1", "I did not run that", "x");
    harness_stop(h);
}

Test(commands, dlq_show_pages_by_button_and_by_flag)
{
    struct harness *h = start(12);
    json_t *first = say(h, "U0ANN", "C0OPS", "dlq show orders"), *second;

    expect_shown(first, "Page 1 of 3");
    expect_shown(first, "`1700000000000-1`");
    expect_not_shown(first, "`1700000000000-6`");
    expect_shown(first, "originally `1600000000000-1`");
    second = press(h, "U0ANN", "C0OPS", first, "Next page");
    expect_shown(second, "Page 2 of 3");
    expect_shown(second, "`1700000000000-6`");
    expect_ann(h, "dlq show orders --page 3", "Page 3 of 3",
               "`1700000000000-12`");
    expect_ann(h, "dlq show orders --page 99", "Page 3 of 3",
               "`1700000000000-12`");
    expect_ann(h, "dlq show orders --page nought", "I did not run that",
               "nought");
    json_decref(second);
    json_decref(first);
    harness_stop(h);
}

Test(commands, secrets_in_entries_are_masked)
{
    struct harness *h = start(0);
    json_t *reply;

    redis_send(h, "XADD pay.dlq * user ann password hunter2 body %s",
               "{\"api_key\":\"sk-live-1234567890\",\"amount\":12}");
    reply = say(h, "U0ANN", "C0OPS", "dlq show pay");
    expect_shown(reply, "password=***");
    expect_shown(reply, "user=ann");
    expect_not_shown(reply, "hunter2");
    expect_not_shown(reply, "sk-live");
    json_decref(reply);
    harness_stop(h);
}

Test(commands, requeue_puts_it_back_once)
{
    struct harness *h = start(2);
    char *entry;

    expect_ann(h, REQUEUE, "Requeued 1 entry of orders",
               "The card is in this channel · op ");
    wait_settled(h, 10000);
    cr_assert_eq(redis_number(h, "XLEN orders"), 1);
    cr_assert_eq(redis_number(h, "XLEN orders.dlq"), 1);
    entry = redis_text(h, "EVAL %s 1 orders",
                       "return redis.call('XRANGE', KEYS[1], '-', '+')[1][2]");
    cr_assert_str_eq(entry, "n\n1\nbody\nletter 1\noriginal_id\n"
                            "1600000000000-1");
    wait_posts(h, "C0OPS", "by <@U0ANN> · op ", 1);
    expect_ann(h, REQUEUE, "Already requeued by <@U0ANN>", "nothing changed");
    expect_ann(h, "dlq requeue orders 1700000000000-9",
               "There is no such dead letter", "nothing changed");
    expect_ann(h, "dlq requeue orders nonsense", "I did not run that",
               "is not an entry id");
    wait_settled(h, 10000);
    cr_assert_eq(redis_number(h, "XLEN orders"), 1);
    wait_posts(h, "C0OPS", "Requeued 1 of 1", 1);
    free(entry);
    harness_stop(h);
}

Test(commands, a_requeue_pressed_twice)
{
    struct harness *h = start(2);
    json_t *page = say(h, "U0ANN", "C0OPS", "dlq show orders"), *reply;

    reply = press(h, "U0ANN", "C0OPS", page, "Requeue");
    expect_shown(reply, "Requeued 1 entry of orders");
    json_decref(reply);
    reply = press(h, "U0ANN", "C0OPS", page, "Requeue");
    expect_shown(reply, "Already requeued by <@U0ANN>");
    json_decref(reply);
    wait_settled(h, 10000);
    cr_assert_eq(redis_number(h, "XLEN orders"), 1);
    wait_posts(h, "C0OPS", "Requeued 1 of 1", 1);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events where"
                               " command = 'dlq requeue'"),
                 3, "attempt, outcome, and the second press");
    json_decref(page);
    harness_stop(h);
}

/* Who may not is told which right, who has it, and how it is given. */
Test(commands, a_refusal_explains_and_is_on_record)
{
    static const char *const texts[] = { "dlq show orders", REQUEUE, "audit" };
    static const char *const rights[] = { "`dlq.show`", "`dlq.requeue`",
                                          "`audit`" };
    struct harness *h = start(2);

    for (size_t i = 0; i < 3; i++) {
        json_t *reply = say(h, "U0BOB", "C0OPS", texts[i]);

        expect_shown(reply, "You may not do that");
        expect_shown(reply, rights[i]);
        expect_shown(reply, "admins");
        expect_shown(reply, "roles:");
        json_decref(reply);
    }
    cr_assert_eq(redis_number(h, "XLEN orders.dlq"), 2);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events where"
                               " kind = 'refusal' and actor = 'U0BOB'"),
                 3);
    harness_stop(h);
}

/* A button shown to one who may is pressed by one who may not. */
Test(commands, a_button_gives_nobody_a_right)
{
    struct harness *h = start(2);
    json_t *page = say(h, "U0ANN", "C0OPS", "dlq show orders --share"), *reply;

    reply = press(h, "U0BOB", "C0OPS", page, "Requeue");
    expect_shown(reply, "You may not do that");
    cr_assert_eq(redis_number(h, "XLEN orders.dlq"), 2);
    json_decref(reply);
    json_decref(page);
    harness_stop(h);
}

Test(commands, help_lists_what_this_person_may_do)
{
    struct harness *h = start(0);
    json_t *bob = say(h, "U0BOB", "C0OPS", "help");
    json_t *empty = say(h, "U0BOB", "C0OPS", "");

    expect_ann(h, "help", "dlq requeue", "*audit*  audit");
    expect_shown(bob, "`dlq list`");
    expect_not_shown(bob, "Puts one dead letter back");
    expect_shown(empty, "`dlq list`");
    json_decref(bob);
    json_decref(empty);
    harness_stop(h);
}

Test(commands, what_slack_makes_of_typing)
{
    static const char *const texts[] = {
        "dlq show \u201corders\u201d \u2014page 2", /* quotes, em dash */
        "dlq\u00a0show orders\u00a0--page=2",       /* no-break spaces */
        "  DLQ   Show  'orders'  \u2013page 2 ",
        "dlq show orders page=2",
    };
    struct harness *h = start(7);

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_ann(h, texts[i], "Page 2 of 2", "`1700000000000-6`");
    redis_send(h, "XADD %s * error x", "a&b<c>.dlq");
    expect_ann(h, "dlq show a&b<c>", "1 dead letter", "error: x");
    expect_ann(h, "dlq show \"orders", "I did not run that", "quote");
    harness_stop(h);
}

Test(commands, an_unknown_word_gets_the_nearest)
{
    struct harness *h = start(2);
    json_t *reply = say(h, "U0ANN", "C0OPS", "dlq lst"), *pressed;

    expect_shown(reply, "Did you mean `dlq list`?");
    pressed = press(h, "U0ANN", "C0OPS", reply, "Run dlq list");
    expect_shown(pressed, "Dead letters: 2");
    json_decref(pressed);
    json_decref(reply);
    expect_ann(h, "xyzzy", "I do not know `xyzzy`", "[Help]");
    harness_stop(h);
}

Test(commands, audit_filters)
{
    struct harness *h = start(2);
    json_t *reply;

    expect_said(h, "U0BOB", "C0OPS", "dlq show orders", "You may not");
    expect_said(h, "U0CAT", "C0OPS", "ping", "Redis");
    expect_ann(h, REQUEUE, "Requeued", "op ");
    reply = say(h, "U0ANN", "C0OPS", "audit --user <@U0BOB|bob>");
    expect_shown(reply, "`dlq show orders`");
    expect_not_shown(reply, "U0CAT");
    json_decref(reply);
    reply = say(h, "U0ANN", "C0OPS", "audit --denied --since 1h");
    expect_shown(reply, "Audit: 1 record");
    expect_shown(reply, "denied");
    json_decref(reply);
    reply = say(h, "U0ANN", "C0OPS", "audit --command \"dlq requeue\"");
    expect_shown(reply, "Audit: 1 record");
    expect_shown(reply, "`" REQUEUE "`  ok");
    json_decref(reply);
    expect_ann(h, "audit --since 2031-01-01", "I did not run that", "2031");
    harness_stop(h);
}
