/*
 * App Home: published to whoever opens it, with what is true then; its buttons
 * answer in the direct message with the person.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/talk.h"

#define ANN    "U0ANN"
#define BOB    "U0BOB"
#define DM     "D0ANN"
#define LETTER "1700000000000-1"

static const char yaml[] = "channels:\n"
                           "  ops: C0OPS\n"
                           "admins: [U0ANN]\n"
                           "alerts: {watch: {checks: false}}\n"
                           "checks:\n"
                           "  - id: nobody\n"
                           "    kind: tcp\n"
                           "    url: 127.0.0.1:1\n"
                           "    severity: high\n"
                           "    interval_s: 1\n"
                           "    fail_after: 1\n";

static struct harness *h;

static void start(void)
{
    struct harness_options options = { .yaml = yaml };

    h = harness_start(&options);
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(home, .init = start, .fini = stop, .timeout = 180);

/* ---- the tab ------------------------------------------------------------------- */

static void open_home(const char *user)
{
    json_decref(control_post(h, "home", json_pack("{s:s}", "user", user)));
}

static long long published(const char *user)
{
    char path[64];
    json_t *home;
    long long n;

    snprintf(path, sizeof path, "home?user=%s", user);
    home = control_get(h, path);
    n = json_integer_value(json_object_get(home, "published"));
    json_decref(home);
    return n;
}

/* The tab by now as a message, for reply_shown() and reply_button(). */
static json_t *tab_of(const char *user, char **view_id)
{
    char path[64];
    json_t *home, *view, *tab;

    snprintf(path, sizeof path, "home?user=%s", user);
    home = control_get(h, path);
    view = json_object_get(home, "view");
    if (view_id)
        *view_id = xstrdup(json_string_value(json_object_get(view, "id")));
    tab = json_pack("{s:[o]}", "messages",
                    json_is_object(view) ? json_incref(view) : json_object());
    json_decref(home);
    return tab;
}

struct look {
    const char *user, *text;
};

static bool tab_shows(void *arg)
{
    const struct look *l = arg;
    json_t *tab = tab_of(l->user, NULL);
    char *shown = reply_shown(tab);
    bool yes = strstr(shown, l->text) != NULL;

    free(shown);
    json_decref(tab);
    return yes;
}

static void wait_tab(const char *user, const char *text)
{
    wait_until(tab_shows, &(struct look){ user, text }, TALK_MS, text);
}

static void expect_tab(const char *user, const char *text)
{
    json_t *tab = tab_of(user, NULL);

    expect_shown(tab, text);
    json_decref(tab);
}

/* Presses a button of the tab. */
static void press_tab(const char *user, const char *label)
{
    char *view_id;
    json_t *tab = tab_of(user, &view_id);
    const json_t *button = reply_button(tab, label);

    cr_assert_not_null(button, "no button %s", label);
    json_decref(control_post(
        h, "click",
        json_pack("{s:s, s:s, s:O, s:O}", "user", user, "view_id", view_id,
                  "action_id", json_object_get(button, "action_id"), "value",
                  json_object_get(button, "value"))));
    free(view_id);
    json_decref(tab);
}

/* ---- what it shows --------------------------------------------------------------- */

Test(home, shows_what_is_wrong_and_what_one_may_do)
{
    expect_said(h, ANN, "C0OPS", "halt all wrong prices", "");
    expect_said(h, ANN, "C0OPS", "incident open P1 \"checkout is down\"", "");
    wait_sql(h, 1, TALK_MS, "select count(*) from opsbot.incidents");
    open_home(ANN);
    wait_tab(ANN, "Halted: all");
    expect_tab(ANN, "wrong prices");
    expect_tab(ANN, "Unhalt all…");
    expect_tab(ANN, "checkout is down");
    expect_tab(ANN, "INC-1");
    expect_tab(ANN, "dlq requeue");
    expect_tab(ANN, "Redis");
    open_home(BOB);
    wait_tab(BOB, "Halted: all");
    expect_tab(BOB, "Everyone may");
    expect_tab(BOB, "Whom to ask");
    cr_assert_not(tab_shows(&(struct look){ BOB, "Unhalt all…" }));
    cr_assert_not(tab_shows(&(struct look){ BOB, "dlq requeue" }));
    talk_over(h);
}

