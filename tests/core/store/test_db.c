/* db: statements, transactions, batches, deadlines. Each test has a Postgres
 * of its own. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/core/stores.h"

static struct stores s;
static struct db *db;
static struct err err;

static const struct db_stmt add = { "add",
                                    "insert into t values ($1::int, $2::text)"
                                    " on conflict (n) do nothing",
                                    2 };
static const struct db_stmt add_strictly = {
    "add_strictly", "insert into t values ($1::int, $2::text)", 2
};
static const struct db_stmt divide = { "divide", "select 1 / $1::int", 1 };
static const struct db_stmt nap = { "nap", "select pg_sleep($1::float)", 1 };
static const struct db_stmt missing = { "missing", "select * from nowhere", 0 };

static void start(void)
{
    stores_start(&s, WITH_POSTGRES);
    db = stores_db(&s);
    cr_assert(db_script(db, "t",
                        "create table t (n int primary key, v text not null);"
                        "insert into t values (0, 'zero')",
                        &err),
              "%s", err.text);
}

static void stop(void)
{
    db_free(db);
    stores_stop(&s);
}

static long count(void)
{
    return look_number(&s, "select count(*) from t");
}

static bool is_none(void *where)
{
    char *query = xasprintf("select count(*) from pg_stat_activity where %s and"
                            " pid <> pg_backend_pid()",
                            (const char *)where);
    long n = look_number(&s, query);

    free(query);
    return n == 0;
}

/* No backend but the onlooker's is one of these. */
static void wait_none(const char *where)
{
    wait_until(is_none, (void *)where, STORES_MS, where);
}

TestSuite(db, .init = start, .fini = stop);

Test(db, runs_a_statement_and_reads_its_rows)
{
    static const struct db_stmt all = {
        "all", "select n, v, null from t where v = $1::text", 1
    };
    struct db_rows *rows;

    cr_assert(db_run(db, &all, &rows, &err, "zero"), "%s", err.text);
    cr_expect_eq(rows_count(rows), 1u);
    cr_expect_eq(rows_int(rows, 0, 0), 0);
    cr_expect_str_eq(rows_text(rows, 0, 1), "zero");
    cr_expect(rows_null(rows, 0, 2));
    cr_expect_str_eq(rows_text(rows, 0, 2), "");
    cr_expect_str_eq(rows_text(rows, 5, 9), "");
    rows_free(rows);
    rows_free(NULL);
    cr_assert(db_run(db, &add, &rows, &err, "1", "it's \"quoted\"; --"));
    cr_expect_eq(rows_affected(rows), 1);
    rows_free(rows);
    cr_expect_gt(s.db_health.round_trip_us, 0);
}

Test(db, a_refused_statement_says_why_and_leaves_the_connection_good)
{
    cr_assert_not(db_run(db, &divide, NULL, &err, "0"));
    cr_expect_eq(err.kind, ERR_DB);
    cr_expect_str_eq(err.text, "Postgres refused divide: division by zero");
    cr_expect_str_eq(db_sqlstate(db), "22012");
    cr_assert_not(db_run(db, &missing, NULL, &err, NULL));
    cr_expect(strstr(err.text, "\"nowhere\" does not exist"), "%s", err.text);
    cr_assert_not(db_run(db, &missing, NULL, &err, NULL));
    cr_expect(strstr(err.text, "\"nowhere\" does not exist"), "%s", err.text);
    cr_assert(db_run(db, &divide, NULL, &err, "2"), "%s", err.text);
    cr_expect_str_eq(db_sqlstate(db), "");
    cr_expect(store_up(&s.db_health));
}

Test(db, a_transaction_is_all_or_nothing)
{
    cr_assert(db_begin(db, &err));
    cr_assert(db_run(db, &add, NULL, &err, "1", "one"));
    cr_expect_eq(count(), 1);
    cr_assert(db_commit(db, &err));
    cr_expect_eq(count(), 2);
    cr_assert(db_begin(db, &err));
    cr_assert(db_run(db, &add, NULL, &err, "2", "two"));
    cr_assert_not(db_run(db, &add_strictly, NULL, &err, "1", "one"));
    cr_expect_str_eq(db_sqlstate(db), "23505");
    cr_assert_not(db_run(db, &add, NULL, &err, "3", "three"));
    cr_assert_not(db_commit(db, &err));
    db_rollback(db);
    cr_expect_eq(count(), 2);
    cr_assert(db_run(db, &add, NULL, &err, "4", "four"), "%s", err.text);
    cr_expect_eq(count(), 3);
}

