/* redis: batches, deadlines, coming back. Each test has a Redis of its own. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/core/stores.h"

static struct stores s;
static struct redis *r;
static struct err err;

static void start(void)
{
    stores_start(&s, WITH_REDIS);
    r = stores_redis(&s);
}

static void stop(void)
{
    redis_free(r);
    stores_stop(&s);
}

TestSuite(redis, .init = start, .fini = stop);

Test(redis, a_batch_is_one_round_trip_with_all_kinds_of_replies)
{
    const char *const binary[] = { "SET", "bin", "a\0b\r\n$3\r\n" };
    const size_t lens[] = { 3, 3, 9 };

    redis_add(r, 3, binary, lens);
    redis_cmd(r, "GET", "bin");
    redis_cmd(r, "INCRBY", "n", "41");
    redis_cmd(r, "GET", "nothing");
    redis_cmd(r, "LPUSH", "bin", "x");
    redis_cmd(r, "CONFIG", "GET", "appendonly");
    cr_assert(redis_run(r, &err), "%s", err.text);
    cr_expect_eq(redis_count(r), 6u);
    cr_expect_eq(reply_len(redis_reply(r, 1)), 9u);
    cr_expect_eq(memcmp(reply_str(redis_reply(r, 1)), binary[2], 9), 0);
    cr_expect_eq(reply_int(redis_reply(r, 2)), 41);
    cr_expect(reply_nil(redis_reply(r, 3)));
    cr_expect(strstr(reply_error(redis_reply(r, 4)), "WRONGTYPE"));
    cr_expect_str_eq(reply_str(reply_field(redis_reply(r, 5), "appendonly")),
                     "yes");
    cr_expect_gt(s.redis_health.round_trip_us, 0);
}

Test(redis, readers_give_empty_values_for_what_is_not_there)
{
    const struct reply *none = redis_reply(r, 7);

    cr_expect(reply_nil(none));
    cr_expect_null(reply_error(none));
    cr_expect_str_eq(reply_str(none), "");
    cr_expect_eq(reply_int(reply_at(none, 3)), 0);
    cr_expect(reply_nil(reply_field(none, "x")));
    cr_expect(reply_nil(NULL));
    cr_assert(redis_run(r, &err));
    cr_expect_eq(redis_count(r), 0u);
}

Test(redis, one_command_explains_a_refusal)
{
    cr_assert(redis_one(r, &err, "SET", "k", "v"));
    cr_assert_null(redis_one(r, &err, "XLEN", "k"));
    cr_expect_eq(err.kind, ERR_REDIS);
    cr_expect(strstr(err.text, "Redis refused XLEN: WRONGTYPE"), "%s",
              err.text);
    cr_expect(store_up(&s.redis_health));
}

Test(redis, a_script_survives_script_flush)
{
    static const struct redis_script script = {
        "sum", "return redis.call('INCRBY', KEYS[1], ARGV[1])"
    };
    const char *argv[] = { "sum", "20" };
    const struct reply *rep = redis_eval(r, &script, 1, 2, argv, NULL, &err);

    cr_assert(rep, "%s", err.text);
    cr_expect_eq(reply_int(rep), 20);
    cr_assert(redis_one(r, &err, "SCRIPT", "FLUSH"));
    rep = redis_eval(r, &script, 1, 2, argv, NULL, &err);
    cr_assert(rep, "%s", err.text);
    cr_expect_eq(reply_int(rep), 40);
}

Test(redis, a_script_that_fails_says_so_and_keeps_its_reply)
{
    static const struct redis_script broken = { "broken", "return 1 +" };
    static const struct redis_script wrong = {
        "wrong", "return redis.call('XLEN', KEYS[1])"
    };
    const char *argv[] = { "k" };

    cr_assert(redis_one(r, &err, "SET", "k", "v"));
    cr_expect_null(redis_eval(r, &broken, 1, 1, argv, NULL, &err));
    cr_expect(strstr(err.text, "Redis refused broken"), "%s", err.text);
    cr_expect_null(redis_eval(r, &wrong, 1, 1, argv, NULL, &err));
    cr_expect(strstr(err.text, "WRONGTYPE"), "%s", err.text);
    cr_expect_not_null(reply_error(redis_reply(r, 0)));
}

Test(redis, a_missed_deadline_is_down_for_all_and_late_replies_are_not_read)
{
    struct redis *other = stores_redis(&s);

    cr_assert(redis_one(r, &err, "SET", "a", "right"));
    redis_deadline(r, 100);
    part_pause(s.harness, PART_REDIS);
    redis_cmd(r, "ECHO", "late");
    cr_assert_not(redis_run(r, &err));
    cr_expect(strstr(err.text, "within 100 ms"), "%s", err.text);
    cr_expect_eq(s.redis_health.falls, 1u);
    cr_assert_null(redis_one(other, &err, "PING"));
    cr_expect(strstr(err.text, "Redis is down since"), "%s", err.text);
    cr_expect_not(redis_probe(r, &err));
    part_resume(s.harness, PART_REDIS);
    redis_deadline(r, STORES_MS);
    cr_assert(redis_probe(r, &err), "%s", err.text);
    redis_cmd(r, "GET", "a");
    cr_assert(redis_run(r, &err), "%s", err.text);
    cr_expect_str_eq(reply_str(redis_reply(r, 0)), "right");
    cr_expect_eq(s.redis_health.falls, 1u);
    redis_free(other);
}

Test(redis, a_slow_server_is_a_missed_deadline)
{
    redis_deadline(r, 100);
    cr_assert_null(redis_one(r, &err, "DEBUG", "SLEEP", "0.4"));
    cr_expect_not(store_up(&s.redis_health));
    redis_deadline(r, STORES_MS);
    cr_assert(redis_probe(r, &err), "%s", err.text);
    cr_assert_str_eq(reply_str(redis_one(r, &err, "ECHO", "in step")),
                     "in step");
}

Test(redis, an_idle_connection_that_was_closed_is_replaced_unnoticed)
{
    cr_assert(redis_one(r, &err, "PING"));
    free(cli(&s, "client kill type normal skipme yes"));
    usleep(20000);
    cr_assert(redis_one(r, &err, "PING"), "%s", err.text);
    cr_expect_eq(s.redis_health.falls, 0u);
}

Test(redis, a_connection_lost_under_way_fails_the_batch_but_is_not_down)
{
    redis_cmd(r, "INCR", "once");
    redis_cmd(r, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no");
    redis_cmd(r, "INCR", "once");
    cr_assert_not(redis_run(r, &err));
    cr_expect(strstr(err.text, "broke before it answered"), "%s", err.text);
    cr_expect_eq(redis_count(r), 0u);
    cr_expect(store_up(&s.redis_health));
    cr_assert_not_null(redis_one(r, &err, "GET", "once"), "%s", err.text);
    cr_expect_eq(reply_int(redis_reply(r, 0)), 1, "a batch is never repeated");
}

Test(redis, a_server_that_went_away_is_down_and_comes_back)
{
    cr_assert(redis_one(r, &err, "SET", "kept", "yes"));
    part_kill(s.harness, PART_REDIS);
    cr_assert_null(redis_one(r, &err, "GET", "kept"));
    cr_expect(strstr(err.text, "cannot connect to Redis"), "%s", err.text);
    cr_expect_not(store_up(&s.redis_health));
    part_start(s.harness, PART_REDIS);
    cr_expect_not(store_up(&s.redis_health), "until it is asked");
    cr_assert(redis_probe(r, &err), "%s", err.text);
    cr_assert(store_up(&s.redis_health));
    cr_assert_str_eq(reply_str(redis_one(r, &err, "GET", "kept")), "yes");
}

Test(redis, a_server_that_loads_is_down)
{
    cr_assert(redis_one(r, &err, "DEBUG", "POPULATE", "60000", "k", "200"));
    cr_assert(redis_one(r, &err, "CONFIG", "SET", "key-load-delay", "200",
                        "loading-process-events-interval-bytes", "1024"));
    redis_deadline(r, 200);
    cr_assert_null(redis_one(r, &err, "DEBUG", "RELOAD"));
    cr_assert_not(store_up(&s.redis_health));
    redis_deadline(r, STORES_MS);
    for (int i = 0; i < 200 && !redis_probe(r, &err); i++) {
        if (strstr(err.text, "LOADING"))
            break;
        usleep(5000);
    }
    cr_expect(strstr(err.text, "LOADING"), "%s", err.text);
    cr_expect_not(store_up(&s.redis_health));
}

Test(redis, logs_in_and_selects_the_database)
{
    struct redis_url url;
    char *text = xasprintf("unix://:hunter2@%s?db=3", s.url.path);
    struct redis *in;

    cr_assert(redis_url_parse(text, &url, &err));
    in = redis_new(&url, &s.redis_health);
    cr_assert_null(redis_one(in, &err, "PING"));
    cr_expect(strstr(err.text, "refused the login"), "%s", err.text);
    cr_expect_not(strstr(err.text, "hunter2"));
    cr_assert(redis_probe(r, &err));
    cr_assert(redis_one(r, &err, "CONFIG", "SET", "requirepass", "hunter2"));
    cr_assert(redis_one(in, &err, "SET", "here", "3"), "%s", err.text);
    cr_assert(redis_one(r, &err, "EXISTS", "here"));
    cr_expect_eq(reply_int(redis_reply(r, 0)), 0);
    redis_free(in);
    redis_url_dispose(&url);
    free(text);
}

Test(redis, reads_of_several_commands_share_a_batch)
{
    struct reads first = { .redis = r }, second = { .redis = r };

    reads_cmd(&first, "ECHO", "a");
    second.first = redis_count(r);
    reads_cmd(&second, "ECHO", "b");
    reads_cmd(&second, "ECHO", "c");
    cr_assert(redis_run(r, &err));
    cr_expect_str_eq(reply_str(reads_at(&first, 0)), "a");
    cr_expect(reply_nil(reads_at(&first, 1)));
    cr_expect_str_eq(reply_str(reads_at(&second, 1)), "c");
    second.failed = true;
    cr_expect(reply_nil(reads_at(&second, 1)));
}

Test(redis, a_large_batch_is_written_and_read_at_once)
{
    char *big = xmalloc(1024 * 1024 + 1);

    memset(big, 'x', 1024 * 1024);
    big[1024 * 1024] = '\0';
    for (int i = 0; i < 20; i++)
        redis_cmd(r, "ECHO", big);
    cr_assert(redis_run(r, &err), "%s", err.text);
    cr_expect_eq(reply_len(redis_reply(r, 19)), 1024u * 1024);
    free(big);
}

Test(redis, in_two_halves_it_is_one_round_trip_all_the_same)
{
    redis_cmd(r, "SET", "a", "1");
    redis_cmd(r, "INCR", "a");
    cr_assert(redis_begin(r, &err), "%s", err.text);
    cr_expect(reply_nil(redis_reply(r, 1)), "not received yet");
    cr_assert(redis_finish(r, &err), "%s", err.text);
    cr_expect_eq(redis_count(r), 2u);
    cr_expect_eq(reply_int(redis_reply(r, 1)), 2);
}

/* Whoever gives up between the halves must not leave its answer to others. */
Test(redis, an_answer_nobody_received_is_not_read_later)
{
    redis_cmd(r, "ECHO", "stale");
    cr_assert(redis_begin(r, &err), "%s", err.text);
    redis_reset(r);
    cr_assert(redis_one(r, &err, "ECHO", "fresh"), "%s", err.text);
    cr_expect_str_eq(reply_str(redis_reply(r, 0)), "fresh");
    redis_cmd(r, "ECHO", "stale");
    cr_assert(redis_begin(r, &err), "%s", err.text);
    redis_cmd(r, "ECHO", "fresh again");
    cr_assert(redis_run(r, &err), "%s", err.text);
    cr_expect_eq(redis_count(r), 1u);
    cr_expect_str_eq(reply_str(redis_reply(r, 0)), "fresh again");
}

