/*
 * Bulk moves as people see them: asked, confirmed, carried out once, stopped,
 * told in public, had back.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/jobs.h"

/* The card in a channel that holds text, as an answer: to press its buttons. */
static json_t *card_in(struct harness *h, const char *channel, const char *text)
{
    char *path = xasprintf("messages?channel=%s", channel);
    json_t *answer = control_get(h, path);
    json_t *messages = json_object_get(answer, "messages");

    for (size_t i = json_array_size(messages); i-- > 0;) {
        char *whole = json_dumps(json_array_get(messages, i), JSON_COMPACT);

        if (!strstr(whole, text))
            json_array_remove(messages, i);
        free(whole);
    }
    free(path);
    return answer;
}

/* ---- asked, confirmed, done ------------------------------------------------- */

Test(jobs, all_are_moved_once_and_told_in_public)
{
    struct harness *h = start_jobs(12);
    json_t *asked = say(h, "U0ANN", "C0OPS", ALL " --rate max"), *answer;

    expect_shown(asked, "Requeue 12 entries of orders?");
    expect_shown(asked, "all up to `1700000000000-12`; what arrives from now");
    expect_shown(asked, typed(h, "confirm"));
    redis_send(h, "XADD orders.dlq 1700000000000-13 n 13");
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.jobs"), 0);
    answer = press(h, "U0ANN", "C0OPS", asked, "Requeue 12 entries");
    expect_shown(answer, "Requeueing 12 entries of orders");
    cr_assert_null(reply_button(answer, "Requeue 12 entries"));
    wait_job(h, "done", 20000);
    wait_settled(h, 20000);
    expect_each_once(h, 12);
    wait_redis(h, 1, COMES_MS, "XLEN orders.dlq");
    wait_posted(h, "C0OPS", "Requeued 12 of 12");
    wait_posted(h, "C0GENERAL", "Requeued 12 of 12");
    expect_audited(h, "kind = 'attempt' and command = 'dlq requeue'", 1);
    expect_audited(h, "kind = 'outcome' and command = 'dlq requeue'", 1);
    expect_audited(h, "kind = 'read' and command = 'dlq requeue'", 1);
    expect_audited(h, "command = 'confirm' and outcome = 'ok'", 1);
    wait_sql(h, 1, COMES_MS,
             "select count(distinct operation) from"
             " opsbot.audit_events where command ="
             " 'dlq requeue'");
    expect_said(h, "U0ANN", "C0OPS", "jobs", "12 of 12  done");
    json_decref(answer);
    json_decref(asked);
    harness_stop(h);
}

Test(jobs, some_by_their_ids)
{
    struct harness *h = start_jobs(5);

    expect_said(h, "U0ANN", "C0OPS",
                "dlq requeue orders 1700000000000-2 1700000000000-4"
                " 1700000000000-9",
                "1 of those you named is not in orders.dlq");
    expect_said(h, "U0ANN", "C0OPS", typed(h, "confirm"),
                "Requeueing 2 entries of orders");
    wait_job(h, "done", 20000);
    wait_redis(h, 2, COMES_MS, "XLEN orders");
    wait_redis(h, 3, COMES_MS, "XLEN orders.dlq");
    harness_stop(h);
}

/* ---- not confirmed ------------------------------------------------------------- */

Test(jobs, what_is_not_confirmed_changes_nothing)
{
    struct harness *h = start_jobs(3);
    json_t *asked = say(h, "U0ANN", "C0OPS", ALL), *answer;

    expect_said(h, "U0BOB", "C0OPS", typed(h, "confirm"), "nothing of yours");
    expect_said(h, "U0BOB", "C0OPS", typed(h, "cancel"), "nothing of yours");
    answer = press(h, "U0ANN", "C0OPS", asked, "Do not requeue");
    expect_shown(answer, "Cancelled: nothing was changed");
    expect_said(h, "U0ANN", "C0OPS", typed(h, "confirm"),
                "Cancelled before: nothing was changed");
    expect_said(h, "U0ANN", "C0OPS", typed(h, "cancel"), "Cancelled before");
    json_decref(asked);
    asked = press(h, "U0ANN", "C0OPS", answer, "Ask again");
    expect_shown(asked, "Requeue 3 entries of orders?");
    free(sql(h, "update opsbot.confirmations set expires_at = now()"));
    json_decref(answer);
    answer = press(h, "U0ANN", "C0OPS", asked, "Requeue 3 entries");
    expect_shown(answer, "Too late: nothing was changed");
    cr_assert_null(reply_button(answer, "Requeue 3 entries"));
    expect_said(h, "U0ANN", "C0OPS", "confirm ZZZZZZ", "nothing of yours");
    expect_said(h, "U0ANN", "C0OPS", "cancel ZZZZZZ", "nothing of yours");
    cr_assert_eq(redis_number(h, "XLEN orders"), 0);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.jobs"), 0);
    json_decref(answer);
    json_decref(asked);
    harness_stop(h);
}

