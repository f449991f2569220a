/* check_store: what Postgres remembers of checks, also when it was away. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/check/check_store.h"
#include "core/ops/retention.h"
#include "tests/core/ops/world.h"

static struct world w;
static struct config_check specs[] = {
    { .id = (char[]){ "db" }, .fail_after = 1, .pass_after = 1 },
    { .id = (char[]){ "web" }, .fail_after = 1, .pass_after = 1 },
};
static struct check_board *board, *other_board;
static struct check_store *store, *other;
static int64_t now;

static void start(void)
{
    world_start(&w, WITH_BOTH);
    w.cfg.checks = specs;
    w.cfg.checks_count = 2;
    board = check_board_new(&w.cfg);
    other_board = check_board_new(&w.cfg);
    store = check_store_new(board, "r1");
    other = check_store_new(other_board, "r2");
    now = clock_wall_ms();
}

static void stop(void)
{
    check_store_free(store);
    check_store_free(other);
    check_board_free(board);
    check_board_free(other_board);
    world_stop(&w);
}

TestSuite(check_store, .init = start, .fini = stop);

static void note_by(struct check_board *b, struct check_store *s, unsigned i,
                    int64_t at, bool ok, const char *text)
{
    struct check_result result = { .ok = ok, .at = at, .took_us = 1200 };
    const char *id = specs[i].id;

    snprintf(result.text, sizeof result.text, "%s", text);
    check_store_note(s, id, &result, check_board_note(b, id, &result, NULL));
}

static void note(unsigned i, int64_t at, bool ok, const char *text)
{
    note_by(board, store, i, at, ok, text);
}

static void write_by(struct check_store *s)
{
    bool left = true;

    while (left)
        cr_assert(check_store_write(s, w.db, &left, &w.err), "%s", w.err.text);
}

static void expect(const char *sql, const char *want)
{
    char *text = look_text(&w.s, sql);

    cr_expect_str_eq(text, want, "%s: %s, not %s", sql, text, want);
    free(text);
}

#define CHANGES                                                                \
    "select coalesce(string_agg(check_id || ' ' || from_mark || '>' ||"        \
    " to_mark, ', ' order by at), '') from opsbot.check_changes"

Test(check_store, what_came_in_is_written)
{
    note(0, now - 3000, true, "12 ms");
    note(1, now - 2900, false, "it's \"503\" \\ \xe2\x82\xac");
    note(0, now - 1000, false, "refused");
    write_by(store);
    expect(CHANGES, "db unknown>passing, web unknown>failing,"
                    " db passing>failing");
    expect("select count(*) from opsbot.check_results", "3");
    expect("select text from opsbot.check_results where check_id = 'web'",
           "it's \"503\" \\ \xe2\x82\xac");
    expect("select mark || ' ' || text || ' ' || in_row || ' ' || took_us ||"
           " ' ' || replica from opsbot.check_states where check_id = 'db'",
           "failing refused 1 1200 r1");
    expect("select (since = last_at) and last_ok < since"
           " from opsbot.check_states where check_id = 'db'",
           "t");
    write_by(store);
    expect("select count(*) from opsbot.check_results", "3");
}

Test(check_store, text_that_postgres_would_refuse_is_written_all_the_same)
{
    note(0, now, false, "cut in the middle \xe2\x82");
    write_by(store);
    expect("select count(*) from opsbot.check_changes", "1");
    expect("select count(*) from opsbot.check_results", "1");
}

static struct check_state state_of(struct check_board *b, unsigned i)
{
    struct check_state out;

    check_board_get(b, specs[i].id, &out);
    return out;
}

Test(check_store, another_process_reads_how_it_stood)
{
    struct check_state s;

    note(0, now - 9000, true, "12 ms");
    note(0, now - 5000, false, "refused");
    note(0, now - 1000, false, "refused again");
    write_by(store);
    cr_assert(check_store_read(w.db, other_board, &w.err));
    s = state_of(other_board, 0);
    cr_expect_eq(s.mark, CHECK_FAILING);
    cr_expect_eq(s.since, now - 5000);
    cr_expect_eq(s.last_ok, now - 9000);
    cr_expect_eq(s.in_row, 2);
    cr_expect_eq(s.last.at, now - 1000);
    cr_expect_eq(s.last.took_us, 1200);
    cr_expect_str_eq(s.last.text, "refused again");
    cr_expect_eq(state_of(other_board, 1).mark, CHECK_UNKNOWN);
}

/* Of one that is configured no more. */
Test(check_store, what_is_not_configured_is_left_alone)
{
    note(1, now, true, "ok");
    write_by(store);
    w.cfg.checks_count = 1;
    check_board_adopt(board, &w.cfg);
    cr_assert(check_store_read(w.db, board, &w.err));
}

