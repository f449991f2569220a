/* outbox: threads whose card is lost, what holds up, what goes first. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/core/ops/posts.h"

TestSuite(outbox_thread, .init = posts_start, .fini = posts_stop);

static void card(const char *thing, enum outbox_lane lane)
{
    PUT(.op = thing, .channel = "C1", .thing = thing, .lane = lane);
}

/* It was not posted, and is due at once. */
static void retry(const char *op)
{
    cr_assert(outbox_retry(w.db, posts_row(op), "why", 0, false, &w.err), "%s",
              w.err.text);
}

/* The line that nobody can post shows that its card is gone. */
Test(outbox_thread, a_lost_card_takes_its_thread_along)
{
    bool waits;

    card("job:1", OUTBOX_INFO);
    cr_expect_str_eq(posts_claim(), "job:1/C1 ");
    posts_sent("job:1", "17.1");
    PUT(.op = "L", .channel = "C1", .thread_of = "job:1",
        .lane = OUTBOX_WARNING);
    cr_expect_str_eq(posts_claim(), "L/C1 ");
    cr_expect_str_eq(posts_row("L")->thread_ts, "17.1");
    cr_assert(outbox_lost_root(w.db, posts_row("L"), "thread_not_found", &waits,
                               &w.err),
              "%s", w.err.text);
    cr_expect(waits);
    retry("L");
    cr_expect_str_eq(posts_claim(), "job:1/C1 ", "first the card");
    cr_expect_str_eq(posts_row("job:1")->ts, "");
    cr_expect_str_eq(posts_row("job:1")->lost, "thread_not_found");
    posts_sent("job:1", "18.1");
    cr_expect_str_eq(posts_claim(), "L/C1 ");
    cr_expect_str_eq(posts_row("L")->thread_ts, "18.1", "then the line");
}

/* Somebody posted it anew meanwhile: once is enough. */
Test(outbox_thread, a_card_that_is_there_again_is_not_lost_again)
{
    bool waits;

    card("job:1", OUTBOX_INFO);
    posts_claim();
    posts_sent("job:1", "17.1");
    PUT(.op = "L", .channel = "C1", .thread_of = "job:1",
        .lane = OUTBOX_WARNING);
    cr_expect_str_eq(posts_claim(), "L/C1 ");
    posts_run("update opsbot.outbox set ts = '18.1' where op = 'job:1'"
              " returning 1");
    cr_assert(outbox_lost_root(w.db, posts_row("L"), "thread_not_found", &waits,
                               &w.err));
    cr_expect(waits);
    retry("L");
    cr_expect_str_eq(posts_claim(), "L/C1 ");
    cr_expect_str_eq(posts_row("L")->thread_ts, "18.1");
}

/* A second time is no accident: the line stands alone, and nothing is posted
 * again and again. */
Test(outbox_thread, a_card_is_posted_anew_for_its_thread_once)
{
    bool waits;

    card("job:1", OUTBOX_INFO);
    posts_claim();
    posts_sent("job:1", "17.1");
    PUT(.op = "L", .channel = "C1", .thread_of = "job:1",
        .lane = OUTBOX_WARNING);
    posts_claim();
    cr_assert(outbox_lost_root(w.db, posts_row("L"), "thread_not_found", &waits,
                               &w.err));
    cr_expect(waits);
    retry("L");
    posts_claim();
    posts_sent("job:1", "18.1");
    cr_expect_str_eq(posts_claim(), "L/C1 ");
    cr_assert(outbox_lost_root(w.db, posts_row("L"), "thread_not_found", &waits,
                               &w.err));
    cr_expect_not(waits);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.outbox where"
                                   " ts = '18.1'"),
                 1);
}

/* Nobody can answer to an answer: a line of a card that stands in the thread
 * of a roll-call goes there too, and says whose it is. */
Test(outbox_thread, a_line_of_a_card_in_a_thread_is_in_that_thread)
{
    bool waits;

    card("roll:1", OUTBOX_CRITICAL);
    PUT(.op = "A", .channel = "C1", .thing = "alert:7", .thread_of = "roll:1",
        .lane = OUTBOX_CRITICAL);
    PUT(.op = "L", .channel = "C1", .thread_of = "alert:7",
        .lane = OUTBOX_WARNING);
    cr_expect_str_eq(posts_claim(), "roll:1/C1 ");
    posts_sent("roll:1", "17.1");
    cr_expect_str_eq(posts_claim(), "A/C1 ");
    cr_expect_str_eq(posts_row("A")->thread_ts, "17.1");
    cr_expect_str_eq(posts_row("A")->nested, "");
    posts_sent("A", "17.2");
    cr_expect_str_eq(posts_claim(), "L/C1 ");
    cr_expect_str_eq(posts_row("L")->thread_ts, "17.1");
    cr_expect_str_eq(posts_row("L")->nested, "alert:7");
    cr_assert(outbox_lost_root(w.db, posts_row("L"), "thread_not_found", &waits,
                               &w.err));
    cr_expect_not(waits, "the roll-call is not posted again for it");
}

