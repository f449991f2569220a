/*
 * Very many alerts at once: criticals that wait are named in one message,
 * warnings fold into one digest, and what that says at its end is what the
 * database has. Two replicas, one of which dies.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/integration/alerting.h"
#include "tests/integration/urls.h"

static const char yaml[] = "channels:\n"
                           "  ops: C0OPS\n"
                           "admins: [U0ANN]\n"
                           "alerts:\n"
                           "  storm: 10\n"
                           "  route:\n"
                           "    channels: [C0OPS]\n"
                           "    group_by: [service]\n";

static struct harness *begin(void)
{
    return harness_start(&(struct harness_options){ .yaml = yaml });
}

/* ---- what comes in -------------------------------------------------------------- */

static void add_event(struct buf *b, const char *name, int i,
                      const char *severity)
{
    static const char *const rules[] = { "DiskFull", "SlowAnswers", "NoLogs" };

    buf_fmt(b,
            "%s{\"traceId\":\"%s-%d\",\"fingerprint\":\"%s-%d\","
            "\"severity\":\"%s\",\"title\":\"%s-%d is in trouble\","
            "\"source\":\"probe\",\"labels\":{\"service\":\"%s-%d\","
            "\"alertname\":\"%s\"}}",
            b->len > 1 ? "," : "", name, i, name, i, severity, name, i, name, i,
            rules[i % 3]);
}

/* Alerts from..to of a name, in one request; false: nobody took it. */
static bool post_to(struct opsbot *bot, const char *name, int from, int to,
                    const char *severity)
{
    struct buf b = { 0 };
    struct url_request r = { .path = "/alerts",
                             .type = URL_JSON,
                             .secret = "" };
    int status;

    buf_char(&b, '[');
    for (int i = from; i < to; i++)
        add_event(&b, name, i, severity);
    buf_char(&b, ']');
    r.body = buf_text(&b);
    status = url_ask(bot, &r, NULL);
    buf_dispose(&b);
    return status / 100 == 2;
}

static void post(struct harness *h, const char *name, int from, int to,
                 const char *severity)
{
    if (!post_to(h->bot, name, from, to, severity))
        harness_fail("POST /alerts was refused");
}

/* ---- what is there ----------------------------------------------------------------- */

/* The message of the n-th digest or roll-call in C0OPS, once it says `text`.
 * New reference. */
static json_t *herald_says(struct harness *h, const char *thing,
                           const char *text)
{
    char *ts, *path;
    json_t *all, *found = NULL, *message;
    size_t i;

    for (int tries = 0; !found; tries++) {
        if (tries > patient(40000) / 20)
            harness_fail("%s does not say \"%s\"", thing, text);
        harness_sleep(20);
        ts = sql(h,
                 "select coalesce(ts, '') from opsbot.outbox where thing ="
                 " '%s'",
                 thing);
        ts[strcspn(ts, "\n")] = '\0';
        path = xasprintf("messages?channel=C0OPS");
        all = control_get(h, path);
        json_array_foreach(json_object_get(all, "messages"), i, message)
        {
            char *whole = json_dumps(message, JSON_COMPACT);
            const char *its = json_string_value(json_object_get(message, "ts"));

            if (*ts && strcmp(its, ts) == 0 && strstr(whole, text))
                found = json_incref(message);
            free(whole);
        }
        json_decref(all);
        free(path);
        free(ts);
    }
    return found;
}

static void wait_cards(struct harness *h, long long n)
{
    wait_sql(h, n, COMES_MS,
             "select count(*) from opsbot.outbox where thing like 'alert:%'"
             " and state = 'sent' and ts <> ''");
}

/* A minute of the storm's passes at once. */
static void calm(struct harness *h, int minutes)
{
    free(sql(h, "update opsbot.alert_fresh set at = at - interval '%d min'",
             minutes));
    free(sql(h,
             "update opsbot.alert_storms set began_at = began_at -"
             " interval '%d min' where ended_at is null",
             minutes));
}

/* Whatever people do not see of it included. */
static void expect_in(const json_t *message, const char *text)
{
    char *whole = json_dumps(message, JSON_COMPACT);

    cr_expect(strstr(whole, text), "%s is not in %s", text, whole);
    free(whole);
}

/* ---- the roll-call -------------------------------------------------------------------- */

/* Twelve at once: one message names all of them, each with its button, before
 * their cards, which follow in its thread. */
Test(alert_storm, criticals_that_wait_are_named_at_once)
{
    struct harness *h = begin();
    json_t *roll;
    char name[24];

    post(h, "web", 0, 12, "critical");
    roll = herald_says(h, "roll:1", "A-12");
    for (int i = 1; i <= 12; i++) {
        snprintf(name, sizeof name, "A-%d", i);
        expect_in(roll, name);
        snprintf(name, sizeof name, "ack A-%d", i);
        expect_in(roll, name);
    }
    wait_cards(h, 12);
    cr_expect_eq(thread_count(h, "C0OPS", roll, "is in trouble"), 12u);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.outbox o,"
                               " opsbot.outbox r where r.thing = 'roll:1' and"
                               " o.thing like 'alert:%%' and o.ts < r.ts"),
                 0, "it was there before them");
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.alert_rolls"), 1);
    json_decref(roll);
    harness_stop(h);
}

