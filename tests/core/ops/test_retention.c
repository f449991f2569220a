/* retention: what is old goes, what still matters stays. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/ops/retention.h"
#include "tests/core/ops/world.h"

static struct world w;

static void start(void)
{
    world_start(&w, WITH_BOTH);
    w.cfg.keep = (struct config_keep){
        .audit = 400, .operations = 30, .outbox = 30, .trash = 30
    };
}

static void stop(void)
{
    world_stop(&w);
}

TestSuite(retention, .init = start, .fini = stop);

static void put(const char *sql)
{
    cr_assert(db_script(w.db, "put", sql, &w.err), "%s", w.err.text);
}

static struct retention run(void)
{
    struct retention out = { 0 };

    while (!out.over)
        cr_assert(retention_step(w.r, w.db, &w.cfg, &out, &w.err), "%s",
                  w.err.text);
    cr_expect_lt(llabs(clock_wall_ms() - out.at), 60000);
    return out;
}

/* The first column of all rows, sorted, with a comma between. */
static void expect_left(const char *column, const char *table, const char *want)
{
    char sql[200], *text;

    snprintf(sql, sizeof sql,
             "select coalesce(string_agg(%s, ',' order by %s), '')"
             " from opsbot.%s",
             column, column, table);
    text = look_text(&w.s, sql);
    cr_expect_str_eq(text, want, "%s: %s, not %s", table, text, want);
    free(text);
}

#define OPERATION(id, state, age)                                              \
    "insert into opsbot.operations (id, command, entity, state, actor, act,"   \
    " recorded_at, created_at, done_at) values ('" id "', 'c', 'e', '" state   \
    "', 'U', '{}', now() - interval '" age "', now() - interval '" age         \
    "', now() - interval '" age "');"

Test(retention, operations_go_when_they_are_finished_and_old)
{
    struct retention out;

    put(OPERATION("A_old", "done", "31 days")
            OPERATION("B_young", "done", "29 days")
                OPERATION("C_open", "intent", "900 days")
                    OPERATION("D_refused", "refused", "31 days"));
    put("insert into opsbot.operation_batches (op, batch, stream, dlq, ids)"
        " select op, b, 's', 'd', '[]' from unnest(array['A_old', 'B_young',"
        " 'C_open']) op, generate_series(1, 3) b");
    put(OPERATION("E_late", "done",
                  "40 days") "update opsbot.operations set done_at = now() "
                             "where id = 'E_late'");
    out = run();
    cr_expect_eq(out.operations, 2);
    expect_left("id", "operations", "B_young,C_open,E_late");
    cr_expect_eq(look_number(&w.s, "select count(*) from"
                                   " opsbot.operation_batches"),
                 6);
    out = run();
    cr_expect_eq(out.operations, 0, "a second run finds nothing");
}

Test(retention, a_job_and_its_operation_go_together)
{
    put(OPERATION("A_done", "done", "31 days")
            OPERATION("B_runs", "done", "31 days")
                OPERATION("C_open", "intent", "31 days")
                    OPERATION("D_late", "done", "31 days"));
    put("insert into opsbot.jobs (id, kind, state, act, stream, dlq, upper_id,"
        " total, rate, created_at, finished_at) select id, 'requeue', state,"
        " '{}', 's', 'd', '', 1, 0, now() - interval '31 days', finished"
        " from (values ('A_done', 'done', now() - interval '31 days'),"
        " ('B_runs', 'running', null), ('C_open', 'done', null),"
        " ('D_late', 'cancelled', now())) v(id, state, finished)");
    cr_expect_eq(run().operations, 1);
    expect_left("id", "jobs", "B_runs,C_open,D_late");
    expect_left("id", "operations", "B_runs,C_open,D_late");
}

