/*
 * `opsbot check`: each line about Redis and Postgres fails once for its
 * own reason.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/harness/servers.h"
#include "tests/integration/checking.h"
#include "tests/integration/common.h"

static struct harness *h;

static void start(void)
{
    h = checking_start();
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(check_stores, .init = start, .fini = stop, .timeout = 200);

/* ---- Redis ------------------------------------------------------------------------------ */

Test(check_stores, a_redis_that_forgets)
{
    redis_send(h, "CONFIG SET appendonly no");
    redis_send(h, "CONFIG SET maxmemory 100mb");
    redis_send(h, "CONFIG SET maxmemory-policy allkeys-lru");
    expect_check(h, NULL, NULL, 0,
                 WORDS("! persistence: no append only file", "appendonly yes",
                       "! eviction: allkeys-lru", "noeviction"));
    redis_send(h, "CONFIG SET maxmemory 1mb");
    redis_send(h, "CONFIG SET maxmemory-policy volatile-ttl");
    expect_check(
        h, NULL, NULL, 0,
        WORDS("! eviction: volatile-ttl", "! memory: ", "% of maxmemory"));
}

Test(check_stores, a_redis_that_is_no_use)
{
    char *wrong = xasprintf("REDIS_URL=unix://:wrong@%s/redis.sock", h->dir);
    const char *const env[] = { wrong, NULL };

    redis_send(h, "REPLICAOF 127.0.0.1 1");
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ role: this is a replica", "primary"));
    redis_send(h, "REPLICAOF NO ONE");
    expect_check(h, env, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ Redis: Redis refused the login", "password in "
                                                           "REDIS_URL"));
    redis_send(h, "CONFIG SET requirepass right");
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ Redis refuses INFO: NOAUTH", "put user and"));
    free(wrong);
}

/* What does not answer hides nothing else. */
Test(check_stores, stores_that_do_not_answer)
{
    part_pause(h, PART_REDIS);
    part_pause(h, PART_POSTGRES);
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ Redis: Redis did not answer within",
                       "✗ Postgres (DATABASE_URL): ", "✓ WebSocket",
                       "✓ bot token", "✓ state directory"));
    part_resume(h, PART_POSTGRES);
    part_resume(h, PART_REDIS);
    part_stop(h, PART_REDIS);
    part_stop(h, PART_POSTGRES);
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ Redis: cannot connect",
                       "✗ Postgres (DATABASE_URL): "
                       "cannot connect",
                       "or start Postgres", "✓ configuration"));
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
}

Test(check_stores, streams_that_are_not_what_they_should_be)
{
    redis_send(h, "SET orders x");
    redis_send(h, "XADD fills * n 1");
    redis_send(h, "XGROUP CREATE fills one 0");
    redis_send(h, "SET fills.dlq x");
    redis_send(h, "XADD pnl * n 1");
    redis_send(h, "XADD quotes * n 1");
    redis_send(h, "XGROUP CREATE quotes one 0");
    expect_check(h, NULL,
                 "streams:\n  - name: orders\n  - name: fills\n"
                 "  - name: pnl\n  - name: quotes\n  - name: nope\n"
                 "checks:\n  - id: q\n    kind: stream\n    stream: quotes\n"
                 "    group: two\n    expect:\n      lag: 1\n"
                 "admins: [U0ANN]\n",
                 EXIT_UNAVAILABLE,
                 WORDS("✗ orders: is a string, not a stream",
                       "✗ fills: its dead letters in fills.dlq are a string",
                       "! pnl: it has no consumer group",
                       "! quotes: it has no group two, which check q",
                       "! nope: there is no such stream"));
}

/* ---- Postgres --------------------------------------------------------------------------- */

Test(check_stores, a_postgres_that_does_not_fit)
{
    const char *const nobody[] = {
        "DATABASE_URL=postgresql://nobody@127.0.0.1:1/x", NULL
    };

    expect_check(h, nobody, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ Postgres (DATABASE_URL): cannot connect"));
    expect_check(h, NULL, NULL, 0,
                 WORDS("✓ migrations: 0 of ", "`opsbot run` applies"));
    opsbot_wait_ready(opsbot_start(h, NULL));
    cr_assert_eq(opsbot_stop(h->bot, 30000), 0);
    expect_check(h, NULL, NULL, 0,
                 WORDS("✓ migrations: all ", "! audit: only a trigger",
                       "a superuser could drop it"));
    free(sql(h, "insert into opsbot.migrations values (9999, 'x', 'y')"));
    expect_check(h, NULL, NULL, 0, WORDS("! migrations: a newer opsbot"));
    free(sql(h, "update opsbot.migrations set sha256 = 'x' where number = 1"));
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ migrations: 0001_spine is not what was applied"));
    free(sql(h, "alter table opsbot.audit_events disable trigger all"));
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ audit: its triggers are gone or disabled"));
    free(
        sql(h, "alter database opsbot set default_transaction_read_only = on"));
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE, WORDS("✗ role: this is a "));
}

Test(check_stores, roles_that_may_too_little_or_too_much)
{
    char *owner = url_as(h, "owner"), *runner = url_as(h, "runner");
    char *database = xasprintf("DATABASE_URL=%s", runner);
    char *migrate = xasprintf("DATABASE_MIGRATE_URL=%s", owner);
    const char *const both[] = { database, migrate, NULL };
    const char *const one[] = { database, NULL };
    const char *const other[] = {
        database, "DATABASE_MIGRATE_URL=postgresql://x@127.0.0.1:1/x", NULL
    };

    free(sql(h, "create role owner login"));
    free(sql(h, "create role runner login"));
    expect_check(h, both, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ migrations: there is no schema opsbot, and owner may "
                       "not",
                       "grant create on database opsbot to owner"));
    free(sql(h, "drop role owner"));
    free(sql(h, "drop role runner"));
    install(h, both);
    free(sql(h, "grant update on opsbot.audit_events to runner"));
    expect_check(h, both, NULL, 0,
                 WORDS("! audit: only a trigger keeps runner"));
    free(sql(h, "revoke all on opsbot.jobs, opsbot.halts from runner"));
    expect_check(h, both, NULL, 0,
                 WORDS("! privileges: runner may not yet use tables halts, "
                       "jobs"));
    expect_check(h, one, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ privileges: runner may not use tables halts, jobs",
                       "DATABASE_MIGRATE_URL"));
    expect_check(h, other, NULL, EXIT_UNAVAILABLE,
                 WORDS("✓ Postgres answers",
                       "✗ Postgres (DATABASE_MIGRATE_URL): cannot connect"));
    free(sql(h, "grant owner to runner"));
    expect_check(h, both, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ audit: runner owns the schema"));
    free(migrate);
    free(owner);
    free(runner);
    free(database);
}
