/*
 * Whom the card of a critical mentions while Postgres is away, and that they
 * are told once: not again when it is recorded.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/integration/incoming.h"

static struct harness *h;

static void start(void)
{
    h = incoming_start("  rotations:\n"
                       "    - name: pay\n"
                       "      users: [U0BOB]\n"
                       "      every: weekly\n"
                       "      day: mon\n"
                       "      at: \"09:00\"\n"
                       "      from: \"2026-01-05\"\n"
                       "  policies:\n"
                       "    - name: page\n"
                       "      steps:\n"
                       "        - after: 1s\n"
                       "          to: [\"oncall:pay\"]\n"
                       "        - after: 30m\n"
                       "          to: [U0ANN]\n"
                       "  windows:\n"
                       "    - name: always\n"
                       "      times: [\"00:00-24:00\"]\n"
                       "  route:\n"
                       "    channels: [C0OPS]\n"
                       "    mention: [U0CAT]\n"
                       "    escalation: page\n"
                       "    routes:\n"
                       "      - match: [alertname=Quiet]\n"
                       "        mute: [always]\n",
                       NULL);
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(alerts_told, .init = start, .fini = stop, .timeout = 300);

/* The messages that hold text: as they were posted, whatever they are now. */
static size_t calls_with(const char *text)
{
    json_t *all = control_get(h, "calls?method=chat.postMessage");
    json_t *calls = json_object_get(all, "calls"), *call;
    size_t i, n = 0;

    json_array_foreach(calls, i, call)
    {
        char *whole = json_dumps(call, JSON_COMPACT);

        n += strstr(whole, text) != NULL;
        free(whole);
    }
    json_decref(all);
    return n;
}

static void fires(const char *name, const char *severity)
{
    char *body = incoming_webhook(name, severity, false);

    incoming_expect(h->bot, "/alerts/alertmanager", NULL, body, 200,
                    "\"held\":true");
    incoming_wait(h, name);
    free(body);
}

static void back(void)
{
    part_start(h, PART_POSTGRES);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.alert_groups where told_at is not"
             " null");
    wait_settled(h, COMES_MS);
}

Test(alerts_told, a_critical_mentions_its_people_once)
{
    part_stop(h, PART_POSTGRES);
    fires("AtNight", "critical");
    cr_expect_eq(calls_with("U0CAT"), 1u);
    cr_expect_eq(calls_with("U0BOB"), 1u);
    cr_expect_eq(calls_with("On call"), 1u);
    back();
    cr_expect_eq(calls_with("U0CAT"), 1u, "once");
    cr_expect_eq(calls_with("U0BOB"), 1u, "once");
    cr_expect_eq(sql_number(h, "select step from opsbot.alert_groups"), 1,
                 "its first step is taken");
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.alert_groups where"
                               " step_at > now()"),
                 1, "and the second has its clock");
    incoming_cards(h, "AtNight", 1);
}

/* A high one: who the route says, and nobody is paged before his time. */
Test(alerts_told, a_high_one_mentions_whom_the_route_says)
{
    part_stop(h, PART_POSTGRES);
    fires("ByDay", "high");
    cr_expect_eq(calls_with("U0CAT"), 1u);
    cr_expect_eq(calls_with("U0BOB"), 0u);
    back();
    cr_expect_eq(calls_with("U0CAT"), 1u, "once");
}

/* Out of the hours of its route nobody is told, not even now. */
Test(alerts_told, out_of_hours_nobody_is)
{
    part_stop(h, PART_POSTGRES);
    fires("Quiet", "critical");
    cr_expect_eq(calls_with("U0CAT"), 0u);
    cr_expect_eq(calls_with("U0BOB"), 0u);
    part_start(h, PART_POSTGRES);
    wait_sql(h, 1, COMES_MS, "select count(*) from opsbot.alert_groups");
    wait_settled(h, COMES_MS);
    cr_expect_eq(calls_with("U0CAT"), 0u);
    cr_expect_eq(calls_with("U0BOB"), 0u);
    incoming_cards(h, "Quiet", 1);
}

/* Somebody has taken over for somebody else, which the bot knows before
 * Postgres goes away. */
Test(alerts_told, who_is_on_call_is_who_it_was_last)
{
    size_t before;

    expect_said(h, "U0ANN", "C0OPS", "oncall override <@U0ANN> 4h pay", "pay");
    opsbot_stop(h->bot, 20000);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    incoming_add(h, "t-0", "info", "Warm"); /* the thread has turned */
    incoming_wait(h, "Warm");
    wait_sql(h, 1, COMES_MS, "select count(*) from opsbot.oncall_overrides");
    before = calls_with("U0BOB"); /* it was said who has taken over */
    part_stop(h, PART_POSTGRES);
    fires("TakenOver", "critical");
    cr_expect_eq(calls_with("U0BOB"), before);
    cr_expect_eq(calls_with("as Postgres said last"), 1u);
}