/* The second half waits for a deadline of its own, and marks down. */
Test(redis, the_second_half_has_a_deadline)
{
    cr_assert(redis_one(r, &err, "PING"), "%s", err.text);
    redis_deadline(r, 200);
    part_pause(s.harness, PART_REDIS);
    redis_cmd(r, "INCR", "n");
    cr_assert(redis_begin(r, &err), "%s", err.text);
    cr_expect_not(redis_finish(r, &err));
    cr_expect(strstr(err.text, "did not answer within"), "%s", err.text);
    cr_expect_not(store_up(&s.redis_health));
    cr_expect_not(redis_begin(r, &err), "it is down");
    part_resume(s.harness, PART_REDIS);
}

Test(redis, a_script_beside_other_commands_once_it_is_known)
{
    static const struct redis_script script = { .name = "the echo",
                                                .text = "return ARGV[1]" };
    const char *const argv[] = { "hello" };

    cr_expect_not(redis_eval_add(r, &script, 0, 1, argv));
    cr_expect_eq(redis_count(r), 0u);
    cr_assert(redis_eval(r, &script, 0, 1, argv, NULL, &err), "%s", err.text);
    redis_cmd(r, "PING");
    cr_expect(redis_eval_add(r, &script, 0, 1, argv));
    cr_assert(redis_run(r, &err), "%s", err.text);
    cr_expect_str_eq(reply_str(redis_reply(r, 1)), "hello");
}
