/* bulk: see bulk.h. */
#include "tests/integration/bulk.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/mem.h"

#define DONE_MS 120000 /* from the last kill */

/* ---- chance ---------------------------------------------------------------- */

static void seed_chance(void)
{
    const char *given = getenv("BULK_SEED");
    unsigned seed = given ? (unsigned)strtoul(given, NULL, 10)
                          : (unsigned)time(NULL) * 31 + (unsigned)getpid();

    fprintf(stderr, "bulk: BULK_SEED=%u repeats this run\n", seed);
    srandom(seed);
}

static int chance(int below)
{
    return (int)(random() % below);
}

/* ---- killing ----------------------------------------------------------------- */

struct progress {
    struct harness *h;
    long long more_than;
};

static bool has_grown(void *arg)
{
    struct progress *p = arg;

    return redis_number(p->h, "XLEN orders") > p->more_than;
}

/* Right behind a batch, or somewhere between two, or anywhere at all: while
 * it starts, claims, plans. */
static void wait_a_moment(struct harness *h)
{
    struct progress p = { h, redis_number(h, "XLEN orders") };

    switch (chance(3)) {
    case 0:
        wait_until(has_grown, &p, 30000, "entries to be moved");
        harness_sleep(chance(20));
        break;
    case 1:
        wait_until(has_grown, &p, 30000, "entries to be moved");
        harness_sleep(chance(500));
        break;
    default:
        harness_sleep(chance(1200));
        break;
    }
}

static void kill_them(struct harness *h, const struct bulk *bulk,
                      struct opsbot *const *bots)
{
    for (int i = 0; i < bulk->kills; i++) {
        struct opsbot *bot = bots[chance(bulk->bots)];

        wait_a_moment(h);
        opsbot_kill9(bot);
        cr_assert_lt(redis_number(h, "XLEN orders"), bulk->entries,
                     "it was over before kill %d", i + 1);
        opsbot_restart(bot);
        if (bulk->bots > 1)
            opsbot_wait_ready(bot);
    }
}

/* ---- what must be true --------------------------------------------------------- */

/* The messages of the bot in a channel: one, with that in it. */
static void expect_one_card(struct harness *h, const char *channel,
                            const char *text)
{
    wait_posted(h, channel, text);
    cr_assert_eq(posted_with(h, channel, "orders"), 1,
                 "the card is there more than once in %s", channel);
}

/* "5,000": as people see it. */
static const char *grouped(int n)
{
    static char text[16];

    if (n < 1000)
        snprintf(text, sizeof text, "%d", n);
    else
        snprintf(text, sizeof text, "%d,%03d", n / 1000, n % 1000);
    return text;
}

static void expect_original_ids(struct harness *h, int entries)
{
    char *distinct = redis_text(
        h, "EVAL %s 1 orders",
        "local seen, n = {}, 0 for _, e in ipairs(redis.call('XRANGE',"
        " KEYS[1], '-', '+')) do for i = 1, #e[2], 2 do if e[2][i] =="
        " 'original_id' and not seen[e[2][i + 1]] then seen[e[2][i + 1]] = 1"
        " n = n + 1 end end end return n");

    cr_assert_eq(redis_number(h, "XLEN orders"), entries);
    cr_assert_eq(atoi(distinct), entries, "%s original ids", distinct);
    cr_assert_eq(redis_number(h, "XLEN orders.dlq"), 0);
    free(distinct);
}

void bulk_expect(struct harness *h, int entries)
{
    char *text = xasprintf("Requeued %s of ", grouped(entries)), *card;

    card = xasprintf("%s%s", text, grouped(entries));
    expect_original_ids(h, entries);
    cr_assert_eq(sql_number(h,
                            "select count(*) from opsbot.jobs where state ="
                            " 'done' and moved = %d and gone = 0 and"
                            " refused = 0",
                            entries),
                 1);
    cr_assert_eq(sql_number(h,
                            "select count(*) from opsbot.operation_batches b,"
                            " jsonb_object_keys(b.moved)"),
                 entries, "who moved it is known of each");
    expect_audited(h, "kind = 'attempt' and command = 'dlq requeue'", 1);
    expect_audited(h, "kind = 'outcome' and command = 'dlq requeue'", 1);
    expect_audited(h,
                   "kind = 'outcome' and outcome = 'ok' and operation ="
                   " (select id from opsbot.jobs)",
                   1);
    expect_one_card(h, "C0OPS", card);
    expect_one_card(h, "C0GENERAL", card);
    free(card);
    free(text);
}

void bulk_kill(const struct bulk *bulk)
{
    struct harness *h = start_jobs(bulk->entries);
    struct opsbot *bots[2] = { h->bot, NULL };

    seed_chance();
    if (bulk->bots > 1) {
        bots[1] = opsbot_start(h, NULL);
        opsbot_wait_ready(bots[1]);
    }
    begin_slowly(h, bulk->rate);
    wait_sql(h, 1, 10000, "select count(*) from opsbot.jobs");
    kill_them(h, bulk, bots);
    wait_job(h, "done", DONE_MS);
    wait_settled(h, SLOW_MS);
    bulk_expect(h, bulk->entries);
    harness_stop(h);
}
