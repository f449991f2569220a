/*
 * What people type about alerts: its life by words, what is refused, silences,
 * and acknowledging while stores are away.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/alerting.h"

#define KEYS "EXISTS notify:ack:A-1 notify:ack:t1"

static struct harness *h;

static void start(void)
{
    h = alerting_start(NULL);
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(alert_acts, .init = start, .fini = stop, .timeout = 240);

/* A-1 fires: a card in each of its channels. */
static void fire(void)
{
    alert_fires(h, "pay", "t1");
    json_decref(card_shows(h, "C0OPS", 1, "pay is slow"));
    json_decref(card_shows(h, "C0GENERAL", 1, "pay is slow"));
}

static void says(const char *text, const char *shown)
{
    expect_said(h, "U0BOB", "C0OPS", text, shown);
}

static long long group(const char *what)
{
    return sql_number(
        h, "select (%s)::int from opsbot.alert_groups where id = 1", what);
}

static void wait_group(const char *what)
{
    char *query = xasprintf("select (%s)::int from opsbot.alert_groups where"
                            " id = 1",
                            what);

    wait_sql(h, 1, COMES_MS, query);
    free(query);
}

/* ---- by words ---------------------------------------------------------------- */

Test(alert_acts, its_life_by_words)
{
    json_t *card;

    fire();
    says("alerts", "pay is slow");
    says("alerts --mine", "None of them");
    says("alert show A-1", "pay is slow");
    says("ack A-1 looking into it", "A-1");
    card = card_shows(h, "C0OPS", 1, "Acknowledged* by");
    thread_says(h, "C0OPS", card, "step 1 of 2 of the escalation cancelled");
    thread_says(h, "C0OPS", card, "looking into it");
    says("alerts --mine", "pay is slow");
    says("alerts --unacked", "None of them");
    says("unack A-1", "A-1");
    thread_says(h, "C0OPS", card, "Unacknowledged");
    says("assign A-1 <@U0CAT|cat>", "A-1");
    thread_says(h, "C0OPS", card, "Assigned");
    says("alert note A-1 it is the disk", "A-1");
    thread_says(h, "C0OPS", card, "it is the disk");
    says("escalate A-1", "A-1");
    thread_says(h, "C0OPS", card, "Escalated: step 1 of 2* by <@U0BOB>");
    says("alert show A-1 --history", "it is the disk");
    wait_settled(h, COMES_MS);
    cr_expect_eq(history_of(h, 1, "acked"), 1);
    cr_expect_eq(history_of(h, 1, "unacked"), 1);
    cr_expect_eq(history_of(h, 1, "escalated"), 1);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.audit_events where"
                               " kind = 'outcome' and outcome = 'ok' and"
                               " actor = 'U0BOB' and command in ('ack',"
                               " 'unack', 'assign', 'alert note',"
                               " 'escalate')"),
                 5);
    json_decref(card);
}

Test(alert_acts, a_trace_id_is_as_good)
{
    fire();
    says("ack t1 mine", "A-1");
    wait_redis(h, 2, COMES_MS, KEYS);
    cr_expect_gt(redis_number(h, "PTTL notify:ack:t1"), 50 * 60000);
    says("unack t1", "A-1");
    wait_redis(h, 0, COMES_MS, KEYS);
    says("ack nobody-knows-it", "Acknowledged nobody-knows-it");
    wait_redis(h, 1, COMES_MS, "EXISTS notify:ack:nobody-knows-it");
}

/* Whoever types half a name must not believe that it is theirs. */
Test(alert_acts, half_a_name_is_asked_about)
{
    fire();
    says("ack a1 mine", "Do you mean the alert `A-1`?");
    says("ack 1", "Do you mean the alert `A-1`?");
    says("unack 1", "Do you mean the alert `A-1`?");
    cr_expect_eq(history_of(h, 1, "acked"), 0);
    cr_expect_eq(redis_number(h, "EXISTS notify:ack:a1 notify:ack:1"), 0);
    alert_fires(h, "web", "1"); /* which is a trace id of another one now */
    json_decref(card_shows(h, "C0OPS", 2, "web"));
    says("ack 1", "A-2");
    wait_redis(h, 1, COMES_MS, "EXISTS notify:ack:1");
    cr_expect_eq(history_of(h, 1, "acked"), 0);
    says("ack 99", "Acknowledged 99");
    wait_redis(h, 1, COMES_MS, "EXISTS notify:ack:99");
}

