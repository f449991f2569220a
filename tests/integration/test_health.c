/*
 * Health checks as people see them: how they stand, since when, what is not
 * in yet; and that they stand so after a restart, beside another replica and
 * while Postgres was away.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/halting.h"
#include "tests/integration/healthy.h"

static void expect_asked(struct healthy *t, const char *text, const char *shown)
{
    json_t *answer = healthy_ask(t, text);

    expect_shown(answer, shown);
    json_decref(answer);
}

/* ---- how they stand ---------------------------------------------------------- */

Test(health, all_is_well)
{
    struct healthy t = healthy_start("");
    json_t *answer = healthy_ask(&t, "health");

    expect_shown(answer, "HEALTHY · 4 checks · 0 critical failures");
    expect_shown(answer, "opsbot: socket up");
    expect_shown(answer, "journal empty");
    expect_shown(answer, "4 passing: signals");
    cr_expect_eq(reply_messages(answer), 1);
    json_decref(answer);
    healthy_stop(&t);
}

Test(health, worst_first_and_since_when)
{
    struct healthy t = healthy_start("");
    char *text, *risk, *execution;
    json_t *answer;

    healthy_wait(&t, "risk", "passing");
    healthy_wait(&t, "execution", "passing");
    healthy_down(&t, "risk", true);
    healthy_down(&t, "execution", true);
    healthy_wait(&t, "risk", "failing");
    healthy_wait(&t, "execution", "failing");
    answer = healthy_ask(&t, "health");
    expect_shown(answer, "UNHEALTHY · 1 critical, 1 high of 4");
    expect_shown(answer, "last ok");
    expect_shown(answer, "2 passing: ");
    text = reply_shown(answer);
    risk = strstr(text, "🔴 critical");
    execution = strstr(text, "🟠 high");
    cr_expect(risk && execution && risk < execution, "%s", text);
    free(text);
    json_decref(answer);
    answer = healthy_ask(&t, "health execution market-data");
    expect_shown(answer, "DEGRADED · 1 high of 2");
    expect_not_shown(answer, "risk");
    json_decref(answer);
    expect_asked(&t, "health details", "Runbook");
    expect_asked(&t, "health details risk", "passing → failing");
    healthy_down(&t, "*", false);
    healthy_wait(&t, "risk", "passing");
    healthy_wait(&t, "execution", "passing");
    expect_asked(&t, "health", "HEALTHY · 4 checks");
    wait_sql(t.h, 3, 5000,
             "select count(*) from opsbot.check_changes where check_id ="
             " 'risk'");
    healthy_stop(&t);
}

Test(health, one_failure_is_shown_and_does_not_count_yet)
{
    struct healthy t = healthy_start("");

    healthy_wait(&t, "risk", "passing");
    healthy_down(&t, "risk", true);
    /* What is asked now says so, whether the schedule has seen it or not. */
    expect_asked(&t, "health risk", "UNHEALTHY · 1 critical of 1");
    healthy_stop(&t);
}

Test(health, a_name_that_is_not_there)
{
    struct healthy t = healthy_start("");

    expect_asked(&t, "health rsk", "Did you mean");
    expect_asked(&t, "health something", "There is no check");
    expect_asked(&t, "health details rsk", "Did you mean");
    wait_sql(t.h, 2, 20000,
             "select count(*) from opsbot.audit_events where command ="
             " 'health' and kind = 'read' and outcome = 'input'");
    healthy_stop(&t);
}

Test(health, none_is_configured)
{
    struct harness *h = harness_start(NULL);

    expect_said(h, "U0BOB", "C0OPS", "health",
                "No health checks are configured");
    expect_said(h, "U0BOB", "C0OPS", "health", "opsbot: socket up");
    expect_said(h, "U0BOB", "C0OPS", "health", "severity: critical");
    harness_stop(h);
}

/* ---- what takes long --------------------------------------------------------- */

Test(health, what_is_there_is_shown_and_the_rest_follows)
{
    struct healthy t = healthy_start_slow();
    struct asked a = type_text(t.h, "U0ANN", "C0OPS", "health");
    json_t *answer = wait_answers(t.h, a.interaction, 1, 30000);
    char *text;

    expect_shown(answer, "still being asked: the slow one");
    expect_shown(answer, "4 passing");
    expect_shown(answer, "1 still being asked: the rest follows");
    json_decref(answer);
    answer = wait_answers(t.h, a.interaction, 2, 30000);
    text = reply_shown(answer);
    cr_expect(strstr(text, "DEGRADED · 1 high of 5"), "%s", text);
    free(text);
    json_decref(answer);
    wait_settled(t.h, 20000);
    healthy_stop(&t);
}

