/*
 * Alerts do not depend on what they warn about (P4): Redis, Postgres, both are
 * away, and a critical one is in Slack at once, recorded afterwards, and not
 * repeated.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/integration/alerting.h"
#include "tests/integration/incoming.h"

#define AWAY    INCOMING_AWAY
#define SOON_MS 20000L /* design: 5 s; the rest is for a busy machine */

static struct harness *h;

static void start(void)
{
    h = incoming_start("", NULL);
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(alerts_away, .init = start, .fini = stop, .timeout = 300);

/* By Alertmanager, and how long it takes to be in Slack. */
static int64_t fire(const char *name)
{
    char *body = incoming_webhook(name, "critical", false);
    int64_t began = clock_mono_ms();

    incoming_expect(h->bot, "/alerts/alertmanager", NULL, body, 200, "\"ok\"");
    incoming_wait(h, name);
    free(body);
    return clock_mono_ms() - began;
}

static bool channel_shows(const char *text)
{
    return incoming_shows(h, text);
}

static bool marked(void *arg)
{
    (void)arg;
    return channel_shows(AWAY);
}

static bool unmarked(void *arg)
{
    (void)arg;
    return !channel_shows(AWAY);
}

static void expect_recorded(const char *name)
{
    wait_redis(h, 0, COMES_MS, "XLEN opsbot:alerts");
    incoming_recorded(h, name);
}

static void soon(int64_t ms)
{
    cr_assert_lt(ms, SOON_MS * patience(), "%lld ms", (long long)ms);
}

Test(alerts_away, redis_stopped)
{
    part_stop(h, PART_REDIS);
    soon(fire("WithoutRedis"));
    cr_assert_not(channel_shows(AWAY));
    part_start(h, PART_REDIS);
    expect_recorded("WithoutRedis");
}

Test(alerts_away, postgres_stopped)
{
    part_stop(h, PART_POSTGRES);
    soon(fire("WithoutPostgres"));
    cr_assert(channel_shows(AWAY));
    part_start(h, PART_POSTGRES);
    expect_recorded("WithoutPostgres");
    wait_redis(h, 0, COMES_MS, "XLEN opsbot:alerts");
}

Test(alerts_away, both_stopped)
{
    part_stop(h, PART_REDIS);
    part_stop(h, PART_POSTGRES);
    soon(fire("WithoutBoth"));
    cr_assert(channel_shows(AWAY));
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    expect_recorded("WithoutBoth");
}

Test(alerts_away, postgres_stands_still)
{
    part_pause(h, PART_POSTGRES);
    soon(fire("StandsStill"));
    part_resume(h, PART_POSTGRES);
    expect_recorded("StandsStill");
}

/* Repeated by its sender, and more of its group. */
Test(alerts_away, once_for_a_group_in_an_outage)
{
    char *body;

    part_stop(h, PART_POSTGRES);
    fire("OnlyOnce");
    body = incoming_webhook("OnlyOnce", "critical", false);
    for (int i = 0; i < 5; i++)
        incoming_expect(h->bot, "/alerts/alertmanager", NULL, body, 200,
                        "\"held\":true");
    free(body);
    part_start(h, PART_POSTGRES);
    expect_recorded("OnlyOnce");
}

/* What was there before is repeated by its sender: no news. */
Test(alerts_away, what_was_known_before_is_not_posted_again)
{
    fire("KnownBefore");
    wait_settled(h, COMES_MS);
    part_stop(h, PART_POSTGRES);
    fire("KnownBefore");
    part_start(h, PART_POSTGRES);
    expect_recorded("KnownBefore");
}

/* Warnings wait; none is lost. */
Test(alerts_away, a_warning_is_held_and_posted_afterwards)
{
    char *body = incoming_webhook("CanWait", "warning", false);

    part_stop(h, PART_POSTGRES);
    incoming_expect(h->bot, "/alerts/alertmanager", NULL, body, 200,
                    "\"held\":true");
    free(body);
    cr_assert_eq(redis_number(h, "XLEN opsbot:alerts"), 1);
    cr_assert_eq(calls_of(h, "chat.postMessage", NULL), 0);
    part_start(h, PART_POSTGRES);
    expect_recorded("CanWait");
}

/* The stream goes on: what it brings is held, too. */
Test(alerts_away, the_stream_without_postgres)
{
    part_stop(h, PART_POSTGRES);
    incoming_add(h, "t-1", "critical", "FromTheStream");
    incoming_wait(h, "FromTheStream");
    incoming_read(h);
    part_start(h, PART_POSTGRES);
    expect_recorded("FromTheStream");
}

/* It fires and is over in one outage: in this order afterwards. */
Test(alerts_away, fires_and_is_over_meanwhile)
{
    char *over = incoming_webhook("CameAndWent", "critical", true);

    part_stop(h, PART_POSTGRES);
    fire("CameAndWent");
    incoming_expect(h->bot, "/alerts/alertmanager", NULL, over, 200,
                    "\"held\":true");
    free(over);
    part_start(h, PART_POSTGRES);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.alert_groups where resolved_at is"
             " not null");
    wait_settled(h, COMES_MS);
    incoming_cards(h, "CameAndWent", 1);
}

/* A halt waits in the journal for Redis, and what is behind it too: new ones
 * do not. */
