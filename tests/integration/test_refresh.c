/* Refresh: the successor is up before the old connection goes. */
#include <sys/wait.h>
#include <unistd.h>

#include "tests/integration/wire.h"

/* ---- a load, from a process of its own ---------------------------------------- */

struct load {
    pid_t pid;
    int out;
};

/* Open loop: so many a second, whatever happens. */
static struct load load_start(struct harness *h, int rate, int seconds)
{
    struct load load;
    int ends[2];

    cr_assert_eq(pipe(ends), 0);
    load.pid = fork();
    load.out = ends[0];
    if (load.pid == 0) {
        json_t *done;

        h->curl = NULL; /* the parent's connection stays the parent's */
        done = control_post_any(h, "load",
                                json_pack("{ss ss ss ss si si}", "user",
                                          "U0ANN", "channel", "C0OPS",
                                          "command", "/ops", "text", "ping",
                                          "rate", rate, "seconds", seconds));
        json_dumpfd(done, ends[1], JSON_COMPACT);
        _exit(0);
    }
    close(ends[1]);
    return load;
}

static json_t *load_end(struct load *load)
{
    json_t *done = json_loadfd(load->out, JSON_DISABLE_EOF_CHECK, NULL);
    int status;

    waitpid(load->pid, &status, 0);
    close(load->out);
    cr_assert(json_is_true(json_object_get(done, "ok")), "the load failed");
    return done;
}

static long long of(const json_t *done, const char *name)
{
    return (long long)json_number_value(json_object_get(done, name));
}

static bool one_is_left(void *arg)
{
    return link_number(arg, "sockets") == 1;
}

/* One more connection, and the old one gone. */
static void refreshed(struct harness *h, const char *how, int grace_ms)
{
    long long upgrades = link_number(h, "upgrades");

    socket_refresh(h, how, grace_ms);
    wait_for(h, "upgrades", upgrades + 1, 3000);
    wait_until(one_is_left, h, grace_ms + 3000, "the old socket to go");
}

/* The policy allows one quick attempt in 5 s: that long since the last. */
static bool policy_rested(void *arg)
{
    struct harness *h = arg;
    long long last = call_at(h, OPEN, (size_t)link_number(h, "opens") - 1);

    return clock_wall_ms() > last + 5100;
}

static void policy_rests(struct harness *h)
{
    wait_until(policy_rested, h, 6000, "5 s since the last attempt");
}

#define SECONDS 22 /* three changes take 12 of them, or more */

Test(refresh, refresh_leaves_no_envelope_unanswered)
{
    struct harness *h = harness_start(NULL);
    struct load load = load_start(h, 100, SECONDS);
    json_t *done;

    wait_for(h, "acked", 100, 5000);
    refreshed(h, "refresh", 1000);
    policy_rests(h);
    refreshed(h, "warning", 4000);
    policy_rests(h);
    refreshed(h, "refresh", 1000);
    cr_expect_gt(link_number(h, "in_flight") + 100 * SECONDS,
                 link_number(h, "delivered"), "the load was over too early");
    done = load_end(&load);
    cr_expect_eq(of(done, "sent"), 100 * SECONDS, "sent %lld",
                 of(done, "sent"));
    cr_expect_eq(of(done, "replied"), 100 * SECONDS, "%lld replied",
                 of(done, "replied"));
    cr_expect_eq(of(done, "lost"), 0, "%lld lost", of(done, "lost"));
    json_decref(done);
    cr_assert_eq(link_number(h, "upgrades"), 4);
    cr_assert_eq(link_number(h, "deaf_ms"), 0);
    cr_assert_leq(link_number(h, "max_open"), 2);
    acks_are_clean(h);
    harness_stop(h);
}

/* A slow command, and a command in the middle of the change. */
Test(refresh, an_answer_survives_the_end_of_its_connection)
{
    struct harness *h = harness_start(NULL);
    json_t *slow = command_envelope("slow-one", "dlq list");

    part_pause(h, PART_REDIS);
    send_copies(h, slow, 1);
    socket_refresh(h, "refresh", 300);
    wait_for(h, "upgrades", 2, 3000);
    part_resume(h, PART_REDIS);
    wait_for(h, "idle", 1, 4000);
    wait_until(one_socket, h, 4000, "the old socket to go");
    acks_are_clean(h);
    cr_assert_eq(link_number(h, "deaf_ms"), 0);
    json_decref(slow);
    answered(h);
    harness_stop(h);
}

