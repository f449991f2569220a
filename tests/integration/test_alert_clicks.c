/*
 * Buttons of alert cards: the pressed card changes first and without an edit of
 * the outbox; twice is once; old cards explain themselves; crashes in between.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/alerting.h"

static struct harness *h;

static void start(void)
{
    h = alerting_start(NULL);
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(alert_clicks, .init = start, .fini = stop, .timeout = 240);

/* A-1 fires, and all of that is posted. The card in C0OPS. */
static json_t *fire(void)
{
    json_t *card;

    alert_fires(h, "pay", "t1");
    json_decref(card_shows(h, "C0GENERAL", 1, "pay is slow"));
    card = card_shows(h, "C0OPS", 1, "pay is slow");
    wait_settled(h, COMES_MS);
    return card;
}

static void wait_group(const char *what)
{
    char *query = xasprintf("select (%s)::int from opsbot.alert_groups where"
                            " id = 1",
                            what);

    wait_sql(h, 1, COMES_MS, query);
    free(query);
}

static long long group(const char *what)
{
    return sql_number(
        h, "select (%s)::int from opsbot.alert_groups where id = 1", what);
}

static size_t edits(void)
{
    size_t ok;

    calls_of(h, "chat.update", &ok);
    return ok;
}

/* ---- the way of a click ------------------------------------------------------- */

/* The clicked card by its URL, the other channel's by an edit, a line in each
 * thread after it. */
Test(alert_clicks, its_card_first_and_no_edit_for_it)
{
    json_t *card = fire(), *now, *reply;
    size_t before = edits();

    reply = card_press(h, "U0BOB", "C0OPS", card, "Acknowledge A-1");
    now = card_shows(h, "C0OPS", 1, "Acknowledged* by");
    cr_expect_str_eq(json_string_value(json_object_get(now, "ts")),
                     json_string_value(json_object_get(card, "ts")));
    json_decref(card_shows(h, "C0GENERAL", 1, "Acknowledged* by"));
    thread_says(h, "C0OPS", card, "step 1 of 2 of the escalation cancelled");
    wait_settled(h, COMES_MS);
    cr_expect_eq(edits(), before + 1, "%zu edits: of #general alone",
                 edits() - before);
    opsbot_wait_log(h->bot, "alert:1 in C0OPS shows a click", 20000);
    cr_expect_eq(thread_count(h, "C0OPS", card, "Acknowledged"), 1);
    wait_redis(h, 2, COMES_MS, "EXISTS notify:ack:A-1 notify:ack:t1");
    json_decref(reply);
    json_decref(now);
    json_decref(card);
}

/* By the URL, and then the lines: in Slack's own order. */
Test(alert_clicks, nothing_of_it_comes_before_its_card)
{
    json_t *card = fire(), *calls, *call;
    bool shown = false;
    size_t i;

    fault(h, json_pack("{s:s, s:i}", "on", "response_url", "delay_ms", 700));
    json_decref(card_press(h, "U0BOB", "C0OPS", card, "Acknowledge A-1"));
    thread_says(h, "C0OPS", card, "Acknowledged");
    calls = control_get(h, "calls");
    json_array_foreach(json_object_get(calls, "calls"), i, call)
    {
        const char *method = json_string_value(json_object_get(call, "method"));
        const json_t *args = json_object_get(call, "args");
        char *whole = json_dumps(call, JSON_COMPACT);

        if (method && strcmp(method, "response_url") == 0)
            shown = true;
        if (json_object_get(args, "thread_ts") && strstr(whole, "C0OPS"))
            cr_expect(shown, "a line was posted before the card: %s", whole);
        free(whole);
    }
    cr_expect(shown);
    json_decref(calls);
    json_decref(card);
}

/* Where the URL cannot be used, the outbox edits it. */
Test(alert_clicks, a_url_that_fails_costs_an_edit)
{
    json_t *card = fire();

    fault(h, json_pack("{s:s, s:i, s:i}", "on", "response_url", "times", -1,
                       "status", 404));
    card_press_now(h, "U0BOB", "C0OPS", card, "Acknowledge A-1");
    json_decref(card_shows(h, "C0OPS", 1, "Acknowledged* by"));
    thread_says(h, "C0OPS", card, "Acknowledged");
    wait_group("acked_by = 'U0BOB'");
    json_decref(card);
}