/* What answers to a message that is no card stands alone. */
Test(outbox_thread, a_message_is_not_posted_anew)
{
    bool waits = true;

    posts_add("A", "C1");
    cr_expect_str_eq(posts_claim(), "A/C1 ");
    cr_assert(outbox_lost_root(w.db, posts_row("A"), "thread_not_found", &waits,
                               &w.err));
    cr_expect_not(waits);
}

/* What holds up one holds up those behind it in its channel, and no other. */
Test(outbox_thread, says_what_held_it_up)
{
    PUT(.op = "A", .channel = "C1", .lane = OUTBOX_CLICK);
    PUT(.op = "B", .channel = "C1", .lane = OUTBOX_CLICK);
    PUT(.op = "C", .channel = "C2", .lane = OUTBOX_CLICK);
    cr_expect_str_eq(posts_claim(), "A/C1 C/C2 ");
    cr_expect_str_eq(posts_row("A")->held_up, "");
    posts_sent("C", "1.1");
    posts_claim_as("r1", 1, 1000);
    cr_assert(
        outbox_retry(w.db, posts_row("A"), "ratelimited", 0, false, &w.err));
    cr_expect_str_eq(posts_claim(), "A/C1 ");
    cr_expect_str_eq(posts_row("A")->held_up, "ratelimited");
    posts_sent("A", "1.2");
    cr_expect_str_eq(posts_claim(), "B/C1 ");
    cr_expect_str_eq(posts_row("B")->held_up, "ratelimited");
    posts_sent("B", "1.3");
    PUT(.op = "D", .channel = "C1", .lane = OUTBOX_CLICK);
    PUT(.op = "E", .channel = "C2", .lane = OUTBOX_CLICK);
    posts_run("update opsbot.outbox_channels set last_sent = now() -"
              " interval '1 h' returning 1");
    cr_expect_str_eq(posts_claim(), "D/C1 E/C2 ");
    cr_expect_str_eq(posts_row("D")->held_up, "", "that was before it");
    cr_expect_str_eq(posts_row("E")->held_up, "");
}

/* In a channel that has just got something there is a queue. */
Test(outbox_thread, what_waited_for_its_turn_was_held_up_by_the_limit)
{
    PUT(.op = "A", .channel = "C1", .lane = OUTBOX_CLICK);
    PUT(.op = "B", .channel = "C1", .lane = OUTBOX_CLICK);
    posts_claim();
    posts_sent("A", "1.1");
    cr_expect_str_eq(posts_claim(), "B/C1 ");
    cr_expect_str_eq(posts_row("B")->held_up, "ratelimited");
}

/* Whoever is told of many is told before the many. */
Test(outbox_thread, heralds_first)
{
    card("alert:1", OUTBOX_CRITICAL);
    card("alert:2", OUTBOX_CRITICAL);
    card("roll:1", OUTBOX_CRITICAL);
    card("away:1", OUTBOX_INFO);
    cr_expect_str_eq(posts_claim(), "roll:1/C1 ");
    posts_sent("roll:1", "1.1");
    cr_expect_str_eq(posts_claim(), "alert:1/C1 ", "of its lane, that is");
}

/* 429 for ever: that channel waits, the others do not. */
Test(outbox_thread, a_channel_that_never_gets_anything_keeps_nobody_waiting)
{
    posts_add("A", "C1");
    for (int i = 0; i < 5; i++) {
        char op[24];

        snprintf(op, sizeof op, "B%d", i);
        posts_add(op, "C2");
    }
    for (int i = 0; i < 5; i++) {
        cr_expect_neq(posts_claim_as("r1", 10, 60000)[0], '\0', "%d", i);
        for (size_t k = 0; k < posts_claimed_count; k++) {
            const struct outbox_row *row = &posts_claimed[k];

            if (strcmp(row->channel, "C1") == 0)
                cr_assert(
                    outbox_retry(w.db, row, "ratelimited", 0, false, &w.err));
            else
                cr_assert(outbox_sent(w.db, row, "1.1", &w.err));
        }
    }
    cr_expect_eq(posts_state().waiting, 1);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.outbox where"
                                   " channel = 'C2' and state = 'sent'"),
                 5);
}