/* What hello said of the life of a connection, for those that come. */
static void next_life(struct harness *h, int said_s, int warning_ms,
                      int life_ms)
{
    json_decref(control_post(
        h, "hello",
        json_pack("{si si si}", "approximate_connection_time", said_s,
                  "warning_before_ms", warning_ms, "life_ms", life_ms)));
}

/* Slack never asks, and never closes: we leave by ourselves, politely. */
Test(refresh, refresh_before_the_end_of_life)
{
    struct harness *h = without_bot();
    json_t *codes;

    next_life(h, 8, 0, 600000);
    opsbot_wait_ready(opsbot_start(h, NULL));
    next_life(h, 18060, 10000, 18060000);
    wait_for(h, "upgrades", 2, 3000);
    cr_assert_eq(log_count(h, "near the end of its life"), 1);
    cr_assert_eq(log_count(h, "asks to disconnect"), 0);
    answered(h);
    wait_until(one_socket, h, 20000, "the old socket to go");
    codes = control_get(h, "link");
    cr_assert_eq(json_integer_value(
                     json_array_get(json_object_get(codes, "close_codes"), 0)),
                 1000);
    json_decref(codes);
    cr_assert_eq(link_number(h, "deaf_ms"), 0);
    cr_assert_eq(link_number(h, "max_open"), 2);
    answered(h);
    acks_are_clean(h);
    harness_stop(h);
}

/* No warning before it, and the connection gone with the message itself. */
Test(refresh, refresh_without_warning)
{
    struct harness *h = harness_start(NULL);

    socket_refresh(h, "refresh", 1000);
    wait_for(h, "upgrades", 2, 2000);
    wait_until(one_socket, h, 4000, "the old socket to go");
    cr_assert_eq(link_number(h, "deaf_ms"), 0);
    policy_rests(h);
    socket_refresh(h, "refresh", 0);
    wait_for(h, "upgrades", 3, 2000);
    wait_for(h, "hello", 1, 2000);
    cr_assert_leq(link_number(h, "deaf_ms"), DEAF_MS, "deaf for %lld ms",
                  link_number(h, "deaf_ms"));
    answered(h);
    harness_stop(h);
}

/* A reason not known yet, and messages at a wrong time. */
Test(refresh, disconnect_in_every_state_and_for_any_reason)
{
    struct harness *h = harness_start(NULL);

    raw_text(h, "{\"type\":\"disconnect\",\"reason\":\"moving_house\"}");
    wait_for(h, "upgrades", 2, 2000);
    wait_for(h, "hello", 2, 2000);
    raw_text(h, "{\"type\":\"hello\"}");
    raw_text(h, "{\"type\":\"disconnect\",\"reason\":7}");
    raw_text(h, "{\"type\":\"disconnect\"}");
    answered(h);
    cr_assert_eq(link_number(h, "deaf_ms"), 0);
    harness_stop(h);
}

static bool calm(void *arg)
{
    struct harness *h = arg;

    return one_socket(h) && health_says(h, "\"state\":\"up\"");
}

Test(refresh, refresh_on_every_connection_does_not_make_us_hammer)
{
    struct harness *h = without_bot();
    int64_t until;

    next_life(h, 18060, 0, 200);
    opsbot_wait_ready(opsbot_start(h, NULL));
    until = clock_mono_ms() + 12000;
    while (clock_mono_ms() < until)
        json_decref(
            control_get_any(h, "wait?for=upgrades&count=12&timeout=500"));
    cr_assert_geq(link_number(h, "opens"), 3);
    cr_assert_leq(link_number(h, "opens"), 11, "%lld opens in 12 s",
                  link_number(h, "opens"));
    next_life(h, 18060, 10000, 18060000);
    wait_until(calm, h, 35000, "the link to come back");
    answered(h);
    acks_are_clean(h);
    harness_stop(h);
}
