/* silence: more alerts than a page has; whoever does a page, another goes on. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/alert/mute_parts.h"
#include "core/base/mem.h"
#include "tests/core/alert/fired.h"

TestSuite(silence_many, .init = fired_start, .fini = fired_stop);

/* Time goes on. */
static void pass(int64_t ms)
{
    struct alert_world world;

    fired_now += ms;
    world = fired_world(w.db);
    cr_assert(mute_due(&world, &w.err), "%s", w.err.text);
}

static void many(size_t count)
{
    struct fired *list = xcalloc(count, sizeof *list);

    for (size_t i = 0; i < count; i++) {
        list[i].print = xasprintf("print-%05zu", i);
        list[i].service = i % 2 ? "pay" : "bill";
    }
    for (size_t i = 0; i < count; i += TAKE_MOST)
        fired_take(list + i, count - i < TAKE_MOST ? count - i : TAKE_MOST);
    for (size_t i = 0; i < count; i++)
        free((char *)(uintptr_t)list[i].print);
    free(list);
}

static long muted(void)
{
    return fired_number("select count(*) from opsbot.alerts where silence = 1"
                        " and quiet_why <> ''");
}

/* A replica dies after a page: the clock of another goes on. */
Test(silence_many, many_are_muted_page_by_page)
{
    struct alert_world world;
    bool left;

    many(MUTE_PAGE + 500);
    fired_number("insert into opsbot.silences (op, matchers, made_by, reason,"
                 " until) values ('x', '[\"severity=~\\\"w.*\\\"\"]', 'U1',"
                 " 'y', to_timestamp(%lld)) returning 1",
                 (long long)(fired_now + HOUR) / 1000);
    world = fired_world(w.db);
    cr_assert(silence_apply(&world, 1, 0, &left, &w.err), "%s", w.err.text);
    cr_expect(left);
    cr_expect_eq(muted(), MUTE_PAGE);
    fired_check_counts();
    pass(0);
    cr_expect_eq(muted(), MUTE_PAGE + 500);
    cr_expect_eq(fired_number("select count(*) from opsbot.silences where"
                              " applied"),
                 1);
    fired_now += 2 * HOUR;
    world = fired_world(w.db);
    cr_assert(silence_release(&world, 1, 0, &left, &w.err), "%s", w.err.text);
    cr_expect(left);
    cr_expect_eq(muted(), 500);
    pass(0);
    cr_expect_eq(muted(), 0);
    cr_expect_eq(group_state(fired_group(1)), GROUP_FIRING);
    fired_check_counts();
}

/* A page of alerts that do not match is behind it for good. */
Test(silence_many, what_was_looked_at_is_not_looked_at_again)
{
    struct alert_world world;
    bool left = true;

    many(2 * MUTE_PAGE + 500);
    fired_number("insert into opsbot.silences (op, matchers, made_by, reason,"
                 " until) values ('x', '[\"service=~\\\"pa.*\\\"\"]', 'U1',"
                 " 'y', to_timestamp(%lld)) returning 1",
                 (long long)(fired_now + HOUR) / 1000);
    world = fired_world(w.db);
    for (int i = 0; i < 3; i++) {
        cr_expect(left);
        cr_assert(silence_apply(&world, 1, 0, &left, &w.err), "%s", w.err.text);
    }
    cr_expect_not(left);
    cr_expect_eq(muted(), MUTE_PAGE + 250);
    fired_check_counts();
}
