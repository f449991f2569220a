/* acked: who has an alert, as everybody sees it in Redis. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/acked.h"
#include "core/base/clock.h"
#include "tests/core/ops/world.h"

static struct world w;

static void run(const char *statement)
{
    free(sql(w.s.harness, "%s", statement));
}

/* A-1, with three alerts; one has no trace id. */
static void start(void)
{
    world_start(&w, WITH_BOTH);
    run("insert into opsbot.alert_groups (key, op, route, route_id, title,"
        " severity, firing, total) values ('k', 'OP', 'all', 'r', 'slow', 0,"
        " 3, 3)");
    run("insert into opsbot.alerts (\"group\", fingerprint, event, trace,"
        " severity, firing, title, at) values"
        " (1, 'f1', 'e1', 't1', 0, true, 'slow', now()),"
        " (1, 'f2', 'e2', 't2', 0, true, 'slow', now()),"
        " (1, 'f3', 'e3', '', 0, true, 'slow', now())");
}

static void stop(void)
{
    world_stop(&w);
}

TestSuite(acked, .init = start, .fini = stop);

static void taken_by_ann(const char *until)
{
    free(sql(w.s.harness,
             "update opsbot.alert_groups set acked_by = 'U0ANN', acked_name ="
             " 'ann', ack_note = 'mine', acked_at = now(), ack_until = %s,"
             " ack_owed = true, version = version + 1",
             until));
}

static void left(void)
{
    run("update opsbot.alert_groups set acked_by = '', acked_at = null,"
        " ack_until = null, ack_owed = true, changed_at = now(),"
        " version = version + 1");
}

static void tell(void)
{
    cr_assert(acked_tell(w.db, w.r, &w.cfg, 1, &w.err), "%s", w.err.text);
}

static size_t sweep(void)
{
    size_t told;

    cr_assert(acked_sweep(w.db, w.r, &w.cfg, 10, &told, &w.err), "%s",
              w.err.text);
    return told;
}

static long owed(void)
{
    return look_number(&w.s, "select count(*) from opsbot.alert_groups where"
                             " ack_owed");
}

Test(acked, by_number_and_by_every_trace_id)
{
    char *text;

    taken_by_ann("now() + interval '1 h'");
    tell();
    text = cli(&w.s, "GET notify:ack:A-1");
    cr_expect(strstr(text, "\"by\":\"U0ANN\""), "%s", text);
    cr_expect(strstr(text, "\"at\":\"20"), "%s", text);
    cr_expect(strstr(text, "\"until\":\"20"), "%s", text);
    cr_expect(strstr(text, "\"note\":\"mine\""), "%s", text);
    cr_expect_eq(cli_number(&w.s, "EXISTS notify:ack:A-1 notify:ack:t1"
                                  " notify:ack:t2"),
                 3);
    cr_expect_gt(cli_number(&w.s, "PTTL notify:ack:t1"), 3500000);
    cr_expect_eq(cli_number(&w.s, "EXISTS notify:ack:"), 0);
    cr_expect_eq(owed(), 0);
    free(text);
}

Test(acked, goes_when_it_is_left_or_over)
{
    taken_by_ann("null");
    tell();
    cr_expect_eq(cli_number(&w.s, "PTTL notify:ack:t1"), -1, "without end");
    left();
    cr_expect_eq(sweep(), 1);
    cr_expect_eq(cli_number(&w.s, "EXISTS notify:ack:A-1 notify:ack:t1"), 0);
    taken_by_ann("null");
    tell();
    run("update opsbot.alert_groups set resolved_at = now(), ack_owed = true,"
        " version = version + 1");
    cr_expect_eq(sweep(), 1);
    cr_expect_eq(cli_number(&w.s, "EXISTS notify:ack:A-1 notify:ack:t1"), 0);
    cr_expect_eq(sweep(), 0);
}

/* What was asked before it, and comes late, does not undo it. */
Test(acked, its_moment_is_kept)
{
    taken_by_ann("null");
    tell();
    cr_expect_gt(cli_number(&w.s, "GET opsbot:ack:t1"), 1700000000000);
    left();
    tell();
    cr_expect_gt(cli_number(&w.s, "GET opsbot:ack:t1"), 1700000000000);
}

Test(acked, a_lease_that_is_over_is_not_set)
{
    taken_by_ann("now() - interval '1 s'");
    tell();
    cr_expect_eq(cli_number(&w.s, "EXISTS notify:ack:A-1"), 0);
}

/* Redis away: it is owed, and set when it is back. */
Test(acked, is_owed_until_redis_is_back)
{
    taken_by_ann("now() + interval '1 h'");
    part_stop(w.s.harness, PART_REDIS);
    cr_expect_not(acked_tell(w.db, w.r, &w.cfg, 1, &w.err));
    cr_expect_eq(owed(), 1);
    part_start(w.s.harness, PART_REDIS);
    cr_assert(redis_probe(w.r, &w.err), "%s", w.err.text);
    cr_expect_eq(sweep(), 1);
    cr_expect_eq(cli_number(&w.s, "EXISTS notify:ack:A-1 notify:ack:t1"), 2);
    cr_expect_eq(owed(), 0);
}

/* A key that holds something else is nobody's to overwrite but ours: SET does;
 * one that Redis refuses is owed. */
Test(acked, what_redis_refuses_is_owed)
{
    taken_by_ann("null");
    free(cli(&w.s, "CONFIG SET maxmemory 1"));
    cr_expect_not(acked_tell(w.db, w.r, &w.cfg, 1, &w.err));
    cr_expect(strstr(w.err.text, "Redis refused it"), "%s", w.err.text);
    cr_expect_eq(owed(), 1);
    free(cli(&w.s, "CONFIG SET maxmemory 0"));
    cr_expect_eq(sweep(), 1);
}
