/* modal: a form is filled in, wrong and then right, whatever happens. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/forms.h"

#define POSTGRES_UP "\"postgres\":{\"state\":\"up\""

static struct harness *h;

static void start(void)
{
    h = forms_start(NULL);
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(modal, .init = start, .fini = stop, .timeout = 180);

static long long incidents(void)
{
    return sql_number(h, "select count(*) from opsbot.incidents");
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static const char *action_of(const json_t *reply)
{
    return text_at(json_object_get(reply, "ack_payload"), "response_action");
}

static const char *error_at(const json_t *reply, const char *field)
{
    return text_at(json_object_get(reply, "errors"), field);
}

/* The line at the top of the form that somebody has before them. */
static char *problem_of(const char *user)
{
    json_t *view = form_open(h, user);
    const json_t *block = json_array_get(json_object_get(view, "blocks"), 0);
    char *text = xstrdup(text_at(json_object_get(block, "text"), "text"));

    json_decref(view);
    return text;
}

static void no_form(const char *user)
{
    cr_expect_null(form_open(h, user), "the form is still there");
}

Test(modal, wrong_is_said_under_the_field_and_right_opens_one)
{
    json_t *view = form_by(h, "U0ANN", "incident open"), *reply;

    reply =
        form_submit(h, "U0ANN", view, "severity", "P1", "title", "  ", NULL);
    cr_expect_str_eq(error_at(reply, "title"),
                     "Title is needed: one line, what is broken.");
    cr_expect_eq(incidents(), 0);
    json_decref(reply);
    reply = form_submit(h, "U0ANN", view, "title", "Checkout is down", "impact",
                        "all of *eu*\n<!channel> cannot pay & more", "due",
                        "30m", NULL);
    cr_expect_str_eq(action_of(reply), "clear");
    no_form("U0ANN");
    told(h, "U0ANN", "C0OPS", "INC-1 · P1 high · Checkout is down");
    posted_shows(h, "C0GENERAL", 0, "INC-1 · P1 high · Checkout is down");
    posted_shows(h, "C0GENERAL", 0, "all of ");
    posted_shows(h, "C0GENERAL", 0, "&lt;!channel&gt; cannot pay &amp; more");
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.incidents where"
                               " due_minutes = 30 and due_at > now() and"
                               " impact like 'all of *eu*_<!channel>%%'"),
                 1);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.audit_events where"
                               " command = 'incident open' and kind = 'outcome'"
                               " and outcome = 'ok' and text like"
                               " 'incident open P1 \"Checkout is down\"%%'"),
                 1);
    json_decref(reply);
    json_decref(view);
}

Test(modal, buttons_of_the_headline_open_forms_too)
{
    json_t *view, *headline, *reply, *line;

    expect_said(h, "U0BOB", "C0OPS", "incident open P2 slow", "INC-1");
    headline = posted(h, "C0GENERAL", 0);
    view = form_pressed(h, "U0ANN", "C0GENERAL", headline, "Update INC-1…");
    reply =
        form_submit(h, "U0ANN", view, "text", "found it", "due", "60m", NULL);
    cr_expect_str_eq(action_of(reply), "clear");
    json_decref(reply);
    json_decref(view);
    posted_shows(h, "C0GENERAL", 0, "found it");
    line = posted_in(h, "C0GENERAL", text_at(headline, "ts"), 0);
    json_decref(line);
    view = form_pressed(h, "U0ANN", "C0GENERAL", headline, "Resolve INC-1…");
    reply = form_submit(h, "U0ANN", view, "text", "mended", NULL);
    cr_expect_str_eq(action_of(reply), "clear");
    json_decref(reply);
    json_decref(view);
    posted_shows(h, "C0GENERAL", 0, "Resolved");
    json_decref(posted_in(h, "C0GENERAL", text_at(headline, "ts"), 1));
    json_decref(headline);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.incident_events"),
                 3);
}

/* Twice at once, and once more: one operation. */
Test(modal, submitted_twice_is_done_once)
{
    json_t *view = form_by(h, "U0ANN", "incident open P3");

    form_send(h, "U0ANN", view, "title", "twice", NULL);
    form_send(h, "U0ANN", view, "title", "twice", NULL);
    wait_sql(h, 2, 20000,
             "select count(*) from opsbot.audit_events where kind = 'outcome'");
    cr_expect_eq(incidents(), 1);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.audit_events where"
                               " outcome = 'already'"),
                 1);
    json_decref(view);
}

