/*
 * Many hands at once, and too late: Confirm pressed twenty times, Cancel
 * racing Confirm, cards that are over. One job, and answers that agree.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/bulk.h"

#define TIMES    20
#define YES      "Requeue 40 entries"
#define ENTRIES  40
#define ANSWERED 30000

static struct seen_button button_of(const json_t *asked, const char *label)
{
    struct seen_button b;

    cr_assert(find_nth_button(asked, label, 0, "U0ANN", "C0OPS", &b), "%s",
              label);
    return b;
}

static char *shown_to(struct harness *h, const struct asked *a)
{
    json_t *answer = wait_answers(h, a->interaction, 1, ANSWERED);
    char *shown = reply_shown(answer);

    json_decref(answer);
    return shown;
}

static void expect_one_job(struct harness *h)
{
    wait_job(h, "done", SLOW_MS);
    wait_settled(h, SLOW_MS);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.jobs"), 1);
    bulk_expect(h, ENTRIES);
}

/* Half by the button, half typed; all are under way before one is carried
 * out. */
Test(clicks, confirmed_twenty_times_at_once)
{
    struct harness *h = start_jobs(ENTRIES);
    json_t *question = say(h, "U0ANN", "C0OPS", ALL " --rate 40");
    struct seen_button yes = button_of(question, YES);
    const char *line = typed(h, "confirm");
    struct table_lock *lock = table_lock(h, "confirmations");
    struct asked asked[TIMES];

    for (int i = 0; i < TIMES; i++)
        asked[i] =
            i % 2 ? type_text(h, "U0ANN", "C0OPS", line) : press_seen(h, &yes);
    wait_sql(h, 2, 5000, "select count(*) from pg_locks where not granted");
    table_unlock(lock);
    for (int i = 0; i < TIMES; i++) {
        char *shown = shown_to(h, &asked[i]);

        cr_assert(strstr(shown, "equeue"), "answer %d: %s", i, shown);
        cr_assert(!strstr(shown, "nothing of yours"), "%s", shown);
        free(shown);
    }
    expect_one_job(h);
    expect_audited(h, "command = 'confirm' and outcome = 'ok'", 1);
    /* One did it; each of the others is on record as what it was. */
    cr_assert_eq(sql_number(h, "select count(distinct operation) from"
                               " opsbot.audit_events where command = 'confirm'"
                               " and outcome in ('ok', 'already')"),
                 TIMES);
    free(yes.value);
    json_decref(question);
    harness_stop(h);
}

/* Once pressed, Slack shows the button no more: later there is the typed
 * twin. */
Test(clicks, confirmed_too_late_and_cancelled_after_its_end)
{
    struct harness *h = start_jobs(ENTRIES);
    json_t *question = say(h, "U0ANN", "C0OPS", ALL), *answer;
    char *line;

    free(sql(h, "update opsbot.confirmations set expires_at = now()"));
    answer = press(h, "U0ANN", "C0OPS", question, YES);
    expect_shown(answer, "Too late: nothing was changed");
    expect_said(h, "U0ANN", "C0OPS", typed(h, "confirm"), "Too late");
    expect_said(h, "U0ANN", "C0OPS", typed(h, "cancel"), "Too late");
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.jobs"), 0);
    json_decref(question);
    json_decref(answer);
    question = say(h, "U0ANN", "C0OPS", ALL " --rate max");
    line = xstrdup(typed(h, "cancel"));
    json_decref(press(h, "U0ANN", "C0OPS", question, YES));
    wait_job(h, "done", SLOW_MS);
    expect_said(h, "U0ANN", "C0OPS", line, "Requeued 40 of 40");
    expect_said(h, "U0ANN", "C0OPS", line, "Requeued 40 of 40");
    expect_said(h, "U0ANN", "C0OPS", typed(h, "confirm"),
                "This was confirmed before");
    expect_one_job(h);
    expect_audited(h, "command = 'cancel' and outcome = 'already'", 2);
    free(line);
    json_decref(question);
    harness_stop(h);
}

/* ---- out of order -------------------------------------------------------------- */

/* Cancelled before it began: nothing; after: what was moved stays moved. */
static void expect_consistent(struct harness *h)
{
    long long jobs, moved;

    wait_sql(h, 0, SLOW_MS,
             "select count(*) from opsbot.jobs where state in ('running',"
             " 'cancelling')");
    wait_settled(h, SLOW_MS);
    jobs = sql_number(h, "select count(*) from opsbot.jobs where state ="
                         " 'cancelled'");
    moved = redis_number(h, "XLEN orders");
    cr_assert_eq(moved + redis_number(h, "XLEN orders.dlq"), ENTRIES);
    cr_assert_eq(sql_number(h, "select coalesce(sum(moved), 0)::bigint from"
                               " opsbot.jobs"),
                 moved);
    cr_assert_eq(jobs, sql_number(h, "select count(*) from opsbot.jobs"));
    cr_assert_eq(sql_number(h,
                            "select count(*) from opsbot.confirmations where"
                            " state = '%s'",
                            jobs ? "confirmed" : "cancelled"),
                 1);
    expect_audited(h, "command = 'dlq requeue' and kind = 'attempt'", jobs);
    expect_audited(h, "command = 'dlq requeue' and kind = 'outcome'", jobs);
    expect_audited(h, "command = 'cancel' and outcome = 'ok'", 1);
}

/* Both are under way before either is carried out; which comes first is the
 * database's to say. */
static void race(bool cancel_first)
{
    struct harness *h = start_jobs(ENTRIES);
    json_t *question = say(h, "U0ANN", "C0OPS", ALL " --rate 4");
    struct seen_button yes = button_of(question, YES);
    struct seen_button no = button_of(question, "Do not requeue");
    struct table_lock *lock = table_lock(h, "confirmations");
    struct asked a = press_seen(h, cancel_first ? &no : &yes), b;
    char *first, *second;

    wait_sql(h, 1, 5000, "select count(*) from pg_locks where not granted");
    b = press_seen(h, cancel_first ? &yes : &no);
    wait_sql(h, 2, 5000, "select count(*) from pg_locks where not granted");
    table_unlock(lock);
    first = shown_to(h, &a);
    second = shown_to(h, &b);
    expect_consistent(h);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.jobs"),
                 strstr(cancel_first ? second : first, "Requeueing") ? 1 : 0,
                 "%s\n--\n%s", first, second);
    free(first);
    free(second);
    free(yes.value);
    free(no.value);
    json_decref(question);
    harness_stop(h);
}

Test(clicks, cancel_races_confirm)
{
    race(false);
}

Test(clicks, confirm_races_cancel)
{
    race(true);
}
