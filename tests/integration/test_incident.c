/* incident: opened, updated, resolved by words; its headline kept true. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/integration/forms.h"

#define HEADLINES "C0GENERAL"

static struct harness *h;

static void start(void)
{
    h = forms_start(NULL);
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(incident, .init = start, .fini = stop, .timeout = 180);

static long long count(const char *table)
{
    return sql_number(h, "select count(*) from opsbot.%s", table);
}

static void run(const char *statement)
{
    free(sql(h, "%s", statement));
}

static void open_one(const char *user, const char *words)
{
    char *text = xasprintf("incident open %s", words);

    expect_said(h, user, "C0OPS", text, "Its headline is in");
    free(text);
}

static const char *ts_of(const json_t *message)
{
    return json_string_value(json_object_get(message, "ts"));
}

static void says(const json_t *message, const char *text)
{
    char *whole = json_dumps(message, JSON_COMPACT);

    cr_expect(strstr(whole, text), "\"%s\" is not in %s", text, whole);
    free(whole);
}

Test(incident, its_life_by_words)
{
    json_t *headline, *line;

    open_one("U0BOB", "critical staging is down --due 30m --impact nobody");
    headline = posted(h, HEADLINES, 0);
    says(headline, "INC-1 · P0 critical · staging is down");
    says(headline, "Next update due");
    expect_said(h, "U0CAT", "C0OPS", "incident status", "staging is down");
    expect_said(h, "U0BOB", "C0OPS", "incident update INC-1 found: the disk",
                "INC-1 updated");
    posted_shows(h, HEADLINES, 0, "found: the disk");
    line = posted_in(h, HEADLINES, ts_of(headline), 0);
    says(line, "found: the disk");
    json_decref(line);
    expect_said(h, "U0ANN", "C0OPS", "incident resolve 1 a new disk",
                "INC-1 resolved after");
    posted_shows(h, HEADLINES, 0, "Resolved");
    line = posted_in(h, HEADLINES, ts_of(headline), 1);
    says(line, "a new disk");
    json_decref(line);
    json_decref(headline);
    expect_said(h, "U0CAT", "C0OPS", "incident status", "No open incidents");
    expect_said(h, "U0CAT", "C0OPS", "incident status 1 --timeline",
                "found: the disk");
    expect_said(h, "U0BOB", "C0OPS", "incident update 1 too late",
                "INC-1 is resolved already");
    expect_said(h, "U0BOB", "C0OPS", "incident resolve 1 me too",
                "Nothing was changed");
    wait_settled(h, 20000);
    cr_expect_eq(count("incident_events"), 3);
    cr_expect_eq(posted_with(h, HEADLINES, "INC-1 · P0"), 1);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.audit_events where"
                               " kind = 'outcome' and outcome = 'ok'"),
                 3);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.operations where"
                               " state = 'done'"),
                 3);
}

Test(incident, who_may_not_is_refused_and_on_record)
{
    open_one("U0BOB", "P1 x");
    expect_said(h, "U0CAT", "C0OPS", "incident open P1 mine", "incident.open");
    expect_said(h, "U0CAT", "C0OPS", "incident update 1 mine",
                "incident.update");
    expect_said(h, "U0CAT", "C0OPS", "incident resolve 1 mine",
                "incident.resolve");
    cr_expect_eq(count("incidents"), 1);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.audit_events where"
                               " kind = 'refusal' and actor = 'U0CAT'"),
                 3);
}

Test(incident, the_list_is_paged_open_ones_first)
{
    json_t *reply, *next;

    run("insert into opsbot.incidents (op, severity, title, opened_by)"
        " select 'op' || n, n % 4, 'case ' || n, 'U0BOB'"
        " from generate_series(1, 13) n");
    run("update opsbot.incidents set state = 'resolved', resolved_by ="
        " 'U0ANN', resolved_at = now() where id <= 2");
    reply = say(h, "U0CAT", "C0OPS", "incident list");
    expect_shown(reply, "11 open incidents");
    expect_shown(reply, "2 resolved, not shown");
    expect_not_shown(reply, "INC-3*");
    next = press(h, "U0CAT", "C0OPS", reply, "Next 10");
    expect_shown(next, "INC-3*");
    expect_shown(next, "[Previous 10]");
    json_decref(next);
    json_decref(reply);
    reply = say(h, "U0ANN", "C0OPS", "incident list --all --page 2");
    expect_shown(reply, "resolved by");
    expect_shown(reply, "[Open an incident…]");
    json_decref(reply);
    reply = say(h, "U0CAT", "C0OPS", "incident status 13");
    expect_shown(reply, "case 13");
    expect_not_shown(reply, "[Update");
    json_decref(reply);
}

/* Two at once: the second is told by whom. */
Test(incident, two_people_resolve_at_once)
{
    struct asked a, b;
    json_t *first, *second;
    char *one, *two;

    open_one("U0BOB", "P1 race");
    a = type_text(h, "U0BOB", "C0OPS", "incident resolve 1 by bob");
    b = type_text(h, "U0ANN", "C0OPS", "incident resolve 1 by ann");
    first = wait_answers(h, a.interaction, 1, 20000);
    second = wait_answers(h, b.interaction, 1, 20000);
    one = reply_shown(first);
    two = reply_shown(second);
    cr_expect_neq(!strstr(one, "resolved after"),
                  !strstr(two, "resolved after"));
    cr_expect_neq(!strstr(one, "resolved already"),
                  !strstr(two, "resolved already"));
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.incident_events"
                               " where kind = 'resolved'"),
                 1);
    free(one);
    free(two);
    json_decref(first);
    json_decref(second);
}

