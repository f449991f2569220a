/* watch: what the bot itself raises, for its real reason and once. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/bot/alerts/watching.h"

TestSuite(watch, .init = watching_start, .fini = watching_stop);

/* ---- health checks ---------------------------------------------------------- */

Test(watch, a_check_that_fails_is_raised_once_and_ends_when_it_passes)
{
    result("api", true, "12 ms");
    cr_expect_eq(look(), 0u);
    result("api", false, "HTTP 503, expected 200");
    cr_expect_eq(look(), 0u, "one failure of two");
    result("api", false, "HTTP 503, expected 200");
    cr_assert_eq(look(), 1u);
    is_raised("HealthCheckFails", ALERT_CRITICAL);
    title_is("api: HTTP 503, expected 200");
    label_is("check", "api");
    label_is("service", "trading");
    says("It passed last at 2023-11-14T");
    cr_expect_str_eq(last()->runbook, "https://wiki/api");
    result("api", false, "HTTP 500, expected 200");
    cr_expect_eq(look(), 0u);
    result("api", true, "9 ms");
    cr_expect_eq(look(), 0u, "one success of two");
    result("api", true, "9 ms");
    cr_assert_eq(look(), 1u);
    is_over("HealthCheckFails");
}

Test(watch, a_certificate_that_ends_soon_is_a_warning_with_its_days)
{
    result("cert", false, "expires in 6 d (limit 14 d)");
    cr_assert_eq(look(), 1u);
    is_raised("HealthCheckFails", ALERT_WARNING);
    title_is("certificate of pay: expires in 6 d (limit 14 d)");
    label_is("service", "cert");
}

Test(watch, a_check_taken_out_of_the_file_ends)
{
    result("cert", false, "x");
    cr_assert_eq(look(), 1u);
    world.cfg.checks_count = 1;
    cr_assert_eq(look(), 1u);
    is_over("HealthCheckFails");
}

/* After a reload nothing is known of it until it was asked. */
Test(watch, a_check_of_which_nothing_is_known_stays_as_it_stands)
{
    result("cert", false, "x");
    cr_assert_eq(look(), 1u);
    check_board_free(board);
    board = check_board_new(&world.cfg);
    w->needs.board = board;
    cr_expect_eq(look(), 0u);
    result("cert", true, "ok");
    cr_assert_eq(look(), 1u);
    is_over("HealthCheckFails");
}

/* Killed before it had written down that the check fails: what Postgres knows
 * of it is older than what it raised. */
Test(watch, a_check_that_passed_before_it_was_raised_stays_as_it_stands)
{
    struct check_state before;

    result("cert", true, "ok");
    look();
    check_board_get(board, "cert", &before);
    result("cert", false, "x");
    cr_assert_eq(look(), 1u);
    in_postgres(last());
    restart("r2");
    check_board_free(board);
    board = check_board_new(&world.cfg);
    w->needs.board = board;
    check_board_restore(board, "cert", &before);
    cr_expect_eq(look(), 0u, "not over");
    result("cert", false, "x");
    cr_expect_eq(look(), 0u, "not again");
    result("cert", true, "ok");
    cr_assert_eq(look(), 1u);
    is_over("HealthCheckFails");
}

/* ---- pages -------------------------------------------------------------------- */

static void page(const char *key, const char *state, const char *minutes)
{
    struct db *db = stores_db(&world.s);
    char *sql = xasprintf(
        "insert into opsbot.pages (key, target, body, state, give_up_at, error,"
        " failed_at, sent_at) values ('%s', 'webhook:ops', '{}', '%s', now(),"
        " 'HTTP 404', now() + interval '%s min', now() + interval '%s min')",
        key, state, minutes, minutes);

    cr_assert(db_script(db, "page", sql, &world.err), "%s", world.err.text);
    free(sql);
    db_free(db);
}

Test(watch, a_page_that_was_given_up_is_raised_once_for_its_place)
{
    cr_expect_eq(look(), 0u);
    page("a", "failed", "-9");
    cr_assert_eq(look(), 1u);
    is_raised("OpsbotPagesLost", ALERT_CRITICAL);
    title_is("Pages are not delivered: pager ops");
    says("HTTP 404");
    in_postgres(last());
    page("b", "failed", "-8");
    page("w", "waiting", "0");
    cr_expect_eq(look(), 0u, "the same place");
    restart("r2");
    cr_expect_eq(look(), 0u, "by another replica too");
    page("c", "sent", "-7");
    cr_assert_eq(look(), 1u);
    is_over("OpsbotPagesLost");
}