/* To those who may see them. */
Test(home, shows_alerts_that_nobody_has)
{
    expect_said(h, ANN, "C0OPS", "alert test critical a full disk", "on its");
    wait_sql(h, 1, TALK_MS, "select count(*) from opsbot.alert_groups");
    open_home(ANN);
    wait_tab(ANN, "1 alert unacknowledged");
    expect_tab(ANN, "a full disk");
    open_home(BOB);
    wait_tab(BOB, "Everyone may");
    cr_assert_not(tab_shows(&(struct look){ BOB, "a full disk" }));
    press_tab(ANN, "Show alerts");
    json_decref(talk_answer(h, ANN, DM, "A-1"));
    expect_said(h, ANN, "C0OPS", "ack A-1", "");
    wait_sql(h, 1, TALK_MS,
             "select count(*) from opsbot.alert_groups where acked_by <> ''");
    open_home(ANN);
    wait_tab(ANN, "1 alert, none without somebody");
    talk_over(h);
}

static bool failing_told(void *arg)
{
    open_home(ANN);
    return tab_shows(arg);
}

Test(home, shows_failing_checks)
{
    wait_until(failing_told, &(struct look){ ANN, "1 check failing" }, 40000,
               "the failing check");
    expect_tab(ANN, "nobody");
    expect_tab(ANN, "🟠 high");
}

Test(home, typed_it_is_a_card)
{
    json_t *said;

    expect_said(h, BOB, "C0OPS", "home", "What you may do");
    free(talk_say(h, ANN, DM, "home", NULL));
    said = talk_answer(h, ANN, DM, "What you may do");
    expect_shown(said, "Refresh");
    json_decref(said);
}

/* ---- its buttons ------------------------------------------------------------------ */

/* A refresh is told by the tab alone. */
Test(home, refresh_shows_what_is_new)
{
    json_t *seen;

    open_home(ANN);
    wait_tab(ANN, "Nothing is halted");
    redis_send(h, "SET opsbot:halt:all %s",
               "{\"reason\":\"by another tool\",\"by\":\"cron\"}");
    press_tab(ANN, "Refresh");
    wait_tab(ANN, "by another tool");
    talk_over(h);
    seen = talk_seen(h, ANN, DM, "");
    cr_assert_eq(reply_messages(seen), 0);
    json_decref(seen);
}

Test(home, a_button_answers_in_the_direct_message)
{
    json_t *seen;

    dead_letters(h, "orders", 3);
    open_home(ANN);
    wait_tab(ANN, "Dead letters");
    press_tab(ANN, "Dead letters");
    seen = talk_answer(h, ANN, DM, "orders");
    expect_shown(seen, "3");
    json_decref(seen);
    talk_over(h);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events"
                               " where command = 'dlq list'"),
                 1);
}

/* What waits for checks comes by the same road. */
Test(home, health_is_answered_in_the_direct_message)
{
    json_t *seen;

    open_home(ANN);
    wait_tab(ANN, "Run health checks");
    press_tab(ANN, "Run health checks");
    seen = talk_answer(h, ANN, DM, "nobody");
    json_decref(seen);
    talk_mention(h, BOB, "C0OPS", "<@U0BOT> health", NULL);
    seen = talk_answer(h, BOB, "C0OPS", "nobody");
    json_decref(seen);
    talk_over(h);
}

Test(home, shows_ones_own_jobs_alone)
{
    json_t *seen, *reply;

    dead_letters(h, "orders", 3);
    free(talk_say(h, ANN, DM, "dlq requeue orders --all", NULL));
    seen = talk_answer(h, ANN, DM, "Requeue 3 entries");
    reply = press(h, ANN, DM, seen, "Requeue 3 entries");
    json_decref(reply);
    json_decref(seen);
    wait_sql(h, 1, TALK_MS,
             "select count(*) from opsbot.jobs where state = 'done'");
    open_home(ANN);
    wait_tab(ANN, "Your last jobs");
    expect_tab(ANN, "done · 3 of 3");
    open_home(BOB);
    wait_tab(BOB, "What you may do");
    cr_assert_not(tab_shows(&(struct look){ BOB, "Your last jobs" }));
    talk_over(h);
}