Test(incident, two_replicas_open_two)
{
    struct opsbot *other = opsbot_start(h, NULL);
    struct asked asked[4];

    opsbot_wait_ready(other);
    for (size_t i = 0; i < 4; i++)
        asked[i] = type_text(h, "U0BOB", "C0OPS", "incident open P2 replicas");
    for (size_t i = 0; i < 4; i++)
        json_decref(wait_answers(h, asked[i].interaction, 1, 20000));
    wait_settled(h, 30000);
    cr_expect_eq(count("incidents"), 4);
    cr_expect_eq(posted_with(h, HEADLINES, "P2 warning · replicas"), 4);
    cr_expect_eq(opsbot_stop(other, 0), 0);
}

/* The commit may be known to Postgres alone: whoever takes over finds it. */
Test(incident, a_crash_around_the_commit_leaves_one)
{
    struct table_lock *lock = table_lock(h, "outbox");
    json_t *reply;

    type_text(h, "U0BOB", "C0OPS", "incident open P1 crash");
    wait_sql(h, 1, 20000,
             "select count(*) from pg_stat_activity where wait_event_type ="
             " 'Lock' and query like '%insert into opsbot.outbox%'");
    opsbot_kill9(h->bot);
    table_unlock(lock);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_redis(h, 0, 60000, "XLEN opsbot:inbox");
    wait_settled(h, 20000);
    told(h, "U0BOB", "C0OPS", "I restarted in the middle of this");
    cr_expect_eq(count("incidents"), 0);
    reply = say(h, "U0BOB", "C0OPS", "incident list");
    expect_shown(reply, "No open incidents");
    json_decref(reply);
}

/* Committed and killed before anything was posted or answered. */
Test(incident, a_crash_after_the_commit_still_posts_the_headline)
{
    fault(h, json_pack("{s:s, s:i, s:b}", "on", "chat.postMessage", "times", -1,
                       "hang", 1));
    open_one("U0BOB", "P1 unposted");
    wait_sql(h, 1, 20000,
             "select count(*) from opsbot.outbox where state = 'sending'");
    opsbot_kill9(h->bot);
    control_delete(h, "fault");
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    posted_shows(h, HEADLINES, 0, "unposted");
    wait_settled(h, 60000);
    cr_expect_eq(count("incidents"), 1);
    cr_expect_eq(posted_with(h, HEADLINES, "unposted"), 1);
}

