/*
 * Everything that Slack may answer to a post: what was asked, what Slack saw,
 * and the outbox rows, each time.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/rows.h"

#define POST "chat.postMessage"

static void expect_text(struct harness *h, const char *channel, size_t n,
                        const char *want)
{
    char *text = row_text(h, channel, n);

    cr_assert_str_eq(text, want);
    free(text);
}

/* It begins and ends like this. */
static void expect_around(struct harness *h, const char *channel, size_t n,
                          const char *begin, const char *end)
{
    char *text = row_text(h, channel, n);
    size_t len = strlen(text), tail = strlen(end);

    cr_assert(strncmp(text, begin, strlen(begin)) == 0 && len >= tail &&
                  strcmp(text + len - tail, end) == 0,
              "%s", text);
    free(text);
}

/* One message through this fault: posted, once, with so many calls. */
static struct harness *posted_through(json_t *what, size_t calls)
{
    struct harness *h = rows_start();

    fault(h, what);
    row_put(h, "A", "C0OPS");
    row_wait(h, "A", "sent|", 45000);
    wait_posts(h, "C0OPS", "A says hi", 1);
    cr_assert_eq(calls_of(h, POST, NULL), calls);
    expect_text(h, "C0OPS", 0, "A says hi");
    return h;
}

Test(refusals, limited_once)
{
    struct harness *h =
        posted_through(json_pack("{ss si}", "on", POST, "retry_after", 1), 2);

    cr_assert_eq(calls_of(h, "conversations.history", NULL), 0);
    harness_stop(h);
}

/* Other channels go on; what waits is posted in order when the time comes. */
Test(refusals, limited_for_ever_on_one_channel)
{
    struct harness *h = rows_start();

    fault(h, json_pack("{ss si si s{ss}}", "on", POST, "times", -1,
                       "retry_after", 1, "match", "channel", "C0OPS"));
    row_put(h, "A", "C0OPS");
    row_put(h, "B", "C0OPS");
    control_wait(h, "calls:" POST, 2);
    row_put(h, "C", "C0GENERAL");
    row_wait(h, "C", "sent|", 9000);
    wait_sql(h, 2, 20000,
             "select max(attempts) from opsbot.outbox where op = 'A'");
    wait_sql(h, 2, COMES_MS,
             "select count(*) from opsbot.outbox where"
             " state in ('waiting', 'sending')");
    cr_assert_eq(posted_with(h, "C0OPS", "says hi"), 0);
    control_delete(h, "fault");
    row_wait(h, "B", "sent|", 30000);
    row_expect(h, "A", "sent|");
    expect_text(h, "C0OPS", 0, "A says hi");
    expect_text(h, "C0OPS", 1, "B says hi");
    expect_text(h, "C0OPS", 2, "");
    harness_stop(h);
}

/* It may have taken effect: looked for twice, then posted. */
Test(refusals, status_500)
{
    struct harness *h =
        posted_through(json_pack("{ss si}", "on", POST, "status", 500), 2);

    cr_assert_eq(calls_of(h, "conversations.history", NULL), 2);
    harness_stop(h);
}

Test(refusals, time_out_after_accepting)
{
    struct harness *h = posted_through(
        json_pack("{ss sb sb}", "on", POST, "hang", 1, "after_effect", 1), 1);

    cr_assert_eq(calls_of(h, "conversations.history", NULL), 1);
    harness_stop(h);
}

/* Nobody can look: sent again, and marked. */
Test(refusals, time_out_where_nobody_can_look)
{
    struct harness *h = rows_start();

    fault(h, json_pack("{ss sb sb}", "on", POST, "drop", 1, "after_effect", 1));
    fault(h, json_pack("{ss ss si}", "on", "conversations.history", "error",
                       "missing_scope", "times", -1));
    row_put(h, "A", "C0OPS");
    row_wait(h, "A", "sent|", 30000);
    expect_text(h, "C0OPS", 0, "A says hi");
    expect_text(h, "C0OPS", 1, "(repeated) A says hi");
    cr_assert_eq(calls_of(h, POST, NULL), 2);
    harness_stop(h);
}

/* ---- for good -------------------------------------------------------------------- */

