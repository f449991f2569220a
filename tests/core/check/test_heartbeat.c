/* heartbeat: who has called in, over restarts, replicas and a Redis that is
 * away; and the check that asks for it. */
#include <criterion/criterion.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/check/heartbeat.c"
#include "tests/core/check/asking.h"
#include "tests/core/stores.h"

#define MINUTE 60000

static struct asking a;
static struct stores stores;
static struct config_check checks[] = {
    { .id = (char *)"web", .kind = CHECK_TCP },
    { .id = (char *)"backup",
      .kind = CHECK_HEARTBEAT,
      .timeout_ms = 1000,
      .within_s = 300,
      .secret = (char *)"backup-secret-word" },
    { .id = (char *)"feed",
      .kind = CHECK_HEARTBEAT,
      .timeout_ms = 1000,
      .within_s = 60,
      .secret = (char *)"feed-secret-word" },
};

static void configure(void)
{
    asking_start(&a, CHECK_HEARTBEAT);
    a.config.redis_prefix = (char *)"opsbot:";
    a.config.checks = checks;
    a.config.checks_count = 3;
}

static void start(void)
{
    configure();
    stores_start(&stores, WITH_REDIS);
}

static void stop(void)
{
    asking_stop(&a);
    stores_stop(&stores);
}

TestSuite(heartbeat, .init = start, .fini = stop, .timeout = 60);

/* A process that began so long ago, and what Redis knows is in it. */
static struct heartbeats *process(int64_t ago)
{
    struct heartbeats *h = heartbeats_new(&a.config);

    h->started -= ago;
    for (size_t i = 0; i < h->count; i++)
        h->beats[i].since = h->started;
    return h;
}

static void sync_with(struct heartbeats *h)
{
    struct redis *r = stores_redis(&stores);
    struct err err = { 0 };

    cr_assert(heartbeats_sync(h, r, &err), "%s", err.text);
    redis_free(r);
}

/* The last sign of life of any replica was so long ago. */
static void last_heard(int64_t ago)
{
    free(cli(&stores, "ZADD opsbot:heartbeats %lld heard",
             (long long)(clock_wall_ms() - ago)));
}

static int64_t silent(struct heartbeats *h, const char *id)
{
    return clock_wall_ms() - heartbeat_silent_since(h, id);
}

#define expect_about(is, ms)                                                   \
    cr_expect((is) >= (ms)-20 && (is) < (ms) + 20000, "%lld, not %lld",        \
              (long long)(is), (long long)(ms))

/* As heartbeat_call() would have done it then. */
static void call_at(struct heartbeats *h, const char *id, int64_t wall_ms)
{
    called(find(h, id), wall_ms);
}

Test(heartbeat, a_call_ends_the_silence)
{
    struct heartbeats *h = process(10 * MINUTE);

    expect_about(silent(h, "backup"), 10 * MINUTE);
    cr_expect(heartbeat_call(h, "backup-secret-word"));
    expect_about(silent(h, "backup"), 0);
    expect_about(silent(h, "feed"), 10 * MINUTE);
    call_at(h, "feed", clock_wall_ms() - 2 * MINUTE);
    expect_about(silent(h, "feed"), 2 * MINUTE);
    call_at(h, "feed", clock_wall_ms() - 3 * MINUTE);
    expect_about(silent(h, "feed"), 2 * MINUTE);
    cr_expect_eq(heartbeat_silent_since(h, "web"), 0);
    heartbeats_free(h);
}

Test(heartbeat, only_the_word_itself_calls)
{
    static const char *const wrong[] = {
        "",
        "backup-secret-wor",
        "backup-secret-word2",
        "backup-secret-wore",
        "BACKUP-SECRET-WORD",
        "feed",
        "backup-secret-wordbackup-secret-word",
    };
    struct heartbeats *h = process(10 * MINUTE);

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(heartbeat_call(h, wrong[i]), "%s", wrong[i]);
    expect_about(silent(h, "backup"), 10 * MINUTE);
    heartbeats_free(h);
}

Test(heartbeat, the_check_says_for_how_long)
{
    struct heartbeats *h = process(0);

    a.world.heartbeats = h;
    a.spec = checks[1];
    expect_ok(&a, "silent for ");
    heartbeats_free(h);
    h = process(6 * MINUTE);
    a.world.heartbeats = h;
    asking_anew(&a);
    expect_bad(&a, "silent for 6 m, expected a call every 5 m");
    heartbeat_call(h, "backup-secret-word");
    expect_ok(&a, "silent for 0 s");
    heartbeats_free(h);
}