Test(modal, who_may_not_is_refused_before_and_after)
{
    json_t *view, *reply;

    expect_said(h, "U0CAT", "C0OPS", "incident open", "You may not do that");
    no_form("U0CAT");
    view = form_by(h, "U0BOB", "incident open P1");
    cr_assert_eq(opsbot_stop(h->bot, 0), 0);
    h->bot = opsbot_start(
        h,
        (const char *const[]){ "OPSBOT_CONFIG=", "OPSBOT_ADMINS=U0ANN", NULL });
    opsbot_wait_ready(h->bot);
    reply = form_submit(h, "U0BOB", view, "title", "late", NULL);
    cr_expect_str_eq(action_of(reply), "update");
    cr_expect_eq(incidents(), 0);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.audit_events where"
                               " kind = 'refusal' and actor = 'U0BOB'"),
                 1);
    json_decref(reply);
    json_decref(view);
}

/* What was written stays, and the same form goes through later. */
Test(modal, without_postgres_the_form_stays)
{
    json_t *view = form_by(h, "U0ANN", "incident open P1"), *reply;
    char *problem;

    part_stop(h, PART_POSTGRES);
    reply = form_submit(h, "U0ANN", view, "title", "kept", NULL);
    cr_expect_str_eq(action_of(reply), "update");
    json_decref(reply);
    problem = problem_of("U0ANN");
    cr_expect(strstr(problem, "Nothing was recorded"), "%s", problem);
    expect_said(h, "U0ANN", "C0OPS", "incident open", "Postgres");
    part_start(h, PART_POSTGRES);
    wait_health(h->bot, POSTGRES_UP, 20000);
    json_decref(view);
    view = form_open(h, "U0ANN");
    reply = form_submit(h, "U0ANN", view, NULL);
    cr_expect_str_eq(action_of(reply), "clear");
    posted_shows(h, "C0GENERAL", 0, "INC-1 · P1 high · kept");
    free(problem);
    json_decref(reply);
    json_decref(view);
}

Test(modal, without_redis_the_ack_carries_what_was_done)
{
    json_t *view = form_by(h, "U0ANN", "incident open P1"), *reply;

    part_pause(h, PART_REDIS);
    reply = form_submit(h, "U0ANN", view, "title", "no redis", NULL);
    part_resume(h, PART_REDIS);
    cr_expect(json_is_true(json_object_get(reply, "acked")));
    cr_expect_str_eq(action_of(reply), "clear");
    posted_shows(h, "C0GENERAL", 0, "no redis");
    cr_expect_eq(incidents(), 1);
    json_decref(reply);
    json_decref(view);
}

/* Submits it, and waits until its transaction waits for a table. */
static struct table_lock *held_up(const json_t *view, const char *title)
{
    struct table_lock *lock = table_lock(h, "audit_events");

    form_send(h, "U0ANN", view, "title", title, NULL);
    wait_sql(h, 1, 20000,
             "select count(*) from pg_stat_activity where wait_event_type ="
             " 'Lock' and query like '%audit_events%'");
    return lock;
}

/* The form is still there: it is submitted to whoever comes next. */
static void again_after_a_crash(const json_t *view)
{
    json_t *reply;

    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    reply = form_submit(h, "U0ANN", view, NULL);
    cr_expect_str_eq(action_of(reply), "clear");
    json_decref(reply);
    posted_shows(h, "C0GENERAL", 0, "crash");
    wait_settled(h, 60000);
    cr_expect_eq(incidents(), 1);
    cr_expect_eq(posted_with(h, "C0GENERAL", "crash"), 1);
}

Test(modal, a_crash_before_the_commit_opens_one)
{
    json_t *view = form_by(h, "U0ANN", "incident open P1");
    struct table_lock *lock = held_up(view, "crash");

    opsbot_kill9(h->bot);
    table_unlock(lock);
    again_after_a_crash(view);
    json_decref(view);
}

/* Committed, and its ack never arrives: submitting it again finds what was
 * done. */
Test(modal, a_crash_after_the_commit_opens_one)
{
    json_t *view = form_by(h, "U0ANN", "incident open P1");
    struct table_lock *lock;

    if (over_http(h))
        fault(h, json_pack("{s:s, s:b}", "on", "delivery", "drop", 1));
    lock = held_up(view, "crash");
    json_decref(control_post(h, "socket", json_pack("{ss}", "do", "silent")));
    table_unlock(lock);
    wait_sql(h, 1, 20000, "select count(*) from opsbot.incidents");
    opsbot_kill9(h->bot);
    again_after_a_crash(view);
    told(h, "U0ANN", "C0OPS", "This was done before");
    json_decref(view);
}

/* As Slack sends it: whatever came back of the view. */
static json_t *submission_envelope(const char *id, const json_t *view,
                                   const char *title)
{
    json_t *filled = json_deep_copy(view);

    json_object_set_new(filled, "state",
                        json_pack("{s{s{s{ss}} s{s{ss}}}}", "values",
                                  "severity", "word", "value", "P1", "title",
                                  "word", "value", title));
    return json_pack("{ss ss sb s{ss s{ss ss} s{ss} ss so}}", "envelope_id", id,
                     "type", "interactive", "accepts_response_payload", 1,
                     "payload", "type", "view_submission", "user", "id",
                     "U0ANN", "username", "ann", "team", "id", "T0EX",
                     "trigger_id", id, "view", filled);
}

