/*
 * SIGTERM: sockets close properly, workers finish, every acked command is
 * answered, exit status 0 in time, whatever is away.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tests/integration/common.h"

#define LIMIT_MS 20000 /* design: 12 s; the rest is for a busy machine */
#define MOST     200

static const char *const waiting =
    "select least(count(*), 2) from pg_locks where not granted";

/* Ends it, and looks at how. */
static void expect_stop(struct harness *h, int sig)
{
    int64_t began = clock_mono_ms();
    int status;

    opsbot_signal(h->bot, sig);
    status = opsbot_wait_exit(h->bot, LIMIT_MS);
    cr_assert_eq(status, 0, "exit status %d", status);
    cr_assert_leq(clock_mono_ms() - began, LIMIT_MS);
    cr_assert(opsbot_log_has(h->bot, "\"stopped\""));
}

/* The one connection was closed with code 1000. */
static void expect_close_1000(struct harness *h)
{
    json_t *link = control_get(h, "link");
    json_t *codes = json_object_get(link, "close_codes");

    if (over_http(h)) {
        json_decref(link);
        return;
    }
    cr_assert_eq(json_array_size(codes), 1);
    cr_assert_eq(json_integer_value(json_array_get(codes, 0)), 1000);
    json_decref(link);
}

/* Acked, and answered in the ack or by URL. */
static bool answered(struct harness *h, const struct asked *a)
{
    json_t *answer = answers_to(h, a->interaction);
    bool payload, by_url = reply_messages(answer) > 0;
    long ms = ack_of(h, a->envelope, &payload);

    json_decref(answer);
    return ms >= 0 && (payload || by_url);
}

static bool is_on_record(struct harness *h, const struct asked *a)
{
    return sql_number(h,
                      "select count(*) from opsbot.audit_events"
                      " where trace = '%s'",
                      a->trace) != 0;
}

/* A request that came when it was stopping is refused, and nothing is run:
 * Slack tells the person at once. */
static bool refused(struct harness *h, const struct asked *a)
{
    bool payload;

    return over_http(h) && ack_of(h, a->envelope, &payload) < 0 &&
           !is_on_record(h, a);
}

static void expect_answered(struct harness *h, const struct asked *asked,
                            size_t n)
{
    for (size_t i = 0; i < n; i++)
        cr_assert(answered(h, &asked[i]) || refused(h, &asked[i]),
                  "%s (%zu of %zu) is not answered", asked[i].envelope, i, n);
}

static size_t type_many(struct harness *h, struct asked *asked, size_t n)
{
    static const char *const texts[] = { "ping", "dlq list", "streams",
                                         "whoami", "help" };

    for (size_t i = 0; i < n; i++)
        asked[i] = type_text(h, "U0BOB", "C0OPS", texts[i % 5]);
    return n;
}

static struct harness *start(void)
{
    struct harness *h = harness_start(NULL);

    dead_letters(h, "orders", 30);
    return h;
}

Test(stop, an_idle_bot_stops_at_once)
{
    struct harness *h = start();

    opsbot_signal(h->bot, SIGTERM);
    cr_assert_eq(opsbot_wait_exit(h->bot, 3000), 0);
    expect_close_1000(h);
    cr_assert_eq(redis_number(h, "XLEN opsbot:inbox"), 0);
    cr_assert_eq(redis_number(h, "EVAL %s 0",
                              "return #redis.call('KEYS', 'opsbot:replica:*')"),
                 0);
    harness_stop(h);
}

Test(stop, sigint_is_the_same)
{
    struct harness *h = start();

    expect_stop(h, SIGINT);
    expect_close_1000(h);
    harness_stop(h);
}

/* Acked bare, the answers still to come: they come. */
Test(stop, fifty_acked_and_unanswered)
{
    struct harness *h = start();
    struct table_lock *lock = table_lock(h, "audit_events");
    struct asked asked[MOST];
    size_t n = type_many(h, asked, 50);

    control_wait(h, "acked", 50);
    opsbot_signal(h->bot, SIGTERM);
    table_unlock(lock);
    cr_assert_eq(opsbot_wait_exit(h->bot, LIMIT_MS), 0);
    expect_answered(h, asked, n);
    expect_close_1000(h);
    cr_assert_eq(redis_number(h, "XLEN opsbot:inbox"), 0);
    cr_assert_eq(link_number(h, "unanswered"), 0);
    harness_stop(h);
}

/*
 * Those that were sent while our Close was on its way to Slack cannot be
 * answered, and must not be run: how many there are before them.
 */
static size_t before_close(struct harness *h, const struct asked *asked,
                           size_t n)
{
    size_t crossing = 0;
    bool payload;

    if (over_http(h))
        return n;
    while (n > 0 && ack_of(h, asked[n - 1].envelope, &payload) == -2)
        n--;
    for (; n > 0 && !answered(h, &asked[n - 1]); n--, crossing++)
        cr_assert_not(is_on_record(h, &asked[n - 1]),
                      "%s is run and not answered", asked[n - 1].envelope);
    cr_assert_lt(crossing, 25, "%zu newcomers had no answer", crossing);
    return n;
}