Test(alert_clicks, a_menu_is_pressed_like_a_button)
{
    json_t *card = fire();

    json_decref(card_press(h, "U0BOB", "C0OPS", card, "Silence for 1 h"));
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.silences where made_by = 'U0BOB'"
             " and \"group\" = 1 and until between now() + interval '50 min'"
             " and now() + interval '61 min'");
    wait_group("quiet_why <> ''");
    json_decref(card);
}

Test(alert_clicks, buttons_follow_the_state)
{
    json_t *card = fire(), *next;

    json_decref(card_press(h, "U0BOB", "C0OPS", card, "Acknowledge A-1"));
    next = card_shows(h, "C0OPS", 1, "\"Unacknowledge\"");
    json_decref(card_press(h, "U0BOB", "C0OPS", next, "Unacknowledge"));
    wait_group("acked_by = ''");
    json_decref(next);
    next = card_shows(h, "C0OPS", 1, "\"Acknowledge A-1\"");
    json_decref(card_press(h, "U0BOB", "C0OPS", next, "Escalate now"));
    wait_history(h, 1, "escalated", 1);
    json_decref(next);
    alert_over(h, "pay", "t1");
    next = card_shows(h, "C0OPS", 1, "Resolved");
    json_decref(next);
    json_decref(card);
}

/* ---- twice, late, both ---------------------------------------------------------- */

/* Two presses of what both see: the bot has neither before the other is made,
 * so no card has changed meanwhile. */
static void press_both(const char *first, const char *second,
                       const json_t *card, struct asked out[2])
{
    opsbot_signal(h->bot, SIGSTOP);
    out[0] = card_press_now(h, first, "C0OPS", card, "Acknowledge A-1");
    out[1] = card_press_now(h, second, "C0OPS", card, "Acknowledge A-1");
    opsbot_signal(h->bot, SIGCONT);
}

Test(alert_clicks, twice_is_once)
{
    json_t *card = fire();
    struct asked both[2];

    press_both("U0BOB", "U0BOB", card, both);
    wait_group("acked_by = 'U0BOB'");
    wait_sql(h, 2, COMES_MS,
             "select count(*) from opsbot.audit_events where command = 'ack'"
             " and kind = 'outcome'");
    wait_settled(h, COMES_MS);
    cr_expect_eq(history_of(h, 1, "acked"), 1);
    cr_expect_eq(history_of(h, 1, "extended"), 0);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.audit_events where"
                               " command = 'ack' and kind = 'outcome' and"
                               " outcome = 'already'"),
                 1);
    json_decref(card);
}

/* One has it; the other one is told who. */
Test(alert_clicks, two_people_at_once)
{
    json_t *card = fire();
    struct asked both[2];
    bool is_bob;

    press_both("U0ANN", "U0BOB", card, both);
    wait_sql(h, 2, COMES_MS,
             "select count(*) from opsbot.audit_events where command = 'ack'"
             " and kind = 'outcome'");
    is_bob = group("acked_by = 'U0BOB'");
    press_told(h, both[is_bob ? 0 : 1], is_bob ? "U0BOB" : "U0ANN");
    wait_settled(h, COMES_MS);
    cr_expect_eq(history_of(h, 1, "acked"), 1);
    json_decref(card);
}

/* Slack edits nothing: people go on seeing the cards that there are. */
static void cards_stay_old(void)
{
    fault(h, json_pack("{s:s, s:i, s:s}", "on", "chat.update", "times", -1,
                       "error", "internal_error"));
}

/* An old card: it says how things stand, shows the present one, and changes
 * nothing. */
Test(alert_clicks, an_old_card_explains_itself)
{
    json_t *acked;
    struct asked press;

    json_decref(fire());
    expect_said(h, "U0ANN", "C0OPS", "ack A-1", "A-1");
    acked = card_shows(h, "C0OPS", 1, "\"Unacknowledge\"");
    wait_settled(h, COMES_MS);
    cards_stay_old();
    expect_said(h, "U0ANN", "C0OPS", "unack A-1", "A-1");
    expect_said(h, "U0ANN", "C0OPS", "ack A-1 again", "A-1");
    press = card_press_now(h, "U0BOB", "C0OPS", acked, "Unacknowledge");
    press_told(h, press, "changed");
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.audit_events where command ="
             " 'unack' and outcome = 'stale' and actor = 'U0BOB'");
    json_decref(card_shows(h, "C0OPS", 1, "again"));
    cr_expect_eq(group("acked_by = 'U0ANN'"), 1, "it is hers still");
    cr_expect_eq(history_of(h, 1, "unacked"), 1);
    control_delete(h, "fault");
    json_decref(acked);
}

