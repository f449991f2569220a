/* outbox: claimed once, in order per channel and lane, never lost. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/core/ops/posts.h"

TestSuite(outbox, .init = posts_start, .fini = posts_stop);

static void card(const char *thing, enum outbox_lane lane)
{
    PUT(.op = thing, .channel = "C1", .thing = thing, .lane = lane);
}

static void retry(const char *op, int64_t delay_ms, bool unclear)
{
    cr_assert(
        outbox_retry(w.db, posts_row(op), "why", delay_ms, unclear, &w.err),
        "%s", w.err.text);
}

/* Its time has come: what waits for a moment is due. */
static void later(void)
{
    posts_run("update opsbot.outbox set due_at = now() where state = 'waiting'"
              " returning 1");
}

static void touch(const char *thing)
{
    cr_assert(outbox_touch(w.db, thing, &w.err), "%s", w.err.text);
}

/* ---- claiming ---------------------------------------------------------------- */

Test(outbox, one_row_per_channel_oldest_first)
{
    posts_add("A", "C1");
    posts_add("B", "C1");
    posts_add("C", "C2");
    posts_add("C", "C2");
    cr_expect_str_eq(posts_claim(), "A/C1 C/C2 ");
    cr_expect_str_eq(posts_row("A")->body, "{\"text\":\"hi\"}");
    cr_expect_gt(posts_row("A")->created_at, 1700000000000);
    posts_sent("A", "1700000000.1");
    cr_expect_str_eq(posts_claim(), "B/C1 ");
    cr_expect_str_eq(posts_claim(), "");
}

Test(outbox, a_row_joins_the_transaction_of_its_effect)
{
    cr_assert(db_begin(w.db, &w.err));
    posts_add("A", "C1");
    db_rollback(w.db);
    cr_expect_str_eq(posts_claim(), "");
}

Test(outbox, higher_lanes_first)
{
    PUT(.op = "info", .channel = "C1", .lane = OUTBOX_INFO);
    PUT(.op = "warning", .channel = "C1", .lane = OUTBOX_WARNING);
    PUT(.op = "click", .channel = "C1", .lane = OUTBOX_CLICK);
    PUT(.op = "critical", .channel = "C1", .lane = OUTBOX_CRITICAL);
    cr_expect_str_eq(posts_claim(), "critical/C1 ");
    cr_expect_eq(posts_row("critical")->lane, OUTBOX_CRITICAL);
    posts_sent("critical", "1.1");
    cr_expect_str_eq(posts_claim(), "click/C1 ");
    posts_sent("click", "1.2");
    cr_expect_str_eq(posts_claim(), "warning/C1 ");
    posts_sent("warning", "1.3");
    cr_expect_str_eq(posts_claim(), "info/C1 ");
}

/* Its lane and those below wait with it, those above do not. */
Test(outbox, a_retry_holds_back_its_lane_and_lower_ones)
{
    PUT(.op = "A", .channel = "C1", .lane = OUTBOX_CLICK);
    cr_expect_str_eq(posts_claim(), "A/C1 ");
    retry("A", 60000, false);
    PUT(.op = "B", .channel = "C1", .lane = OUTBOX_CLICK);
    PUT(.op = "C", .channel = "C1", .lane = OUTBOX_INFO);
    cr_expect_str_eq(posts_claim(), "");
    PUT(.op = "D", .channel = "C1", .lane = OUTBOX_CRITICAL);
    cr_expect_str_eq(posts_claim(), "D/C1 ");
    posts_sent("D", "1.1");
    cr_expect_eq(posts_state().waiting, 3);
    later();
    cr_expect_str_eq(posts_claim(), "A/C1 ");
    cr_expect_eq(posts_row("A")->attempts, 2);
    cr_expect_eq(posts_row("A")->looks, 0,
                 "it is known that it was not posted");
}

/* What is under way waits for Slack's pace: nothing lesser keeps a critical's
 * post from overtaking it there. */
