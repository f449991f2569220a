/* audit: insert-only, written once, waiting and drained, looked back at. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/ops/audit.h"
#include "tests/core/ops/world.h"

static struct world w;

static void start(void)
{
    world_start(&w, WITH_BOTH);
}

static void stop(void)
{
    world_stop(&w);
}

static long rows(void)
{
    return look_number(&w.s, "select count(*) from opsbot.audit_events");
}

static void write_row(const char *op, const char *command, enum audit_kind kind,
                      int64_t at)
{
    struct act act = act_of(op, command);
    struct audit_row row = { .act = &act, .kind = kind, .outcome = "ok" };

    act.recorded_at = at;
    cr_assert(audit_write(w.db, &row, &w.err), "%s", w.err.text);
}

TestSuite(audit, .init = start, .fini = stop);

Test(audit, a_row_is_written_once_and_in_full)
{
    struct act act = act_of("OP1", "dlq list");
    struct audit_row row = { .act = &act,
                             .kind = AUDIT_READ,
                             .outcome = "ok",
                             .detail = "{\"depth\": 3}",
                             .took_us = 1500 };
    char *text;

    act.recorded_at = 1763653267301;
    act.text = "it's \xf0\x9f\x94\xa5 <@U1>";
    cr_assert(audit_write(w.db, &row, &w.err), "%s", w.err.text);
    cr_assert(audit_write(w.db, &row, &w.err), "%s", w.err.text);
    cr_expect_eq(rows(), 1);
    text = look_text(&w.s, "select concat_ws('|', operation, kind, trace, team,"
                           " channel, actor, actor_name, command, text, via,"
                           " replica, outcome, detail ->> 'depth', took_us,"
                           " recorded_at at time zone 'UTC')"
                           " from opsbot.audit_events");
    cr_expect_str_eq(text, "OP1|read|envelope-1|T0|C0OPS|U0ANN|ann|dlq list|"
                           "it's \xf0\x9f\x94\xa5 <@U1>|socket|r1|ok|3|1500|"
                           "2025-11-20 15:41:07.301");
    free(text);
    row.kind = AUDIT_OUTCOME;
    cr_assert(audit_write(w.db, &row, &w.err));
    cr_expect_eq(rows(), 2);
}

Test(audit, rows_cannot_be_changed_or_taken_away)
{
    static const char *const tries[] = {
        "update opsbot.audit_events set outcome = 'x'",
        "delete from opsbot.audit_events",
        "truncate opsbot.audit_events",
        "update opsbot.audit_events_default set outcome = 'x'",
        "delete from opsbot.audit_events_default",
        "truncate opsbot.audit_events_default",
        "do $$ declare p regclass; begin for p in select inhrelid::regclass"
        " from pg_inherits where inhparent = 'opsbot.audit_events'::regclass"
        " loop begin execute 'truncate ' || p;"
        " raise exception 'truncated %', p using errcode = 'ZZ001';"
        " exception when insufficient_privilege then null; end; end loop;"
        " raise exception using errcode = 'insufficient_privilege'; end $$",
        "truncate opsbot.operations, opsbot.audit_events cascade",
    };

    write_row("OLD", "ping", AUDIT_READ, 1500000000000);
    write_row("NEW", "ping", AUDIT_READ, clock_wall_ms());
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        cr_expect_not(db_script(w.db, "try", tries[i], &w.err), "%s", tries[i]);
        cr_expect_str_eq(db_sqlstate(w.db), "42501", "%s: %s", tries[i],
                         w.err.text);
    }
    cr_expect_eq(rows(), 2);
}

Test(audit, months_have_partitions_and_the_rest_a_default)
{
    write_row("OLD", "ping", AUDIT_READ, 1500000000000);
    write_row("NEW", "ping", AUDIT_READ, clock_wall_ms());
    cr_expect_eq(look_number(&w.s, "select count(*) from"
                                   " opsbot.audit_events_default"),
                 1);
    cr_expect_eq(look_number(&w.s, "select count(*) from pg_inherits where"
                                   " inhparent ="
                                   " 'opsbot.audit_events'::regclass"),
                 5);
    cr_assert(audit_partitions_ensure(w.db, &w.err), "%s", w.err.text);
    cr_expect_eq(look_number(&w.s, "select opsbot.audit_partitions(5)"), 2);
}

Test(audit, a_month_with_rows_in_the_default_partition_stays_there)
{
    write_row("FAR", "ping", AUDIT_READ,
              clock_wall_ms() + INT64_C(86400000) * 160);
    cr_expect_lt(look_number(&w.s, "select opsbot.audit_partitions(7)"), 4);
    cr_expect_eq(rows(), 1);
}

Test(audit, waiting_rows_are_drained_once)
{
    struct act act = act_of("W1", "health");
    struct audit_row row = { .act = &act,
                             .kind = AUDIT_REFUSAL,
                             .outcome = "denied",
                             .detail = "{\"right\":\"dlq.show\"}" };
    size_t moved;

    for (int i = 0; i < 2; i++) {
        audit_wait(w.r, "opsbot:", &row);
        cr_assert(redis_run(w.r, &w.err));
    }
    act.op = "W2";
    audit_wait(w.r, "opsbot:", &row);
    cr_assert(redis_run(w.r, &w.err));
    cr_assert(audit_drain(w.r, w.db, "opsbot:", &moved, &w.err), "%s",
              w.err.text);
    cr_expect_eq(moved, 3u);
    cr_expect_eq(rows(), 2);
    cr_expect_eq(cli_number(&w.s, "xlen opsbot:audit"), 0);
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.audit_events"
                                   " where detail ->> 'right' = 'dlq.show'"
                                   " and kind = 'refusal' and actor = 'U0ANN'"),
                 2);
    cr_assert(audit_drain(w.r, w.db, "opsbot:", &moved, &w.err));
    cr_expect_eq(moved, 0u);
}

Test(audit, a_drain_that_died_before_its_delete_is_repeated_harmlessly)
{
    struct act act = act_of("W1", "health");
    struct audit_row row = { .act = &act, .outcome = "ok" };
    size_t moved;

    audit_wait(w.r, "opsbot:", &row);
    cr_assert(redis_run(w.r, &w.err));
    cr_assert(audit_write(w.db, &row, &w.err));
    cr_assert(audit_drain(w.r, w.db, "opsbot:", &moved, &w.err));
    cr_expect_eq(moved, 1u);
    cr_expect_eq(rows(), 1);
}

Test(audit, what_is_no_row_is_set_aside_and_blocks_nothing)
{
    struct act act = act_of("W1", "health");
    struct audit_row row = { .act = &act, .outcome = "ok" };
    size_t moved;
    char *bad;

    free(cli(&w.s, "xadd opsbot:audit '*' row '{broken'"));
    free(cli(&w.s, "xadd opsbot:audit '*' other stuff"));
    free(cli(&w.s, "xadd opsbot:audit '*' row '{\"op\":\"X\"}'"));
    free(cli(&w.s, "xadd opsbot:audit '*' row"
                   " '{\"op\":\"X\",\"kind\":\"read\",\"recorded_at\":"
                   "9223372036854775807}'"));
    audit_wait(w.r, "opsbot:", &row);
    cr_assert(redis_run(w.r, &w.err));
    cr_assert(audit_drain(w.r, w.db, "opsbot:", &moved, &w.err), "%s",
              w.err.text);
    cr_expect_eq(moved, 1u);
    cr_expect_eq(rows(), 1);
    cr_expect_eq(cli_number(&w.s, "xlen opsbot:audit"), 0);
    cr_expect_eq(cli_number(&w.s, "xlen opsbot:audit.bad"), 4);
    bad = cli(&w.s, "--raw xrange opsbot:audit.bad - +");
    cr_expect(strstr(bad, "{broken"));
    cr_expect(strstr(bad, "other=stuff"));
    free(bad);
}

Test(audit, rows_wait_while_postgres_is_away_or_refuses)
{
    struct act act = act_of("W1", "health");
    struct audit_row row = { .act = &act, .outcome = "ok" };
    size_t moved;

    audit_wait(w.r, "opsbot:", &row);
    cr_assert(redis_run(w.r, &w.err));
    cr_assert(db_script(w.db, "rename",
                        "alter table opsbot.audit_events"
                        " rename to elsewhere",
                        &w.err));
    cr_assert_not(audit_drain(w.r, w.db, "opsbot:", &moved, &w.err));
    cr_expect_eq(w.err.kind, ERR_DB);
    cr_expect_eq(cli_number(&w.s, "xlen opsbot:audit"), 1);
    part_stop(w.s.harness, PART_POSTGRES);
    cr_assert_not(audit_drain(w.r, w.db, "opsbot:", &moved, &w.err));
    cr_expect_eq(cli_number(&w.s, "xlen opsbot:audit"), 1);
}

/* The operations that filter finds, newest first: "NEW OLD ". */
static char *found(const struct audit_filter *filter, bool *more)
{
    struct audit_page page;
    static char text[200];

    text[0] = '\0';
    cr_assert(audit_query(w.db, filter, &page, &w.err), "%s", w.err.text);
    for (size_t i = 0; i < page.count; i++)
        strcat(strcat(text, page.events[i].op), " ");
    *more = page.more;
    audit_page_dispose(&page);
    return text;
}