/* Out of order: acknowledged by somebody else meanwhile. */
Test(alert_clicks, an_old_card_gives_nobodys_away)
{
    json_t *card = fire();

    cards_stay_old();
    expect_said(h, "U0ANN", "C0OPS", "ack A-1", "A-1");
    press_told(h, card_press_now(h, "U0BOB", "C0OPS", card, "Acknowledge A-1"),
               "U0ANN");
    json_decref(card_shows(h, "C0OPS", 1, "Acknowledged* by"));
    cr_expect_eq(group("acked_by = 'U0ANN'"), 1);
    cr_expect_eq(history_of(h, 1, "acked"), 1);
    control_delete(h, "fault");
    json_decref(card);
}

Test(alert_clicks, what_is_over_stays_over)
{
    json_t *card = fire();

    cards_stay_old();
    alert_over(h, "pay", "t1");
    wait_group("resolved_at is not null");
    press_told(h, card_press_now(h, "U0BOB", "C0OPS", card, "Acknowledge A-1"),
               "esolved");
    json_decref(card_shows(h, "C0OPS", 1, "Resolved"));
    cr_expect_eq(group("resolved_at is not null and acked_by = ''"), 1);
    cr_expect_eq(history_of(h, 1, "acked"), 0);
    cr_expect_eq(history_of(h, 1, "again"), 0);
    control_delete(h, "fault");
    json_decref(card);
}

/* Silence on a card that is over by now: it says so, and makes nothing quiet. */
Test(alert_clicks, an_old_card_silences_nothing)
{
    json_t *card = fire();

    cards_stay_old();
    alert_over(h, "pay", "t1");
    wait_group("resolved_at is not null");
    press_told(h, card_press_now(h, "U0BOB", "C0OPS", card, "Silence for 1 h"),
               "is resolved by now");
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.silences"), 0);
    control_delete(h, "fault");
    json_decref(card_shows(h, "C0OPS", 1, "Resolved"));
    json_decref(card);
}

Test(alert_clicks, who_may_not_is_told_what_is_missing)
{
    json_t *card = fire();

    press_told(h, card_press_now(h, "U0CAT", "C0OPS", card, "Acknowledge A-1"),
               "alert.ack");
    press_told(h, card_press_now(h, "U0CAT", "C0OPS", card, "Escalate now"),
               "alert.escalate");
    cr_expect_eq(group("acked_by = ''"), 1);
    json_decref(card);
}

/* ---- forms ------------------------------------------------------------------------ */

Test(alert_clicks, an_incident_is_declared_from_it)
{
    json_t *card = fire(), *view, *reply;
    char *whole;

    view = form_pressed(h, "U0BOB", "C0OPS", card, "Declare incident…");
    whole = json_dumps(view, JSON_COMPACT);
    cr_expect(strstr(whole, "P0 critical"), "%s", whole);
    cr_expect(strstr(whole, "\"initial_value\":\"pay is slow\""), "%s", whole);
    free(whole);
    reply = form_submit(h, "U0BOB", view, "title", "checkout is down", NULL);
    cr_expect(json_is_true(json_object_get(reply, "acked")));
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.incidents where severity = 0 and"
             " title = 'checkout is down' and impact like 'A-1 %%'");
    thread_says(h, "C0OPS", card, "declared INC-1");
    json_decref(reply);
    json_decref(view);
    json_decref(card);
}

Test(alert_clicks, a_silence_is_made_in_its_form)
{
    json_t *card = fire(), *view, *reply;
    char *whole;

    view = form_pressed(h, "U0BOB", "C0OPS", card, "Silence…");
    whole = json_dumps(view, JSON_COMPACT);
    cr_expect(strstr(whole, "service=\\\"pay\\\""), "%s", whole);
    free(whole);
    reply = form_submit(h, "U0BOB", view, "reason", "the disk", NULL);
    cr_expect(json_is_true(json_object_get(reply, "acked")));
    wait_group("quiet_why <> ''");
    json_decref(card_shows(h, "C0OPS", 1, "the disk"));
    json_decref(reply);
    json_decref(view);
    json_decref(card);
}

/* What a form does is seen on the card whose button opened it: by that press's
 * URL, and the other channel's by an edit. */
