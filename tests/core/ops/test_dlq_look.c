/* dlq_look: queues looked at again and again, and causes never seen before. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/ops/dlq_look.h"
#include "tests/core/ops/world.h"

static struct world w;
static struct dlq_looks looks;
static struct dlq_fresh *fresh; /* of orders, borrowed */
static struct config_stream named[] = { { (char[]){ "orders" }, NULL } };

static void start(void)
{
    world_start(&w, WITH_BOTH);
    w.cfg.streams = named;
    w.cfg.streams_count = 1;
}

static void stop(void)
{
    dlq_looks_dispose(&looks);
    world_stop(&w);
}

TestSuite(dlq_look, .init = start, .fini = stop);

static struct dlq_look *look(void)
{
    cr_assert(dlq_look(&looks, w.r, &w.cfg, &w.err), "%s", w.err.text);
    cr_assert_geq(looks.count, 1u);
    return &looks.items[0];
}

static void dead(const char *error)
{
    free(cli(&w.s, "xadd orders.dlq '*' error '%s'", error));
}

/* How many causes of orders are fresh. */
static size_t know(void)
{
    struct dlq_look *l = look();

    cr_assert(dlq_causes_know(w.db, l, &w.err), "%s", w.err.text);
    cr_expect(l->known);
    fresh = l->fresh;
    return l->fresh_count;
}

/* ---- looking ---------------------------------------------------------------- */

Test(dlq_look, sees_ages_arrivals_and_causes)
{
    int64_t now = clock_wall_ms();
    const struct dlq_look *l;

    free(cli(&w.s, "xadd orders.dlq %lld-0 error 'timeout 1'",
             (long long)now - 3600000));
    dead("timeout 2");
    dead("refused");
    l = look();
    cr_expect_str_eq(l->stream, "orders");
    cr_expect_eq(l->depth, 3);
    cr_expect_eq(l->oldest_at, now - 3600000);
    cr_assert_eq(l->causes_count, 2u);
    cr_expect_str_eq(l->causes[0], "refused");
    cr_expect_str_eq(l->causes[1], "timeout #");
    cr_expect_eq(dlq_came_since(l, now - 600000), 2);
    cr_expect_eq(dlq_came_since(l, 0), 3);
}

Test(dlq_look, what_has_not_changed_is_not_read_again)
{
    const int64_t *at;

    dead("refused");
    know();
    at = look()->at;
    cr_expect_eq(look()->at, at);
    cr_expect(look()->known);
    dead("timeout");
    cr_expect_not(look()->known);
    cr_expect_eq(look()->causes_count, 2u);
}

Test(dlq_look, an_empty_queue_is_one_too)
{
    const struct dlq_look *l = look();

    cr_expect_eq(l->depth, 0);
    cr_expect_eq(l->oldest_at, 0);
    cr_expect_eq(l->causes_count, 0u);
    dead("refused");
    cr_expect_eq(look()->depth, 1);
    free(cli(&w.s, "del orders.dlq"));
    cr_expect_eq(look()->depth, 0);
    cr_expect_eq(look()->causes_count, 0u);
}

Test(dlq_look, finds_queues_and_forgets_them)
{
    free(cli(&w.s, "xadd fills.dlq '*' error x"));
    look();
    cr_expect_eq(looks.count, 2u);
    free(cli(&w.s, "del fills.dlq"));
    look();
    cr_expect_eq(looks.count, 1u);
}

Test(dlq_look, of_a_deep_queue_the_newest_are_read)
{
    free(cli(&w.s, "eval \"for i = 1, 3000 do redis.call('XADD', KEYS[1], '*',"
                   " 'error', 'e') end\" 1 orders.dlq"));
    cr_expect_eq(look()->depth, 3000);
    cr_expect_eq(look()->sampled, (size_t)DLQ_LOOK);
    cr_expect_eq(dlq_came_since(look(), 0), DLQ_LOOK);
}

Test(dlq_look, of_large_entries_few_are_read)
{
    free(cli(&w.s, "eval \"local s = string.rep('x', 200000) for i = 1, 100 do"
                   " redis.call('XADD', KEYS[1], '*', 'error', s) end\""
                   " 1 orders.dlq"));
    cr_expect_lt(look()->sampled, 40u);
    cr_expect_geq(look()->sampled, 10u);
}

Test(dlq_look, a_key_of_another_type_is_an_empty_queue)
{
    free(cli(&w.s, "set orders.dlq text"));
    cr_expect_eq(look()->depth, 0);
}

Test(dlq_look, redis_away_is_an_error)
{
    dead("refused");
    look();
    part_stop(w.s.harness, PART_REDIS);
    cr_expect_not(dlq_look(&looks, w.r, &w.cfg, &w.err));
    part_start(w.s.harness, PART_REDIS);
    cr_assert(redis_probe(w.r, &w.err), "%s", w.err.text);
    cr_expect_eq(look()->causes_count, 1u);
}

/* ---- causes ------------------------------------------------------------------ */

Test(dlq_look, the_first_look_learns_and_raises_nothing)
{
    dead("timeout");
    dead("refused");
    cr_expect_eq(know(), 0u);
    cr_expect_eq(know(), 0u);
}

Test(dlq_look, a_cause_never_seen_before_is_fresh_until_it_is_gone)
{
    dead("timeout 1");
    cr_expect_eq(know(), 0u);
    dead("timeout 2");
    cr_expect_eq(know(), 0u);
    dead("no such account 17");
    cr_assert_eq(know(), 1u);
    cr_expect_str_eq(fresh[0].cause, "no such account #");
    cr_expect_gt(fresh[0].first, 0);
    cr_expect_eq(know(), 1u);
    free(cli(&w.s, "del orders.dlq"));
    cr_expect_eq(know(), 0u);
    dead("no such account 18");
    cr_expect_eq(know(), 0u);
}

Test(dlq_look, of_a_queue_that_was_empty_the_first_cause_is_new)
{
    cr_expect_eq(know(), 0u);
    dead("timeout");
    cr_expect_eq(know(), 1u);
}

/* Another process has looked before. */
Test(dlq_look, what_was_learnt_outlives_the_process)
{
    dead("timeout");
    know();
    dead("refused");
    cr_expect_eq(know(), 1u);
    dlq_looks_dispose(&looks);
    db_free(w.db);
    w.db = stores_db(&w.s);
    cr_assert_eq(know(), 1u);
    cr_expect_str_eq(fresh[0].cause, "refused");
}

Test(dlq_look, that_a_cause_is_still_seen_is_kept_to_the_day)
{
    dead("timeout");
    know();
    dead("timeout");
    free(look_text(&w.s, "update opsbot.dlq_causes set seen = now() -"
                         " interval '3 days' returning 1"));
    know();
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.dlq_causes"
                                   " where seen > now() - interval '1 hour'"),
                 2);
}

Test(dlq_look, postgres_away_is_an_error)
{
    dead("timeout");
    look();
    part_stop(w.s.harness, PART_POSTGRES);
    cr_expect_not(dlq_causes_know(w.db, &looks.items[0], &w.err));
    cr_expect_not(looks.items[0].known);
}