static void deliver(const char *id, const json_t *view, int copies)
{
    json_decref(
        control_post(h, "envelope",
                     json_pack("{so si}", "envelope",
                               submission_envelope(id, view, "delivered"),
                               "copies", copies)));
}

Test(modal, a_submission_delivered_again_opens_one)
{
    json_t *view = form_by(h, "U0ANN", "incident open P1");

    deliver("first", view, 3);
    posted_shows(h, "C0GENERAL", 0, "delivered");
    deliver("first", view, 1);
    deliver("second", view, 1);
    wait_sql(h, 1, 20000,
             "select count(*) from opsbot.audit_events"
             " where outcome = 'already'");
    wait_settled(h, 20000);
    cr_expect_eq(incidents(), 1);
    cr_expect_eq(posted_with(h, "C0GENERAL", "delivered"), 1);
    json_decref(view);
}

/* No URL came with it, as from the home tab: a crash is told of directly. */
Test(modal, without_a_url_it_is_answered_in_a_direct_message)
{
    json_t *view = form_by(h, "U0ANN", "incident open P1");
    struct table_lock *lock = table_lock(h, "audit_events");

    json_object_set_new(
        view, "private_metadata",
        json_string("{\"command\":\"incident open\",\"nonce\":\"N1\"}"));
    deliver("direct", view, 1);
    wait_sql(h, 1, 20000,
             "select count(*) from pg_stat_activity where wait_event_type ="
             " 'Lock' and query like '%audit_events%'");
    opsbot_kill9(h->bot);
    table_unlock(lock);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_redis(h, 0, 60000, "XLEN opsbot:inbox");
    posted_shows(h, "D0ANN", 0, "If your form is still open");
    posted_shows(h, "D0ANN", 0, "incident open P1 delivered");
    cr_expect_eq(incidents(), 0);
    json_decref(view);
}

/* Slack does not open it: the answer says what to type instead. */
Test(modal, a_dead_trigger_is_answered_with_the_twin)
{
    json_t *reply;

    fault(h, json_pack("{s:s, s:s}", "on", "views.open", "error",
                       "expired_trigger_id"));
    reply = say(h, "U0ANN", "C0OPS", "incident open");
    expect_shown(reply, "expired_trigger_id");
    expect_shown(reply, "/ops incident open P1 what is broken");
    expect_shown(reply, "Nothing was recorded");
    json_decref(reply);
    no_form("U0ANN");
    fault(h, json_pack("{s:s, s:b}", "on", "views.open", "hang", 1));
    reply = say(h, "U0ANN", "C0OPS", "incident open");
    expect_shown(reply, "/ops incident open P1 what is broken");
    json_decref(reply);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.audit_events where"
                               " command = 'incident open' and outcome ="
                               " 'slack'"),
                 2);
}

/* Slower than an ack waits for any other answer: a bare one would close the
 * form. What could not be done in time is said in it. */
Test(modal, a_slow_failure_is_still_said_in_the_form)
{
    json_t *view = form_by(h, "U0ANN", "incident open P1"), *reply;
    struct table_lock *lock = table_lock(h, "operations");

    reply = form_submit(h, "U0ANN", view, "title", "slow", NULL);
    table_unlock(lock);
    cr_expect_str_eq(action_of(reply), "update");
    json_decref(reply);
    json_decref(view);
    wait_health(h->bot, POSTGRES_UP, 20000);
    view = form_open(h, "U0ANN");
    reply = form_submit(h, "U0ANN", view, NULL);
    cr_expect_str_eq(action_of(reply), "clear");
    cr_expect_eq(incidents(), 1);
    json_decref(reply);
    json_decref(view);
}

/* A view that somebody else's app, or another version, has made. */
Test(modal, a_form_that_is_not_ours_is_answered)
{
    json_t *envelope = json_pack(
        "{ss ss sb s{ss s{ss ss} s{ss} ss s{ss ss ss ss s[{ss ss}]}}}",
        "envelope_id", "foreign", "type", "interactive",
        "accepts_response_payload", 1, "payload", "type", "view_submission",
        "user", "id", "U0ANN", "username", "ann", "team", "id", "T0EX",
        "trigger_id", "1.2.3", "view", "id", "V1", "type", "modal",
        "callback_id", "theirs", "private_metadata", "{\"command\":\"ping\"}",
        "blocks", "type", "input", "block_id", "b1");
    bool payload;

    json_decref(
        control_post(h, "envelope", json_pack("{so}", "envelope", envelope)));
    wait_sql(h, 1, 20000,
             "select count(*) from opsbot.audit_events"
             " where outcome = 'input'");
    while (ack_of(h, "foreign", &payload) < 0)
        harness_sleep(5);
    cr_expect(payload);
}