/* The question and its buttons are there too, and the tab follows. */
Test(home, unhalt_is_asked_and_confirmed_in_the_direct_message)
{
    json_t *seen, *reply;

    expect_said(h, ANN, "C0OPS", "halt all wrong prices", "");
    open_home(ANN);
    wait_tab(ANN, "Unhalt all…");
    press_tab(ANN, "Unhalt all…");
    seen = talk_answer(h, ANN, DM, "nhalt");
    reply = press(h, ANN, DM, seen, "Unhalt all");
    json_decref(reply);
    json_decref(seen);
    wait_redis(h, 0, TALK_MS, "EXISTS opsbot:halt:all");
    wait_tab(ANN, "Nothing is halted");
}

/* Somebody who looked at it sees what they did elsewhere. */
Test(home, what_its_person_changes_elsewhere_is_seen_on_it)
{
    open_home(ANN);
    wait_tab(ANN, "Nothing is halted");
    expect_said(h, ANN, "C0OPS", "halt all because", "");
    wait_tab(ANN, "Halted: all");
    cr_assert_eq(published(BOB), 0);
}

/* ---- how often --------------------------------------------------------------------- */

Test(home, a_burst_is_published_a_few_times)
{
    open_home(ANN);
    wait_tab(ANN, "Nothing is halted");
    for (int i = 0; i < 40; i++)
        open_home(ANN);
    redis_send(h, "SET opsbot:halt:all %s", "{\"reason\":\"late\"}");
    open_home(ANN);
    wait_tab(ANN, "Halted: all");
    talk_over(h);
    cr_assert_leq(published(ANN), 20);
}

Test(home, the_messages_tab_is_nothing_to_publish)
{
    json_decref(control_post(
        h, "home", json_pack("{s:s, s:s}", "user", ANN, "tab", "messages")));
    open_home(BOB);
    wait_tab(BOB, "What you may do");
    talk_over(h);
    cr_assert_eq(published(ANN), 0);
}

/* ---- away -------------------------------------------------------------------------- */

/* Not acked, for Slack sends it again; and shown at once. */
Test(home, without_redis_it_says_so_and_when_it_is_back_all_is_known)
{
    part_stop(h, PART_REDIS);
    wait_health(h->bot, "\"redis\":{\"state\":\"down\"", TALK_MS);
    open_home(ANN);
    wait_tab(ANN, "What is halted: not known");
    expect_tab(ANN, "Redis is down since");
    expect_tab(ANN, "No open incidents");
    part_start(h, PART_REDIS);
    json_decref(control_post(h, "clock", json_pack("{s:i}", "scale", 20)));
    wait_tab(ANN, "Nothing is halted");
    talk_over(h);
}

Test(home, without_postgres_it_says_so)
{
    part_stop(h, PART_POSTGRES);
    wait_health(h->bot, "\"postgres\":{\"state\":\"down\"", TALK_MS);
    open_home(ANN);
    wait_tab(ANN, "Incidents: not known");
    expect_tab(ANN, "Postgres is down since");
    expect_tab(ANN, "Nothing is halted");
    part_start(h, PART_POSTGRES);
    wait_health(h->bot, "\"postgres\":{\"state\":\"up\"", TALK_MS);
    open_home(ANN);
    wait_tab(ANN, "No open incidents");
}

/* What Slack did not take in time is published again by who comes after. */
Test(home, what_a_dead_replica_left_is_published)
{
    struct look look = { ANN, "What you may do" };

    fault(h, json_pack("{s:s, s:b, s:i}", "on", "views.publish", "hang", 1,
                       "times", 1));
    open_home(ANN);
    wait_redis(h, 1, TALK_MS, "XLEN opsbot:inbox");
    cr_assert_not(tab_shows(&look));
    opsbot_kill9(h->bot);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
    wait_tab(ANN, "What you may do");
    talk_over(h);
}
