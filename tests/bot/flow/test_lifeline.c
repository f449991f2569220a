/*
 * lifeline: our heartbeat goes out while all is well with us, and only then;
 * what becomes of it is told once.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

/* Its turns are taken one by one. */
#include "bot/flow/lifeline.c"
#include "tests/core/check/peer.h"
#include "tests/harness/harness.h"

static struct peer *peer;
static char url[80];
static struct config_heartbeat config;
static struct lifeline *l;
static atomic_bool is_well;
static atomic_int asked, status;
static char heads[4096]; /* what came, under the lock of nobody: one peer */

static bool how_we_are(void *arg, struct err *why)
{
    (void)arg;
    atomic_fetch_add(&asked, 1);
    return atomic_load(&is_well) || err_set(why, ERR_REDIS, "not ready: redis");
}

static void answers(struct peer_conn *c, void *arg)
{
    const char *head;

    (void)arg;
    while ((head = peer_head(c))) {
        size_t len = strlen(heads);

        snprintf(heads + len, sizeof heads - len, "%s", head);
        if (atomic_load(&status) == 0)
            peer_wait(c, 600000);
        else
            peer_answer(c, atomic_load(&status), "OK");
    }
}

static void begin(void)
{
    struct lifeline_needs needs = { .config = &config, .well = how_we_are };
    struct err err = { 0 };

    l = lifeline_start(&needs, &err);
    cr_assert_not_null(l, "%s", err.text);
}

static void start(void)
{
    struct peer_options options = { .script = answers };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    peer = peer_start(&options);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/ping/secret-word",
             peer_port(peer));
    config.url = url;
    atomic_store(&is_well, true);
    atomic_store(&status, 200);
    begin();
}

static void stop(void)
{
    lifeline_stop(l);
    peer_stop(peer);
    curl_global_cleanup();
}

TestSuite(lifeline, .init = start, .fini = stop, .timeout = 120);

static enum lifeline_state state(void)
{
    struct lifeline_facts facts;

    lifeline_facts(l, &facts);
    return facts.state;
}

static bool is_ok(void *arg)
{
    (void)arg;
    return state() == LIFELINE_OK;
}

static bool was_asked(void *arg)
{
    (void)arg;
    return atomic_load(&asked) > 0;
}

static bool is_held(void *arg)
{
    (void)arg;
    return state() == LIFELINE_HELD && atomic_load(&asked) > 0;
}

/* From now on it turns when the test says so. */
static void by_hand(void)
{
    wait_until(was_asked, NULL, 20000, "the first turn");
    pulse_join(l->pulse);
}

static void beat(void)
{
    l->due = 0;
    turn(l);
}

Test(lifeline, goes_out_at_once_and_then_each_minute)
{
    struct lifeline_facts facts;

    wait_until(is_ok, NULL, 20000, "the first heartbeat");
    by_hand();
    lifeline_facts(l, &facts);
    cr_expect_gt(facts.at, 0);
    cr_expect_gt(facts.since, 0);
    cr_expect_str_eq(facts.why, "");
    cr_expect_geq(facts.turned_ms, 0);
    cr_expect_not_null(strstr(heads, "GET /ping/secret-word HTTP/1.1\r\n"));
    cr_expect_null(strstr(heads, "Authorization"), "%s", heads);
    cr_expect_gt(l->due, clock_mono_ms() + LIFELINE_EVERY_MS / 2);
    heads[0] = '\0';
    turn(l);
    cr_expect_str_eq(heads, "", "not before its time");
}

Test(lifeline, is_held_back_while_all_is_not_well)
{
    struct lifeline_facts facts;

    wait_until(is_ok, NULL, 20000, "the first heartbeat");
    by_hand();
    atomic_store(&is_well, false);
    heads[0] = '\0';
    turn(l);
    turn(l);
    cr_expect_str_eq(heads, "");
    lifeline_facts(l, &facts);
    cr_expect_eq(facts.state, LIFELINE_HELD);
    cr_expect_str_eq(facts.why, "not ready: redis");
    atomic_store(&is_well, true);
    turn(l);
    cr_expect_eq(state(), LIFELINE_OK, "as soon as it is well again");
    cr_expect_not_null(strstr(heads, "GET /ping"));
}