Test(retention, a_standing_halt_stays_with_its_operation_and_card)
{
    put(OPERATION("A_over", "done", "60 days")
            OPERATION("B_started", "done", "50 days")
                OPERATION("C_stands", "done", "40 days"));
    put("insert into opsbot.halts (op, action, scope, generation, reason,"
        " actor, act, at, state) select op, action, 'pay', 1, '', 'U', '{}',"
        " now() - age, state from (values"
        " ('A_over', 'halt', interval '60 days', 'verified'),"
        " ('B_started', 'unhalt', interval '50 days', 'verified'),"
        " ('C_stands', 'halt', interval '40 days', 'unverified'),"
        " ('D_runs', 'unhalt', interval '45 days', 'running'))"
        " v(op, action, age, state)");
    put("insert into opsbot.outbox (op, channel, body, state, thing,"
        " created_at, sent_at) select op, 'C', '{}', 'sent', 'halt:' || op,"
        " now() - interval '40 days', now() - interval '40 days'"
        " from unnest(array['A_over', 'C_stands']) op");
    run();
    expect_left("op", "halts", "C_stands,D_runs");
    expect_left("id", "operations", "C_stands");
    expect_left("op", "outbox", "C_stands");
}

Test(retention, the_outbox_keeps_what_waits)
{
    struct retention out;

    put("insert into opsbot.outbox (op, channel, body, state, created_at,"
        " sent_at) select op, 'C', '{}', state, now() - age,"
        " case when state = 'sent' then now() - sent end from (values"
        " ('A_old', 'sent', interval '31 days', interval '31 days'),"
        " ('B_edited', 'sent', interval '31 days', interval '1 day'),"
        " ('C_waits', 'waiting', interval '99 days', null),"
        " ('D_under_way', 'sending', interval '99 days', null),"
        " ('E_lost', 'undeliverable', interval '31 days', null),"
        " ('F_forgotten', 'undeliverable', interval '91 days', null),"
        " ('G_parent', 'sent', interval '31 days', interval '31 days'))"
        " v(op, state, age, sent)");
    put("update opsbot.outbox set thread_of = (select id from opsbot.outbox"
        " where op = 'G_parent') where op = 'C_waits'");
    out = run();
    cr_expect_eq(out.outbox, 2);
    expect_left("op", "outbox", "B_edited,C_waits,D_under_way,E_lost,G_parent");
}

Test(retention, confirmations_and_audit_go_too)
{
    struct retention out;

    put("insert into opsbot.confirmations (id, actor, command, act, bound,"
        " expires_at) select id, 'U', 'c', '{}', '{}', now() - age from"
        " (values ('A_old', interval '31 days'), ('B', interval '1 day'))"
        " v(id, age)");
    put("create table opsbot.audit_events_202001 partition of"
        " opsbot.audit_events for values from ('2020-01-01 00:00Z')"
        " to ('2020-02-01 00:00Z')");
    put("insert into opsbot.audit_events select 'OP', 'read',"
        " '2020-01-15 00:00Z', now(), '', '', '', '', '', '', '', '', '', 'ok',"
        " null, null");
    out = run();
    cr_expect_eq(out.partitions, 1);
    expect_left("id", "confirmations", "B");
    cr_expect_eq(look_number(&w.s, "select count(*) from"
                                   " opsbot.audit_events"),
                 0);
}

Test(retention, many_go_in_pieces)
{
    struct retention out = { 0 };
    int calls = 0;

    put("insert into opsbot.operations (id, command, entity, state, actor,"
        " act, recorded_at, created_at) select 'OP' || n, 'c', 'e', 'done',"
        " 'U', '{}', now(), now() - interval '31 days'"
        " from generate_series(1, 2500) n");
    while (!out.over) {
        int64_t before = out.operations;

        cr_assert(retention_step(w.r, w.db, &w.cfg, &out, &w.err));
        cr_expect_leq(out.operations - before, RETENTION_ROWS);
        cr_assert_lt(calls++, 50);
    }
    cr_expect_eq(out.operations, 2500);
}