/* SIGTERM while they are being worked on, and people go on typing. */
Test(stop, fifty_in_flight_and_newcomers)
{
    struct harness *h = start();
    struct table_lock *lock = table_lock(h, "audit_events");
    struct asked asked[MOST];
    size_t n = type_many(h, asked, 50);

    wait_sql(h, 2, 5000, waiting);
    opsbot_signal(h->bot, SIGTERM);
    for (int i = 0; i < 20; i++)
        asked[n++] = type_text(h, "U0BOB", "C0OPS", "ping");
    opsbot_wait_log(h->bot, "stopping", 5000);
    table_unlock(lock);
    while (opsbot_running(h->bot) && n < MOST) {
        asked[n] = type_text(h, "U0BOB", "C0OPS", "ping");
        n += asked[n].envelope[0] != '\0';
        harness_sleep(2);
    }
    cr_assert_eq(opsbot_wait_exit(h->bot, LIMIT_MS), 0);
    expect_answered(h, asked, before_close(h, asked, n));
    expect_close_1000(h);
    cr_assert_eq(redis_number(h, "XLEN opsbot:inbox"), 0);
    harness_stop(h);
}

/* Effects whose intents cannot be committed outlast the grace: what is left
 * is in the inbox, and the next run answers it. */
Test(stop, what_outlasts_the_grace_is_answered_by_the_next)
{
    struct harness *h = start();
    struct table_lock *lock = table_lock(h, "operations");
    struct asked asked[20];
    char text[64];

    for (int i = 0; i < 20; i++) {
        snprintf(text, sizeof text, "dlq requeue orders 1700000000000-%d",
                 i + 1);
        asked[i] = type_text(h, "U0ANN", "C0OPS", text);
    }
    wait_sql(h, 2, 5000, waiting);
    expect_stop(h, SIGTERM);
    table_unlock(lock);
    expect_close_1000(h);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_redis(h, 0, COMES_MS, "XLEN opsbot:inbox");
    for (int i = 0; i < 20; i++) {
        json_t *answer = wait_answers(h, asked[i].interaction, 1, 1000);

        json_decref(answer);
    }
    cr_assert_eq(redis_number(h, "XLEN orders.dlq") +
                     redis_number(h, "XLEN orders"),
                 30);
    harness_stop(h);
}

Test(stop, while_redis_hangs)
{
    struct harness *h = start();
    struct asked a[5];

    part_pause(h, PART_REDIS);
    type_many(h, a, 5);
    expect_stop(h, SIGTERM);
    part_resume(h, PART_REDIS);
    expect_answered(h, a, 5);
    expect_close_1000(h);
    harness_stop(h);
}

Test(stop, while_postgres_hangs)
{
    struct harness *h = start();
    struct asked a[5];

    part_pause(h, PART_POSTGRES);
    type_many(h, a, 5);
    expect_stop(h, SIGTERM);
    part_resume(h, PART_POSTGRES);
    expect_answered(h, a, 5);
    expect_close_1000(h);
    harness_stop(h);
}

Test(stop, while_both_are_gone)
{
    struct harness *h = start();

    part_stop(h, PART_REDIS);
    part_stop(h, PART_POSTGRES);
    expect_stop(h, SIGTERM);
    expect_close_1000(h);
    harness_stop(h);
}

/* Neither acks nor answers reach it. */
Test(stop, while_slack_hangs)
{
    struct harness *h = start();
    struct table_lock *lock = table_lock(h, "audit_events");
    struct asked a[10];

    type_many(h, a, 10);
    control_wait(h, "acked", 10);
    fault(h, json_pack("{s:s, s:i, s:b}", "on", "response_url", "times", -1,
                       "hang", 1));
    table_unlock(lock);
    wait_sql(h, 10, 5000,
             "select count(*) from opsbot.audit_events where kind = 'read'");
    part_pause(h, PART_SANDBOX);
    expect_stop(h, SIGTERM);
    part_resume(h, PART_SANDBOX);
    /* Not known to have arrived: kept for the next run. */
    cr_assert_eq(redis_number(h, "XLEN opsbot:inbox"), 10);
    harness_stop(h);
}

Test(stop, right_after_start)
{
    static const int after_ms[] = { 0, 20, 60, 150, 400 };
    struct harness *h = start();

    expect_stop(h, SIGTERM);
    for (size_t i = 0; i < sizeof after_ms / sizeof *after_ms; i++) {
        char *log = opsbot_log(h->bot);
        size_t len = strlen(log);

        opsbot_restart(h->bot);
        free(log);
        while (log = opsbot_log(h->bot), strlen(log) <= len) {
            free(log);
            harness_sleep(1);
        }
        free(log);
        harness_sleep(after_ms[i]);
        expect_stop(h, i % 2 ? SIGINT : SIGTERM);
    }
    harness_stop(h);
}

Test(stop, right_after_start_with_nothing_there)
{
    struct harness *h = start();

    expect_stop(h, SIGTERM);
    part_stop(h, PART_REDIS);
    part_stop(h, PART_POSTGRES);
    part_pause(h, PART_SANDBOX);
    opsbot_restart(h->bot);
    wait_health(h->bot, "\"degraded\"", 10000);
    expect_stop(h, SIGTERM);
    part_resume(h, PART_SANDBOX);
    harness_stop(h);
}