Test(outbox, a_critical_post_waits_for_nothing_lesser)
{
    PUT(.op = "W1", .channel = "C1", .lane = OUTBOX_WARNING);
    PUT(.op = "W2", .channel = "C1", .lane = OUTBOX_WARNING);
    cr_expect_str_eq(posts_claim(), "W1/C1 ");
    PUT(.op = "click", .channel = "C1", .lane = OUTBOX_CLICK);
    cr_expect_str_eq(posts_claim(), "");
    card("alert:1", OUTBOX_CRITICAL);
    card("alert:2", OUTBOX_CRITICAL);
    cr_expect_str_eq(posts_claim(), "alert:1/C1 ");
    cr_expect_str_eq(posts_claim(), "", "after the first of its own lane");
    posts_sent("alert:1", "1.1");
    cr_expect_str_eq(posts_claim(), "alert:2/C1 ");
    posts_sent("alert:2", "1.2");
    cr_expect_str_eq(posts_claim(), "", "W1 is under way still");
}

/* A critical that people have not seen goes before what is said of those they
 * have. */
Test(outbox, a_new_critical_card_goes_before_lines_of_others)
{
    card("alert:1", OUTBOX_CRITICAL);
    cr_expect_str_eq(posts_claim(), "alert:1/C1 ");
    posts_sent("alert:1", "1.1");
    PUT(.op = "L1", .channel = "C1", .thread_of = "alert:1",
        .lane = OUTBOX_CRITICAL);
    PUT(.op = "L2", .channel = "C1", .thread_of = "alert:1",
        .lane = OUTBOX_CRITICAL);
    card("alert:2", OUTBOX_CRITICAL);
    cr_expect_str_eq(posts_claim(), "alert:2/C1 ");
    posts_sent("alert:2", "1.2");
    cr_expect_str_eq(posts_claim(), "L1/C1 ");
    posts_sent("L1", "1.3");
    cr_expect_str_eq(posts_claim(), "L2/C1 ");
}

/* Its budget is one of all channels: it may take seconds. */
Test(outbox, an_edit_under_way_holds_up_no_post)
{
    card("alert:1", OUTBOX_CRITICAL);
    card("alert:2", OUTBOX_CRITICAL);
    cr_expect_str_eq(posts_claim(), "alert:1/C1 ");
    posts_sent("alert:1", "1.1");
    cr_expect_str_eq(posts_claim(), "alert:2/C1 ");
    posts_sent("alert:2", "1.2");
    touch("alert:1");
    touch("alert:2");
    later();
    cr_expect_str_eq(posts_claim(), "alert:1/C1 ");
    cr_expect_str_eq(posts_claim(), "", "one edit at a time");
    PUT(.op = "W", .channel = "C1", .lane = OUTBOX_WARNING);
    cr_expect_str_eq(posts_claim(), "W/C1 ");
    card("alert:3", OUTBOX_CRITICAL);
    cr_expect_str_eq(posts_claim(), "alert:3/C1 ");
}

/* Whether it is there is known after seconds. */
Test(outbox, a_critical_card_that_is_looked_for_holds_nobody_back)
{
    card("alert:1", OUTBOX_CRITICAL);
    PUT(.op = "L", .channel = "C1", .thread_of = "alert:1",
        .lane = OUTBOX_CRITICAL);
    cr_expect_str_eq(posts_claim(), "alert:1/C1 ");
    retry("alert:1", 60000, true);
    card("alert:2", OUTBOX_CRITICAL);
    cr_expect_str_eq(posts_claim(), "alert:2/C1 ");
    posts_sent("alert:2", "1.2");
    cr_expect_str_eq(posts_claim(), "", "its thread waits for it");
    posts_run("update opsbot.outbox set due_at = now() where op = 'alert:1'"
              " returning 1");
    cr_expect_str_eq(posts_claim(), "alert:1/C1 ");
    posts_sent("alert:1", "1.1");
    cr_expect_str_eq(posts_claim(), "L/C1 ");
    retry("L", 60000, true);
    PUT(.op = "M", .channel = "C1", .thread_of = "alert:1",
        .lane = OUTBOX_CRITICAL);
    cr_expect_str_eq(posts_claim(), "", "a thread keeps its order");
}

Test(outbox, an_undeliverable_row_holds_nobody_back)
{
    posts_add("A", "C1");
    posts_add("B", "C1");
    cr_expect_str_eq(posts_claim(), "A/C1 ");
    cr_assert(
        outbox_undeliverable(w.db, posts_row("A"), "is_archived", &w.err));
    cr_expect_str_eq(posts_claim(), "B/C1 ");
    posts_sent("B", "1.1");
    cr_expect_eq(posts_state().waiting, 0);
    cr_expect_eq(posts_state().undeliverable, 1);
    cr_expect_eq(posts_state().oldest_ms, 0);
}