/* While it is being asked, all else is asked as ever. */
Test(health, a_slow_one_delays_no_other)
{
    struct healthy t = healthy_start_slow();
    struct asked a = type_text(t.h, "U0ANN", "C0OPS", "health slow");
    json_t *answer;

    for (int i = 0; i < 5; i++)
        expect_asked(&t, "health risk", "HEALTHY · 1 check ·");
    healthy_down(&t, "risk", true);
    healthy_wait(&t, "risk", "failing");
    answer = wait_answers(t.h, a.interaction, 2, 30000);
    json_decref(answer);
    healthy_stop(&t);
}

/* It does not wait for what waits for somebody else. */
Test(health, it_stops_while_one_is_asked)
{
    struct healthy t = healthy_start_slow();
    struct asked a = type_text(t.h, "U0ANN", "C0OPS", "health slow");
    json_t *answer;

    wait_health(t.h->bot, "\"running\":1", 20000);
    cr_expect_eq(opsbot_stop(t.h->bot, 15000), 0);
    answer = wait_answers(t.h, a.interaction, 1, 20000);
    expect_shown(answer, "still being asked");
    json_decref(answer);
    opsbot_restart(t.h->bot);
    opsbot_wait_ready(t.h->bot);
    healthy_stop(&t);
}

/* A read: after a crash it is asked again. */
Test(health, it_is_asked_again_after_a_crash)
{
    struct healthy t = healthy_start_slow();
    struct asked a = type_text(t.h, "U0ANN", "C0OPS", "health slow");
    json_t *answer;

    wait_health(t.h->bot, "\"running\":1", 20000);
    wait_redis(t.h, 1, 20000, "XLEN opsbot:inbox");
    opsbot_kill9(t.h->bot);
    opsbot_restart(t.h->bot);
    opsbot_wait_ready(t.h->bot);
    answer = wait_answers(t.h, a.interaction, 2, 60000);
    expect_shown(answer, "the slow one");
    json_decref(answer);
    wait_settled(t.h, 20000);
    healthy_stop(&t);
}

/* ---- buttons, and the channel -------------------------------------------------- */

/* What U0ANN has in C0OPS by now. New ref. */
static json_t *seen(struct healthy *t)
{
    return control_get(t->h, "messages?channel=C0OPS&user=U0ANN");
}

Test(health, run_again_takes_the_place_of_the_card)
{
    struct healthy t = healthy_start("");
    json_t *answer, *again, *all;

    healthy_wait(&t, "risk", "passing");
    answer = healthy_ask(&t, "health risk");
    expect_shown(answer, "HEALTHY · 1 check ·");
    healthy_down(&t, "risk", true);
    healthy_wait(&t, "risk", "failing");
    again = press(t.h, "U0ANN", "C0OPS", answer, "Run again");
    expect_shown(again, "UNHEALTHY · 1 critical of 1");
    all = seen(&t);
    cr_expect_eq(reply_messages(all), 1);
    expect_not_shown(all, "1 check ·");
    json_decref(all);
    json_decref(answer);
    answer = press(t.h, "U0ANN", "C0OPS", again, "Details");
    expect_shown(answer, "passing → failing");
    json_decref(answer);
    json_decref(again);
    healthy_stop(&t);
}

/* Of two cards none waits for anything. */
static bool two_are_complete(void *arg)
{
    json_t *all = seen(arg);
    char *text = reply_shown(all);
    bool yes = reply_messages(all) == 2 && !strstr(text, "still being asked");

    free(text);
    json_decref(all);
    return yes;
}

/* And again, when the rest is in: the first card is pressed on while it waits,
 * what was to follow it comes below. */
Test(health, what_follows_a_button_takes_its_place_as_well)
{
    struct healthy t = healthy_start_slow();
    json_t *answer = healthy_ask(&t, "health slow"), *again;

    expect_shown(answer, "still being asked: the slow one");
    again = press(t.h, "U0ANN", "C0OPS", answer, "Run again");
    wait_until(two_are_complete, &t, 40000, "both cards");
    wait_settled(t.h, 20000);
    json_decref(again);
    json_decref(answer);
    healthy_stop(&t);
}

Test(health, a_shared_card_is_edited_when_the_rest_is_in)
{
    struct healthy t = healthy_start_slow();
    json_t *answer = healthy_ask(&t, "health --share");

    expect_shown(answer, "shown in this channel");
    json_decref(answer);
    wait_card(t.h, "1 still being asked", 20000);
    wait_card(t.h, "DEGRADED · 1 high of 5", 30000);
    cr_expect_eq(cards_with(t.h, "opsbot: socket up"), 1, "edited, not posted");
    wait_card(t.h, "asked by", 20000);
    wait_settled(t.h, 20000);
    healthy_stop(&t);
}

