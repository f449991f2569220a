/* Cards that live on, threads, and two replicas that share channels. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/rows.h"

#define POST "chat.postMessage"
#define EDIT "chat.update"

static void expect_only(struct harness *h, const char *channel,
                        const char *want)
{
    char *first = row_text(h, channel, 0), *second = row_text(h, channel, 1);

    cr_assert_str_eq(first, want);
    cr_assert_str_eq(second, "");
    free(first);
    free(second);
}

/* A hundred changes make one edit. */
Test(outbox_cards, posted_once_then_edited)
{
    struct harness *h = rows_start();

    row_card(h, "J", "C0OPS");
    row_wait(h, "J", "sent|", 10000);
    expect_only(h, "C0OPS", "J is new");
    for (int i = 0; i < 10; i++)
        row_change(h, "J", "J is at work", 10);
    row_change(h, "J", "J is done", 1);
    wait_settled(h, 15000);
    expect_only(h, "C0OPS", "J is done");
    cr_assert_eq(calls_of(h, POST, NULL), 1);
    cr_assert_leq(calls_of(h, EDIT, NULL), 5);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.outbox where"
             " wanted = 102 and shown = 102");
    harness_stop(h);
}

/* Changed while its post is under way: the edit comes after it. */
Test(outbox_cards, an_edit_never_overtakes_its_post)
{
    struct harness *h = rows_start();

    fault(h, json_pack("{ss si}", "on", POST, "delay_ms", 1500));
    row_card(h, "J", "C0OPS");
    control_wait(h, "calls:" POST, 1);
    row_change(h, "J", "J is done", 1);
    wait_sql(h, 2, 15000, "select shown from opsbot.outbox");
    expect_only(h, "C0OPS", "J is done");
    cr_assert_eq(calls_of(h, POST, NULL), 1);
    cr_assert_eq(calls_of(h, EDIT, NULL), 1);
    harness_stop(h);
}

/* Somebody deleted it, or it is too old to be edited. */
Test(outbox_cards, posted_anew_when_it_is_gone)
{
    struct harness *h = rows_start();

    row_card(h, "J", "C0OPS");
    row_wait(h, "J", "sent|", 10000);
    row_delete_message(h, "J", "C0OPS");
    row_change(h, "J", "J goes on", 1);
    wait_sql(h, 2, 15000, "select shown from opsbot.outbox");
    wait_posts(h, "C0OPS", "J goes on", 1);
    fault(h, json_pack("{ss ss}", "on", EDIT, "error", "edit_window_closed"));
    row_change(h, "J", "J is done", 1);
    wait_sql(h, 3, 15000, "select shown from opsbot.outbox");
    wait_posts(h, "C0OPS", "J is done", 1);
    cr_assert_eq(calls_of(h, POST, NULL), 3);
    harness_stop(h);
}

/* Its post was accepted and nobody said so: found, and brought up to date. */
Test(outbox_cards, a_card_whose_answer_is_lost_is_found_and_edited)
{
    struct harness *h = rows_start();

    fault(h, json_pack("{ss sb sb}", "on", POST, "drop", 1, "after_effect", 1));
    row_card(h, "J", "C0OPS");
    row_wait(h, "J", "sent|", 20000);
    expect_only(h, "C0OPS", "J is new");
    cr_assert_eq(calls_of(h, POST, NULL), 1);
    cr_assert_eq(calls_of(h, EDIT, NULL), 1);
    harness_stop(h);
}

/* Another part of the bot posted its card before there was a row: the same
 * thing, another row. */
Test(outbox_cards, a_card_posted_by_another_road_is_found)
{
    struct harness *h = rows_start();

    row_card(h, "J", "C0OPS");
    row_wait(h, "J", "sent|", 10000);
    free(sql(h, "delete from opsbot.outbox"));
    row_put(h, "B", "C0OPS");
    row_wait(h, "B", "sent|", 10000);
    free(sql(h, "insert into opsbot.outbox (op, channel, body, thing, looks)"
                " values ('K', 'C0OPS', '{\"text\":\"J again\"}', 'none:J',"
                " 1)"));
    row_wait(h, "K", "sent|", 15000);
    wait_posts(h, "C0OPS", "J again", 1);
    cr_assert_eq(calls_of(h, POST, NULL), 2);
    cr_assert_eq(calls_of(h, EDIT, NULL), 1);
    harness_stop(h);
}

/* A line of a thread waits for the card it answers, and is looked for there
 * when its end is not known. */
