/* lease: one leader at a time, timers that fire once, whoever asks. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/ops/lease.h"
#include "tests/core/ops/world.h"

static struct world w;
static struct db *other; /* another replica's connection */

static void start(void)
{
    world_start(&w, WITH_BOTH);
    other = stores_db(&w.s);
}

static void stop(void)
{
    db_free(other);
    world_stop(&w);
}

TestSuite(lease, .init = start, .fini = stop);

static bool hold(struct db *db, const char *owner, int64_t ms)
{
    bool held;

    cr_assert(lease_hold(db, LEASE_LEADER, owner, ms, &held, &w.err), "%s",
              w.err.text);
    return held;
}

static bool hold_redis(const char *owner, int64_t ms)
{
    bool held;

    cr_assert(lease_hold_redis(w.r, "opsbot:", LEASE_LEADER, owner, ms, &held,
                               &w.err),
              "%s", w.err.text);
    return held;
}

static bool claim(struct db *db, int64_t every_ms)
{
    bool mine;

    cr_assert(timer_claim(db, "daily", every_ms, &mine, &w.err), "%s",
              w.err.text);
    return mine;
}

Test(lease, belongs_to_one_until_it_is_dropped)
{
    cr_expect(hold(w.db, "r1", 60000));
    cr_expect_not(hold(other, "r2", 60000));
    cr_expect(hold(w.db, "r1", 60000), "renewed");
    cr_assert(lease_drop(other, LEASE_LEADER, "r2", &w.err));
    cr_expect_not(hold(other, "r2", 60000), "only its owner drops it");
    cr_assert(lease_drop(w.db, LEASE_LEADER, "r1", &w.err));
    cr_expect(hold(other, "r2", 60000));
}

Test(lease, runs_out)
{
    cr_expect(hold(w.db, "r1", 0));
    cr_expect(hold(other, "r2", 60000));
    cr_expect_not(hold(w.db, "r1", 60000), "the old owner finds it taken");
}

/* Both find it free; the second waits for the first, and then sees it. */
Test(lease, of_two_that_race_one_has_it)
{
    bool held;

    cr_assert(db_begin(w.db, &w.err));
    cr_expect(hold(w.db, "r1", 60000));
    db_deadline(other, 300);
    cr_expect_not(lease_hold(other, LEASE_LEADER, "r2", 60000, &held, &w.err));
    cr_expect_not(held);
    store_rose(&w.s.db_health);
    cr_assert(db_commit(w.db, &w.err), "%s", w.err.text);
    db_deadline(other, STORES_MS);
    cr_expect_not(hold(other, "r2", 60000));
}

Test(lease, a_dead_owner_is_cleared_away)
{
    cr_expect(hold(w.db, "r1", 60000));
    cr_assert(lease_release(other, "r2", &w.err), "%s", w.err.text);
    cr_expect_not(hold(other, "r2", 60000));
    cr_assert(lease_release(other, "r1", &w.err), "%s", w.err.text);
    cr_expect(hold(other, "r2", 60000));
}

Test(lease, in_redis_belongs_to_one_until_dropped_or_over)
{
    cr_expect(hold_redis("r1", 60000));
    cr_expect_not(hold_redis("r2", 60000));
    cr_expect(hold_redis("r1", 60000));
    cr_expect_gt(cli_number(&w.s, "pttl opsbot:leader"), 0);
    cr_assert(lease_drop_redis(w.r, "opsbot:", LEASE_LEADER, "r2", &w.err));
    cr_expect_not(hold_redis("r2", 60000));
    cr_assert(lease_drop_redis(w.r, "opsbot:", LEASE_LEADER, "r1", &w.err));
    cr_expect(hold_redis("r2", 1));
    while (cli_number(&w.s, "exists opsbot:leader"))
        ;
    cr_expect(hold_redis("r1", 60000));
}

Test(lease, a_timer_fires_once)
{
    cr_expect(claim(w.db, 60000), "nobody has heard of it: due");
    cr_expect_not(claim(other, 60000));
    cr_expect_not(claim(w.db, 60000));
    cr_assert(timer_due(w.db, "daily", 0, &w.err));
    cr_expect(claim(other, 60000));
    cr_expect_not(claim(w.db, 60000));
}

/* The claim is of the transaction: rolled back, it is another's. */
Test(lease, a_claim_waits_for_nobody_and_rolls_back)
{
    cr_assert(db_begin(w.db, &w.err));
    cr_expect(claim(w.db, 60000));
    cr_expect_not(claim(other, 60000), "at once, not after the other's end");
    db_rollback(w.db);
    cr_expect(claim(other, 60000));
    cr_assert(db_begin(w.db, &w.err));
    cr_expect_not(claim(w.db, 60000));
    cr_assert(db_commit(w.db, &w.err));
}

Test(lease, a_timer_keeps_what_came_of_it)
{
    char *last;

    cr_assert(timer_last(w.db, "daily", &last, &w.err));
    cr_expect_null(last);
    cr_expect(claim(w.db, 60000));
    cr_assert(timer_note(w.db, "daily", "{\"n\": 3}", &w.err), "%s",
              w.err.text);
    cr_assert(timer_last(other, "daily", &last, &w.err));
    cr_expect_str_eq(last, "{\"n\": 3}");
    free(last);
}