/* An alert that joins later is acknowledged with the others. */
Test(alert_acts, who_has_it_has_what_joins)
{
    fire();
    says("ack A-1", "A-1");
    wait_redis(h, 2, COMES_MS, KEYS);
    alert_fires(h, "pay", "t2");
    wait_redis(h, 1, COMES_MS, "EXISTS notify:ack:t2");
    alert_over(h, "pay", "t1");
    alert_over(h, "pay", "t2");
    json_decref(card_shows(h, "C0OPS", 1, "Resolved"));
    wait_redis(h, 0, COMES_MS, KEYS " notify:ack:t2");
}

Test(alert_acts, a_test_is_resolved_by_hand)
{
    json_t *card;

    says("alert test critical does anybody hear this?", "on its way");
    card = card_shows(h, "C0OPS", 1, "does anybody hear this?");
    cr_expect_eq(group("test"), 1);
    says("alert resolve A-1 it was a test", "A-1");
    json_decref(card_shows(h, "C0OPS", 1, "Resolved"));
    thread_says(h, "C0OPS", card, "it was a test");
    says("ack A-1", "A-1");
    cr_expect_eq(group("acked_by = ''"), 1, "nothing is un-resolved");
    cr_expect_eq(group("resolved_at is not null"), 1);
    json_decref(card);
}

Test(alert_acts, what_is_refused)
{
    static const char *const all[] = {
        "alerts",         "alert show A-1",    "ack A-1",
        "unack A-1",      "assign A-1 me",     "escalate A-1",
        "silence A-1 1h", "alert resolve A-1", "alert test info",
    };

    fire();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        expect_said(h, "U0CAT", "C0OPS", all[i], "needs the right `alert.");
    expect_said(h, "U0CAT", "C0OPS", "ack A-1", "responder");
    says("alert resolve A-1", "is over when probe says so");
    says("ack A-99", "There is no `A-99`");
    says("alert test worst", "`worst` is no severity");
    says("assign A-1 nobody", "is nobody I know");
    says("silence A-1 soon", "is not a time");
    wait_sql(h, 10, COMES_MS,
             "select count(*) from opsbot.audit_events where kind = 'refusal'"
             " and actor = 'U0CAT'");
    cr_expect_eq(history_of(h, 1, "acked"), 0);
    cr_expect_eq(group("version > 0 and resolved_at is null"), 1);
}

/* ---- silences ---------------------------------------------------------------- */

Test(alert_acts, silenced_by_words_and_no_longer)
{
    json_t *card;

    fire();
    says("silence service=pay 1h the disk is replaced", "S-1");
    json_decref(card_shows(h, "C0OPS", 1, "the disk is replaced"));
    card = card_shows(h, "C0GENERAL", 1, "the disk is replaced");
    says("silences", "the disk is replaced");
    cr_expect_eq(group("step_at is null"), 1, "nobody is paged meanwhile");
    says("unsilence S-1", "S-1");
    wait_group("quiet_why = '' and step_at is not null");
    thread_says(h, "C0GENERAL", card,
                "No longer silenced*: S-1 was ended by <@U0BOB>");
    says("silences --all", "the disk is replaced");
    json_decref(card);
}

/* What would hide much is asked about, says what it hides, and is done once,
 * when it is confirmed. */
Test(alert_acts, a_wide_silence_is_confirmed)
{
    json_t *asked, *told;
    char service[16], trace[16];

    for (int i = 1; i <= 11; i++) {
        snprintf(service, sizeof service, "pay%d", i);
        snprintf(trace, sizeof trace, "w%d", i);
        alert_fires(h, service, trace);
    }
    wait_sql(h, 11, COMES_MS,
             "select count(*) from opsbot.alert_groups where firing > 0");
    asked = say(h, "U0BOB", "C0OPS", "silence service=~pay.* 1h maintenance");
    expect_shown(asked, "Silence 11 cards?");
    expect_shown(asked, "(11 CRITICAL groups)");
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.silences"), 0);
    told = press(h, "U0BOB", "C0OPS", asked, "Silence 11 cards");
    expect_shown(told, "S-1");
    json_decref(told);
    wait_sql(h, 11, COMES_MS,
             "select count(*) from opsbot.alert_groups where quiet_why <> ''");
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.silences"), 1);
    says("silence service=pay1 1h one is not many", "S-2");
    json_decref(asked);
}

