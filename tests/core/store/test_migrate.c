/* migrate: once, at once, changed, and what the run-time role may do. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/ops/audit.h"
#include "core/store/migrate.h"
#include "tests/core/stores.h"

static struct stores s;
static struct db *db;
static struct err err;
static int applied;

static void start(void)
{
    stores_start(&s, WITH_POSTGRES);
    db = stores_db(&s);
}

static void stop(void)
{
    db_free(db);
    stores_stop(&s);
}

static bool script(struct db *on, const char *sql)
{
    return db_script(on, "test", sql, &err);
}

TestSuite(migrate, .init = start, .fini = stop);

Test(migrate, twice_is_once)
{
    cr_assert(migrate_run(db, NULL, &applied, &err), "%s", err.text);
    cr_expect_geq(applied, 1);
    cr_assert(migrate_run(db, NULL, &applied, &err), "%s", err.text);
    cr_expect_eq(applied, 0);
    cr_expect_eq(look_number(&s, "select count(*) from pg_class where relname"
                                 " = 'operations' and relnamespace ="
                                 " 'opsbot'::regnamespace"),
                 1);
}

/* The servers of tests do not wait for their commits (tests/harness). */
Test(migrate, what_is_applied_outlives_a_crash_at_once)
{
    struct migrate_state state;
    int all;

    cr_assert(migrate_run(db, NULL, &all, &err), "%s", err.text);
    part_kill(s.harness, PART_POSTGRES);
    part_start(s.harness, PART_POSTGRES);
    db_free(db);
    db = stores_db(&s);
    cr_assert(migrate_look(db, &state, &err), "%s", err.text);
    cr_expect_eq(state.applied, all);
    cr_assert(migrate_run(db, NULL, &applied, &err), "%s", err.text);
    cr_expect_eq(applied, 0);
}

static void *migrate_beside(void *arg)
{
    struct db *mine = stores_db(&s);
    int *result = arg;
    struct err why;

    if (!migrate_run(mine, NULL, result, &why)) {
        fprintf(stderr, "%s\n", why.text);
        *result = -1;
    }
    db_free(mine);
    return NULL;
}

Test(migrate, replicas_that_start_at_once_do_not_collide)
{
    pthread_t threads[6];
    int results[6], total = 0;

    for (int i = 0; i < 6; i++)
        pthread_create(&threads[i], NULL, migrate_beside, &results[i]);
    for (int i = 0; i < 6; i++) {
        pthread_join(threads[i], NULL);
        cr_expect_geq(results[i], 0);
        total += results[i];
    }
    cr_expect_eq(total, look_number(&s, "select count(*) from"
                                        " opsbot.migrations"));
}

Test(migrate, a_changed_migration_is_refused)
{
    cr_assert(migrate_run(db, NULL, &applied, &err), "%s", err.text);
    cr_assert(script(db, "update opsbot.migrations set sha256 = 'ffff'"));
    cr_assert_not(migrate_run(db, NULL, &applied, &err));
    cr_expect(strstr(err.text, "was changed after it was applied"), "%s",
              err.text);
}

Test(migrate, newer_migrations_in_the_database_are_fine)
{
    cr_assert(migrate_run(db, NULL, &applied, &err), "%s", err.text);
    cr_assert(script(db, "insert into opsbot.migrations values"
                         " (9999, 'later', 'x')"));
    cr_assert(migrate_run(db, NULL, &applied, &err), "%s", err.text);
    cr_expect_eq(applied, 0);
}

Test(migrate, nothing_outside_the_schema_is_touched)
{
    static const char everything[] =
        "select count(*) from pg_class where relnamespace not in"
        " (select oid from pg_namespace where nspname in"
        " ('opsbot', 'pg_toast', 'pg_catalog', 'information_schema'))";
    long before = look_number(&s, everything);

    cr_assert(migrate_run(db, NULL, &applied, &err), "%s", err.text);
    cr_expect_eq(look_number(&s, everything), before);
}

Test(migrate, a_role_that_may_not_create_can_start_on_a_ready_schema)
{
    char *url = xasprintf("postgresql:///opsbot?host=%s&user=plain", s.sockets);
    struct db *plain = db_new(url, &s.db_health);

    cr_assert(script(db, "create role plain login"));
    cr_assert_not(migrate_run(plain, NULL, &applied, &err));
    cr_expect(strstr(err.text, "permission denied"), "%s", err.text);
    cr_assert(migrate_run(db, "plain", &applied, &err), "%s", err.text);
    cr_assert(migrate_run(plain, NULL, &applied, &err), "%s", err.text);
    db_free(plain);
    free(url);
}

Test(migrate, an_unknown_runtime_role_is_named)
{
    cr_assert_not(migrate_run(db, "nobody here", &applied, &err));
    cr_expect(strstr(err.text, "`nobody here`"), "%s", err.text);
}

/* Tables that the role `run"time` can write nothing to. */
static const char sql_without[] =
    "select coalesce(string_agg(relname, ' '), '') from pg_class"
    " where relnamespace = 'opsbot'::regnamespace and relkind in ('r', 'p')"
    " and not relispartition and relname <> 'migrations'"
    " and not has_table_privilege('run\"time', oid, 'insert')";

Test(migrate, the_runtime_role_may_do_its_work_and_no_more)
{
    static const char *const forbidden[] = {
        "update opsbot.audit_events set outcome = 'x'",
        "delete from opsbot.audit_events",
        "truncate opsbot.audit_events",
        "delete from opsbot.audit_events_default",
        "drop table opsbot.audit_events",
        "create table opsbot.mine (n int)",
        "truncate opsbot.operations",
        "update opsbot.migrations set name = 'x'",
        "alter table opsbot.audit_events disable trigger all",
    };
    char *url =
        xasprintf("postgresql:///opsbot?host=%s&user=run%%22time", s.sockets);
    struct db *run = db_new(url, &s.db_health);
    char *without;

    cr_assert(script(db, "create role \"run\"\"time\" login"));
    cr_assert(migrate_run(db, "run\"time", &applied, &err), "%s", err.text);
    cr_assert(migrate_run(db, "run\"time", &applied, &err), "%s", err.text);
    cr_assert(script(run, "insert into opsbot.operations (id, command, entity,"
                          " actor, act, recorded_at) values ('A', 'c', 'e',"
                          " 'U', '{}', now());"
                          "update opsbot.operations set state = 'done';"
                          "insert into opsbot.outbox (op, channel, body)"
                          " values ('A', 'C', '{}')"),
              "%s", err.text);
    cr_assert(audit_partitions_ensure(run, &err), "%s", err.text);
    without = look_text(&s, sql_without);
    cr_expect_str_eq(without, "");
    free(without);
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        cr_expect_not(script(run, forbidden[i]), "%s", forbidden[i]);
    db_free(run);
    free(url);
}
