/* check_stream: real streams that nobody reads, or not fast enough. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/check_stream.c"
#include "tests/core/check/asking.h"
#include "tests/core/stores.h"

static struct asking a;
static struct stores stores;
static struct config_stream streams[] = {
    { .name = (char *)"orders", .dlq = (char *)"orders.lost" },
};

static void tell(const char *command)
{
    free(cli(&stores, "%s", command));
}

static void start(void)
{
    asking_start(&a, CHECK_STREAM);
    stores_start(&stores, WITH_REDIS);
    a.config.redis = stores.url;
    a.config.streams = streams;
    a.config.streams_count = 1;
    a.spec.stream = (char *)"orders";
}

static void stop(void)
{
    asking_stop(&a);
    stores_stop(&stores);
}

TestSuite(check_stream, .init = start, .fini = stop, .timeout = 120);

static void add(const char *key, int count)
{
    char command[128];

    for (int i = 0; i < count; i++) {
        snprintf(command, sizeof command, "XADD %s '*' n %d", key, i);
        tell(command);
    }
}

Test(check_stream, one_that_is_not_there)
{
    expect_bad(&a, "there is no stream orders in Redis");
    tell("SET orders text");
    expect_bad(&a, "there is no stream orders in Redis");
}

Test(check_stream, groups_that_are_missing)
{
    add("orders", 1);
    expect_ok(&a, "lag 0, dead 0");
    a.spec.expect.lag = 5;
    expect_bad(&a, "orders has no group: nobody reads it");
    a.spec.group = (char *)"fills";
    expect_bad(&a, "orders has no group fills");
    tell("XGROUP CREATE orders audit 0");
    tell("XGROUP CREATE orders pnl 0");
    expect_bad(&a, "orders has no group fills, but audit, pnl");
    a.spec.group = (char *)"pnl";
    expect_ok(&a, "lag 1, dead 0");
}

Test(check_stream, entries_that_nobody_was_given)
{
    tell("XGROUP CREATE orders slow 0 MKSTREAM");
    tell("XGROUP CREATE orders fast 0");
    add("orders", 4);
    tell("XREADGROUP GROUP fast me STREAMS orders '>'");
    a.spec.expect.lag = 4;
    expect_ok(&a, "lag 4, oldest pending ");
    a.spec.expect.lag = 3;
    expect_bad(&a, "lag of slow 4 > 3");
    a.spec.group = (char *)"fast";
    expect_ok(&a, "lag 0, oldest pending ");
    a.spec.expect.lag = 0;
    expect_ok(&a, "lag 0");
}

/* Redis does not know the lag any more: at most as many as there are. */
Test(check_stream, entries_that_were_deleted)
{
    tell("XGROUP CREATE orders g 0 MKSTREAM");
    tell("XADD orders 5-1 n 1");
    tell("XADD orders 6-1 n 1");
    tell("XADD orders 7-1 n 1");
    tell("XADD orders 8-1 n 1");
    tell("XREADGROUP GROUP g me COUNT 1 STREAMS orders '>'");
    tell("XDEL orders 7-1");
    a.spec.expect.lag = 2;
    expect_bad(&a, "lag of g (at most) 3 > 2");
    a.spec.expect.lag = 3;
    expect_ok(&a, "lag 3");
}

Test(check_stream, entries_that_wait_for_too_long)
{
    tell("XGROUP CREATE orders g 0 MKSTREAM");
    tell("XADD orders 1700000000000-1 n 1");
    a.spec.expect.pending_s = 60;
    expect_ok(&a, "lag 1, dead 0");
    tell("XREADGROUP GROUP g me STREAMS orders '>'");
    expect_bad(&a, "oldest pending of g ");
    cr_expect(strstr(a.result.text, " > 1 m"), "%s", a.result.text);
    tell("XACK orders g 1700000000000-1");
    expect_ok(&a, "lag 0, dead 0");
}

Test(check_stream, dead_letters)
{
    add("orders", 1);
    add("orders.lost", 3);
    a.spec.expect.dead = 3;
    expect_ok(&a, "lag 0, dead 3");
    a.spec.expect.dead = 2;
    expect_bad(&a, "dead letters 3 > 2");
    a.spec.expect.dead = CONFIG_NO_LIMIT;
    a.spec.expect.dead_growth = 1;
    expect_ok(&a, "dead 3");
    add("orders.lost", 2);
    expect_bad(&a, "dead letters +2 in 10 m > +1");
    tell("DEL orders.lost");
    expect_ok(&a, "dead 0");
    add("orders.lost", 2);
    expect_bad(&a, "dead letters +2 in 10 m > +1");
    tell("SET orders.lost text");
    expect_bad(&a, "WRONGTYPE");
}

Test(check_stream, growth_forgets_what_is_older_than_ten_minutes)
{
    const int64_t minute = 60000;
    struct stream_check *s = stream_open(&a.spec, &a.world);

    cr_expect_eq(growth(s, 100, 0), 0);
    cr_expect_eq(growth(s, 130, 9 * minute), 30);
    cr_expect_eq(growth(s, 130, 11 * minute), 0);
    cr_expect_eq(growth(s, 140, 60 * minute), 10, "there is no newer one");
    cr_expect_eq(growth(s, 140, 61 * minute), 0);
    cr_expect_eq(growth(s, 50, 62 * minute), 0);
    cr_expect_eq(growth(s, 60, 63 * minute), 10);
    /* One more in each tenth of a second, for 17 minutes. */
    for (int i = 0; i < 10000; i++)
        growth(s, 60 + i, 64 * minute + i * 100);
    cr_expect_eq(growth(s, 10060, 64 * minute + 1000000), 6000);
    cr_expect_leq(s->count, SAMPLES + 1);
    stream_close(s);
}

Test(check_stream, redis_is_away)
{
    part_pause(stores.harness, PART_REDIS);
    a.spec.timeout_ms = HASTY_MS;
    expect_bad(&a, "Redis did not answer within ");
    expect_bad(&a, "Redis did not answer within ");
    part_resume(stores.harness, PART_REDIS);
    a.spec.timeout_ms = PATIENT_MS;
    expect_bad(&a, "there is no stream orders in Redis");
}