/* Nobody can edit it, but it is there. */
Test(health, it_is_shared_while_postgres_is_away)
{
    struct healthy t = healthy_start("");
    json_t *answer;

    healthy_wait(&t, "risk", "passing");
    part_stop(t.h, PART_POSTGRES);
    wait_health(t.h->bot, "\"postgres\":{\"state\":\"down\"", 20000);
    answer = healthy_ask(&t, "health --share");
    json_decref(answer);
    wait_card(t.h, "HEALTHY · 4 checks", 20000);
    wait_card(t.h, "Postgres down since", 20000);
    part_start(t.h, PART_POSTGRES);
    opsbot_wait_ready(t.h->bot);
    healthy_stop(&t);
}

/* ---- what is remembered --------------------------------------------------------- */

Test(health, since_when_survives_a_restart)
{
    struct healthy t = healthy_start("");
    char *before, *after;

    healthy_wait(&t, "risk", "passing");
    healthy_down(&t, "risk", true);
    healthy_wait(&t, "risk", "failing");
    before = healthy_since(&t, "risk");
    opsbot_kill9(t.h->bot);
    opsbot_restart(t.h->bot);
    opsbot_wait_ready(t.h->bot);
    /* It leads, and has asked by itself. */
    wait_sql(t.h, 2, 30000,
             "select least(2, count(distinct replica)) from"
             " opsbot.check_results where check_id = 'risk'");
    expect_asked(&t, "health risk", "UNHEALTHY");
    after = healthy_since(&t, "risk");
    cr_expect_str_eq(before, after);
    wait_sql(t.h, 2, 20000,
             "select count(*) from opsbot.check_changes where check_id ="
             " 'risk'");
    free(before);
    free(after);
    healthy_stop(&t);
}

Test(health, what_changed_while_postgres_was_away_is_written_late)
{
    struct healthy t = healthy_start("");
    char *late;

    healthy_wait(&t, "risk", "passing");
    part_stop(t.h, PART_POSTGRES);
    wait_health(t.h->bot, "\"postgres\":{\"state\":\"down\"", 20000);
    healthy_down(&t, "risk", true);
    wait_health(t.h->bot, "\"failing\":{\"critical\":1", 20000);
    healthy_down(&t, "risk", false);
    wait_health(t.h->bot, "\"failing\":{\"critical\":0", 20000);
    part_start(t.h, PART_POSTGRES);
    opsbot_wait_ready(t.h->bot);
    wait_sql(t.h, 3, 20000,
             "select count(*) from opsbot.check_changes where check_id ="
             " 'risk'");
    late =
        sql(t.h, "select string_agg(from_mark || '>' || to_mark, ' ' order by"
                 " at) from opsbot.check_changes where check_id = 'risk'");
    cr_expect_str_eq(late, "unknown>passing passing>failing failing>passing",
                     "%s", late);
    free(late);
    wait_health(t.h->bot, "\"waiting\":0}", 20000);
    healthy_stop(&t);
}

/* One of them asks, both know. */
Test(health, of_two_replicas_one_asks)
{
    struct healthy t = healthy_start("");
    struct opsbot *other;

    healthy_wait(&t, "risk", "passing");
    other = opsbot_start(t.h, NULL);
    opsbot_wait_ready(other);
    wait_health(other, "\"leader\":{\"held\":false", 20000);
    healthy_down(&t, "risk", true);
    healthy_wait(&t, "risk", "failing");
    wait_health(other, "\"failing\":{\"critical\":1", 20000);
    wait_health(t.h->bot, "\"failing\":{\"critical\":1", 20000);
    cr_expect_eq(sql_number(t.h, "select count(distinct replica) from"
                                 " opsbot.check_results"),
                 1);
    cr_expect_eq(sql_number(t.h, "select count(*) from opsbot.check_changes"
                                 " where check_id = 'risk'"),
                 2);
    /* Whoever is left goes on. */
    opsbot_kill9(t.h->bot);
    wait_health(other, "\"leader\":{\"held\":true", 30000);
    healthy_down(&t, "risk", false);
    healthy_wait(&t, "risk", "passing");
    opsbot_restart(t.h->bot);
    opsbot_wait_ready(t.h->bot);
    healthy_stop(&t);
}

/* ---- unhalt ---------------------------------------------------------------------- */

Test(health, nothing_starts_again_while_a_critical_check_of_it_fails)
{
    struct healthy t = healthy_start("");

    healthy_wait(&t, "risk", "passing");
    expect_patiently(t.h, "halt trading wrong prices", "Halted");
    healthy_down(&t, "risk", true);
    healthy_wait(&t, "risk", "failing");
    expect_patiently(t.h, "unhalt trading", "critical check risk passes");
    expect_patiently(t.h, "unhalt trading", "stays halted");
    expect_patiently(t.h, "unhalt trading --force", "Unhalt trading by force?");
    healthy_down(&t, "risk", false);
    healthy_wait(&t, "risk", "passing");
    expect_patiently(t.h, "unhalt trading", "Unhalt trading?");
    healthy_stop(&t);
}