/* The row is undeliverable, the lane goes on, and the fallback channel has its
 * text, once. */
static void expect_undeliverable(struct harness *h, const char *channel,
                                 const char *word, const char *reason)
{
    char *state = xasprintf("undeliverable|%s", word);
    char *told =
        xasprintf("This could not be posted in <#%s>: %s.\n", channel, reason);

    row_put(h, "A", channel);
    row_wait(h, "A", state, 15000);
    wait_settled(h, 15000);
    expect_around(h, "C0GENERAL", 0, told, "A says hi");
    expect_text(h, "C0GENERAL", 1, "");
    wait_sql(h, 2, COMES_MS, "select count(*) from opsbot.outbox");
    wait_health(h->bot, "\"undeliverable\":1", 15000);
    free(state);
    free(told);
}

Test(refusals, channel_gone)
{
    struct harness *h = rows_start();

    expect_undeliverable(h, "C0GONE", "channel_not_found",
                         "there is no such channel, or it is private and the"
                         " bot is not in it");
    harness_stop(h);
}

Test(refusals, channel_archived)
{
    struct harness *h = rows_start();

    json_decref(
        control_post(h, "archive", json_pack("{ss}", "channel", "C0OPS")));
    expect_undeliverable(h, "C0OPS", "is_archived", "the channel is archived");
    harness_stop(h);
}

Test(refusals, the_lane_goes_on)
{
    struct harness *h = rows_start();

    fault(h, json_pack("{ss ss}", "on", POST, "error", "restricted_action"));
    row_put(h, "A", "C0OPS");
    row_put(h, "B", "C0OPS");
    row_wait(h, "B", "sent|", 15000);
    row_expect(h, "A", "undeliverable|restricted_action");
    expect_text(h, "C0OPS", 0, "B says hi");
    expect_text(h, "C0OPS", 1, "");
    harness_stop(h);
}

/* What the fallback channel itself refuses goes nowhere, and is not lost. */
Test(refusals, the_fallback_channel_itself)
{
    struct harness *h = rows_start();

    fault(h, json_pack("{ss ss si}", "on", POST, "error", "msg_too_long",
                       "times", -1));
    row_put(h, "A", "C0OPS");
    row_wait(h, "A", "undeliverable|msg_too_long", 15000);
    wait_sql(h, 2, 15000,
             "select count(*) from opsbot.outbox where state ="
             " 'undeliverable'");
    wait_settled(h, 5000);
    wait_sql(h, 2, COMES_MS, "select count(*) from opsbot.outbox");
    harness_stop(h);
}

Test(refusals, bot_not_a_member)
{
    struct harness *h = rows_start();

    row_put(h, "A", "C0QUIET");
    row_wait(h, "A", "sent|", 15000);
    expect_text(h, "C0QUIET", 0, "A says hi");
    cr_assert_eq(calls_of(h, "conversations.join", NULL), 1);
    cr_assert_eq(calls_of(h, POST, NULL), 2);
    harness_stop(h);
}

Test(refusals, private_channel)
{
    struct harness *h = rows_start();

    expect_undeliverable(h, "G0SEC", "channel_not_found",
                         "there is no such channel, or it is private and the"
                         " bot is not in it");
    harness_stop(h);
}

/* By response URL, whose answer is lost: again, and marked. */
Test(refusals, response_url_without_an_answer)
{
    struct harness *h = rows_start();
    json_t *all;
    char *shown;

    dead_letters(h, "orders", 1);
    fault(h, json_pack("{ss sb sb}", "on", "response_url", "drop", 1,
                       "after_effect", 1));
    expect_said(h, "U0ANN", "G0SEC", "dlq requeue orders 1700000000000-1",
                "Requeued 1 entry");
    wait_settled(h, 30000);
    all = control_get(h, "messages?channel=G0SEC&user=U0BOB");
    cr_assert_eq(reply_messages(all), 2);
    shown = reply_text(all);
    cr_assert(strstr(shown, "(repeated) "), "%s", shown);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.outbox where"
             " state = 'sent'");
    free(shown);
    json_decref(all);
    harness_stop(h);
}

/* ---- not ours, and our own ------------------------------------------------------- */