Test(audit, looking_back_filters_and_pages)
{
    int64_t now = clock_wall_ms();
    bool more;

    write_row("A", "dlq list", AUDIT_READ, now - 5000);
    write_row("B", "dlq requeue", AUDIT_ATTEMPT, now - 4000);
    write_row("B", "dlq requeue", AUDIT_OUTCOME, now - 4000);
    write_row("C", "dlq requeue", AUDIT_ATTEMPT, now - 3000);
    write_row("D", "dlqx", AUDIT_REFUSAL, now - 2000);
    write_row("E", "100%", AUDIT_READ, now - 1000);
    cr_expect_str_eq(found(&(struct audit_filter){ .limit = 10 }, &more),
                     "E D C B A ");
    cr_expect_not(more);
    cr_expect_str_eq(
        found(&(struct audit_filter){ .limit = 2, .offset = 1 }, &more),
        "D C ");
    cr_expect(more);
    cr_expect_str_eq(
        found(&(struct audit_filter){ .limit = 9, .command = "dlq" }, &more),
        "C B A ");
    cr_expect_str_eq(
        found(&(struct audit_filter){ .limit = 9, .command = "%" }, &more), "");
    cr_expect_str_eq(
        found(&(struct audit_filter){ .limit = 9, .denied = true }, &more),
        "D ");
    cr_expect_str_eq(
        found(&(struct audit_filter){ .limit = 9, .since = now - 2500 }, &more),
        "E D ");
    cr_expect_str_eq(
        found(&(struct audit_filter){ .limit = 9, .user = "U0BOB" }, &more),
        "");
}