/* Its button acknowledges; card and roll-call both say so. */
Test(alert_storm, a_roll_call_is_answered_where_it_stands)
{
    struct harness *h = begin();
    json_t *roll, *answer;

    post(h, "web", 0, 7, "critical");
    roll = herald_says(h, "roll:1", "A-7");
    answer = card_press(h, "U0ANN", "C0OPS", roll, "Acknowledge");
    wait_history(h, 1, "acked", 1);
    json_decref(herald_says(h, "roll:1", "6 unacknowledged"));
    wait_cards(h, 7);
    wait_settled(h, COMES_MS);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.alert_groups where"
                               " acked_by = 'U0ANN'"),
                 1);
    json_decref(answer);
    json_decref(roll);
    harness_stop(h);
}

Test(alert_storm, five_criticals_are_five_cards)
{
    struct harness *h = begin();

    post(h, "web", 0, 5, "critical");
    wait_cards(h, 5);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.alert_rolls"), 0);
    harness_stop(h);
}

/* ---- the storm -------------------------------------------------------------------------- */

/* "214 alerts in 9 min, 3 causes, 0 dropped": and so says the database. */
Test(alert_storm, folds_into_one_digest_and_drops_nothing)
{
    struct harness *h = begin();
    long long folded, alerts;
    char said[120];
    json_t *digest;

    post(h, "web", 0, 10, "warning");
    post(h, "web", 10, 120, "warning");
    post(h, "db", 0, 3, "critical");
    post(h, "web", 120, 224, "info");
    json_decref(herald_says(h, "storm:1", "Alert storm"));
    calm(h, 9);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.alert_storms where ended_at is not"
             " null");
    folded = sql_number(h, "select count(*) from opsbot.alert_groups where"
                           " storm = 1");
    alerts = sql_number(h, "select count(*) from opsbot.alerts a join"
                           " opsbot.alert_groups g on g.id = a.\"group\" where"
                           " g.storm = 1");
    cr_expect_eq(folded, 214, "%lld", folded);
    cr_expect_eq(alerts, 214, "%lld", alerts);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.alert_groups"),
                 227);
    snprintf(said, sizeof said, "Storm over: %lld alerts in ", alerts);
    digest = herald_says(h, "storm:1", said);
    expect_in(digest, "3 causes, 0 dropped");
    expect_in(digest, "3 critical");
    expect_in(digest, "DiskFull");
    wait_settled(h, COMES_MS);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.outbox where thing"
                               " like 'alert:%%'"),
                 13, "ten before it and three criticals have cards");
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.outbox where thing"
                               " like 'storm:%%'"),
                 1);
    json_decref(digest);
    harness_stop(h);
}

/* What folded is listed, page by page. */
Test(alert_storm, all_that_folded_can_be_seen)
{
    struct harness *h = begin();
    char *shown;

    post(h, "web", 0, 10, "warning");
    post(h, "web", 10, 40, "warning");
    json_decref(herald_says(h, "storm:1", "Alert storm"));
    shown = ask(h, "U0ANN", "C0OPS", "alerts --storm 1");
    cr_expect(strstr(shown, "A-11"), "%s", shown);
    cr_expect_not(strstr(shown, "A-1 "), "%s", shown);
    free(shown);
    harness_stop(h);
}

/* ---- two replicas, one of which dies ------------------------------------------------------ */

/* Whoever sends alerts sends again what nobody took. */
static void post_until(struct opsbot **bots, int i, const char *name, int from,
                       int to, const char *severity)
{
    for (int tries = 0; tries < 300; tries++, i++) {
        if (opsbot_running(bots[i % 2]) &&
            post_to(bots[i % 2], name, from, to, severity))
            return;
        harness_sleep(100);
    }
    harness_fail("nobody takes %s %d to %d", name, from, to);
}

Test(alert_storm, kill_9_in_the_middle_loses_and_doubles_nothing)
{
    struct harness *h = begin();
    struct opsbot *bots[2] = { h->bot, opsbot_start(h, NULL) };
    char said[120];
    json_t *digest;
    long long alerts;

    opsbot_wait_ready(bots[1]);
    for (int i = 0; i < 20; i++) {
        post_until(bots, i, "web", i * 10, i * 10 + 10, "warning");
        if (i % 4 == 3)
            post_until(bots, i + 1, "db", i, i + 2, "critical");
        if (i == 9)
            opsbot_kill9(bots[1]);
    }
    wait_sql(h, 210, COMES_MS, "select count(*) from opsbot.alerts");
    wait_cards(h, sql_number(h, "select count(*) from opsbot.alert_groups"
                                " where storm = 0"));
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.outbox o join"
                               " opsbot.alert_groups g on o.thing = 'alert:' ||"
                               " g.id where g.severity = 0"),
                 10, "every critical has its card");
    for (int i = 3; i < 20; i += 4)
        for (int k = 0; k < 2; k++) {
            snprintf(said, sizeof said, "db-%d is in trouble", i + k);
            cr_expect_geq(posted_with(h, "C0OPS", said), 1u, "%s", said);
        }
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.outbox where thing"
                               " like 'alert:%%' and ts = ''"),
                 0);
    calm(h, 3);
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.alert_storms where ended_at is not"
             " null");
    alerts = sql_number(h, "select count(*) from opsbot.alerts a join"
                           " opsbot.alert_groups g on g.id = a.\"group\" where"
                           " g.storm = 1");
    snprintf(said, sizeof said, "Storm over: %lld alerts in ", alerts);
    digest = herald_says(h, "storm:1", said);
    expect_in(digest, "0 dropped");
    cr_expect_eq(alerts + sql_number(h, "select count(*) from"
                                        " opsbot.alert_groups where storm = 0"),
                 210, "nothing is missing and nothing is there twice");
    json_decref(digest);
    harness_stop(h);
}