Test(heartbeat, a_restart_hides_no_silence_and_makes_none)
{
    struct heartbeats *first = process(20 * MINUTE), *second;

    call_at(first, "backup", clock_wall_ms() - 15 * MINUTE);
    sync_with(first);
    heartbeats_free(first);
    last_heard(10 * MINUTE); /* it ended then */
    second = process(0);
    sync_with(second);
    expect_about(silent(second, "backup"), 5 * MINUTE);
    expect_about(silent(second, "feed"), 10 * MINUTE);
    sync_with(second);
    expect_about(silent(second, "backup"), 5 * MINUTE);
    heartbeats_free(second);
}

Test(heartbeat, restarts_again_and_again_hide_no_silence)
{
    for (int i = 0; i < 5; i++) {
        struct heartbeats *h = process(MINUTE);

        /* It has run for a minute, and was away for one before that. */
        if (i > 0)
            last_heard(2 * MINUTE);
        sync_with(h);
        expect_about(silent(h, "feed"), (i + 1) * MINUTE);
        /* What follows is a minute later, and another one. */
        for (size_t k = 0; k < h->count; k++)
            free(cli(&stores, "ZINCRBY opsbot:heartbeats %d check:%s",
                     -2 * MINUTE, h->beats[k].spec->id));
        heartbeats_free(h);
    }
}

Test(heartbeat, replicas_know_of_each_others_calls)
{
    struct heartbeats *one = process(30 * MINUTE), *two = process(9 * MINUTE);

    sync_with(one);
    sync_with(two);
    expect_about(silent(two, "backup"), 30 * MINUTE);
    heartbeat_call(two, "backup-secret-word");
    sync_with(two);
    sync_with(one);
    expect_about(silent(one, "backup"), 0);
    expect_about(silent(one, "feed"), 30 * MINUTE);
    heartbeats_free(one);
    heartbeats_free(two);
}

Test(heartbeat, without_redis_it_counts_from_the_start)
{
    struct heartbeats *h = process(4 * MINUTE);
    struct redis *r = stores_redis(&stores);
    struct err err = { 0 };

    part_stop(stores.harness, PART_REDIS);
    cr_expect_not(heartbeats_sync(h, r, &err));
    expect_about(silent(h, "backup"), 4 * MINUTE);
    heartbeat_call(h, "backup-secret-word");
    part_start(stores.harness, PART_REDIS);
    free(cli(&stores, "SET opsbot:heartbeats text"));
    redis_probe(r, &err);
    cr_expect_not(heartbeats_sync(h, r, &err));
    cr_expect(strstr(err.text, "WRONGTYPE"), "%s", err.text);
    free(cli(&stores, "DEL opsbot:heartbeats"));
    cr_expect(heartbeats_sync(h, r, &err), "%s", err.text);
    expect_about(silent(h, "backup"), 0);
    cr_expect_eq(cli_number(&stores, "ZCARD opsbot:heartbeats"), 3);
    redis_free(r);
    heartbeats_free(h);
}

Test(heartbeat, nothing_is_asked_without_such_checks)
{
    struct heartbeats *h;

    a.config.checks_count = 1;
    h = heartbeats_new(&a.config);
    sync_with(h);
    cr_expect_eq(cli_number(&stores, "EXISTS opsbot:heartbeats"), 0);
    heartbeats_free(h);
}

/* ---- reload -------------------------------------------------------------------- */

Test(heartbeat, a_reload_keeps_who_stays_and_listens_to_who_is_new)
{
    static struct config_check other[] = {
        { .id = (char *)"new",
          .kind = CHECK_HEARTBEAT,
          .secret = (char *)"new-secret-word" },
        { .id = (char *)"backup",
          .kind = CHECK_HEARTBEAT,
          .secret = (char *)"backup-changed-word" },
    };
    struct config next = { .checks = other, .checks_count = 2 };
    struct heartbeats *h = process(100000);
    int64_t since = heartbeat_silent_since(h, "backup");

    heartbeats_adopt(h, &next);
    cr_expect_eq(heartbeat_silent_since(h, "backup"), since);
    expect_about(silent(h, "new"), 0);
    cr_expect_eq(heartbeat_silent_since(h, "feed"), 0, "it is gone");
    cr_expect_not(heartbeat_call(h, "feed-secret-word"));
    cr_expect_not(heartbeat_call(h, "backup-secret-word"), "the word is new");
    cr_expect(heartbeat_call(h, "backup-changed-word"));
    expect_about(silent(h, "backup"), 0);
    sync_with(h);
    cr_expect_eq(cli_number(&stores, "ZCARD opsbot:heartbeats"), 3);
    heartbeats_free(h);
}