Test(alert_clicks, a_form_changes_its_card_first)
{
    json_t *card = fire(), *view, *reply;
    size_t before = edits();

    json_decref(card_press(h, "U0BOB", "C0OPS", card, "Assign…"));
    view = form_open(h, "U0BOB");
    cr_assert_not_null(view);
    reply = form_submit(h, "U0BOB", view, "user", "U0CAT", NULL);
    cr_expect(json_is_true(json_object_get(reply, "acked")));
    json_decref(card_shows(h, "C0OPS", 1, "<@U0CAT>"));
    json_decref(card_shows(h, "C0GENERAL", 1, "<@U0CAT>"));
    opsbot_wait_log(h->bot, "alert:1 in C0OPS shows a click", 20000);
    thread_says(h, "C0OPS", card, "Assigned* by <@U0BOB> to <@U0CAT>");
    wait_settled(h, COMES_MS);
    cr_expect_eq(edits(), before + 1, "%zu edits: of #general alone",
                 edits() - before);
    json_decref(reply);
    json_decref(view);
    json_decref(card);
}

/* Half an hour later: the outbox does it. */
Test(alert_clicks, a_form_whose_url_has_expired_costs_an_edit)
{
    json_t *card = fire(), *view, *reply;

    view = form_pressed(h, "U0BOB", "C0OPS", card, "Silence…");
    fault(h, json_pack("{s:s, s:i, s:i}", "on", "response_url", "times", -1,
                       "status", 404));
    reply = form_submit(h, "U0BOB", view, "reason", "the disk", NULL);
    cr_expect(json_is_true(json_object_get(reply, "acked")));
    json_decref(card_shows(h, "C0OPS", 1, "the disk"));
    json_decref(card_shows(h, "C0GENERAL", 1, "the disk"));
    wait_settled(h, COMES_MS);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.silences"), 1);
    json_decref(reply);
    json_decref(view);
    json_decref(card);
}

/* It was over before the form was sent: nothing is made quiet by it. */
Test(alert_clicks, the_form_of_an_old_card_silences_nothing)
{
    json_t *card = fire(), *view, *reply;
    char *whole;

    view = form_pressed(h, "U0BOB", "C0OPS", card, "Silence…");
    alert_over(h, "pay", "t1");
    wait_group("resolved_at is not null");
    reply = form_submit(h, "U0BOB", view, "reason", "the disk", NULL);
    whole = json_dumps(reply, JSON_COMPACT);
    cr_expect(strstr(whole, "is resolved by now"), "%s", whole);
    free(whole);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.silences"), 0);
    json_decref(reply);
    json_decref(view);
    json_decref(card);
}

/* ---- stores away, crashes ---------------------------------------------------------- */

Test(alert_clicks, a_click_does_not_wait_for_postgres)
{
    json_t *card = fire();

    part_stop(h, PART_POSTGRES);
    wait_health(h->bot, "\"postgres\":{\"state\":\"down\"", COMES_MS);
    press_told(h, card_press_now(h, "U0BOB", "C0OPS", card, "Acknowledge A-1"),
               "Acknowledged A-1");
    part_start(h, PART_POSTGRES);
    wait_group("acked_by = 'U0BOB'");
    json_decref(card_shows(h, "C0OPS", 1, "Acknowledged* by"));
    wait_settled(h, COMES_MS);
    cr_expect_eq(history_of(h, 1, "acked"), 1);
    json_decref(card);
}

/* Killed right after its effect was committed, before its card is shown: the
 * next start shows it, and says it once. */
Test(alert_clicks, killed_between_effect_and_card)
{
    json_t *card = fire();

    fault(h, json_pack("{s:s, s:i, s:i}", "on", "response_url", "times", -1,
                       "delay_ms", 5000));
    card_press_now(h, "U0BOB", "C0OPS", card, "Acknowledge A-1");
    wait_group("acked_by = 'U0BOB'");
    opsbot_kill9(h->bot);
    control_delete(h, "fault");
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    json_decref(card_shows(h, "C0OPS", 1, "Acknowledged* by"));
    json_decref(card_shows(h, "C0GENERAL", 1, "Acknowledged* by"));
    thread_says(h, "C0OPS", card, "Acknowledged");
    wait_redis(h, 0, COMES_MS, "XLEN opsbot:inbox");
    wait_settled(h, COMES_MS);
    cr_expect_eq(history_of(h, 1, "acked"), 1);
    cr_expect_eq(thread_count(h, "C0OPS", card, "Acknowledged"), 1);
    json_decref(card);
}