/* ---- cards ------------------------------------------------------------------- */

/* However often it changes meanwhile. */
Test(outbox, a_card_is_posted_once_then_edited)
{
    card("job:1", OUTBOX_INFO);
    touch("job:1");
    touch("job:1");
    cr_expect_str_eq(posts_claim(), "job:1/C1 ");
    cr_expect_str_eq(posts_row("job:1")->thing, "job:1");
    cr_expect_str_eq(posts_row("job:1")->ts, "");
    cr_expect_eq(posts_row("job:1")->wanted, 3);
    cr_expect_eq(posts_row("job:1")->shown, 0);
    posts_sent("job:1", "17.1");
    cr_expect_eq(posts_state().waiting, 0);
    for (int i = 0; i < 100; i++)
        touch("job:1");
    cr_expect_eq(posts_state().waiting, 1);
    cr_expect_str_eq(posts_claim(), "", "not twice within 2 s");
    later();
    cr_expect_str_eq(posts_claim(), "job:1/C1 ");
    cr_expect_str_eq(posts_row("job:1")->ts, "17.1");
    cr_expect_eq(posts_row("job:1")->shown, 3);
    posts_sent("job:1", "17.1");
    later();
    cr_expect_str_eq(posts_claim(), "");
}

Test(outbox, a_change_while_it_is_sent_makes_it_due_again)
{
    card("job:1", OUTBOX_INFO);
    cr_expect_str_eq(posts_claim(), "job:1/C1 ");
    touch("job:1");
    cr_expect_str_eq(posts_claim(), "", "it is under way");
    posts_sent("job:1", "17.1");
    cr_expect_str_eq(posts_claim(), "");
    cr_expect_eq(look_number(&w.s,
                             "select count(*) from opsbot.outbox where"
                             " state = 'waiting' and wanted = 2 and shown = 1"
                             " and due_at > now() + interval '1 s'"),
                 1);
    later();
    cr_expect_str_eq(posts_claim(), "job:1/C1 ");
}

Test(outbox, a_card_that_waits_for_its_edit_holds_nobody_back)
{
    card("job:1", OUTBOX_CRITICAL);
    cr_expect_str_eq(posts_claim(), "job:1/C1 ");
    touch("job:1");
    posts_sent("job:1", "17.1");
    PUT(.op = "B", .channel = "C1", .lane = OUTBOX_INFO);
    cr_expect_str_eq(posts_claim(), "B/C1 ");
}

/* An edit goes in the edit lane, unless it is critical. */
Test(outbox, edits_have_a_lane_of_their_own)
{
    card("job:1", OUTBOX_CLICK);
    cr_expect_str_eq(posts_claim(), "job:1/C1 ");
    touch("job:1");
    posts_sent("job:1", "17.1");
    card("alert:1", OUTBOX_CRITICAL);
    cr_expect_str_eq(posts_claim(), "alert:1/C1 ");
    touch("alert:1");
    posts_sent("alert:1", "17.2");
    PUT(.op = "W", .channel = "C1", .lane = OUTBOX_WARNING);
    PUT(.op = "I", .channel = "C1", .lane = OUTBOX_INFO);
    later();
    cr_expect_str_eq(posts_claim(), "alert:1/C1 ");
    posts_sent("alert:1", "17.2");
    cr_expect_str_eq(posts_claim(), "W/C1 ");
    posts_sent("W", "17.3");
    cr_expect_str_eq(posts_claim(), "job:1/C1 ");
    posts_sent("job:1", "17.1");
    cr_expect_str_eq(posts_claim(), "I/C1 ");
}

Test(outbox, a_forgotten_card_is_posted_anew)
{
    card("job:1", OUTBOX_INFO);
    cr_expect_str_eq(posts_claim(), "job:1/C1 ");
    posts_sent("job:1", "17.1");
    touch("job:1");
    later();
    cr_expect_str_eq(posts_claim(), "job:1/C1 ");
    cr_assert(outbox_forget_ts(w.db, posts_row("job:1"), "message_not_found",
                               &w.err));
    retry("job:1", 0, false);
    cr_expect_str_eq(posts_claim(), "job:1/C1 ");
    cr_expect_str_eq(posts_row("job:1")->ts, "");
    cr_expect_str_eq(posts_row("job:1")->lost, "message_not_found",
                     "it says so, however long that takes");
    posts_sent("job:1", "18.1");
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.outbox"
                                   " where ts = '18.1' and state = 'sent'"),
                 1);
}

