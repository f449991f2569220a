/* fell: what went by the fallback without Postgres is recorded once its group
 * is there, whichever of both comes first. */
#include "core/alert/fell.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/core/ops/world.h"

static struct world w;
static size_t left;

static void start(void)
{
    world_start(&w, WITH_BOTH);
}

static void stop(void)
{
    world_stop(&w);
}

TestSuite(fell, .init = start, .fini = stop, .timeout = 120);

static long pages(void)
{
    return (long)look_number(&w.s,
                             "select count(*) from opsbot.pages where key like"
                             " 'fallback:A-1:%' and state = 'sent'");
}

static void group_made(void)
{
    free(look_text(&w.s, "insert into opsbot.alert_groups (key, op, route,"
                         " route_id, title, severity) values ('key', 'op-1',"
                         " 'all', 'r', 'T', 0) returning id"));
}

static void drain(void)
{
    cr_assert(fell_drain(w.r, w.db, &w.cfg, &left, &w.err), "%s", w.err.text);
}

static void claim(bool first)
{
    bool mine;

    fell_claim(w.r, NULL, &w.cfg, "key", "op-1", &mine);
    cr_expect_eq(mine, first);
}

Test(fell, of_two_replicas_one_sends_it)
{
    claim(true);
    claim(false);
    cr_expect_gt(cli_number(&w.s, "TTL opsbot:alert:fell"), 0);
}

/* Its alert is held yet: the record waits for it. */
Test(fell, is_kept_until_its_group_is_there)
{
    claim(true);
    drain();
    cr_expect_eq(left, 1u);
    cr_expect_eq(pages(), 0);
    group_made();
    drain();
    cr_expect_eq(left, 0u);
    cr_expect_eq(pages(), 2);
    drain();
    cr_expect_eq(pages(), 2);
    cr_expect_eq(cli_number(&w.s, "EXISTS opsbot:alert:fell"), 0);
}

#define RECORD "{\"key\":\"key\",\"op\":\"op-1\"}"

static bool of_journal(struct redis *redis, struct db *db)
{
    return fell_of_journal(redis, db, &w.cfg, RECORD, &w.err);
}

Test(fell, of_the_journal_to_postgres_if_its_group_is_there)
{
    group_made();
    cr_expect(of_journal(NULL, w.db), "%s", w.err.text);
    cr_expect_eq(pages(), 2);
}

/* The keeper moved the alert to Redis before Postgres was back: the record
 * goes there too, and is found when the alert is taken. */
Test(fell, of_the_journal_to_redis_if_its_group_is_not)
{
    cr_expect_not(of_journal(NULL, w.db));
    cr_expect(of_journal(w.r, w.db), "%s", w.err.text);
    cr_expect_eq(cli_number(&w.s, "HEXISTS opsbot:alert:fell op-1"), 1);
    group_made();
    drain();
    cr_expect_eq(pages(), 2);
}
