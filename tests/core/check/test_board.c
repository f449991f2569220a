/* board: hysteresis, and what Postgres knows. No store. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/board.h"

static struct config_check specs[] = {
    { .id = (char[]){ "db" },
      .severity = CHECK_CRITICAL,
      .fail_after = 2,
      .pass_after = 3 },
    { .id = (char[]){ "web" }, .severity = CHECK_HIGH },
};
static const struct config config = { .checks = specs, .checks_count = 2 };
static struct check_board *board;

static void start(void)
{
    board = check_board_new(&config);
}

static void stop(void)
{
    check_board_free(board);
}

TestSuite(board, .init = start, .fini = stop);

static bool note(unsigned i, int64_t at, bool ok)
{
    struct check_result result = { .ok = ok, .at = at, .text = "x" };

    return check_board_note(board, specs[i].id, &result, NULL);
}

static struct check_state state(unsigned i)
{
    struct check_state out;

    check_board_get(board, specs[i].id, &out);
    return out;
}

Test(board, nothing_is_known_at_first)
{
    struct check_state s = state(0);

    cr_expect_eq(s.mark, CHECK_UNKNOWN);
    cr_expect_eq(s.since, 0);
    cr_expect_eq(s.last_ok, 0);
    cr_expect_eq(s.last.at, 0);
    cr_expect_eq(check_board_failing(board, CHECK_CRITICAL), 0);
}

Test(board, the_first_result_decides_at_once)
{
    cr_expect(note(0, 1000, false));
    cr_expect_eq(state(0).mark, CHECK_FAILING);
    cr_expect_eq(state(0).since, 1000);
    cr_expect_eq(state(0).last_ok, 0);
    cr_expect(note(1, 1000, true));
    cr_expect_eq(state(1).mark, CHECK_PASSING);
}

Test(board, it_fails_after_so_many_in_a_row)
{
    note(0, 1000, true);
    cr_expect_not(note(0, 2000, false));
    cr_expect_eq(state(0).mark, CHECK_PASSING);
    cr_expect_not(note(0, 3000, true), "one that was good begins anew");
    cr_expect_not(note(0, 4000, false));
    cr_expect(note(0, 5000, false));
    cr_expect_eq(state(0).mark, CHECK_FAILING);
    cr_expect_eq(state(0).since, 5000);
    cr_expect_eq(state(0).last_ok, 3000);
    cr_expect_not(note(0, 6000, false));
    cr_expect_eq(state(0).since, 5000);
    cr_expect_eq(state(0).in_row, 3);
}

Test(board, it_passes_after_so_many_in_a_row)
{
    note(0, 1000, false);
    cr_expect_not(note(0, 2000, true));
    cr_expect_not(note(0, 3000, true));
    cr_expect_eq(state(0).mark, CHECK_FAILING);
    cr_expect(note(0, 4000, true));
    cr_expect_eq(state(0).mark, CHECK_PASSING);
    cr_expect_eq(state(0).since, 4000);
}

Test(board, an_older_result_is_nothing)
{
    note(0, 5000, true);
    cr_expect_not(note(0, 5000, false), "of the same moment");
    cr_expect_not(note(0, 4000, false));
    cr_expect(state(0).last.ok);
    cr_expect_eq(state(0).in_row, 1);
}

Test(board, failing_ones_are_counted_by_severity)
{
    note(0, 1000, false);
    note(1, 1000, false);
    cr_expect_eq(check_board_failing(board, CHECK_CRITICAL), 1);
    cr_expect_eq(check_board_failing(board, CHECK_HIGH), 1);
    cr_expect_eq(check_board_failing(board, CHECK_WARNING), 0);
}

/* ---- what Postgres knows ------------------------------------------------- */

static const struct check_state yesterday = {
    .mark = CHECK_FAILING,
    .since = 100,
    .last_ok = 50,
    .in_row = 7,
    .last = { .at = 900, .text = "HTTP 503" },
};

Test(board, since_when_survives_a_start)
{
    check_board_restore(board, "db", &yesterday);
    cr_expect_eq(state(0).mark, CHECK_FAILING);
    cr_expect_not(note(0, 1000, false));
    cr_expect_eq(state(0).since, 100);
    cr_expect_eq(state(0).last_ok, 50);
    cr_expect_eq(state(0).in_row, 8);
    cr_expect_not(note(0, 2000, true), "one success is not enough");
    cr_expect_eq(state(0).mark, CHECK_FAILING);
}

Test(board, since_when_is_known_when_postgres_comes_late)
{
    note(0, 1000, false);
    check_board_restore(board, "db", &yesterday);
    cr_expect_eq(state(0).since, 100);
    cr_expect_eq(state(0).last.at, 1000, "what is newer stays");
}

Test(board, what_is_older_changes_no_mark)
{
    note(0, 1000, true);
    check_board_restore(board, "db", &yesterday);
    cr_expect_eq(state(0).mark, CHECK_PASSING);
    cr_expect_eq(state(0).since, 1000);
    cr_expect_eq(state(0).last_ok, 1000);
}

Test(board, what_another_replica_found_later_is_taken)
{
    struct check_state later = yesterday;

    note(0, 1000, true);
    later.since = later.last.at = 3000;
    later.in_row = 2;
    check_board_restore(board, "db", &later);
    cr_expect_eq(state(0).mark, CHECK_FAILING);
    cr_expect_eq(state(0).since, 3000);
    cr_expect_eq(state(0).last_ok, 1000);
    cr_expect_str_eq(state(0).last.text, "HTTP 503");
}

/* ---- reload ------------------------------------------------------------------ */

Test(board, what_stays_stands_as_it_stood)
{
    static struct config_check other[] = {
        { .id = (char *)"new", .severity = CHECK_CRITICAL },
        { .id = (char *)"db",
          .severity = CHECK_WARNING,
          .fail_after = 1,
          .pass_after = 1 },
    };
    static const struct config next = { .checks = other, .checks_count = 2 };
    static const struct config none;
    struct check_state s;

    note(0, 1000, false);
    note(1, 1000, false);
    check_board_adopt(board, &next);
    cr_expect_eq(state(0).mark, CHECK_FAILING);
    cr_expect_eq(state(0).since, 1000);
    cr_expect_eq(state(1).mark, CHECK_UNKNOWN, "it is gone");
    check_board_get(board, "new", &s);
    cr_expect_eq(s.mark, CHECK_UNKNOWN);
    cr_expect_eq(check_board_failing(board, CHECK_CRITICAL), 0);
    cr_expect_eq(check_board_failing(board, CHECK_WARNING), 1);
    cr_expect_not(note(1, 2000, true), "a late result of it is nothing");
    cr_expect(note(0, 2000, true), "its new pass_after counts");

    check_board_adopt(board, &config);
    cr_expect_eq(state(0).mark, CHECK_PASSING);
    cr_expect_eq(state(1).mark, CHECK_UNKNOWN, "it begins anew");
    check_board_adopt(board, &none);
    cr_expect_eq(state(0).mark, CHECK_UNKNOWN);
}