Test(retention, nothing_goes_that_is_kept_for_ever)
{
    struct retention out;

    w.cfg.keep = (struct config_keep){ 0 };
    put(OPERATION("A", "done", "9999 days"));
    put("insert into opsbot.outbox (op, channel, body, state, created_at)"
        " values ('A', 'C', '{}', 'sent', now() - interval '9999 days'),"
        " ('B', 'C', '{}', 'undeliverable', now() - interval '9999 days')");
    free(cli(&w.s, "xadd orders.dlq.trash 1-1 a b"));
    out = run();
    cr_expect_eq(out.operations + out.outbox + out.trash + out.partitions, 0);
    expect_left("op", "outbox", "A,B");
}

/* ---- trash --------------------------------------------------------------- */

static void letters(const char *key, long long first, int n)
{
    free(cli(&w.s,
             "eval \"for i = 1, %d do redis.call('XADD', KEYS[1], '%lld-' .. i,"
             " 'n', i) end\" 1 %s",
             n, first, key));
}

Test(retention, trash_is_trimmed_by_age)
{
    long long old = clock_wall_ms() - 31 * 86400000LL;
    long long young = clock_wall_ms() - 29 * 86400000LL;
    struct retention out;

    letters("orders.dlq", old, 3);
    letters("orders.dlq.trash", old, 2345);
    letters("orders.dlq.trash", young, 7);
    letters("fills.dlq", old, 1);
    letters("fills.dlq.trash", old, 5);
    free(cli(&w.s, "set odd.dlq.trash text"));
    letters("odd.dlq", old, 1);
    letters("other.trash", old, 4);
    out = run();
    cr_expect_eq(out.trash, 2350, "%lld", (long long)out.trash);
    cr_expect_eq(cli_number(&w.s, "xlen orders.dlq.trash"), 7);
    cr_expect_eq(cli_number(&w.s, "xlen fills.dlq.trash"), 0);
    cr_expect_eq(cli_number(&w.s, "xlen orders.dlq"), 3, "never the letters");
    cr_expect_eq(cli_number(&w.s, "xlen other.trash"), 4, "not one of ours");
}

/* A store that goes away in the middle: what is done is done, and the same
 * call goes on when it is back. */
Test(retention, goes_on_after_redis_was_away)
{
    struct retention out = { 0 };

    letters("orders.dlq", 1, 1);
    letters("orders.dlq.trash", 1, 50);
    put(OPERATION("A_old", "done", "31 days"));
    part_stop(w.s.harness, PART_REDIS);
    while (retention_step(w.r, w.db, &w.cfg, &out, &w.err))
        cr_assert_not(out.over);
    cr_expect_eq(w.err.kind, ERR_REDIS);
    cr_expect_eq(out.operations, 1);
    part_start(w.s.harness, PART_REDIS);
    cr_assert(redis_probe(w.r, &w.err), "%s", w.err.text);
    while (!out.over)
        cr_assert(retention_step(w.r, w.db, &w.cfg, &out, &w.err), "%s",
                  w.err.text);
    cr_expect_eq(out.trash, 50);
    cr_expect_eq(out.operations, 1);
}

Test(retention, its_result_is_written_down)
{
    struct retention in = { .at = 1700000000000,
                            .partitions = 1,
                            .operations = 2,
                            .outbox = 3,
                            .trash = 4,
                            .checks = 5,
                            .alerts = 6,
                            .over = true };
    struct retention out;
    char *text = retention_text(&in);

    retention_read(text, &out);
    free(text);
    cr_expect_eq(out.at, in.at);
    cr_expect_eq(out.partitions, 1);
    cr_expect_eq(out.operations, 2);
    cr_expect_eq(out.outbox, 3);
    cr_expect_eq(out.trash, 4);
    cr_expect_eq(out.checks, 5);
    cr_expect_eq(out.alerts, 6);
    retention_read(NULL, &out);
    cr_expect_eq(out.at, 0);
}
