/* Cards that somebody pressed on: held for the click's own edit. */
#include <criterion/criterion.h>

#include "tests/core/ops/posts.h"

static struct outbox_hold hold;
static bool found;

static void stop(void)
{
    outbox_hold_dispose(&hold);
    posts_stop();
}

TestSuite(outbox_click, .init = posts_start, .fini = stop);

/* alert:1 in C1, posted as 17.1; and in C2 as 17.2. */
static void two_cards(void)
{
    PUT(.op = "A", .channel = "C1", .thing = "alert:1", .lane = OUTBOX_WARNING);
    PUT(.op = "A", .channel = "C2", .thing = "alert:1", .lane = OUTBOX_WARNING);
    cr_expect_str_eq(posts_claim(), "A/C1 A/C2 ");
    cr_assert(outbox_sent(w.db, &posts_claimed[0], "17.1", &w.err));
    cr_assert(outbox_sent(w.db, &posts_claimed[1], "17.2", &w.err));
}

static void click(const char *by)
{
    outbox_hold_dispose(&hold);
    cr_assert(outbox_hold(w.db, "C1", "17.1", by, &hold, &found, &w.err), "%s",
              w.err.text);
}

/* The effect: the card changes, and its thread says so. */
static void change(void)
{
    cr_assert(outbox_touch(w.db, "alert:1", &w.err), "%s", w.err.text);
    PUT(.op = "L", .channel = "C1", .thread_of = "alert:1",
        .lane = OUTBOX_CLICK);
    posts_run("update opsbot.outbox set due_at = now() where state = 'waiting'"
              " returning 1");
}

static void shown(void)
{
    cr_assert(outbox_shown(w.db, &hold, hold.wanted, &w.err), "%s", w.err.text);
}

/* Neither it nor its thread goes out before the click's edit; the edit of the
 * same state is not sent again; the other channel's card is. */
Test(outbox_click, the_card_is_first_and_costs_no_edit)
{
    two_cards();
    click("e1");
    cr_expect(found && hold.held);
    cr_expect_str_eq(hold.thing, "alert:1");
    change();
    cr_expect_str_eq(posts_claim(), "A/C2 ");
    cr_assert(outbox_wanted(w.db, &hold, &w.err));
    cr_expect_eq(hold.wanted, 2);
    shown();
    cr_expect_str_eq(posts_claim(), "L/C1 ");
    posts_sent("L", "17.3");
    cr_expect_str_eq(posts_claim(), "");
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.outbox where"
                                   " channel = 'C1' and state = 'sent'"
                                   " and held_until is null"),
                 2);
}

Test(outbox_click, an_edit_that_failed_is_the_outboxs)
{
    two_cards();
    click("e1");
    change();
    cr_assert(outbox_shown(w.db, &hold, 0, &w.err));
    cr_expect_str_eq(posts_claim(), "L/C1 A/C2 ");
    posts_sent("L", "17.3");
    cr_expect_str_eq(posts_claim(), "A/C1 ");
}

/* What changed after the click's card was loaded is still to be shown. */
Test(outbox_click, a_later_change_is_edited)
{
    two_cards();
    click("e1");
    change();
    cr_assert(outbox_wanted(w.db, &hold, &w.err));
    cr_assert(outbox_touch(w.db, "alert:1", &w.err));
    shown();
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.outbox where"
                                   " channel = 'C1' and thing = 'alert:1'"
                                   " and state = 'waiting' and shown = 2"
                                   " and wanted = 3"),
                 1);
}

/* Two edits that are under way at once may land either way round: the second
 * one is not believed to be the last. */
Test(outbox_click, one_click_holds_it)
{
    struct outbox_hold other;

    two_cards();
    click("e1");
    cr_assert(outbox_hold(w.db, "C1", "17.1", "e2", &other, &found, &w.err));
    cr_expect(found);
    cr_expect_not(other.held);
    change();
    cr_assert(outbox_wanted(w.db, &other, &w.err));
    cr_assert(outbox_shown(w.db, &other, other.wanted, &w.err));
    cr_expect_str_eq(posts_claim(), "A/C2 ", "the first one holds it still");
    cr_assert(outbox_shown(w.db, &hold, 1, &w.err));
    cr_expect_str_eq(posts_claim(), "L/C1 ");
    posts_sent("L", "17.3");
    cr_expect_str_eq(posts_claim(), "A/C1 ");
    outbox_hold_dispose(&other);
}

/* An edit that is under way may land after the click's. */
Test(outbox_click, what_is_being_edited_is_not_held)
{
    two_cards();
    change();
    cr_expect_str_eq(posts_claim(), "L/C1 A/C2 ");
    posts_sent("L", "17.3");
    cr_expect_str_eq(posts_claim(), "A/C1 ");
    click("e1");
    cr_expect(found);
    cr_expect_not(hold.held);
}

/* Whoever held it died. */
Test(outbox_click, a_hold_ends_by_itself)
{
    two_cards();
    click("e1");
    change();
    cr_expect_str_eq(posts_claim(), "A/C2 ");
    posts_run("update opsbot.outbox set held_until = now() where held_by = 'e1'"
              " returning 1");
    cr_expect_str_eq(posts_claim(), "L/C1 ");
    posts_sent("L", "17.3");
    shown();
    cr_expect_str_eq(posts_claim(), "A/C1 ", "too late to be believed");
}

Test(outbox_click, what_is_no_card_is_not_found)
{
    two_cards();
    cr_assert(outbox_hold(w.db, "C1", "17.2", "e1", &hold, &found, &w.err));
    cr_expect_not(found, "it is another channel's");
    posts_add("M", "C1");
    cr_expect_str_eq(posts_claim(), "M/C1 ");
    posts_sent("M", "17.9");
    cr_assert(outbox_hold(w.db, "C1", "17.9", "e1", &hold, &found, &w.err));
    cr_expect_not(found, "a message is no card");
}
