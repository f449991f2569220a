/* Links that break: dropped, closed, half-open, and our own way out. */
#include <signal.h>

#include "tests/integration/wire.h"

#define NOTICED_MS 40000 /* design: 30 s; the rest is for a busy machine */

/* Ends the only connection that way: we are back, soon, and answer. */
static void back_at_once(const char *how)
{
    struct harness *h = harness_start(NULL);
    long long deaf;

    socket_do(h, how);
    wait_for(h, "upgrades", 2, 5000);
    wait_for(h, "hello", 1, 2000);
    deaf = link_number(h, "deaf_ms");
    cr_assert_leq(planned_wait(h), 250);
    cr_assert_leq(deaf, DEAF_MS, "%s: deaf for %lld ms", how, deaf);
    answered(h);
    acks_are_clean(h);
    harness_stop(h);
}

Test(link, back_at_once_after_a_drop)
{
    back_at_once("drop");
}

Test(link, back_at_once_after_a_fin)
{
    back_at_once("fin");
}

Test(link, back_at_once_after_a_close)
{
    back_at_once("close");
}

/* One quick attempt in 5 s; then longer and longer waits. */
Test(link, repeated_drops_back_off)
{
    struct harness *h = harness_start(NULL);
    int64_t start = clock_mono_ms();

    for (int i = 2; i <= 6; i++) {
        socket_do(h, "drop");
        wait_for(h, "upgrades", i, 35000);
        wait_for(h, "hello", 1, 2000);
    }
    cr_assert_gt(clock_mono_ms() - start, 700, "no back-off");
    answered(h);
    cr_assert_eq(link_number(h, "opens"), 6);
    harness_stop(h);
}

/* The command is asked for on the connection that dies, answered after. */
Test(link, an_answer_finds_its_way_after_a_drop)
{
    struct harness *h = harness_start(NULL);
    json_t *envelope = command_envelope("in-between", "ping");

    part_pause(h, PART_REDIS);
    send_copies(h, envelope, 1);
    socket_do(h, "drop");
    wait_for(h, "upgrades", 2, 2000);
    part_resume(h, PART_REDIS);
    wait_for(h, "idle", 1, 4000);
    cr_assert_eq(link_number(h, "acked"), 1, "nobody acked");
    acks_are_clean(h);
    answered(h);
    json_decref(envelope);
    harness_stop(h);
}

/* ---- half-open ---------------------------------------------------------------- */

static void half_open(struct harness *h, const char *how)
{
    answered(h);
    socket_do(h, how);
}

static void noticed(struct harness *h, int64_t since)
{
    wait_for(h, "upgrades", 2, 30500);
    cr_assert_leq(clock_mono_ms() - since, NOTICED_MS);
    cr_assert_eq(log_count(h, "half-open"), 1);
    wait_for(h, "hello", 1, 1000);
    answered(h);
    harness_stop(h);
}

/* Side by side, because each takes its 25 s. */
Test(link, half_open_is_noticed_within_30_s)
{
    struct harness *silent = harness_start(NULL);
    struct harness *no_pong = harness_start(NULL);
    int64_t since = clock_mono_ms();
    json_t *lost;

    half_open(silent, "silent");
    half_open(no_pong, "no_pong");
    answered(no_pong); /* it still works in one direction and the other */
    lost = control_post(silent, "command",
                        json_pack("{ss ss ss ss}", "user", "U0ANN", "channel",
                                  "C0OPS", "command", "/ops", "text", "ping"));
    json_decref(lost);
    noticed(silent, since);
    noticed(no_pong, since);
}

/* A quiet night is no half-open link: our pings keep it. */
Test(link, a_quiet_link_stays_up)
{
    struct harness *h = harness_start(NULL);
    long long pings = link_number(h, "pings");

    socket_do(h, "ping");
    while (link_number(h, "pings") < pings + 2)
        json_decref(
            control_get_any(h, "wait?for=upgrades&count=2&timeout=1000"));
    cr_assert_eq(link_number(h, "upgrades"), 1);
    cr_assert_eq(link_number(h, "deaf_ms"), 0);
    cr_assert_geq(link_number(h, "pongs"), 1);
    answered(h);
    harness_stop(h);
}

/* ---- our own way out ----------------------------------------------------------- */

static long long close_code(struct harness *h)
{
    json_t *link = control_get(h, "link");
    const json_t *codes = json_object_get(link, "close_codes");
    long long code = (long long)json_integer_value(json_array_get(codes, 0));

    cr_assert_eq(json_array_size(codes), 1);
    json_decref(link);
    return code;
}

Test(link, sigterm_closes_with_1000)
{
    struct harness *h = harness_start(NULL);

    answered(h);
    cr_assert_eq(opsbot_stop(h->bot, 5000), 0);
    cr_assert_eq(close_code(h), 1000);
    cr_assert_eq(link_number(h, "sockets"), 0);
    harness_stop(h);
}

Test(link, sigterm_while_two_links_are_up)
{
    struct harness *h = harness_start(NULL);

    socket_refresh(h, "warning", 10000);
    wait_for(h, "hello", 2, 2000);
    cr_assert_eq(opsbot_stop(h->bot, 5000), 0);
    cr_assert_eq(link_number(h, "close_codes"), 2);
    cr_assert_eq(link_number(h, "sockets"), 0);
    harness_stop(h);
}

Test(link, no_close_reply_does_not_hold_us_up)
{
    struct harness *h = harness_start(NULL);

    answered(h);
    socket_do(h, "no_close_reply");
    cr_assert_eq(opsbot_stop(h->bot, 4000), 0);
    cr_assert_eq(close_code(h), 1000);
    harness_stop(h);
}

/* Nobody there, and not yet there: both end as well. */
Test(link, sigterm_without_a_link)
{
    struct harness *h = without_bot();

    fault(h, json_pack("{ss si sb}", "on", "hello", "times", -1, "never", 1));
    opsbot_wait_log(opsbot_start(h, NULL), "asking -> connecting", 20000);
    cr_assert_eq(opsbot_stop(h->bot, 6000), 0);
    fault(h, json_pack("{ss si si}", "on", OPEN, "times", -1, "status", 500));
    opsbot_restart(h->bot);
    opsbot_wait_log(h->bot, "Next attempt", 20000);
    cr_assert_eq(opsbot_stop(h->bot, 6000), 0);
    control_delete(h, "fault");
    fault(h, json_pack("{ss si sb}", "on", OPEN, "times", -1, "hang", 1));
    opsbot_restart(h->bot);
    wait_for(h, "calls:" OPEN, link_number(h, "opens") + 1, 20000);
    cr_assert_eq(opsbot_stop(h->bot, 8000), 0);
    harness_stop(h);
}
