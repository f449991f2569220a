/* acked: who has an alert, as everybody sees it in Redis. */
#include <criterion/criterion.h>
#include <stdio.h>
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

/* ---- traces that newer news replaced ----------------------------------------- */

static void replaced_by(const char *trace)
{
    free(sql(w.s.harness,
             "update opsbot.alerts set trace = '%s' where fingerprint = 'f1';"
             "update opsbot.alert_groups set ack_owed = true",
             trace));
}

static long set(const char *traces)
{
    char command[300];

    snprintf(command, sizeof command, "EXISTS %s", traces);
    return cli_number(&w.s, command);
}

#define THREE "notify:ack:t1 notify:ack:t1b notify:ack:t1c"

/* By hand, by an end, by a lease that is over: Postgres says nobody has it. */
static void goes_with_all(const char *how)
{
    taken_by_ann("null");
    tell();
    replaced_by("t1b");
    tell();
    replaced_by("t1c");
    tell();
    cr_expect_eq(set(THREE), 3);
    cr_expect_eq(cli_number(&w.s, "PTTL notify:ack:t1"), -1, "without end");
    run(how);
    cr_expect_eq(sweep(), 1);
    cr_expect_eq(set(THREE " notify:ack:t2 notify:ack:A-1"), 0, "%s", how);
    cr_expect_eq(set("opsbot:acked:A-1"), 0, "nothing is left of it");
}

Test(acked, a_trace_that_was_replaced_goes_when_it_is_left)
{
    goes_with_all("update opsbot.alert_groups set acked_by = '', acked_at ="
                  " null, ack_owed = true, version = version + 1");
}

Test(acked, a_trace_that_was_replaced_goes_when_it_is_over)
{
    goes_with_all("update opsbot.alert_groups set resolved_at = now(),"
                  " ack_owed = true, version = version + 1");
}

Test(acked, a_trace_that_was_replaced_goes_when_its_lease_is_over)
{
    goes_with_all("update opsbot.alert_groups set ack_until = now() -"
                  " interval '1 s', ack_owed = true, version = version + 1");
}

Test(acked, a_trace_that_was_replaced_has_the_lease_of_the_others)
{
    taken_by_ann("now() + interval '1 min'");
    tell();
    replaced_by("t1b");
    taken_by_ann("now() + interval '1 h'");
    tell();
    cr_expect_gt(cli_number(&w.s, "PTTL notify:ack:t1"), 3000000);
    cr_expect_gt(cli_number(&w.s, "PTTL opsbot:acked:A-1"), 3000000);
}

/* Redis was away when it went: what it had stays owed until it is back. */
Test(acked, a_trace_that_was_replaced_goes_when_redis_is_back)
{
    taken_by_ann("null");
    tell();
    replaced_by("t1b");
    tell();
    part_stop(w.s.harness, PART_REDIS);
    left();
    cr_expect_not(acked_tell(w.db, w.r, &w.cfg, 1, &w.err));
    cr_expect_eq(owed(), 1);
    part_start(w.s.harness, PART_REDIS);
    cr_assert(redis_probe(w.r, &w.err), "%s", w.err.text);
    cr_assert_eq(set("notify:ack:t1 notify:ack:t1b"), 2, "it kept them");
    cr_expect_eq(sweep(), 1);
    cr_expect_eq(set("notify:ack:t1 notify:ack:t1b opsbot:acked:A-1"), 0);
}

/* It was away when the newer one came: both are set once it is back. */
Test(acked, a_trace_that_came_while_redis_was_away_is_set_then)
{
    taken_by_ann("null");
    tell();
    part_stop(w.s.harness, PART_REDIS);
    replaced_by("t1b");
    cr_expect_not(acked_tell(w.db, w.r, &w.cfg, 1, &w.err));
    part_start(w.s.harness, PART_REDIS);
    cr_assert(redis_probe(w.r, &w.err), "%s", w.err.text);
    cr_expect_eq(sweep(), 1);
    cr_expect_eq(set("notify:ack:t1 notify:ack:t1b"), 2);
    left();
    tell();
    cr_expect_eq(set("notify:ack:t1 notify:ack:t1b"), 0);
}

/* Months without end, a trace a minute: the oldest are let go. */
Test(acked, of_too_many_traces_the_oldest_go)
{
    taken_by_ann("null");
    tell();
    free(cli(&w.s, "EVAL \"for i = 1, 1500 do"
                   " redis.call('SET', 'notify:ack:old-' .. i, 'x')"
                   " redis.call('ZADD', 'opsbot:acked:A-1', i, 'old-' .. i)"
                   " end\" 0"));
    replaced_by("t1b");
    tell();
    cr_expect_eq(cli_number(&w.s, "ZCARD opsbot:acked:A-1"), ACKED_TRACES + 1);
    cr_expect_eq(set("notify:ack:old-1 notify:ack:old-400"), 0);
    cr_expect_eq(set("notify:ack:old-1500 notify:ack:t1 notify:ack:t1b"), 3);
    left();
    tell();
    cr_expect_eq(set("notify:ack:old-1500 notify:ack:t1 notify:ack:t1b"), 0);
}