Test(outbox_cards, lines_of_a_thread_stay_in_it)
{
    struct harness *h = rows_start();
    char *ts, *path;
    json_t *all;

    fault(h, json_pack("{ss si si}", "on", POST, "status", 503, "times", 1));
    fault(h, json_pack("{ss sb sb si}", "on", POST, "drop", 1, "after_effect",
                       1, "after", 1));
    free(sql(h, "with card as (insert into opsbot.outbox (op, channel, body,"
                " thing, lane) values ('J', 'C0OPS', '{\"text\":\"J is new\"}',"
                " 'none:J', 4) returning id) insert into opsbot.outbox (op,"
                " channel, body, lane, thread_of) select 'L', 'C0OPS',"
                " '{\"text\":\"a line\"}', 0, id from card"));
    wait_settled(h, 40000);
    ts = sql(h, "select ts from opsbot.outbox where op = 'J'");
    ts[strcspn(ts, "\n")] = '\0';
    path = xasprintf("messages?channel=C0OPS&thread=%s", ts);
    all = control_get(h, path);
    expect_shown(all, "a line");
    wait_posts(h, "C0OPS", "a line", 1);
    cr_assert_eq(calls_of(h, "conversations.replies", NULL), 1);
    json_decref(all);
    free(path);
    free(ts);
    harness_stop(h);
}

/* ---- two replicas ------------------------------------------------------------------ */

static bool owns(struct opsbot *bot, const char *owner)
{
    char *body;
    bool is;

    opsbot_get(bot, "/health", &body);
    is = strstr(body, owner) != NULL;
    free(body);
    return is;
}

/* The one that posts hangs, then dies; the other looks, and posts what is not
 * there. */
static void one_dies(json_t *what, size_t posts)
{
    struct harness *h = rows_start();
    struct opsbot *other = opsbot_start(h, NULL);
    char *owner;

    opsbot_wait_ready(other);
    fault(h, what);
    row_put(h, "A", "C0OPS");
    row_put(h, "B", "C0OPS");
    control_wait(h, "calls:" POST, 1);
    owner = sql(h, "select owner from opsbot.outbox where op = 'A'");
    owner[strcspn(owner, "\n")] = '\0';
    opsbot_kill9(owns(h->bot, owner) ? h->bot : other);
    row_wait(h, "B", "sent|", 60000);
    row_expect(h, "A", "sent|");
    wait_posts(h, "C0OPS", "A says hi", 1);
    wait_posts(h, "C0OPS", "B says hi", 1);
    cr_assert_eq(calls_of(h, POST, NULL), posts);
    cr_assert_eq(sql_number(h,
                            "select count(*) from opsbot.outbox where"
                            " owner = '%s'",
                            owner),
                 0);
    free(owner);
    harness_stop(h);
}

Test(outbox_replicas, one_dies_before_slack_took_it)
{
    one_dies(json_pack("{ss sb}", "on", POST, "hang", 1), 3);
}

Test(outbox_replicas, one_dies_after_slack_took_it)
{
    one_dies(json_pack("{ss sb sb}", "on", POST, "hang", 1, "after_effect", 1),
             2);
}

/* Both are at it: every row once. */
Test(outbox_replicas, rows_are_shared)
{
    struct harness *h = rows_start();
    struct opsbot *other = opsbot_start(h, NULL);

    opsbot_wait_ready(other);
    for (int i = 0; i < 6; i++) {
        char op[16];

        snprintf(op, sizeof op, "A%d", i);
        row_put(h, op, i % 2 ? "C0OPS" : "C0GENERAL");
    }
    wait_settled(h, 40000);
    wait_posts(h, "C0OPS", "says hi", 3);
    wait_posts(h, "C0GENERAL", "says hi", 3);
    cr_assert_eq(calls_of(h, POST, NULL), 6);
    harness_stop(h);
}

/* A proper end gives the channels up at once. */
Test(outbox_replicas, a_stop_leaves_nothing_behind)
{
    struct harness *h = rows_start();

    row_put(h, "A", "C0OPS");
    row_wait(h, "A", "sent|", 10000);
    fault(h, json_pack("{ss si}", "on", POST, "delay_ms", 1000));
    row_put(h, "B", "C0OPS");
    control_wait(h, "calls:" POST, 2);
    cr_assert_eq(opsbot_stop(h->bot, 0), 0);
    row_expect(h, "B", "sent|");
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.outbox_channels"
                               " where lease_until > now()"),
                 0);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_posts(h, "C0OPS", "B says hi", 1);
    harness_stop(h);
}