/* Wrong, then right: one silence. */
Test(alert_acts, the_form_says_what_is_wrong)
{
    json_t *view, *reply;
    const char *errors;

    fire();
    view = form_by(h, "U0BOB", "silence A-1");
    reply = form_submit(h, "U0BOB", view, "matchers", "service=~\"(\"", "for",
                        "1h", "reason", "x", NULL);
    errors = json_string_value(
        json_object_get(json_object_get(reply, "errors"), "matchers"));
    cr_expect(errors, "the matcher is refused under its field");
    json_decref(reply);
    reply = form_submit(h, "U0BOB", view, "matchers", "service=pay", "for",
                        "until", "reason", "x", NULL);
    cr_expect(json_object_get(json_object_get(reply, "errors"), "until") ||
              json_object_get(json_object_get(reply, "errors"), "for"));
    json_decref(reply);
    reply = form_submit(h, "U0BOB", view, "matchers", "service=pay", "for",
                        "4h", "reason", "the disk\nis replaced", NULL);
    cr_expect(json_is_true(json_object_get(reply, "acked")));
    json_decref(reply);
    wait_sql(h, 1, COMES_MS, "select count(*) from opsbot.silences");
    wait_group("quiet_why <> ''");
    json_decref(card_shows(h, "C0OPS", 1, "is replaced"));
    json_decref(view);
}

Test(alert_acts, somebody_is_chosen_in_a_form)
{
    json_t *view, *reply;

    fire();
    view = form_by(h, "U0BOB", "assign A-1");
    reply = form_submit(h, "U0BOB", view, "user", "U0CAT", NULL);
    cr_expect(json_is_true(json_object_get(reply, "acked")));
    json_decref(reply);
    json_decref(view);
    wait_group("assignee = 'U0CAT' and assigned_by = 'U0BOB'");
}

/* ---- stores away ------------------------------------------------------------- */

/* Acknowledged without Postgres, and in Redis at once; the alert has it when
 * Postgres is back, and nobody is paged. */
Test(alert_acts, without_postgres)
{
    json_t *card;

    fire();
    part_stop(h, PART_POSTGRES);
    wait_health(h->bot, "\"postgres\":{\"state\":\"down\"", COMES_MS);
    says("ack A-1 in the dark", "Acknowledged A-1");
    cr_expect_eq(redis_number(h, "EXISTS notify:ack:A-1"), 1);
    says("escalate A-1", "could not use Postgres");
    part_start(h, PART_POSTGRES);
    wait_history(h, 1, "acked", 1);
    wait_group("acked_by = 'U0BOB' and ack_note = 'in the dark' and"
               " step_at is null");
    card = card_shows(h, "C0OPS", 1, "Acknowledged* by");
    thread_says(h, "C0OPS", card, "in the dark");
    wait_redis(h, 2, COMES_MS, KEYS);
    wait_settled(h, COMES_MS);
    cr_expect_eq(history_of(h, 1, "acked"), 1, "once");
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.audit_events where"
                               " command = 'ack' and kind = 'outcome' and"
                               " outcome = 'ok'"),
                 1);
    json_decref(card);
}

Test(alert_acts, without_redis)
{
    fire();
    part_stop(h, PART_REDIS);
    wait_health(h->bot, "\"redis\":{\"state\":\"down\"", COMES_MS);
    says("ack A-1", "A-1");
    cr_expect_eq(group("acked_by = 'U0BOB' and ack_owed"), 1);
    part_start(h, PART_REDIS);
    wait_redis(h, 2, COMES_MS, KEYS);
    part_stop(h, PART_REDIS);
    wait_health(h->bot, "\"redis\":{\"state\":\"down\"", COMES_MS);
    says("unack A-1", "A-1");
    part_start(h, PART_REDIS);
    wait_redis(h, 0, COMES_MS, KEYS);
    wait_group("acked_by = '' and not ack_owed");
}