/* ---- what is kept for pictures ----------------------------------------------- */

static int64_t kept(const char *sql)
{
    struct db_stmt stmt = { .name = "test_kept", .sql = sql };
    struct db *db = stores_db(&world.s);
    struct db_rows *rows;
    int64_t n;

    cr_assert(db_run(db, &stmt, &rows, &world.err, NULL), "%s", world.err.text);
    n = rows_int(rows, 0, 0);
    rows_free(rows);
    db_free(db);
    return n;
}

/* At once when it changes, else each minute: an alert is drawn with it. */
Test(watch, keeps_how_deep_the_queues_are)
{
    look();
    cr_expect_eq(kept("select count(*) from opsbot.stream_samples"
                      " where stream = 'orders' and dead = 0"),
                 1);
    dead(1000, "timeout");
    dead(1000, "timeout");
    look();
    cr_expect_eq(kept("select dead from opsbot.stream_samples"
                      " where stream = 'orders' order by at desc limit 1"),
                 2);
    (void)kept("with gone as (delete from opsbot.stream_samples returning 1)"
               " select count(*) from gone");
    look();
    cr_expect_eq(kept("select count(*) from opsbot.stream_samples"), 0,
                 "nothing has changed within this minute");
}

/* Whoever leads does. */
Test(watch, a_follower_keeps_none)
{
    leading = false;
    look();
    cr_expect_eq(kept("select count(*) from opsbot.stream_samples"), 0);
}

/* ---- dead letters -------------------------------------------------------------- */

Test(watch, old_dead_letters)
{
    dead(899000, "timeout");
    cr_expect_eq(look(), 0u);
    requeued();
    dead(901000, "timeout");
    cr_assert_eq(look(), 1u);
    is_raised("DeadLettersOld", ALERT_WARNING);
    title_is("orders: a dead letter has waited for more than 15 m");
    label_is("stream", "orders");
    says("1 in orders.dlq");
    says("dead-letters.md");
    cr_expect_eq(look(), 0u);
    requeued();
    cr_assert_eq(look(), 1u);
    is_over("DeadLettersOld");
}

/* It begins when it was too old: whoever looks, and whenever. */
Test(watch, old_dead_letters_have_one_moment)
{
    dead(901000, "timeout");
    cr_assert_eq(look(), 1u);
    cr_expect_leq(last()->at, clock_wall_ms() - 1000);
    cr_expect_geq(last()->at, clock_wall_ms() - 60000);
}

Test(watch, many_new_dead_letters_until_it_is_half_as_many)
{
    look();
    for (int i = 0; i < 10; i++)
        dead(1000, "timeout");
    cr_expect_eq(look(), 1u);
    is_raised("DeadLetterNewCause", ALERT_HIGH);
    dead(1000, "timeout");
    cr_assert_eq(look(), 1u);
    is_raised("DeadLettersComing", ALERT_WARNING);
    title_is("orders: more than 10 new dead letters in 10 minutes");
    says("11 in 10 minutes, 11 in all");
    for (int i = 0; i < 5; i++)
        free(cli(&world.s, "xtrim orders.dlq maxlen %d", 10 - i));
    cr_expect_eq(look(), 0u, "six of ten");
    free(cli(&world.s, "xtrim orders.dlq maxlen 5"));
    cr_assert_eq(look(), 1u);
    is_over("DeadLettersComing");
}

Test(watch, a_cause_never_seen_before_is_worse_than_old_ones)
{
    dead(1000, "timeout after 30 ms");
    cr_expect_eq(look(), 0u, "the first look learns");
    dead(1000, "timeout after 31 ms");
    cr_expect_eq(look(), 0u, "the same cause");
    dead(1000, "no such account 17");
    cr_assert_eq(look(), 1u);
    is_raised("DeadLetterNewCause", ALERT_HIGH);
    title_is("orders: dead letters of a cause never seen before: no such"
             " account #");
    dead(1000, "no such account 18");
    cr_expect_eq(look(), 0u);
    requeued();
    cr_assert_eq(look(), 1u);
    is_over("DeadLetterNewCause");
    dead(1000, "no such account 19");
    cr_expect_eq(look(), 0u, "it was seen before");
}