Test(lifeline, begins_held_back_where_we_are_not_well)
{
    lifeline_stop(l);
    atomic_store(&is_well, false);
    atomic_store(&asked, 0);
    heads[0] = '\0';
    begin();
    wait_until(is_held, NULL, 20000, "it to be held back");
    cr_expect_str_eq(heads, "");
    atomic_store(&is_well, true);
    wait_until(is_ok, NULL, 20000, "the heartbeat");
}

static size_t lines_with(const char *text)
{
    FILE *log = cr_get_redirected_stderr();
    static char all[16384];
    size_t n = fread(all, 1, sizeof all - 1, log), count = 0;

    all[n] = '\0';
    cr_expect_null(strstr(all, "secret-word"), "%s", all);
    for (const char *at = all; (at = strstr(at, text)); at++)
        count++;
    return count;
}

Test(lifeline, a_failure_is_logged_once)
{
    struct lifeline_facts facts;

    cr_redirect_stderr();
    log_setup(LOG_JSON, LOG_INFO);
    wait_until(is_ok, NULL, 20000, "the first heartbeat");
    by_hand();
    atomic_store(&status, 503);
    for (int i = 0; i < 3; i++)
        beat();
    lifeline_facts(l, &facts);
    cr_expect_eq(facts.state, LIFELINE_FAILING);
    cr_expect_not_null(strstr(facts.why, "HTTP 503"), "%s", facts.why);
    cr_expect_leq(l->due, clock_mono_ms() + LIFELINE_AGAIN_MS);
    atomic_store(&status, 204);
    beat();
    cr_expect_eq(state(), LIFELINE_OK, "any 2xx will do");
    beat();
    fflush(stderr);
    cr_expect_eq(lines_with("heartbeat.url "), 2,
                 "that it failed, that it is "
                 "over");
}

Test(lifeline, carries_its_token)
{
    lifeline_stop(l);
    config.token = (char *)"word-of-ours";
    heads[0] = '\0';
    begin();
    wait_until(is_ok, NULL, 20000, "the heartbeat");
    cr_expect_not_null(strstr(heads, "Authorization: Bearer word-of-ours\r\n"),
                       "%s", heads);
}

/* Who does not answer costs a request its time, and the end no more than that. */
Test(lifeline, nobody_waits_for_an_answer_that_does_not_come)
{
    struct lifeline_facts facts;

    wait_until(is_ok, NULL, 20000, "the first heartbeat");
    by_hand();
    atomic_store(&status, 0);
    beat();
    lifeline_facts(l, &facts);
    cr_expect_eq(facts.state, LIFELINE_FAILING);
    cr_expect_not_null(strstr(facts.why, "no answer"), "%s", facts.why);
}

Test(lifeline, after_its_end_nobody_is_asked_how_we_are)
{
    wait_until(is_ok, NULL, 20000, "the first heartbeat");
    lifeline_end(l);
    pulse_join(l->pulse);
    atomic_store(&asked, 0);
    beat();
    cr_expect_eq(atomic_load(&asked), 0);
    cr_expect_eq(state(), LIFELINE_OK);
}

Test(lifeline, without_a_url_it_is_off)
{
    struct lifeline_facts facts;

    lifeline_stop(l);
    config.url = NULL;
    begin();
    lifeline_facts(l, &facts);
    cr_expect_eq(facts.state, LIFELINE_OFF);
    cr_expect_eq(facts.turned_ms, -1);
    lifeline_end(l);
    lifeline_facts(NULL, &facts);
    cr_expect_eq(facts.state, LIFELINE_OFF);
    cr_expect_str_eq(lifeline_name(LIFELINE_HELD), "held back");
}
