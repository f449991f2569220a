/* look_redis: what INFO says, and what follows from it. */
#include "bot/check/look_redis.c"

#include <criterion/criterion.h>

#include "core/store/redis_info.h"

static struct look look;

static void fresh(void)
{
    report_dispose(&look.report);
    report_section(&look.report, "Redis");
}

static void expect(const char *id, enum report_level level, const char *text)
{
    for (size_t i = 0; i < look.report.count; i++) {
        const struct report_line *line = &look.report.lines[i];

        if (strcmp(line->id, id) != 0)
            continue;
        cr_assert_eq(line->level, level, "%s: %s", id, line->text);
        cr_assert(strstr(line->text, text), "%s", line->text);
        fresh();
        return;
    }
    cr_assert_fail("no line %s", id);
}

TestSuite(look_redis, .init = fresh, .fini = fresh);

Test(look_redis, versions)
{
    look_at_version(&look, "redis_version:6.2.0\r\n");
    expect("redis.version", REPORT_OK, "Redis 6.2.0");
    look_at_version(&look, "redis_version:7.4.1\r\n");
    expect("redis.version", REPORT_OK, "Redis 7.4.1");
    look_at_version(&look, "redis_version:10.0.0\r\n");
    expect("redis.version", REPORT_OK, "Redis 10.0.0");
    look_at_version(&look, "redis_version:7.2.4\r\nserver_name:valkey\r\n"
                           "valkey_version:8.0.1\r\n");
    expect("redis.version", REPORT_OK, "Valkey 8.0.1");
    look_at_version(&look, "redis_version:6.0.16\r\n");
    expect("redis.version", REPORT_FAILURE, "6.0.16 is too old");
    look_at_version(&look, "redis_version:5.9.9\r\n");
    expect("redis.version", REPORT_FAILURE, "too old");
    look_at_version(&look, "");
    expect("redis.version", REPORT_FAILURE, "does not say");
}

Test(look_redis, roles)
{
    look_at_role(&look, "role:master\r\ncluster_enabled:0\r\n");
    expect("redis.role", REPORT_OK, "primary");
    look_at_role(&look, "role:slave\r\n");
    expect("redis.role", REPORT_FAILURE, "replica");
    look_at_role(&look, "role:master\r\ncluster_enabled:1\r\n");
    expect("redis.role", REPORT_FAILURE, "Cluster");
    look_at_role(&look, "loading:1\r\nrole:master\r\n");
    expect("redis.role", REPORT_FAILURE, "loading");
}

Test(look_redis, persistence)
{
    look_at_persistence(&look, "aof_enabled:1\r\naof_last_write_status:ok\r\n");
    expect("redis.persistence", REPORT_OK, "appendonly");
    look_at_persistence(&look, "aof_enabled:0\r\n");
    expect("redis.persistence", REPORT_WARNING, "no append only file");
    look_at_persistence(&look,
                        "aof_enabled:1\r\naof_last_write_status:err\r\n");
    expect("redis.persistence", REPORT_FAILURE, "cannot write");
    look_at_persistence(&look,
                        "aof_enabled:1\r\nrdb_last_bgsave_status:err\r\n");
    expect("redis.persistence", REPORT_FAILURE, "snapshot");
}

/* A policy counts only where there is a limit. */
Test(look_redis, eviction)
{
    look_at_eviction(&look, "maxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n");
    expect("redis.eviction", REPORT_OK, "no maxmemory");
    look_at_eviction(&look,
                     "maxmemory:1048576\r\nmaxmemory_policy:noeviction\r\n");
    expect("redis.eviction", REPORT_OK, "noeviction");
    look_at_eviction(&look,
                     "maxmemory:1048576\r\nmaxmemory_policy:allkeys-lfu\r\n");
    expect("redis.eviction", REPORT_WARNING, "allkeys-lfu");
    look_at_eviction(&look,
                     "maxmemory:1048576\r\nmaxmemory_policy:volatile-lru\r\n");
    expect("redis.eviction", REPORT_WARNING, "volatile-lru");
}

Test(look_redis, info_fields)
{
    char out[REDIS_INFO];
    char longer[80] = "a:";

    cr_assert_str_eq(redis_info("ab:1\r\nb:2\r\n", "b", out), "2");
    cr_assert_str_eq(redis_info("ab:1\r\nb:2\r\n", "c", out), "");
    cr_assert_str_eq(redis_info("", "c", out), "");
    cr_assert_str_eq(redis_info("b:2", "b", out), "2");
    memset(longer + 2, 'x', sizeof longer - 3);
    cr_assert_eq(strlen(redis_info(longer, "a", out)), REDIS_INFO - 1);
    cr_assert(redis_info_is("a:yes\n", "a", "yes"));
    cr_assert_eq(redis_info_number("a:12.5\n", "a"), 12.5);
}