Test(db, an_empty_transaction_and_a_spare_rollback_are_nothing)
{
    cr_assert(db_begin(db, &err));
    cr_assert_not(db_begin(db, &err));
    cr_assert(db_commit(db, &err));
    db_rollback(db);
    cr_assert(db_begin(db, &err));
    db_rollback(db);
    cr_assert_not(db_commit(db, &err));
    cr_assert(db_begin(db, &err));
    cr_assert_not(db_run(db, &missing, NULL, &err, NULL));
    db_rollback(db);
    cr_assert(db_run(db, &add, NULL, &err, "4", "four"), "%s", err.text);
}

Test(db, a_batch_is_one_transaction_and_conflicts_are_skipped)
{
    struct db_op ops[3] = { { .stmt = &add, .values = { "0", "again" } },
                            { .stmt = &add, .values = { "1", "one" } },
                            { .stmt = &divide, .values = { "1" } } };

    cr_assert(db_batch(db, ops, 3, &err), "%s", err.text);
    cr_expect(ops[0].ok && ops[1].ok && ops[2].ok);
    cr_expect_eq(ops[0].affected, 0);
    cr_expect_eq(ops[1].affected, 1);
    cr_expect_eq(count(), 2);
    cr_assert(db_batch(db, ops, 0, &err));
}

Test(db, one_bad_row_does_not_take_the_others_along)
{
    struct db_op ops[5] = {
        { .stmt = &add, .values = { "1", "one" } },
        { .stmt = &add, .values = { "2", NULL } },
        { .stmt = &missing },
        { .stmt = &add_strictly, .values = { "0", "zero" } },
        { .stmt = &add_strictly, .values = { "3", "three" } },
    };

    for (int round = 0; round < 2; round++) {
        cr_assert(db_batch(db, ops, 4 + (round == 0), &err), "%s", err.text);
        cr_expect(ops[0].ok);
        cr_expect_not(ops[1].ok);
        cr_expect_str_eq(ops[1].sqlstate, "23502");
        cr_expect(strstr(ops[1].err.text, "null value"), "%s", ops[1].err.text);
        cr_expect_not(ops[2].ok);
        cr_expect_str_eq(ops[2].sqlstate, "42P01");
        cr_expect_str_eq(ops[3].sqlstate, "23505");
    }
    cr_expect(ops[4].ok, "%s", ops[4].err.text);
    cr_expect_eq(count(), 3);
}

Test(db, a_missed_deadline_is_down_for_all_until_the_probe)
{
    struct db *other = stores_db(&s);
    struct db_op op = { .stmt = &nap, .values = { "30" } };
    int64_t began = clock_mono_ms();

    cr_assert(db_run(other, &divide, NULL, &err, "1"));
    db_deadline(db, 150);
    cr_assert_not(db_run(db, &nap, NULL, &err, "30"));
    db_deadline(db, STORES_MS);
    cr_expect_lt(clock_mono_ms() - began, STORES_MS);
    cr_expect(strstr(err.text, "within 150 ms"), "%s", err.text);
    cr_assert_not(db_run(other, &divide, NULL, &err, "1"));
    cr_expect(strstr(err.text, "Postgres is down since"), "%s", err.text);
    cr_assert_not(db_batch(other, &op, 1, &err));
    cr_expect(strstr(op.err.text, "Postgres is down since"));
    cr_assert(db_probe(db, &err), "%s", err.text);
    cr_expect_eq(s.db_health.falls, 1u);
    cr_assert(db_run(other, &divide, NULL, &err, "1"), "%s", err.text);
    db_free(other);
}

/* Its caller had no more time: nobody else hears of it. */
Test(db, who_is_cut_short_says_nothing_about_the_store)
{
    int64_t began = clock_mono_ms();

    db_until(db, began + 200);
    cr_expect_not(db_run(db, &nap, NULL, &err, "30"));
    cr_expect_lt(clock_mono_ms() - began, STORES_MS);
    cr_expect_not_null(strstr(err.text, "before time was up"), "%s", err.text);
    cr_expect(store_up(&s.db_health));
    cr_expect_not(db_run(db, &nap, NULL, &err, "0"), "no time is left");
    cr_expect(store_up(&s.db_health));
    db_until(db, 0);
    cr_expect(db_run(db, &nap, NULL, &err, "0"), "%s", err.text);
    db_until(db, clock_mono_ms() + 60000);
    part_stop(s.harness, PART_POSTGRES);
    cr_expect_not(db_run(db, &nap, NULL, &err, "0"));
    cr_expect_not(store_up(&s.db_health), "refused: that is down");
}