static void token(struct harness *h, const char *state)
{
    json_decref(control_post(
        h, "token",
        json_pack("{ss ss}", "token", "xoxb-test", "state", state)));
}

/* It pauses everything and fails nothing. */
Test(refusals, token_revoked)
{
    struct harness *h = rows_start();

    token(h, "revoked");
    row_put(h, "A", "C0OPS");
    row_put(h, "B", "C0OPS");
    row_put(h, "C", "C0GENERAL");
    opsbot_wait_log(h->bot, "Slack refuses SLACK_BOT_TOKEN", 10000);
    wait_health(h->bot, "token refused", 5000);
    wait_sql(h, 3, COMES_MS,
             "select count(*) from opsbot.outbox where"
             " state in ('waiting', 'sending')");
    token(h, "active");
    wait_settled(h, 90000);
    wait_sql(h, 3, COMES_MS,
             "select count(*) from opsbot.outbox where"
             " state = 'sent'");
    expect_text(h, "C0OPS", 0, "A says hi");
    expect_text(h, "C0OPS", 1, "B says hi");
    expect_text(h, "C0GENERAL", 0, "C says hi");
    harness_stop(h);
}

Test(refusals, blocks_that_are_wrong)
{
    struct harness *h = rows_start();

    free(sql(h, "insert into opsbot.outbox (op, channel, body) values ('A',"
                " 'C0OPS', '{\"text\":\"A says hi\","
                "\"blocks\":[{\"type\":\"nonsense\"}]}')"));
    row_wait(h, "A", "sent|", 15000);
    expect_text(h, "C0OPS", 0, "A says hi");
    opsbot_wait_log(h->bot, "Slack does not take our blocks", 1000);
    harness_stop(h);
}

/* ---- late, and again ------------------------------------------------------------- */

Test(refusals, what_comes_late_says_so)
{
    struct harness *h = rows_start();
    json_t *all;

    free(sql(h, "insert into opsbot.outbox (op, channel, body, created_at)"
                " values ('A', 'C0OPS', '{\"text\":\"A says hi\",\"blocks\":"
                "[{\"type\":\"divider\"}]}', now() - interval '190 s')"));
    row_wait(h, "A", "sent|", 15000);
    /* 190 s, and what this machine took. */
    expect_around(h, "C0OPS", 0, "[3 m ",
                  " s late (opsbot was down)] A says hi");
    all = control_get(h, "messages?channel=C0OPS");
    expect_shown(all, " s late (opsbot was down)");
    json_decref(all);
    harness_stop(h);
}

/* Put right, then tried again by its button; pressing twice is once. */
Test(refusals, undeliverable_seen_and_tried_again)
{
    struct harness *h = rows_start();
    json_t *reply, *done;

    json_decref(
        control_post(h, "archive", json_pack("{ss}", "channel", "C0OPS")));
    row_put(h, "A", "C0OPS");
    row_wait(h, "A", "undeliverable|is_archived", 15000);
    wait_settled(h, 15000);
    reply = say(h, "U0ANN", "C0GENERAL", "outbox");
    expect_shown(reply, "1 undeliverable");
    expect_shown(reply, "the channel is archived (is_archived)");
    expect_shown(reply, "A says hi");
    json_decref(control_post(
        h, "archive", json_pack("{ss sb}", "channel", "C0OPS", "archived", 0)));
    done = press(h, "U0ANN", "C0GENERAL", reply, "Retry 1");
    expect_shown(done, "Trying again: 1 message");
    json_decref(done);
    row_wait(h, "A", "sent|", 15000);
    done = press(h, "U0ANN", "C0GENERAL", reply, "Retry 1");
    expect_shown(done, "Retried before");
    json_decref(done);
    wait_posts(h, "C0OPS", "A says hi", 1);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.audit_events where"
             " command = 'outbox retry'"
             " and outcome = 'ok'");
    expect_said(h, "U0BOB", "C0GENERAL", "outbox",
                "You may not do that: outbox");
    expect_said(h, "U0ANN", "C0GENERAL", "outbox retry --all",
                "Nothing to retry");
    expect_said(h, "U0ANN", "C0GENERAL", "outbox",
                "everything has been posted");
    json_decref(reply);
    harness_stop(h);
}