Test(alert_acts, without_either)
{
    fire();
    part_stop(h, PART_POSTGRES);
    part_stop(h, PART_REDIS);
    wait_health(h->bot, "\"postgres\":{\"state\":\"down\"", COMES_MS);
    wait_health(h->bot, "\"redis\":{\"state\":\"down\"", COMES_MS);
    says("ack A-1 in the dark", "A-1");
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    wait_group("acked_by = 'U0BOB' and ack_note = 'in the dark'");
    wait_redis(h, 2, COMES_MS, KEYS);
    wait_settled(h, COMES_MS);
    cr_expect_eq(history_of(h, 1, "acked"), 1);
}

/* A step of the escalation was due meanwhile: the clock waits for what was
 * acknowledged in Redis, and nobody is paged. The bot is down in between, so
 * that all of it is there at once when it comes. */
static void due_meanwhile(void)
{
    cr_assert_gt(sql_number(h, "with moved as (update opsbot.alert_groups set"
                               " step_at = now() - interval '1 s', due_at ="
                               " now() - interval '1 s' returning id)"
                               " select count(*) from moved"),
                 0);
}

Test(alert_acts, nobody_is_paged_for_what_was_acknowledged_without_postgres)
{
    fire();
    part_stop(h, PART_POSTGRES);
    wait_health(h->bot, "\"postgres\":{\"state\":\"down\"", COMES_MS);
    says("ack A-1 in the dark", "Acknowledged A-1");
    opsbot_kill9(h->bot);
    part_start(h, PART_POSTGRES);
    due_meanwhile();
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_group("acked_by = 'U0BOB' and step_at is null");
    wait_settled(h, COMES_MS);
    cr_expect_eq(history_of(h, 1, "escalated"), 0);
    cr_expect_eq(history_of(h, 1, "acked"), 1);
}

/* The same out of the journal; and what nobody has goes on. */
Test(alert_acts, nobody_is_paged_for_what_the_journal_has)
{
    fire();
    alert_fires(h, "cart", "t2");
    json_decref(card_shows(h, "C0OPS", 2, "cart is slow"));
    part_stop(h, PART_POSTGRES);
    part_stop(h, PART_REDIS);
    wait_health(h->bot, "\"postgres\":{\"state\":\"down\"", COMES_MS);
    wait_health(h->bot, "\"redis\":{\"state\":\"down\"", COMES_MS);
    says("ack A-1 in the dark", "A-1");
    opsbot_kill9(h->bot);
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    due_meanwhile();
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_history(h, 2, "escalated", 1);
    cr_expect_eq(history_of(h, 1, "escalated"), 0);
    wait_group("acked_by = 'U0BOB' and step_at is null");
}

/* Redis, which may know of some, stays away: the clock goes on without. */
Test(alert_acts, the_clock_does_not_wait_for_ever)
{
    fire();
    part_stop(h, PART_POSTGRES);
    part_stop(h, PART_REDIS);
    wait_health(h->bot, "\"postgres\":{\"state\":\"down\"", COMES_MS);
    part_start(h, PART_POSTGRES);
    due_meanwhile();
    wait_sql(h, 1, COMES_MS + 30000,
             "select count(*) from opsbot.alert_history where reason ="
             " 'escalated'");
    cr_expect(opsbot_log_has(h->bot, "has waited 30 s"));
}

/* Killed while it waits for Postgres: after the restart the acknowledgement is
 * there once, or whoever asked is asked again; never half of it. */
Test(alert_acts, killed_in_the_middle)
{
    fire();
    wait_settled(h, COMES_MS);
    part_pause(h, PART_POSTGRES);
    type_text(h, "U0BOB", "C0OPS", "ack A-1 before the crash");
    wait_redis(h, 1, COMES_MS, "XLEN opsbot:inbox");
    opsbot_kill9(h->bot);
    part_resume(h, PART_POSTGRES);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_group("acked_by = 'U0BOB'");
    wait_redis(h, 2, COMES_MS, KEYS);
    wait_redis(h, 0, COMES_MS, "XLEN opsbot:inbox");
    wait_settled(h, COMES_MS);
    cr_expect_eq(history_of(h, 1, "acked"), 1);
}
