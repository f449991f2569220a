/*
 * What only shows after a long time: memory, and what is left behind. The
 * release program, because a sanitizer keeps what was freed.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/harness/harness.h"

#define GROWTH_KIB 2048 /* what 100,000 commands may add */

static void load(struct harness *h, const char *text, int count)
{
    json_t *answer =
        control_post(h, "load",
                     json_pack("{s:s,s:s,s:s,s:s,s:i,s:i}", "user", "U0ANN",
                               "channel", "C0OPS", "command", "/ops", "text",
                               text, "count", count, "window", 64));

    cr_assert_eq(
        json_integer_value(json_object_get(answer, "replied")), count,
        "%s: %lld of %d answered", text,
        (long long)json_integer_value(json_object_get(answer, "replied")),
        count);
    json_decref(answer);
}

static struct harness *start(void)
{
    setenv("OPSBOT_BIN", "build/release/opsbot", 1);
    setenv("SANDBOX_BIN", "build/release/sandbox", 1);
    return harness_start(NULL);
}

Test(growth, a_hundred_thousand_commands_leave_no_memory_behind)
{
    struct harness *h = start();
    long before, after;

    load(h, "ping", 10000);
    before = opsbot_rss(h->bot);
    load(h, "ping", 100000);
    after = opsbot_rss(h->bot);
    cr_assert_leq(after - before, GROWTH_KIB, "%ld KiB, then %ld KiB", before,
                  after);
    cr_expect_leq(after, 30 * 1024, "%ld KiB", after);
    cr_expect_eq(redis_number(h, "XLEN opsbot:inbox"), 0);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.audit_events "
                               "where command = 'ping'"),
                 110000);
    harness_stop(h);
}

Test(growth, straight_commands_and_refusals_too)
{
    struct harness *h = start();
    long before, after;

    redis_send(h, "XADD orders.dlq * amount 1 error %s", "no price");
    load(h, "dlq list", 2000);
    load(h, "no such thing", 2000);
    before = opsbot_rss(h->bot);
    load(h, "dlq list", 10000);
    load(h, "no such thing", 10000);
    after = opsbot_rss(h->bot);
    cr_assert_leq(after - before, GROWTH_KIB, "%ld KiB, then %ld KiB", before,
                  after);
    harness_stop(h);
}

/* A thousand commands a second for 15 minutes must not fill the keyspace
 * that dead-letter queues are searched in. */
Test(growth, what_was_seen_is_a_handful_of_keys)
{
    struct harness *h = start();

    load(h, "ping", 20000);
    cr_expect_leq(redis_number(h, "DBSIZE"), 8);
    harness_stop(h);
}
