/* The roll-call: criticals that wait are named at once. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/storm.h"
#include "tests/core/alert/grouped.h"

TestSuite(roll, .init = grouped_start, .fini = grouped_stop);

static int made;

static void critical(int count)
{
    for (int i = 0; i < count; i++) {
        char op[20];

        snprintf(op, sizeof op, "c%d", made++);
        grouped_card(grouped_put(op, ALERT_CRITICAL, "[\"C1\"]"),
                     OUTBOX_CRITICAL, "C1");
    }
}

static void call(void)
{
    struct alert_world world = grouped_world();

    cr_assert(db_begin(w.db, &w.err));
    cr_assert(roll_call(&world, "C1", &w.err), "%s", w.err.text);
    cr_assert(db_commit(w.db, &w.err));
}

static long rolls(void)
{
    return grouped_number("select count(*) from opsbot.outbox where thing like"
                          " 'roll:%%'");
}

/* Cards that answer to a roll-call. */
static long named(void)
{
    return grouped_number("select count(*) from opsbot.outbox where thing like"
                          " 'alert:%%' and thread_of is not null");
}

/* Posts whatever is first in C1; what it is. Borrowed until the next. */
static const char *post(void)
{
    static char thing[40];
    static int ts;
    char text[20];

    cr_assert_neq(posts_claim()[0], '\0');
    snprintf(thing, sizeof thing, "%s", posts_claimed[0].thing);
    snprintf(text, sizeof text, "17.%d", ++ts);
    cr_assert(outbox_sent(w.db, &posts_claimed[0], text, &w.err));
    return thing;
}

Test(roll, five_need_none)
{
    critical(5);
    call();
    cr_expect_eq(rolls(), 0);
}

Test(roll, six_are_named_in_one_message_before_their_cards)
{
    struct group_list list;
    bool found;

    critical(3);
    call();
    critical(3);
    call();
    cr_expect_eq(rolls(), 1);
    cr_expect_eq(named(), 6);
    cr_assert(roll_load(w.db, 1, &list, &found, &w.err));
    cr_expect(found);
    cr_expect_eq(list.count, 6u);
    cr_expect_str_eq(list.items[0].op, "c0", "in their order");
    group_list_dispose(&list);
    cr_expect_str_eq(post(), "roll:1");
    cr_expect_str_eq(post(), "alert:1");
    cr_expect_str_eq(posts_claimed[0].thread_ts, "17.1", "in its thread");
    cr_expect_str_eq(post(), "alert:2");
}

/* Behind six that wait even one more would wait unseen. */
Test(roll, one_more_is_named_as_well)
{
    critical(6);
    call();
    critical(1);
    call();
    cr_expect_eq(rolls(), 1, "by the one that was not tried yet");
    cr_expect_eq(named(), 7);
    cr_expect_str_eq(post(), "roll:1");
    critical(1);
    call();
    cr_expect_eq(rolls(), 2, "by another, once that one is out");
    cr_expect_eq(named(), 8);
    cr_expect_str_eq(post(), "roll:2");
}

Test(roll, twice_changes_nothing)
{
    critical(6);
    call();
    call();
    cr_expect_eq(rolls(), 1);
    cr_expect_eq(grouped_number("select jsonb_array_length(groups) from"
                                " opsbot.alert_rolls"),
                 6);
}

Test(roll, fifty_are_named_in_three)
{
    critical(50);
    call();
    cr_expect_eq(rolls(), 3);
    cr_expect_eq(named(), 50);
    cr_expect_eq(grouped_number("select max(jsonb_array_length(groups)) from"
                                " opsbot.alert_rolls"),
                 ROLL_NAMES);
    cr_expect_str_eq(post(), "roll:1");
    cr_expect_str_eq(post(), "roll:2");
    cr_expect_str_eq(post(), "roll:3");
    cr_expect_str_eq(post(), "alert:1");
}

/* One that is under way is posted by itself. */
Test(roll, one_that_is_being_posted_is_left_out)
{
    critical(1);
    cr_expect_str_neq(posts_claim(), "");
    critical(6);
    call();
    cr_expect_eq(named(), 6);
    cr_expect_eq(grouped_number("select count(*) from opsbot.outbox where"
                                " thing = 'alert:1' and thread_of is null"),
                 1);
}

/* Other channels, other lanes and posted cards are none of its business. */
Test(roll, counts_what_waits_for_its_channel_alone)
{
    critical(5);
    grouped_card(grouped_put("w", ALERT_WARNING, "[\"C1\"]"), OUTBOX_WARNING,
                 "C1");
    grouped_card(grouped_put("o", ALERT_CRITICAL, "[\"C2\"]"), OUTBOX_CRITICAL,
                 "C2");
    call();
    cr_expect_eq(rolls(), 0);
    cr_expect_str_eq(post(), "alert:1");
    critical(1);
    call();
    cr_expect_eq(rolls(), 0, "five wait again");
}

/* It cannot be posted: they are posted without it. */
Test(roll, without_it_the_cards_stand_alone)
{
    critical(6);
    call();
    cr_expect_str_neq(posts_claim(), "");
    cr_assert(outbox_undeliverable(w.db, &posts_claimed[0], "no_text", &w.err));
    cr_expect_str_eq(post(), "alert:1");
    cr_expect_str_eq(posts_claimed[0].thread_ts, "");
}

/* Somebody acknowledged one: the roll-call says so, once. */
Test(roll, shows_what_has_become_of_its_groups)
{
    struct alert_world world = grouped_world();

    critical(6);
    call();
    post();
    cr_assert(storm_due(&world, &w.err), "%s", w.err.text);
    cr_expect_eq(grouped_number("select wanted from opsbot.outbox where thing ="
                                " 'roll:1'"),
                 1, "nothing has changed");
    grouped_run("update opsbot.alert_groups set version = version + 1,"
                " acked_by = 'U0ANN' where id = 3 returning 1");
    cr_assert(storm_due(&world, &w.err), "%s", w.err.text);
    cr_assert(storm_due(&world, &w.err), "%s", w.err.text);
    cr_expect_eq(grouped_number("select wanted from opsbot.outbox where thing ="
                                " 'roll:1'"),
                 2);
}

Test(roll, criticals_are_posted_before_any_edit)
{
    critical(1);
    post();
    cr_assert(outbox_touch(w.db, "alert:1", &w.err));
    grouped_run("update opsbot.outbox set due_at = now() returning 1");
    critical(1);
    cr_expect_str_eq(post(), "alert:2");
    cr_expect_str_eq(post(), "alert:1");
}
