/* pending: what consumer groups were given and have not acknowledged. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/ops/pending.h"
#include "tests/core/ops/world.h"

static struct world w;
static struct pending p;

static void start(void)
{
    world_start(&w, WITH_REDIS);
    free(cli(&w.s, "xgroup create notify.events notify 0 mkstream"));
    free(cli(&w.s, "xgroup create notify.events archive 0"));
    for (int i = 1; i <= 25; i++)
        free(cli(&w.s, "xadd notify.events 1700000000000-%d n %d", i, i));
    free(cli(&w.s, "xreadgroup group notify anna count 20 streams "
                   "notify.events '>'"));
    free(cli(&w.s, "xreadgroup group notify ben count 5 streams notify.events "
                   "'>'"));
    free(cli(&w.s, "xclaim notify.events notify ben 0 1700000000000-1"));
}

static void stop(void)
{
    pending_dispose(&p);
    world_stop(&w);
}

TestSuite(pending, .init = start, .fini = stop);

static void look(const char *group, size_t page)
{
    pending_dispose(&p);
    cr_assert(pending_look(w.r, &w.cfg, "notify.events", group, page,
                           clock_wall_ms(), &p, &w.err),
              "%s", w.err.text);
}

Test(pending, a_group_by_pages_oldest_first)
{
    look("notify", 1);
    cr_expect(p.one);
    cr_expect_eq(p.pages, 3);
    cr_assert_eq(p.count, 1);
    cr_expect_eq(p.lists[0].group->pending, 25);
    cr_assert_eq(p.lists[0].count, PENDING_PAGE);
    cr_expect_str_eq(p.lists[0].entries[0].id, "1700000000000-1");
    cr_expect_str_eq(p.lists[0].entries[0].consumer, "ben");
    cr_expect_eq(p.lists[0].entries[0].deliveries, 2);
    cr_expect_geq(p.lists[0].entries[0].idle_ms, 0);
    cr_expect_str_eq(p.lists[0].entries[1].consumer, "anna");
    cr_expect_eq(p.lists[0].entries[1].deliveries, 1);
    look("notify", 3);
    cr_assert_eq(p.lists[0].count, 5);
    cr_expect_str_eq(p.lists[0].entries[4].id, "1700000000000-25");
    look("notify", 99);
    cr_expect_eq(p.page, 3, "past the last is the last");
    cr_expect_eq(p.lists[0].count, 5);
}

Test(pending, each_group_with_a_few)
{
    look(NULL, 1);
    cr_expect_not(p.one);
    cr_assert_eq(p.count, 2);
    cr_expect_str_eq(p.lists[0].group->name, "archive");
    cr_expect_eq(p.lists[0].count, 0);
    cr_expect_str_eq(p.lists[1].group->name, "notify");
    cr_expect_eq(p.lists[1].count, PENDING_FEW);
    cr_expect_eq(p.lists[1].group->consumer_count, 2);
}

Test(pending, a_group_that_is_not_there)
{
    cr_assert_not(
        pending_look(w.r, &w.cfg, "notify.events", "notfy", 1, 0, &p, &w.err));
    cr_expect_eq(w.err.kind, ERR_USER);
    cr_expect_not_null(strstr(w.err.text, "Did you mean `notify`?"), "%s",
                       w.err.text);
    cr_assert_not(
        pending_look(w.r, &w.cfg, "notify.events", "zzzzzz", 1, 0, &p, &w.err));
    cr_expect_not_null(strstr(w.err.text, "`streams notify.events` lists"));
}

Test(pending, a_stream_without_groups_and_one_that_is_not_there)
{
    free(cli(&w.s, "xadd orders '*' a b"));
    cr_assert(pending_look(w.r, &w.cfg, "orders", NULL, 1, 0, &p, &w.err));
    cr_expect_eq(p.count, 0);
    pending_dispose(&p);
    cr_assert(pending_look(w.r, &w.cfg, "nowhere", NULL, 1, 0, &p, &w.err));
    cr_expect_not(p.report.streams[0].exists);
}

Test(pending, redis_is_away)
{
    part_stop(w.s.harness, PART_REDIS);
    cr_assert_not(
        pending_look(w.r, &w.cfg, "notify.events", NULL, 1, 0, &p, &w.err));
    cr_expect_eq(w.err.kind, ERR_REDIS);
    part_start(w.s.harness, PART_REDIS);
}