/* A reload took it away; what it found before that is not lost. */
Test(check_store, results_of_a_check_that_is_gone_are_written)
{
    note(0, now, true, "ok");
    note(1, now, true, "ok");
    w.cfg.checks_count = 1;
    check_board_adopt(board, &w.cfg);
    write_by(store);
    expect("select count(*) from opsbot.check_results", "2");
    expect(CHANGES, "db unknown>passing, web unknown>passing");
}

/* ---- two replicas ----------------------------------------------------------- */

Test(check_store, two_that_saw_the_same_change_record_it_once)
{
    note(0, now - 9000, true, "12 ms");
    write_by(store);
    cr_assert(check_store_read(w.db, other_board, &w.err));
    note(0, now - 3000, false, "refused");
    note_by(other_board, other, 0, now - 2990, false, "refused");
    write_by(other);
    write_by(store);
    expect(CHANGES, "db unknown>passing, db passing>failing");
    expect("select count(*) from opsbot.check_results", "3");
    /* Both know since when by now. */
    cr_assert(check_store_read(w.db, board, &w.err));
    cr_assert(check_store_read(w.db, other_board, &w.err));
    cr_expect_eq(state_of(board, 0).since, now - 2990);
    cr_expect_eq(state_of(other_board, 0).since, now - 2990);
}

Test(check_store, an_older_change_does_not_undo_a_newer_one)
{
    note(0, now - 9000, false, "refused");
    note_by(other_board, other, 0, now - 5000, true, "12 ms");
    write_by(other);
    write_by(store);
    expect(CHANGES, "db unknown>passing");
    expect("select mark || ' ' || text from opsbot.check_states",
           "passing 12 ms");
    cr_assert(check_store_read(w.db, board, &w.err));
    cr_expect_eq(state_of(board, 0).mark, CHECK_PASSING);
}

/* ---- Postgres away ---------------------------------------------------------- */

static void write_in_vain(void)
{
    bool left;

    cr_assert_not(check_store_write(store, w.db, &left, &w.err));
    cr_expect_eq(w.err.kind, ERR_DB);
}

static void waiting(size_t results, size_t changes, uint64_t lost)
{
    struct check_waiting waits;

    check_store_waiting(store, &waits);
    cr_expect_eq(waits.results, results, "%zu results wait", waits.results);
    cr_expect_eq(waits.changes, changes, "%zu changes wait", waits.changes);
    cr_expect_eq(waits.lost, lost);
}

Test(check_store, all_waits_while_postgres_is_away)
{
    note(0, now - 9000, true, "12 ms");
    write_by(store);
    part_stop(w.s.harness, PART_POSTGRES);
    note(0, now - 8000, false, "refused");
    write_in_vain();
    note(0, now - 7000, true, "13 ms");
    note(0, now - 6000, false, "refused again");
    write_in_vain();
    waiting(3, 3, 0);
    part_start(w.s.harness, PART_POSTGRES);
    cr_assert(db_probe(w.db, &w.err));
    write_by(store);
    waiting(0, 0, 0);
    expect(CHANGES, "db unknown>passing, db passing>failing,"
                    " db failing>passing, db passing>failing");
    expect("select count(*) from opsbot.check_results", "4");
    expect("select text from opsbot.check_states", "refused again");
}