Test(watch, of_many_new_causes_a_few_are_named)
{
    look();
    world.cfg.alerts.watch.dlq_inflow = 0;
    for (int i = 0; i < 12; i++) {
        char text[] = "error a";

        text[6] = (char)('a' + i);
        dead(1000, text);
    }
    cr_expect_eq(look(), 5u);
}

/* ---- lag ------------------------------------------------------------------------ */

Test(watch, an_entry_that_nobody_confirms)
{
    free(cli(&world.s, "xgroup create orders workers 0 mkstream"));
    free(cli(&world.s, "xadd orders %lld-0 a 1",
             (long long)clock_wall_ms() - 601000));
    cr_expect_eq(look(), 0u, "it was not delivered yet");
    free(cli(&world.s, "xreadgroup group workers w1 streams orders '>'"));
    cr_assert_eq(look(), 1u);
    is_raised("StreamLags", ALERT_HIGH);
    title_is("orders: group workers has not confirmed an entry for more than"
             " 10 m");
    says("1 pending");
    cr_expect_eq(look(), 0u);
    free(cli(&world.s, "xgroup destroy orders workers"));
    cr_assert_eq(look(), 1u);
    is_over("StreamLags");
}

/* ---- the bot itself ------------------------------------------------------------- */

Test(watch, posts_that_wait)
{
    self_now.outbox_oldest_ms = 299000;
    cr_expect_eq(look(), 0u);
    self_now.outbox_oldest_ms = 301000;
    cr_assert_eq(look(), 1u);
    is_raised("OpsbotPostsLate", ALERT_HIGH);
    title_is("A post has waited for Slack for more than 5 m");
    label_is("service", "opsbot");
    self_now.outbox_oldest_ms = -1;
    cr_assert_eq(look(), 1u);
    is_over("OpsbotPostsLate");
}

Test(watch, an_escalation_that_should_have_moved)
{
    self_now.overdue_ms = 119000;
    cr_expect_eq(look(), 0u);
    self_now.overdue_ms = 121000;
    cr_assert_eq(look(), 1u);
    is_raised("OpsbotEscalationStuck", ALERT_CRITICAL);
    title_is("An escalation should have moved more than 2 m ago");
    self_now.overdue_ms = 0;
    cr_assert_eq(look(), 1u);
    is_over("OpsbotEscalationStuck");
}

Test(watch, alerts_that_cannot_be_read)
{
    world.cfg.alerts.stream = (char[]){ "notify.events" };
    snprintf(self_now.unread_why, sizeof self_now.unread_why, "WRONGTYPE x");
    self_now.unread_since = clock_wall_ms() - 31000;
    cr_assert_eq(look(), 1u);
    is_raised("OpsbotAlertsUnread", ALERT_CRITICAL);
    title_is("No alerts can be read from notify.events");
    says("WRONGTYPE x");
    self_now.unread_since = 0;
    cr_assert_eq(look(), 1u);
    is_over("OpsbotAlertsUnread");
}

Test(watch, a_redis_that_refuses_to_be_written)
{
    self_now.refusing_since = clock_wall_ms() - 6000;
    cr_assert_eq(look(), 1u);
    is_raised("OpsbotRedisRefuses", ALERT_CRITICAL);
    self_now.refusing_since = 0;
    cr_assert_eq(look(), 1u);
    is_over("OpsbotRedisRefuses");
}

Test(watch, records_that_wait_though_their_stores_are_up)
{
    self_now.audit_waiting = 3;
    cr_expect_eq(look(), 0u);
    w->audit_since -= 601000;
    cr_assert_eq(look(), 1u);
    is_raised("OpsbotAuditWaits", ALERT_HIGH);
    self_now.audit_waiting = 0;
    cr_assert_eq(look(), 1u);
    is_over("OpsbotAuditWaits");
    self_now.journal_waiting = 1;
    cr_expect_eq(look(), 0u);
    w->journal_since -= 601000;
    cr_assert_eq(look(), 1u);
    is_raised("OpsbotJournalWaits", ALERT_HIGH);
    label_is("replica", "replica1");
}