Test(incident, a_redelivered_command_opens_one)
{
    json_t *envelope = json_pack(
        "{ss ss sb s{ss ss ss ss ss ss}}", "envelope_id", "again", "type",
        "slash_commands", "accepts_response_payload", 1, "payload", "team_id",
        "T0EX", "channel_id", "C0OPS", "user_id", "U0ANN", "user_name", "ann",
        "command", "/ops", "text", "incident open P1 again");

    json_decref(
        control_post(h, "envelope",
                     json_pack("{sO si}", "envelope", envelope, "copies", 3)));
    posted_shows(h, HEADLINES, 0, "again");
    json_decref(
        control_post(h, "envelope", json_pack("{so}", "envelope", envelope)));
    expect_said(h, "U0CAT", "C0OPS", "incident list", "1 open incident");
    wait_settled(h, 20000);
    cr_expect_eq(count("incidents"), 1);
}

/* A public channel is joined; a private one is none of ours. */
TestSuite(incident_elsewhere, .timeout = 180);

Test(incident_elsewhere, where_the_bot_is_no_member)
{
    h = forms_start_in("C0QUIET", NULL);
    open_one("U0ANN", "P1 joined");
    posted_shows(h, "C0QUIET", 0, "joined");
    harness_stop(h);
    h = forms_start_in("G0SEC", NULL);
    open_one("U0ANN", "P1 private");
    wait_sql(
        h, 1, 20000,
        "select count(*) from opsbot.outbox where state = 'undeliverable'");
    expect_said(h, "U0ANN", "C0OPS", "outbox", "INC-1");
    expect_said(h, "U0ANN", "C0OPS", "incident update 1 goes on", "updated");
    expect_said(h, "U0ANN", "C0OPS", "incident status", "goes on");
    harness_stop(h);
}

/* Slack does not take it now: late rather than never. */
Test(incident, slack_refuses_and_gets_it_later)
{
    json_t *headline;

    fault(h, json_pack("{s:s, s:i, s:i}", "on", "chat.postMessage", "times", 2,
                       "status", 503));
    open_one("U0BOB", "P1 later");
    headline = posted(h, HEADLINES, 0);
    says(headline, "P1 high · later");
    json_decref(headline);
}

Test(incident, without_postgres_it_is_refused_clearly)
{
    part_stop(h, PART_POSTGRES);
    expect_said(h, "U0ANN", "C0OPS", "ping", "Postgres");
    expect_said(h, "U0ANN", "C0OPS", "incident open P1 x",
                "could not use Postgres");
    expect_said(h, "U0ANN", "C0OPS", "incident list", "could not use Postgres");
    part_start(h, PART_POSTGRES);
    wait_health(h->bot, "\"postgres\":{\"state\":\"up\"", 20000);
    cr_expect_eq(count("incidents"), 0);
    open_one("U0ANN", "P1 x");
}

Test(incident, what_is_typed_is_shown_as_data)
{
    json_t *headline;
    char *title;

    open_one("U0ANN",
             "P1 \"*bold* <!channel> & _x_ `y` :boom: ünïcode 🔥 日本\"");
    headline = posted(h, HEADLINES, 0);
    says(headline, "ünïcode 🔥 日本");
    title = sql(h, "select title from opsbot.incidents");
    cr_expect_str_eq(title, "*bold* @channel & _x_ `y` :boom: "
                            "ünïcode 🔥 日本");
    free(title);
    json_decref(headline);
    expect_said(h, "U0ANN", "C0OPS",
                "incident update 1 \"<!here> <@U0BOB> *x*\"", "updated");
    wait_settled(h, 20000);
    cr_expect_eq(posted_with(h, HEADLINES, "<!"), 1, "date tokens alone");
}

Test(incident, long_texts_are_shown_whole_or_refused)
{
    struct buf text = { 0 };

    open_one("U0ANN", "P1 long");
    buf_str(&text, "incident update 1");
    for (int i = 0; i < 310; i++)
        buf_fmt(&text, " word%03d", i);
    expect_said(h, "U0ANN", "C0OPS", buf_text(&text), "INC-1 updated");
    wait_settled(h, 20000);
    cr_expect_eq(posted_with(h, HEADLINES, "word309"), 1, "its line has all");
    for (int i = 310; i < 400; i++)
        buf_fmt(&text, " word%03d", i);
    expect_said(h, "U0ANN", "C0OPS", buf_text(&text), "2500 are the most");
    cr_expect_eq(count("incident_events"), 2);
    buf_dispose(&text);
}