/* By response URL there is no ts: it can only be sent again, five times. */
Test(outbox, a_card_without_ts_is_not_sent_again_so_soon)
{
    card("job:1", OUTBOX_INFO);
    cr_expect_str_eq(posts_claim(), "job:1/C1 ");
    posts_sent("job:1", "");
    touch("job:1");
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.outbox where"
                                   " due_at > now() + interval '15 s'"),
                 1);
}

/* ---- threads ------------------------------------------------------------------ */

Test(outbox, a_thread_waits_for_its_parent_and_holds_nobody_back)
{
    card("inc:1", OUTBOX_INFO);
    PUT(.op = "L1", .channel = "C1", .thread_of = "inc:1",
        .lane = OUTBOX_CRITICAL);
    PUT(.op = "L2", .channel = "C1", .thread_of = "inc:1",
        .lane = OUTBOX_CRITICAL);
    cr_expect_str_eq(posts_claim(), "inc:1/C1 ");
    posts_sent("inc:1", "17.1");
    cr_expect_str_eq(posts_claim(), "L1/C1 ");
    cr_expect_str_eq(posts_row("L1")->thread_ts, "17.1");
    posts_sent("L1", "17.2");
    cr_expect_str_eq(posts_claim(), "L2/C1 ");
}

/* Better in the channel than nowhere. */
Test(outbox, a_thread_without_a_parent_is_posted)
{
    card("inc:1", OUTBOX_INFO);
    PUT(.op = "L1", .channel = "C1", .thread_of = "inc:1", .lane = OUTBOX_INFO);
    PUT(.op = "L2", .channel = "C2", .thread_of = "inc:none",
        .lane = OUTBOX_INFO);
    cr_expect_str_eq(posts_claim(), "inc:1/C1 L2/C2 ");
    cr_assert(outbox_undeliverable(w.db, posts_row("inc:1"), "no", &w.err));
    cr_expect_str_eq(posts_claim(), "L1/C1 ");
    cr_expect_str_eq(posts_row("L1")->thread_ts, "");
}

/* ---- unclear ends --------------------------------------------------------------- */

Test(outbox, a_claim_that_is_not_answered_for_runs_out_and_is_looked_for)
{
    posts_add("A", "C1");
    cr_expect_str_eq(posts_claim_as("r1", 10, 1), "A/C1 ");
    cr_expect_eq(posts_row("A")->looks, 0);
    usleep(20000);
    cr_expect_str_eq(posts_claim_as("r2", 1, 60000), "A/C1 ");
    cr_expect_eq(posts_row("A")->attempts, 2);
    cr_expect_eq(posts_row("A")->looks, 1);
}

Test(outbox, an_unclear_end_is_looked_for_twice)
{
    posts_add("A", "C1");
    posts_claim();
    retry("A", 0, true);
    posts_claim();
    cr_expect_eq(posts_row("A")->looks, 1);
    retry("A", 0, true);
    posts_claim();
    cr_expect_eq(posts_row("A")->looks, 2);
    posts_sent("A", "17.1");
    cr_expect_eq(look_number(&w.s, "select looks from opsbot.outbox"), 0);
}

Test(outbox, what_may_have_come_by_another_road_is_looked_for)
{
    PUT(.op = "h", .channel = "C1", .thing = "halt:h", .lane = OUTBOX_CRITICAL,
        .look = true);
    posts_claim();
    cr_expect_eq(posts_row("h")->looks, 1);
}

/* An edit twice does no harm. */
Test(outbox, an_edit_is_not_looked_for)
{
    card("job:1", OUTBOX_INFO);
    posts_claim();
    posts_sent("job:1", "17.1");
    touch("job:1");
    later();
    cr_expect_str_eq(posts_claim_as("r1", 10, 1), "job:1/C1 ");
    usleep(20000);
    cr_expect_str_eq(posts_claim_as("r1", 10, 60000), "job:1/C1 ");
    cr_expect_eq(posts_row("job:1")->looks, 0);
}

/* ---- replicas -------------------------------------------------------------------- */

