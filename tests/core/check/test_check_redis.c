/* check_redis: a real Redis without room, without its master, without a disk
 * that takes what it writes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/core/check/asking.h"
#include "tests/core/stores.h"

static struct asking a;
static struct stores stores;

static void start(void)
{
    asking_start(&a, CHECK_REDIS);
    stores_start(&stores, WITH_REDIS);
    a.config.redis = stores.url;
}

static void stop(void)
{
    asking_stop(&a);
    stores_stop(&stores);
}

TestSuite(check_redis, .init = start, .fini = stop, .timeout = 120);

static void tell(const char *command)
{
    free(cli(&stores, "%s", command));
}

static bool is_bad(void *arg)
{
    (void)arg;
    if (!a.checker)
        a.checker = checker_new(&a.spec, &a.world);
    checker_run(a.checker, &a.result);
    return !a.result.ok;
}

static void expect_soon(const char *text)
{
    wait_until(is_bad, NULL, PATIENT_MS, text);
    cr_expect(strstr(a.result.text, text), "%s", a.result.text);
}

Test(check_redis, one_that_is_well)
{
    expect_ok(&a, " ms");
    a.spec.url = stores.redis_text;
    expect_ok(&a, " ms");
    a.spec.expect.role = (char *)"master";
    expect_ok(&a, " ms");
}

Test(check_redis, one_without_memory)
{
    char *said;

    tell("CONFIG SET maxmemory 8mb");
    tell("DEBUG POPULATE 20000 key 400");
    said = cli(&stores, "SET one more");
    cr_expect(strstr(said, "OOM"), "%s", said);
    free(said);
    expect_bad(&a, "memory ");
    cr_expect(strstr(a.result.text, " % of 8 MiB (limit 90 %)"), "%s",
              a.result.text);
    tell("CONFIG SET maxmemory 1gb");
    expect_ok(&a, " ms");
    a.spec.expect.memory_percent = 1;
    tell("CONFIG SET maxmemory 100mb");
    expect_bad(&a, "% of 100 MiB (limit 1 %)");
    tell("CONFIG SET maxmemory-policy allkeys-lru");
    expect_ok(&a, " ms");
}

Test(check_redis, one_of_another_role)
{
    a.spec.expect.role = (char *)"replica";
    expect_bad(&a, "is a master, expected a replica");
    tell("REPLICAOF 127.0.0.1 1");
    expect_bad(&a, "has lost its master");
    a.spec.expect.role = (char *)"master";
    expect_bad(&a, "is a replica, expected a master; has lost its master");
    tell("REPLICAOF NO ONE");
    expect_ok(&a, " ms");
}

/* A directory where the snapshot should be. */
Test(check_redis, one_that_cannot_save)
{
    char *path = xasprintf("%s/dump.rdb", stores.harness->dir);

    cr_assert_eq(mkdir(path, 0755), 0);
    tell("BGSAVE");
    expect_soon("its last snapshot failed (rdb_last_bgsave_status)");
    cr_assert_eq(rmdir(path), 0);
    free(path);
}

/* A file that is always full where the new append only file should be. */
Test(check_redis, one_whose_disk_is_full)
{
    char *path = xasprintf("%s/appendonlydir/temp-appendonly.aof.incr",
                           stores.harness->dir);

    tell("CONFIG SET appendonly no");
    cr_assert_eq(symlink("/dev/full", path), 0);
    tell("CONFIG SET appendonly yes");
    tell("SET it is");
    expect_soon("it cannot write its append only file");
    part_kill(stores.harness, PART_REDIS); /* it would rather not stop */
    free(path);
}

Test(check_redis, one_with_a_password)
{
    char url[256];

    tell("CONFIG SET requirepass right");
    expect_bad(&a, "refuses INFO: NOAUTH");
    snprintf(url, sizeof url, "unix://:wrong-word@%s/redis.sock",
             stores.harness->dir);
    a.spec.url = url;
    expect_bad(&a, "");
    cr_expect_null(strstr(a.result.text, "wrong-word"), "%s", a.result.text);
}

Test(check_redis, one_that_is_full)
{
    struct redis *other = stores_redis(&stores);
    struct err err;

    tell("CONFIG SET maxclients 1");
    cr_assert_not_null(redis_one(other, &err, "PING"));
    expect_bad(&a, "Redis"); /* it says so, or has hung up already */
    redis_free(other);
}

Test(check_redis, one_that_stands_still)
{
    part_pause(stores.harness, PART_REDIS);
    a.spec.timeout_ms = HASTY_MS;
    expect_bad(&a, "no answer within 300 ms");
    part_resume(stores.harness, PART_REDIS);
    a.spec.timeout_ms = PATIENT_MS;
    expect_ok(&a, " ms");
    part_stop(stores.harness, PART_REDIS);
    expect_bad(&a, "cannot connect to Redis: ");
}

static void loading(struct peer_conn *c, void *arg)
{
    char byte;

    while (peer_read(c, &byte, 1))
        if (byte == 'P') /* of PING */
            peer_say(c, arg);
}

Test(check_redis, one_that_starts)
{
    struct peer_options options = { .script = loading };

    options.arg = (void *)(size_t) "-LOADING Redis is loading the dataset in "
                                   "memory\r\n$0\r\n\r\n";
    asking_peer(&a, &options, "redis://127.0.0.1:PORT");
    expect_bad(&a, "Redis is starting: LOADING");
    options.arg = (void *)(size_t) "HTTP/1.1 400 Bad Request\r\n\r\n";
    asking_peer(&a, &options, "redis://127.0.0.1:PORT");
    expect_bad(&a, "the connection to Redis broke");
}