Test(db, a_deadline_inside_a_transaction_gives_it_up)
{
    struct db *other = stores_db(&s);

    cr_assert(db_begin(db, &err));
    cr_assert(db_run(db, &add, NULL, &err, "1", "one"), "%s", err.text);
    db_deadline(db, 300);
    cr_assert_not(db_run(db, &nap, NULL, &err, "30"));
    db_deadline(db, STORES_MS);
    cr_assert(db_probe(other, &err));
    db_free(other);
    cr_assert_not(db_run(db, &add, NULL, &err, "2", "two"),
                  "a new connection must not go on with half a transaction");
    db_rollback(db);
    cr_assert(db_run(db, &add, NULL, &err, "3", "three"), "%s", err.text);
    cr_expect_eq(count(), 2);
}

Test(db, the_server_gives_up_soon_after_we_do)
{
    db_deadline(db, 200);
    cr_assert_not(db_run(db, &nap, NULL, &err, "30"));
    wait_none("query like '%pg_sleep%' and state = 'active'");
}

Test(db, an_idle_connection_that_was_closed_is_replaced_unnoticed)
{
    cr_assert(db_run(db, &divide, NULL, &err, "1"));
    free(look_text(&s, "select count(pg_terminate_backend(pid)) from"
                       " pg_stat_activity where pid <> pg_backend_pid()"
                       " and backend_type = 'client backend'"));
    wait_none("backend_type = 'client backend'");
    cr_assert(db_run(db, &divide, NULL, &err, "1"), "%s", err.text);
    cr_expect_eq(s.db_health.falls, 0u);
}

Test(db, a_connection_lost_under_way_fails_the_statement_but_is_not_down)
{
    static const struct db_stmt suicide = {
        "suicide", "select pg_terminate_backend(pg_backend_pid())", 0
    };

    cr_assert_not(db_run(db, &suicide, NULL, &err, NULL));
    cr_expect(strstr(err.text, "terminating connection") ||
                  strstr(err.text, "broke"),
              "%s", err.text);
    cr_expect(store_up(&s.db_health));
    cr_assert(db_run(db, &divide, NULL, &err, "1"), "%s", err.text);
}

Test(db, a_server_that_went_away_is_down_and_comes_back)
{
    struct db_op op = { .stmt = &add, .values = { "7", "seven" } };

    part_stop(s.harness, PART_POSTGRES);
    cr_assert_not(db_batch(db, &op, 1, &err));
    cr_expect_not(op.ok);
    cr_expect(strstr(err.text, "cannot connect to Postgres"), "%s", err.text);
    cr_expect_not(store_up(&s.db_health));
    part_start(s.harness, PART_POSTGRES);
    cr_expect_not(store_up(&s.db_health), "until it is asked");
    cr_assert(db_probe(db, &err), "%s", err.text);
    cr_assert(db_batch(db, &op, 1, &err), "%s", err.text);
    cr_expect(op.ok);
}

Test(db, a_paused_server_does_not_hold_a_new_connection_for_long)
{
    int64_t began;

    part_pause(s.harness, PART_POSTGRES);
    db_free(db);
    db = stores_db(&s);
    db_deadline(db, 200);
    began = clock_mono_ms();
    cr_assert_not(db_run(db, &divide, NULL, &err, "1"));
    cr_expect_lt(clock_mono_ms() - began, STORES_MS);
    part_resume(s.harness, PART_POSTGRES);
    db_deadline(db, STORES_MS);
    cr_assert(db_probe(db, &err), "%s", err.text);
}

Test(db, large_batches_and_large_values_pass)
{
    static struct db_op ops[500];
    static char numbers[500][16], value[20001];

    memset(value, 'v', 20000);
    for (int i = 0; i < 500; i++) {
        snprintf(numbers[i], sizeof numbers[i], "%d", i);
        ops[i] =
            (struct db_op){ .stmt = &add, .values = { numbers[i], value } };
    }
    cr_assert(db_batch(db, ops, 500, &err), "%s", err.text);
    cr_expect_eq(count(), 500);
    cr_expect_eq(ops[0].affected, 0);
}

Test(db, errors_never_show_the_password)
{
    static const char *const broken[] = {
        "postgresql://bot:hunter2%zz@localhost/x",
        "postgresql://bot:hunter2@x:hunter2@nohost.invalid/x",
        "postgresql://bot:hunter2@localhost:1/x",
        "postgresql://bot:hunter2/x@localhost:1/x",
        "postgresql://bot:hunter2?x=y@localhost:1/x",
        "host=localhost port=1 password=hunter2 hunter2",
    };

    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct store_health health = { .name = "Postgres" };
        struct db *bad = db_new(broken[i], &health);

        cr_expect_not(db_probe(bad, &err));
        cr_expect_not(strstr(err.text, "hunter2"), "%s", err.text);
        db_free(bad);
    }
}
