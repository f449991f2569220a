/* inbox_inherit: what one dead replica left, and nobody else's. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "bot/flow/inbox.h"
#include "core/base/mem.h"
#include "tests/core/stores.h"

#define DEAD "00000000000000aa"

static struct stores s;
static struct redis *r;
static struct inbox box;
static size_t got, count;
static struct err err;

static void start(void)
{
    stores_start(&s, WITH_REDIS);
    r = stores_redis(&s);
    inbox_init(&box, "opsbot:");
    got = 0;
}

static void stop(void)
{
    redis_free(r);
    inbox_dispose(&box);
    stores_stop(&s);
}

TestSuite(inherit, .init = start, .fini = stop);

static void took(void *arg, struct envelope *env)
{
    (void)arg;
    cr_expect(env->recovered);
    cr_expect_gt(env->recorded_at, 0);
    got++;
    envelope_free(env);
}

/* An entry of replica, just recorded. */
static void entry(const char *replica, const char *frame)
{
    cr_assert_not_null(redis_one(r, &err, "XADD", box.stream, "*", "envelope",
                                 frame, "road", "socket", "replica", replica,
                                 "at", "1700000000000"));
}

#define FRAME                                                                  \
    "{\"type\":\"slash_commands\",\"envelope_id\":\"e1\",\"payload\":"         \
    "{\"command\":\"/ops\",\"text\":\"ping\",\"user_id\":\"U1\","              \
    "\"channel_id\":\"C1\",\"team_id\":\"T1\",\"trigger_id\":\"t1\"}}"

static void inherit(size_t max)
{
    cr_assert(inbox_inherit(&box, r, DEAD, max, took, NULL, &count, &err), "%s",
              err.text);
}

Test(inherit, young_entries_of_the_dead_and_no_others)
{
    entry(DEAD, FRAME);
    entry("00000000000000bb", FRAME); /* its key is gone as well */
    entry(DEAD, FRAME);
    entry(box.id, FRAME);
    free(cli(&s, "set opsbot:replica:%s 1", DEAD));
    inherit(64);
    cr_expect_eq(count, 2u);
    cr_expect_eq(got, 2u);
    cr_expect_eq(cli_number(&s, "exists opsbot:replica:" DEAD), 0);
    cr_expect_eq(cli_number(&s, "xlen opsbot:inbox"), 4, "moved, not lost");
    inherit(64);
    cr_expect_eq(count, 0u, "they are ours now");
}

Test(inherit, what_cannot_be_read_is_deleted)
{
    entry(DEAD, "no envelope");
    inherit(64);
    cr_expect_eq(got, 0u);
    cr_expect_eq(cli_number(&s, "xlen opsbot:inbox"), 0);
}

Test(inherit, redis_away_is_a_failure_that_loses_nothing)
{
    entry(DEAD, FRAME);
    part_stop(s.harness, PART_REDIS);
    cr_expect_not(inbox_inherit(&box, r, DEAD, 64, took, NULL, &count, &err));
    cr_expect_eq(count, 0u);
    part_start(s.harness, PART_REDIS);
    cr_assert(redis_probe(r, &err), "%s", err.text);
    inherit(64);
    cr_expect_eq(got, 1u);
}
