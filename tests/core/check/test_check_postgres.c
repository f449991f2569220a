/* check_postgres: a real Postgres that is slow, away, full, or somebody
 * else's. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/core/check/asking.h"
#include "tests/core/stores.h"

static struct asking a;
static struct stores stores;

static void start(void)
{
    asking_start(&a, CHECK_POSTGRES);
    stores_start(&stores, WITH_POSTGRES);
    a.config.database_url = stores.database;
}

static void stop(void)
{
    asking_stop(&a);
    stores_stop(&stores);
}

TestSuite(check_postgres, .init = start, .fini = stop, .timeout = 120);

Test(check_postgres, the_bots_own)
{
    expect_ok(&a, " ms");
    a.spec.query = (char *)"select 6 * 7";
    expect_ok(&a, " ms");
    a.spec.expect.value = (char *)"42";
    expect_ok(&a, " ms");
    a.spec.expect.value = (char *)"43";
    expect_bad(&a, "its query gives 42, expected 43");
    a.spec.query = (char *)"select null";
    expect_bad(&a, "its query gives null, expected 43");
    a.spec.query = (char *)"select 1 where false";
    expect_bad(&a, "its query gives no row, expected 43");
    a.spec.query = (char *)"select ''";
    expect_bad(&a, "its query gives an empty text, expected 43");
}

Test(check_postgres, a_query_changes_nothing)
{
    a.spec.query = (char *)"create table public.of_a_check (n int)";
    expect_bad(&a, "its query: Postgres refused query: cannot execute CREATE "
                   "TABLE in a read-only transaction");
    a.spec.query = (char *)"selekt 1";
    expect_bad(&a, "its query: Postgres refused query: syntax error");
    a.spec.query = (char *)"select 'postgresql://u:hunter2@h/d'";
    a.spec.expect.value = (char *)"x";
    expect_bad(&a, "its query gives postgresql://u:***@h/d, expected x");
}

Test(check_postgres, a_query_that_takes_too_long)
{
    a.spec.query = (char *)"select pg_sleep(60)";
    a.spec.timeout_ms = 1500;
    expect_bad(&a, "its query: no answer within 1.5 s");
}

/* Postgres' own way to be slow: each connection waits before it is let in. */
static void be_slow(int seconds)
{
    free(sql(stores.harness, "alter system set pre_auth_delay = %d", seconds));
    free(sql(stores.harness, "select pg_reload_conf()"));
}

static bool is_slow(void *arg)
{
    (void)arg;
    checker_run(a.checker, &a.result);
    return !a.result.ok;
}

Test(check_postgres, connecting_that_takes_too_long)
{
    a.spec.expect.connect_ms = 900;
    a.checker = checker_new(&a.spec, &a.world);
    be_slow(1);
    wait_until(is_slow, NULL, PATIENT_MS, "the delay to be known");
    cr_expect_eq(strncmp(a.result.text, "connect 1.", 10), 0, "%s",
                 a.result.text);
    cr_expect(strstr(a.result.text, " s > 900 ms"), "%s", a.result.text);
    a.spec.timeout_ms = 950;
    expect_bad(&a, "connect: no answer within 9");
}

/* As who may not: the server asks these for a password. */
static void ask_for_passwords(void)
{
    free(sql(stores.harness, "create role guest login password 'right'"));
    free(sql(stores.harness, "create role full_up login connection limit 0"));
    free(sql(stores.harness,
             "copy (values ('local all guest scram-sha-256'),"
             " ('local all all trust')) to '%s/pg/data/pg_hba.conf'",
             stores.harness->dir));
    free(sql(stores.harness, "select pg_reload_conf()"));
}

static bool is_let_in(const char *user, const char *password)
{
    static char url[256];

    snprintf(url, sizeof url,
             "postgresql:///opsbot?host=%s&user=%s&password=%s", stores.sockets,
             user, password);
    a.spec.url = url;
    asking_anew(&a);
    a.checker = checker_new(&a.spec, &a.world);
    checker_run(a.checker, &a.result);
    return a.result.ok;
}

static bool is_refused(void *arg)
{
    (void)arg;
    return !is_let_in("guest", "wrong-word");
}

Test(check_postgres, somebody_else)
{
    ask_for_passwords();
    wait_until(is_refused, NULL, PATIENT_MS, "passwords to be asked for");
    cr_expect_str_eq(a.result.text, "connect: password authentication failed "
                                    "for user \"guest\"");
    cr_expect(is_let_in("guest", "right"), "%s", a.result.text);
    cr_expect_not(is_let_in("full_up", "any"));
    cr_expect_str_eq(a.result.text,
                     "connect: too many connections for role \"full_up\"");
    cr_expect_not(is_let_in("nobody", "any"));
    cr_expect_str_eq(a.result.text, "connect: role \"nobody\" does not exist");
}

Test(check_postgres, one_that_stands_still)
{
    part_pause(stores.harness, PART_POSTGRES);
    a.spec.timeout_ms = HASTY_MS;
    expect_bad(&a, "connect: no answer within ");
    part_resume(stores.harness, PART_POSTGRES);
    a.spec.timeout_ms = PATIENT_MS;
    expect_ok(&a, " ms");
    part_stop(stores.harness, PART_POSTGRES);
    expect_bad(&a, "connect: No such file or directory");
    a.spec.url = (char *)"postgresql://u@no-such-name.invalid/d";
    expect_bad(&a, "connect: ");
    cr_expect(strstr(a.result.text, "the name of its host"), "%s",
              a.result.text);
}