/* A row is known by its attempt: who was away too long undoes nothing. */
Test(outbox, a_claim_that_was_lost_changes_nothing)
{
    struct outbox_row *old;
    size_t n;

    posts_add("A", "C1");
    cr_assert(outbox_claim(w.db, "r1", 9, 1, &old, &n, &w.err));
    usleep(20000);
    cr_expect_str_eq(posts_claim_as("r2", 9, 60000), "A/C1 ");
    cr_assert(outbox_retry(w.db, old, "late news", 0, false, &w.err));
    cr_assert(outbox_undeliverable(w.db, old, "late news", &w.err));
    cr_expect_str_eq(posts_claim_as("r1", 9, 60000), "");
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.outbox where"
                                   " state = 'sending' and owner = 'r2'"),
                 1);
    posts_sent("A", "17.1");
    cr_assert(outbox_retry(w.db, old, "late news", 0, false, &w.err));
    cr_expect_eq(posts_state().waiting, 0);
    outbox_rows_free(old, n);
}

Test(outbox, two_replicas_never_hold_one_channel)
{
    struct db *other = stores_db(&w.s);
    struct outbox_row *theirs;
    size_t m;

    posts_add("A", "C1");
    PUT(.op = "B", .channel = "C1", .lane = OUTBOX_CRITICAL);
    cr_assert(db_begin(w.db, &w.err));
    cr_expect_str_eq(posts_claim(), "B/C1 ");
    db_deadline(other, 200);
    cr_assert_not(outbox_claim(other, "r2", 9, 60000, &theirs, &m, &w.err),
                  "it waits for the first one's decision");
    db_deadline(other, STORES_MS);
    cr_assert(db_probe(other, &w.err));
    cr_assert(db_commit(w.db, &w.err));
    cr_assert(outbox_claim(other, "r2", 9, 60000, &theirs, &m, &w.err));
    cr_expect_eq(m, 0u);
    outbox_rows_free(theirs, m);
    posts_sent("B", "17.1");
    cr_expect_str_eq(posts_claim_as("r2", 9, 60000), "", "the channel is r1's");
    cr_expect_str_eq(posts_claim(), "A/C1 ");
    db_free(other);
}

/* Channels of others do not use up the limit. */
Test(outbox, others_channels_do_not_hide_ours)
{
    char channel[16];

    for (int i = 0; i < 5; i++) {
        snprintf(channel, sizeof channel, "C%d", i);
        PUT(.op = "A", .channel = channel, .lane = OUTBOX_CRITICAL);
    }
    posts_claim_as("r2", 9, 60000);
    for (size_t i = 0; i < posts_claimed_count; i++)
        cr_assert(outbox_retry(w.db, &posts_claimed[i], "x", 0, false, &w.err));
    posts_add("B", "C9");
    cr_expect_str_eq(posts_claim_as("r1", 2, 60000), "B/C9 ");
}

Test(outbox, leases_are_renewed_for_what_is_held)
{
    char held[32];

    posts_add("A", "C1");
    posts_add("B", "C2");
    cr_expect_str_eq(posts_claim_as("r1", 10, 1500), "A/C1 B/C2 ");
    snprintf(held, sizeof held, "{%lld}", (long long)posts_row("A")->id);
    cr_assert(outbox_renew(w.db, "r1", held, 60000, &w.err), "%s", w.err.text);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.outbox where"
                                   " lease_until > now() + interval '30 s'"),
                 1);
    cr_expect_eq(look_number(&w.s,
                             "select count(*) from opsbot.outbox_channels"
                             " where lease_until > now() + interval '30 s'"),
                 2);
}

/* Whoever takes a channel over keeps its pace. */
Test(outbox, a_released_channel_goes_on_where_it_was)
{
    posts_add("A", "C1");
    posts_add("B", "C1");
    posts_add("C", "C2");
    cr_expect_str_eq(posts_claim(), "A/C1 C/C2 ");
    posts_sent("A", "17.1");
    cr_assert(outbox_release(w.db, "r1", &w.err), "%s", w.err.text);
    cr_expect_str_eq(posts_claim_as("r2", 9, 60000), "C/C2 ");
    cr_expect_eq(posts_row("C")->looks, 1);
    posts_run("update opsbot.outbox_channels set last_sent ="
              " last_sent - interval '3 s' returning 1");
    cr_expect_str_eq(posts_claim_as("r2", 9, 60000), "B/C1 ");
    cr_expect_eq(posts_row("B")->looks, 0, "it was never tried");
}