Test(check_store, the_newest_results_and_a_chain_of_changes_win)
{
    for (int i = 0; i < CHECK_RESULTS_WAITING; i++)
        note(1, now - 50000 + i, true, "ok");
    for (int i = 0; i < CHECK_CHANGES_WAITING + 11; i++)
        note(0, now - 20000 + i, i % 2 == 0, i == 74 ? "last" : "x");
    waiting(CHECK_RESULTS_WAITING, CHECK_CHANGES_WAITING, 75);
    write_by(store);
    waiting(0, 0, 75);
    expect("select mark || ' ' || text from opsbot.check_states"
           " where check_id = 'db'",
           "passing last");
    expect("select count(*) from (select from_mark, lag(to_mark) over"
           " (order by at) as before from opsbot.check_changes"
           " where check_id = 'db') c where before <> from_mark",
           "0");
    expect("select count(*) >= 62 from opsbot.check_changes"
           " where check_id = 'db'",
           "t");
}

/* ---- looking back ------------------------------------------------------------ */

Test(check_store, the_last_changes_newest_first)
{
    struct check_change *changes;
    size_t count;

    for (int i = 0; i < 5; i++)
        note(0, now - 5000 + i, i % 2, i == 4 ? "refused" : "x");
    note(1, now, false, "not ours");
    write_by(store);
    cr_assert(check_changes_load(w.db, "db", 2, &changes, &count, &w.err));
    cr_assert_eq(count, 2);
    cr_expect_eq(changes[0].at, now - 4996);
    cr_expect_eq(changes[0].from, CHECK_PASSING);
    cr_expect_eq(changes[0].to, CHECK_FAILING);
    cr_expect_str_eq(changes[0].text, "refused");
    cr_expect_eq(changes[1].to, CHECK_PASSING);
    check_changes_free(changes, count);
    cr_assert(check_changes_load(w.db, "none", 2, &changes, &count, &w.err));
    cr_expect_eq(count, 0);
    check_changes_free(changes, count);
}

/* ---- retention ---------------------------------------------------------------- */

Test(check_store, whole_days_of_results_go)
{
    const int64_t day = 86400000;
    struct retention out = { 0 };

    w.cfg.keep = (struct config_keep){ .checks = 14, .operations = 30 };
    note(0, now - 20 * day, true, "old");
    note(0, now - 13 * day, false, "kept");
    note(0, now, true, "new");
    write_by(store);
    expect("select count(*) from opsbot.check_results", "3");
    while (!out.over)
        cr_assert(retention_step(w.r, w.db, &w.cfg, &out, &w.err), "%s",
                  w.err.text);
    cr_expect_geq(out.checks, 5);
    cr_expect_leq(out.checks, 7);
    expect("select count(*) from opsbot.check_results", "2");
    expect("select count(*) from opsbot.check_changes", "3");
    expect("select count(*) from opsbot.check_states", "1");
    note(1, now, true, "and it goes on");
    write_by(store);
    expect("select count(*) from opsbot.check_results", "3");
}

Test(check_store, what_is_asked_no_more_is_forgotten)
{
    struct retention out;

    w.cfg.keep = (struct config_keep){ .operations = 30 };
    note(0, now, true, "ok");
    write_by(store);
    free(look_text(&w.s, "update opsbot.check_states set last_at = now() -"
                         " interval '31 days' returning 1"));
    free(look_text(&w.s, "update opsbot.check_changes set at = now() -"
                         " interval '31 days' returning 1"));
    while (!out.over)
        cr_assert(retention_step(w.r, w.db, &w.cfg, &out, &w.err), "%s",
                  w.err.text);
    expect("select count(*) from opsbot.check_states", "0");
    expect("select count(*) from opsbot.check_changes", "0");
}
