/*
 * Slack refuses while a bulk move or a halt is under way: it is carried out
 * all the same, and in the end its card is there once and true.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/bulk.h"

#define POST    "chat.postMessage"
#define EDIT    "chat.update"
#define ENTRIES 60
#define RUNNING "Requeueing · orders"

static struct harness *start(json_t *what)
{
    struct harness *h = start_jobs(ENTRIES);

    if (what)
        fault(h, what);
    begin_slowly(h, "10");
    return h;
}

static void expect_true_in_the_end(struct harness *h)
{
    wait_job(h, "done", SLOW_MS);
    wait_settled(h, SLOW_MS);
    bulk_expect(h, ENTRIES);
    harness_stop(h);
}

/* ---- its post -------------------------------------------------------------------- */

Test(job_refusals, post_limited_once)
{
    expect_true_in_the_end(
        start(json_pack("{ss si}", "on", POST, "retry_after", 1)));
}

Test(job_refusals, post_status_500)
{
    expect_true_in_the_end(
        start(json_pack("{ss si si}", "on", POST, "status", 500, "times", 2)));
}

Test(job_refusals, post_times_out_after_accepting)
{
    expect_true_in_the_end(start(json_pack("{ss sb sb si}", "on", POST, "hang",
                                           1, "after_effect", 1, "times", 2)));
}

/* The other channel has its card, and this one has it when it may. */
Test(job_refusals, limited_for_ever_on_one_channel)
{
    struct harness *h =
        start(json_pack("{ss si si s{ss}}", "on", POST, "times", -1,
                        "retry_after", 1, "match", "channel", "C0OPS"));

    wait_job(h, "done", SLOW_MS);
    wait_posted(h, "C0GENERAL", "Requeued 60 of 60");
    cr_assert_eq(posted_with(h, "C0OPS", "orders"), 0);
    control_delete(h, "fault");
    expect_true_in_the_end(h);
}

/* ---- its edits ------------------------------------------------------------------- */

Test(job_refusals, edits_limited)
{
    expect_true_in_the_end(start(
        json_pack("{ss si si}", "on", EDIT, "times", 4, "retry_after", 1)));
}

Test(job_refusals, edits_time_out)
{
    expect_true_in_the_end(
        start(json_pack("{ss sb si}", "on", EDIT, "hang", 1, "times", 2)));
}

/* message_not_found: posted anew. */
Test(job_refusals, its_card_is_deleted)
{
    struct harness *h = start(NULL);
    char *ts;

    wait_posted(h, "C0OPS", RUNNING);
    wait_sql(h, 2, 10000,
             "select count(*) from opsbot.outbox where ts is not null");
    ts = sql(h, "select ts from opsbot.outbox where channel = 'C0OPS'");
    ts[strcspn(ts, "\n")] = '\0';
    json_decref(control_post(
        h, "delete", json_pack("{ss ss}", "channel", "C0OPS", "ts", ts)));
    free(ts);
    expect_true_in_the_end(h);
}

/* ---- for good -------------------------------------------------------------------- */

/* channels.ops is archived: undeliverable there, told where it was asked. */
Test(job_refusals, a_channel_is_gone)
{
    struct harness *h = start_jobs(ENTRIES);

    json_decref(
        control_post(h, "archive", json_pack("{ss}", "channel", "C0GENERAL")));
    begin_slowly(h, "10");
    wait_job(h, "done", SLOW_MS);
    wait_settled(h, SLOW_MS);
    wait_posted(h, "C0OPS", "Requeued 60 of 60");
    expect_each_once(h, ENTRIES);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.outbox where state"
             " = 'undeliverable' and channel = 'C0GENERAL'"
             " and error = 'is_archived'");
    wait_health(h->bot, "\"undeliverable\":1", 15000);
    harness_stop(h);
}

/* Where the bot is no member it joins. */
Test(job_refusals, the_bot_is_no_member)
{
    struct harness *h = start_jobs(ENTRIES);

    json_decref(say(h, "U0ANN", "C0QUIET", ALL " --rate 10"));
    json_decref(say(h, "U0ANN", "C0QUIET", typed(h, "confirm")));
    wait_job(h, "done", SLOW_MS);
    wait_settled(h, SLOW_MS);
    wait_posted(h, "C0QUIET", "Requeued 60 of 60");
    wait_posts(h, "C0QUIET", "orders", 1);
    expect_each_once(h, ENTRIES);
    harness_stop(h);
}

static void token(struct harness *h, const char *state)
{
    json_decref(control_post(
        h, "token",
        json_pack("{ss ss}", "token", "xoxb-test", "state", state)));
}

/* It is carried out, and told when Slack lets it. */
Test(job_refusals, the_token_is_revoked_in_the_middle)
{
    struct harness *h = start(NULL);

    wait_posted(h, "C0OPS", RUNNING);
    token(h, "revoked");
    wait_job(h, "done", SLOW_MS);
    opsbot_wait_log(h->bot, "Slack refuses SLACK_BOT_TOKEN", 20000);
    cr_assert_eq(posted_with(h, "C0OPS", "Requeued 60 of 60"), 0);
    token(h, "active");
    wait_settled(h, 90000);
    expect_true_in_the_end(h);
}

/* ---- a halt ---------------------------------------------------------------------- */

/* It acts at once, whatever Slack says to its card. */
static void expect_halted(json_t *what)
{
    struct harness *h = start_jobs(0);

    fault(h, what);
    expect_said(h, "U0ANN", "C0OPS", "halt all maintenance", "Halted all");
    wait_redis(h, 1, COMES_MS, "EXISTS opsbot:halt:all");
    wait_settled(h, 90000);
    wait_posts(h, "C0OPS", "HALTED · all", 1);
    wait_posts(h, "C0GENERAL", "HALTED · all", 1);
    wait_redis(h, 1, COMES_MS, "XLEN ops.control");
    expect_audited(h, "command = 'halt' and kind = 'attempt'", 1);
    expect_audited(h, "command = 'halt' and kind = 'outcome'", 1);
    harness_stop(h);
}

Test(job_refusals, halt_limited)
{
    expect_halted(
        json_pack("{ss si si}", "on", POST, "retry_after", 1, "times", 2));
}

Test(job_refusals, halt_status_500)
{
    expect_halted(
        json_pack("{ss si si}", "on", POST, "status", 500, "times", 2));
}

Test(job_refusals, halt_times_out_after_accepting)
{
    expect_halted(json_pack("{ss sb sb si}", "on", POST, "hang", 1,
                            "after_effect", 1, "times", 2));
}

Test(job_refusals, halt_while_the_token_is_revoked)
{
    struct harness *h = start_jobs(0);

    token(h, "revoked");
    expect_said(h, "U0ANN", "C0OPS", "halt all maintenance", "Halted all");
    wait_redis(h, 1, COMES_MS, "EXISTS opsbot:halt:all");
    opsbot_wait_log(h->bot, "Slack refuses SLACK_BOT_TOKEN", 20000);
    token(h, "active");
    wait_settled(h, 90000);
    wait_posts(h, "C0OPS", "HALTED · all", 1);
    wait_posts(h, "C0GENERAL", "HALTED · all", 1);
    harness_stop(h);
}
