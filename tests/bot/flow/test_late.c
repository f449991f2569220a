/* late: what waited in the journal goes to whichever store is back. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/flow/late.h"
#include "core/alert/held.h"
#include "core/base/clock.h"
#include "core/ops/audit.h"
#include "tests/core/ops/world.h"

static struct world w;
static struct late l;
static size_t drained;

static void start(void)
{
    struct err err;

    world_start(&w, WITH_BOTH);
    l = (struct late){ .journal = journal_open(w.s.harness->dir, &err),
                       .config = &w.cfg,
                       .redis = w.r,
                       .db = w.db,
                       .redis_health = &w.s.redis_health,
                       .postgres_health = &w.s.db_health };
    cr_assert_not_null(l.journal, "%s", err.text);
}

static void stop(void)
{
    journal_close(l.journal);
    world_stop(&w);
}

TestSuite(late, .init = start, .fini = stop);

static void keep(const char *op)
{
    struct act act = act_of(op, "ping");
    struct audit_row row = { .act = &act, .outcome = "ok" };
    char *text;

    act.recorded_at = 1763653267301; /* the same row each time */
    text = audit_text(&row);
    cr_assert(journal_add(l.journal, JOURNAL_AUDIT, text, &w.err), "%s",
              w.err.text);
    free(text);
}

static bool drain(size_t most)
{
    return late_drain(&l, most, &drained, &w.err);
}

static long rows(void)
{
    return look_number(&w.s, "select count(*) from opsbot.audit_events");
}

static void fall(struct store_health *h)
{
    store_fell(h, "a test");
}

Test(late, goes_to_postgres_in_pieces_and_once)
{
    keep("OP1");
    keep("OP2");
    keep("OP3");
    cr_assert(drain(2), "%s", w.err.text);
    cr_expect_eq(drained, 2u);
    cr_expect_eq(rows(), 2);
    cr_expect_eq(journal_waiting(l.journal, NULL), 1u);
    cr_assert(drain(2));
    cr_expect_eq(drained, 1u);
    cr_expect_eq(rows(), 3);
    keep("OP1");
    cr_assert(drain(10));
    cr_expect_eq(rows(), 3, "written again is nothing");
    cr_assert(drain(10));
    cr_expect_eq(drained, 0u);
}

Test(late, begins_nothing_when_its_time_is_over)
{
    keep("OP1");
    l.until = 1;
    cr_assert(drain(10), "waiting is no failure: %s", w.err.text);
    cr_expect_eq(drained, 0u);
    l.until = clock_mono_ms() + 60000;
    cr_assert(drain(10), "%s", w.err.text);
    cr_expect_eq(drained, 1u);
}

Test(late, goes_to_redis_while_that_alone_is_back)
{
    size_t moved;

    keep("OP1");
    fall(&w.s.db_health);
    cr_assert(drain(10), "%s", w.err.text);
    cr_expect_eq(drained, 1u);
    cr_expect_eq(cli_number(&w.s, "xlen opsbot:audit"), 1);
    store_rose(&w.s.db_health);
    cr_assert(audit_drain(w.r, w.db, "opsbot:", &moved, &w.err));
    cr_expect_eq(rows(), 1);
}

/* What is behind them must not wait for Postgres (P6). */
Test(late, alerts_wait_in_redis_while_that_alone_is_back)
{
    static const char alert[] =
        "{\"posted\":false,\"events\":[{\"id\":\"x\",\"fingerprint\":\"f\","
        "\"severity\":\"high\",\"title\":\"A\",\"at\":5,\"received\":6}]}";

    cr_assert(journal_add(l.journal, JOURNAL_ALERT, alert, &w.err));
    keep("OP1");
    fall(&w.s.db_health);
    fall(&w.s.redis_health);
    cr_assert(drain(10), "%s", w.err.text);
    cr_expect_eq(drained, 0u);
    store_rose(&w.s.redis_health);
    cr_assert(drain(10), "%s", w.err.text);
    cr_expect_eq(drained, 2u);
    cr_expect_eq(cli_number(&w.s, "xlen opsbot:alerts"), 1);
    cr_expect_eq(cli_number(&w.s, "xlen opsbot:audit"), 1);
}

/* It fired while Redis was there, and was over while that was away too: what
 * is behind goes behind. */
Test(late, alerts_go_behind_those_that_redis_holds)
{
    static const char over[] =
        "{\"posted\":false,\"events\":[{\"id\":\"y\",\"fingerprint\":\"f\","
        "\"severity\":\"high\",\"title\":\"A\",\"resolved\":true,"
        "\"received\":6}]}";
    char *list;

    free(cli(&w.s, "XADD opsbot:alerts 1-1 event first posted 0"));
    cr_assert(journal_add(l.journal, JOURNAL_ALERT, over, &w.err));
    cr_assert(drain(10), "%s", w.err.text);
    cr_expect_eq(drained, 1u);
    list = cli(&w.s, "XRANGE opsbot:alerts - +");
    cr_expect(strstr(list, "first") && strstr(list, "resolved") &&
                  strstr(list, "first") < strstr(list, "resolved"),
              "%s", list);
    free(list);
}

/* Redis takes nothing more: then without it. */
Test(late, alerts_go_to_postgres_where_redis_refuses)
{
    static const char alert[] = "{\"posted\":false,\"events\":[]}";

    free(cli(&w.s, "SET opsbot:alerts x"));
    cr_assert(journal_add(l.journal, JOURNAL_ALERT, alert, &w.err));
    cr_assert(drain(10), "%s", w.err.text);
    cr_expect_eq(drained, 1u);
}

Test(late, waits_while_both_are_away)
{
    keep("OP1");
    fall(&w.s.db_health);
    fall(&w.s.redis_health);
    cr_assert(drain(10), "waiting is no failure: %s", w.err.text);
    cr_expect_eq(drained, 0u);
    cr_expect_eq(journal_waiting(l.journal, NULL), 1u);
}

/* Never lost: apart in Redis, or still in the journal. */
Test(late, what_is_no_audit_row_blocks_nothing)
{
    cr_assert(journal_add(l.journal, JOURNAL_AUDIT, "{\"odd\":1}", &w.err));
    keep("OP1");
    fall(&w.s.redis_health);
    cr_assert(drain(10));
    cr_expect_eq(drained, 0u);
    store_rose(&w.s.redis_health);
    cr_assert(drain(10), "%s", w.err.text);
    cr_expect_eq(drained, 2u);
    cr_expect_eq(cli_number(&w.s, "xlen opsbot:audit.bad"), 1);
    cr_expect_eq(rows(), 1);
}

Test(late, what_nobody_knows_waits_and_says_so)
{
    cr_assert(journal_add(l.journal, "alien", "{}", &w.err));
    cr_expect_not(drain(10));
    cr_expect_not_null(strstr(w.err.text, "alien"), "%s", w.err.text);
    cr_expect_eq(journal_waiting(l.journal, NULL), 1u);
}

Test(late, no_journal_is_nothing_to_do)
{
    journal_close(l.journal);
    l.journal = NULL;
    cr_expect(drain(10));
    cr_expect_eq(drained, 0u);
}