/* Started again with another configuration. */
static void reconfigure(struct harness *h, const char *yaml)
{
    char *path = xasprintf("%s/opsbot.yaml", h->dir);
    FILE *file = fopen(path, "w");

    cr_assert(file && fputs(yaml, file) >= 0 && fclose(file) == 0);
    free(path);
    cr_assert_eq(opsbot_stop(h->bot, 0), 0);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
}

/* Who has lost the right may not confirm; the question stays open. */
Test(jobs, the_right_is_checked_again)
{
    struct harness *h = start_jobs(3);

    expect_said(h, "U0DAN", "C0OPS", ALL, "may not do that");
    expect_said(h, "U0BOB", "C0OPS", ALL, "Requeue 3 entries");
    reconfigure(h, NOBODY);
    expect_said(h, "U0BOB", "C0OPS", typed(h, "confirm"), "needs the right");
    expect_audited(h, "kind = 'refusal' and command = 'confirm'", 1);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.jobs"), 0);
    reconfigure(h, NOBODY AND_BOB);
    expect_said(h, "U0BOB", "C0OPS", typed(h, "confirm"),
                "Requeueing 3 entries");
    wait_job(h, "done", 20000);
    harness_stop(h);
}

Test(jobs, nothing_is_begun_without_postgres)
{
    struct harness *h = start_jobs(3);

    say_quietly(h, ALL);
    part_stop(h, PART_POSTGRES);
    expect_said(h, "U0ANN", "C0OPS", ALL, "could not use Postgres");
    part_start(h, PART_POSTGRES);
    opsbot_wait_ready(h->bot);
    expect_said(h, "U0ANN", "C0OPS", typed(h, "confirm"),
                "Requeueing 3 entries");
    wait_job(h, "done", 20000);
    expect_each_once(h, 3);
    harness_stop(h);
}

/* ---- twice ---------------------------------------------------------------------- */

/* Both presses are under way before either is carried out. */
Test(jobs, two_presses_are_one_job)
{
    struct harness *h = start_jobs(4);
    json_t *asked = say(h, "U0ANN", "C0OPS", ALL), *answer;
    struct table_lock *lock = table_lock(h, "confirmations");
    struct seen_button button;
    struct asked first, second;

    cr_assert(find_nth_button(asked, "Requeue 4 entries", 0, "U0ANN", "C0OPS",
                              &button));
    first = press_seen(h, &button);
    second = press_seen(h, &button);
    wait_sql(h, 2, 5000, "select count(*) from pg_locks where not granted");
    table_unlock(lock);
    json_decref(wait_answers(h, first.interaction, 1, 10000));
    answer = wait_answers(h, second.interaction, 1, 10000);
    json_decref(answer);
    wait_job(h, "done", 20000);
    expect_said(h, "U0ANN", "C0OPS", typed(h, "confirm"),
                "This was confirmed before; nothing more was changed");
    wait_settled(h, 20000);
    expect_each_once(h, 4);
    wait_sql(h, 1, COMES_MS, "select count(*) from opsbot.jobs");
    expect_audited(h, "command = 'confirm' and outcome = 'already'", 2);
    wait_posted(h, "C0OPS", "Requeued 4 of 4");
    free(button.value);
    json_decref(asked);
    harness_stop(h);
}

/* ---- stopped in the middle -------------------------------------------------------- */

/* All that was there is in one of the two places. */
static void expect_stopped_between(struct harness *h, int total)
{
    long long moved = redis_number(h, "XLEN orders");

    cr_assert_eq(moved + redis_number(h, "XLEN orders.dlq"), total);
    cr_assert_lt(moved, total);
    expect_each_once(h, (int)moved);
}