Test(alerts_away, behind_a_record_that_waits_for_redis)
{
    part_stop(h, PART_REDIS);
    part_stop(h, PART_POSTGRES);
    json_decref(say(h, "U0ANN", "C0OPS", "halt all maintenance"));
    fire("BehindIt");
    part_start(h, PART_POSTGRES);
    wait_health(h->bot, "\"postgres\":{\"state\":\"up\"", COMES_MS);
    fire("NewOne");
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.alerts where title = 'NewOne'");
    part_start(h, PART_REDIS);
    wait_sql(h, 2, COMES_MS, "select count(*) from opsbot.alerts");
}

/* Killed in the outage: what is held outlives it. */
Test(alerts_away, killed_while_both_are_away)
{
    part_stop(h, PART_REDIS);
    part_stop(h, PART_POSTGRES);
    fire("Outlives");
    opsbot_kill9(h->bot);
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    expect_recorded("Outlives");
}

/* Its group had a card before the outage: the one that was posted in it says
 * whose it is, and what came is in the first. */
Test(alerts_away, of_a_group_that_has_a_card)
{
    char *body = incoming_webhook("HasACard", "critical", false), *minutes;
    json_t *all;

    fire("HasACard");
    wait_settled(h, COMES_MS);
    part_stop(h, PART_POSTGRES);
    minutes = strstr(body, ":41:");
    cr_assert_not_null(minutes);
    minutes[1] = '5'; /* news of it: since another moment */
    incoming_expect(h->bot, "/alerts/alertmanager", NULL, body, 200,
                    "\"held\":true");
    free(body);
    wait_until(marked, NULL, COMES_MS, "the card without history");
    part_start(h, PART_POSTGRES);
    wait_until(unmarked, NULL, COMES_MS, "the second card to be another");
    wait_settled(h, COMES_MS);
    cr_expect(channel_shows("SEE A-1"));
    all = control_get(h, "messages?channel=C0OPS");
    cr_expect_eq(json_array_size(json_object_get(all, "messages")), 2);
    json_decref(all);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.alert_groups"), 1);
    cr_expect_eq(calls_of(h, "chat.postMessage", NULL), 2);
}

/* The card that was posted in the outage can be acknowledged in it, and has it
 * afterwards. */
Test(alerts_away, acknowledged_on_the_card_of_the_outage)
{
    json_t *card, *answer;

    part_stop(h, PART_POSTGRES);
    incoming_add(h, "t-1", "critical", "TakeMe");
    incoming_wait(h, "TakeMe");
    card = card_shows(h, "C0OPS", 0, "TakeMe");
    answer = card_press(h, "U0BOB", "C0OPS", card, "Acknowledge");
    json_decref(answer);
    wait_redis(h, 1, COMES_MS, "EXISTS notify:ack:t-1");
    part_start(h, PART_POSTGRES);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.alert_groups where acked_by ="
             " 'U0BOB'");
    wait_settled(h, COMES_MS);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.alert_history"
                               " where reason = 'acked'"),
                 1);
    incoming_cards(h, "TakeMe", 1);
    json_decref(card);
}

/* ---- in their order ------------------------------------------------------------ */

/* Of the same alert as fire(), and that it is held. */
static void over(const char *name)
{
    char *body = incoming_webhook(name, "critical", true);

    incoming_expect(h->bot, "/alerts/alertmanager", NULL, body, 200,
                    "\"ok\":true");
    free(body);
}

static void wait_resolved(void)
{
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.alert_groups where resolved_at is"
             " not null");
    wait_settled(h, COMES_MS);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.alerts where"
                               " firing"),
                 0);
}

/* The keeper moves it from the journal to Redis, and Postgres comes back: what
 * ends it comes at once, and must not be first. */
Test(alerts_away, what_went_from_the_journal_to_redis_is_not_overtaken)
{
    part_stop(h, PART_REDIS);
    part_stop(h, PART_POSTGRES);
    fire("GoesToRedis");
    part_start(h, PART_REDIS);
    wait_redis(h, 1, COMES_MS, "XLEN opsbot:alerts");
    part_start(h, PART_POSTGRES);
    wait_health(h->bot, "\"postgres\":{\"state\":\"up\"", COMES_MS);
    over("GoesToRedis");
    wait_resolved();
    incoming_cards(h, "GoesToRedis", 1);
}

/* Held in Redis, which goes away too: what ends it is in the journal, and goes
 * behind it when both are back. */
Test(alerts_away, what_is_in_the_journal_does_not_overtake_what_redis_holds)
{
    part_stop(h, PART_POSTGRES);
    fire("HeldFirst");
    part_stop(h, PART_REDIS);
    over("HeldFirst");
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    wait_resolved();
    incoming_cards(h, "HeldFirst", 1);
}

/* What is held in a Redis that is away holds up nothing that comes. */
Test(alerts_away, postgres_comes_back_while_redis_is_away)
{
    part_stop(h, PART_POSTGRES);
    fire("HeldInRedis");
    part_stop(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    wait_health(h->bot, "\"postgres\":{\"state\":\"up\"", COMES_MS);
    fire("ComesMeanwhile");
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.alerts where title ="
             " 'ComesMeanwhile'");
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.alerts where title"
                               " = 'HeldInRedis'"),
                 0);
    part_start(h, PART_REDIS);
    wait_sql(h, 2, COMES_MS, "select count(*) from opsbot.alerts");
    wait_until(unmarked, NULL, COMES_MS, "the card to be as any other");
    incoming_cards(h, "HeldInRedis", 1);
    incoming_cards(h, "ComesMeanwhile", 1);
}