Test(jobs, cancelled_by_the_button_of_the_card)
{
    struct harness *h = start_jobs(60);
    json_t *card, *answer;

    begin_slowly(h, "2");
    wait_posted(h, "C0OPS", "Requeueing · orders");
    wait_moved(h, 2);
    card = card_in(h, "C0OPS", "Requeueing · orders");
    answer = press(h, "U0DAN", "C0OPS", card, "Stop requeueing");
    expect_shown(answer, "Only who began it");
    expect_shown(answer, "has it");
    expect_audited(h,
                   "command = 'cancel' and actor = 'U0DAN' and"
                   " detail ->> 'right' = 'dlq.requeue'",
                   1);
    json_decref(answer);
    answer = press(h, "U0BOB", "C0OPS", card, "Stop requeueing");
    expect_shown(answer, "Cancelled by");
    wait_job(h, "cancelled", 20000);
    expect_stopped_between(h, 60);
    wait_posted(h, "C0OPS", "Requeue cancelled");
    wait_posted(h, "C0GENERAL", "are still in orders.dlq");
    expect_said(h, "U0ANN", "C0OPS", typed(h, "confirm"), "Requeue cancelled");
    expect_said(h, "U0ANN", "C0OPS", typed(h, "cancel"), "Requeue cancelled");
    expect_audited(h,
                   "command = 'cancel' and outcome = 'ok' and actor ="
                   " 'U0BOB'",
                   1);
    expect_audited(h, "kind = 'read' and outcome = 'asked'", 1);
    expect_audited(h, "kind = 'outcome' and outcome = 'cancelled'", 1);
    json_decref(answer);
    json_decref(card);
    harness_stop(h);
}

Test(jobs, cancelled_by_hand_and_after_its_end)
{
    struct harness *h = start_jobs(60);

    begin_slowly(h, "2");
    wait_moved(h, 1);
    expect_said(h, "U0ANN", "C0OPS", "jobs", "under way");
    expect_said(h, "U0ANN", "C0OPS", typed(h, "cancel"), "Cancelled by");
    wait_job(h, "cancelled", 20000);
    expect_stopped_between(h, 60);
    begin_slowly(h, "max");
    wait_job(h, "done", 20000);
    expect_said(h, "U0ANN", "C0OPS", typed(h, "cancel"), "Requeued ");
    expect_each_once(h, 60);
    harness_stop(h);
}

/* ---- had back --------------------------------------------------------------------- */

Test(jobs, discarded_and_restored)
{
    struct harness *h = start_jobs(3);
    json_t *shown = say(h, "U0ANN", "C0OPS", "dlq show orders"), *trash;

    json_decref(press(h, "U0ANN", "C0OPS", shown, "Discard"));
    wait_job(h, "done", 20000);
    trash = press(h, "U0ANN", "C0OPS", shown, "Discard");
    expect_shown(trash, "Discarded 1 of 1 · orders");
    json_decref(trash);
    wait_redis(h, 2, COMES_MS, "XLEN orders.dlq");
    expect_said(h, "U0ANN", "C0OPS", "dlq discard orders 1700000000000-1",
                "Already discarded by");
    expect_said(h, "U0ANN", "C0OPS", "dlq requeue orders 1700000000000-1",
                "Discarded to the trash by");
    trash = say(h, "U0ANN", "C0OPS", "dlq show orders --trash");
    expect_shown(trash, "Trash of orders: 1 entry");
    expect_shown(trash, "originally `1600000000000-1`");
    expect_shown(trash, "was the dead letter `1700000000000-1`");
    expect_not_shown(trash, "opsbot_");
    json_decref(press(h, "U0ANN", "C0OPS", trash, "Restore"));
    wait_sql(h, 2, 20000,
             "select count(*) from opsbot.jobs where state = 'done'");
    wait_redis(h, 3, COMES_MS, "XLEN orders.dlq");
    expect_said(h, "U0ANN", "C0OPS", "dlq show orders --trash",
                "Nothing in the trash of orders");
    say_quietly(h, ALL);
    say_quietly(h, typed(h, "confirm"));
    wait_sql(h, 3, 20000,
             "select count(*) from opsbot.jobs where state = 'done'");
    expect_each_once(h, 3);
    expect_audited(h, "command = 'dlq discard' and kind = 'attempt'", 1);
    expect_audited(h, "command = 'dlq restore' and kind = 'outcome'", 1);
    json_decref(trash);
    json_decref(shown);
    harness_stop(h);
}

Test(jobs, all_discarded_and_all_restored)
{
    struct harness *h = start_jobs(7);

    expect_said(h, "U0ANN", "C0OPS", "dlq discard orders --all",
                "Discard 7 entries of orders?");
    expect_said(h, "U0ANN", "C0OPS", typed(h, "confirm"), "Discarding 7");
    wait_job(h, "done", 20000);
    cr_assert_eq(redis_number(h, "XLEN orders.dlq"), 0);
    wait_posted(h, "C0OPS", "Kept in the trash for ");
    expect_said(h, "U0ANN", "C0OPS", ALL, "There is nothing to requeue");
    expect_said(h, "U0ANN", "C0OPS", "dlq restore orders --all --rate max",
                "Restore 7 entries of orders?");
    say_quietly(h, typed(h, "confirm"));
    wait_sql(h, 2, 20000,
             "select count(*) from opsbot.jobs where state = 'done'");
    wait_redis(h, 7, COMES_MS, "XLEN orders.dlq");
    harness_stop(h);
}
