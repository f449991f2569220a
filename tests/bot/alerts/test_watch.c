/* watch: what the bot itself raises, for its real reason and once. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bot/alerts/watch.c"
#include "core/base/text.h"
#include "tests/core/ops/world.h"

#define SAID 50

static struct world world;
static struct config_holder holder;
static struct check_board *board;
static struct watch *w;
static struct watch_self self_now;
static bool leading = true, full;
static struct alert_event said[SAID];
static size_t count_said;

static char *scope[] = { (char[]){ "trading" } };
static struct config_check checks[] = {
    { .id = (char[]){ "api" },
      .severity = CHECK_CRITICAL,
      .fail_after = 2,
      .pass_after = 2,
      .runbook = (char[]){ "https://wiki/api" },
      .scopes = scope,
      .scopes_count = 1 },
    { .id = (char[]){ "cert" },
      .name = (char[]){ "certificate of pay" },
      .kind = CHECK_TLS,
      .severity = CHECK_WARNING,
      .fail_after = 1,
      .pass_after = 1 },
};
static struct config_stream streams[] = { { (char[]){ "orders" }, NULL } };

static bool leads(void *arg)
{
    (void)arg;
    return leading;
}

static void self(void *arg, struct watch_self *out)
{
    (void)arg;
    *out = self_now;
}

/* Kept, in the order in which they were raised. */
static bool raise_them(void *arg, struct alert_event *events, size_t n)
{
    (void)arg;
    for (size_t i = 0; !full && i < n; i++) {
        cr_assert_lt(count_said, (size_t)SAID);
        said[count_said++] = events[i];
    }
    if (full)
        events_free(events, n);
    else
        free(events);
    return !full;
}

static struct watch *another(const char *replica)
{
    return watch_new(&(struct watch_needs){ .config = &holder,
                                            .replica = replica,
                                            .board = board,
                                            .redis = &world.s.redis_health,
                                            .postgres = &world.s.db_health,
                                            .leads = leads,
                                            .self = self,
                                            .raise = raise_them });
}

static void start(void)
{
    world_start(&world, WITH_BOTH);
    world.cfg.redis = world.s.url;
    world.cfg.database_url = world.s.database;
    world.cfg.checks = checks;
    world.cfg.checks_count = 2;
    world.cfg.streams = streams;
    world.cfg.streams_count = 1;
    world.cfg.alerts.on = true;
    world.cfg.alerts.watch = (struct config_watch){ .checks = true,
                                                    .dlq_age_ms = 900000,
                                                    .dlq_inflow = 10,
                                                    .dlq_causes = true,
                                                    .lag_ms = 600000,
                                                    .outbox_ms = 300000,
                                                    .deaf_ms = 60000,
                                                    .escalation_ms = 120000 };
    atomic_store(&holder.now, &world.cfg);
    board = check_board_new(&world.cfg);
    self_now = (struct watch_self){ .socket_up = true };
    w = another("replica1");
}

static void stop(void)
{
    for (size_t i = 0; i < count_said; i++)
        event_dispose(&said[i]);
    redis_free(w->redis);
    db_free(w->db);
    own_free(w->own);
    dlq_looks_dispose(&w->looks);
    free(w);
    check_board_free(board);
    world_stop(&world);
}

TestSuite(watch, .init = start, .fini = stop);

/* A turn that looks at the stores too. How many events it raised. */
static size_t look(void)
{
    size_t before = count_said;

    w->due = 0;
    turn(w);
    return count_said - before;
}

static const struct alert_event *last(void)
{
    cr_assert_gt(count_said, 0u);
    return &said[count_said - 1];
}

static void is_raised(const char *alert, enum alert_severity severity)
{
    const char *name = labels_get(&last()->labels, "alertname");

    cr_expect_str_eq(name, alert, "%s, not %s", name, alert);
    cr_expect_eq(last()->severity, severity, "%s", alert);
    cr_expect_not(last()->resolved, "%s", alert);
}

static void is_over(const char *alert)
{
    cr_expect_str_eq(labels_get(&last()->labels, "alertname"), alert);
    cr_expect(last()->resolved);
}

static void label_is(const char *name, const char *value)
{
    cr_expect_str_eq(labels_get(&last()->labels, name), value);
}

static void title_is(const char *title)
{
    cr_expect_str_eq(last()->title, title);
}

static void says(const char *words)
{
    cr_expect(strstr(last()->message, words), "%s", last()->message);
}

/* As it is after `take`: the rows that stand. */
static void in_postgres(const struct alert_event *e)
{
    char *labels = labels_text(&e->labels);
    char severity[TEXT_NUMBER];

    cr_assert(
        db_run(world.db,
               (&(const struct db_stmt){
                   .name = "test_put",
                   .sql = "with g as (insert into opsbot.alert_groups (key, op,"
                          "  route, route_id, title, severity)"
                          "  values ($1::text, 'op', 'r', 'r', 't', 0)"
                          "  returning id)"
                          " insert into opsbot.alerts (\"group\", fingerprint,"
                          "  event, severity, firing, title, labels, at)"
                          " select id, $1::text, 'e', $2::smallint, true,"
                          "  $3::text, $4::jsonb, to_timestamp(1) from g",
                   .params = 4 }),
               NULL, &world.err, e->fingerprint,
               text_number(severity, e->severity), e->title, labels),
        "%s", world.err.text);
    free(labels);
}

/* ---- health checks ---------------------------------------------------------- */

static void result(const char *check, bool ok, const char *text)
{
    static int64_t at = 1700000000000;
    struct check_result r = { .ok = ok, .at = at += 1000 };

    snprintf(r.text, sizeof r.text, "%s", text);
    check_board_note(board, check, &r, NULL);
}

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

/* ---- dead letters -------------------------------------------------------------- */

static void dead(int64_t age_ms, const char *error)
{
    free(cli(&world.s, "xadd orders.dlq %lld-* error '%s'",
             (long long)(clock_wall_ms() - age_ms), error));
}

static void requeued(void)
{
    free(cli(&world.s, "del orders.dlq"));
}

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

/* ---- stores ----------------------------------------------------------------------- */

static void away(struct store_health *h, int64_t ms)
{
    store_fell(h, "for a test");
    atomic_store(&h->down_since, clock_wall_ms() - ms);
}

Test(watch, redis_away)
{
    cr_expect_eq(look(), 0u);
    away(&world.s.redis_health, 4000);
    cr_expect_eq(look(), 0u, "a moment is nothing");
    away(&world.s.redis_health, 0);
    atomic_store(&world.s.redis_health.down_since, clock_wall_ms() - 6000);
    cr_assert_eq(look(), 1u);
    is_raised("OpsbotRedisAway", ALERT_CRITICAL);
    title_is("Redis is away");
    says("redis-down.md");
    cr_expect_eq(look(), 0u);
    store_rose(&world.s.redis_health);
    cr_expect_eq(look(), 0u, "back for a moment");
    atomic_store(&world.s.redis_health.up_since, clock_wall_ms() - 6000);
    cr_assert_eq(look(), 1u);
    is_over("OpsbotRedisAway");
}

/* What stands cannot be asked: what was said is remembered. */
Test(watch, postgres_away)
{
    result("cert", false, "x");
    cr_assert_eq(look(), 1u);
    away(&world.s.db_health, 6000);
    cr_assert_eq(look(), 1u);
    is_raised("OpsbotPostgresAway", ALERT_CRITICAL);
    title_is("Postgres is away");
    cr_expect_eq(look(), 0u);
    result("cert", true, "ok");
    cr_assert_eq(look(), 1u);
    is_over("HealthCheckFails");
}

Test(watch, both_stores_away)
{
    away(&world.s.db_health, 6000);
    away(&world.s.redis_health, 6000);
    cr_assert_eq(look(), 2u);
    cr_expect_eq(look(), 0u);
}

Test(watch, a_store_that_fails_in_the_middle_is_told_and_tried_again)
{
    dead(901000, "timeout");
    part_stop(world.s.harness, PART_REDIS);
    cr_expect_eq(look(), 0u);
    part_start(world.s.harness, PART_REDIS);
    cr_assert(redis_probe(world.r, &world.err), "%s", world.err.text);
    cr_assert_eq(look(), 1u);
    is_raised("DeadLettersOld", ALERT_WARNING);
}

/* P4: what stands cannot be known, and that is no reason to be silent. */
Test(watch, postgres_away_from_the_start)
{
    result("cert", false, "x");
    part_stop(world.s.harness, PART_POSTGRES);
    cr_assert_eq(look(), 1u);
    is_raised("HealthCheckFails", ALERT_WARNING);
    cr_expect_not(w->read);
    part_start(world.s.harness, PART_POSTGRES);
    cr_assert(db_probe(world.db, &world.err), "%s", world.err.text);
    in_postgres(last());
    cr_expect_eq(look(), 0u);
    cr_expect(w->read);
}

/* ---- deafness ---------------------------------------------------------------------- */

Test(watch, deaf_and_afterwards_how_long)
{
    self_now.socket_up = false;
    cr_expect_eq(look(), 0u);
    w->deaf_since -= 59000;
    cr_expect_eq(look(), 0u);
    w->deaf_since -= 420000;
    cr_assert_eq(look(), 1u);
    is_raised("OpsbotDeaf", ALERT_HIGH);
    title_is("Deaf: Slack's socket has been away for more than 1 m");
    label_is("replica", "replica1");
    cr_expect_eq(look(), 0u);
    self_now.socket_up = true;
    cr_assert_eq(look(), 3u);
    for (size_t i = count_said - 3; i < count_said; i++) {
        const struct alert_event *e = &said[i];
        const char *name = labels_get(&e->labels, "alertname");

        if (strcmp(name, "OpsbotDeaf") == 0) {
            cr_expect(e->resolved);
            continue;
        }
        cr_expect_str_eq(name, "OpsbotWasDeaf");
        cr_expect_eq(e->severity, ALERT_INFO);
        cr_expect_str_eq(strchr(e->title, '('), "(7 m)");
        cr_expect_eq(strlen("Deaf 14:02-14:09 UTC (7 m)"), strlen(e->title));
    }
    cr_expect_eq(look(), 0u);
}

Test(watch, a_short_silence_is_no_news)
{
    self_now.socket_up = false;
    look();
    w->deaf_since -= 30000;
    look();
    self_now.socket_up = true;
    cr_expect_eq(look(), 0u);
    cr_expect_eq(count_said, 0u);
}

Test(watch, by_request_urls_nobody_is_deaf)
{
    self_now = (struct watch_self){ .socket_off = true };
    look();
    cr_expect_eq(w->deaf_since, 0);
}

/* ---- who says it -------------------------------------------------------------------- */

Test(watch, who_does_not_lead_says_only_what_is_its_own)
{
    leading = false;
    result("cert", false, "x");
    dead(901000, "timeout");
    self_now.overdue_ms = 600000;
    self_now.socket_up = false;
    look();
    w->deaf_since -= 70000;
    cr_assert_eq(look(), 1u);
    is_raised("OpsbotDeaf", ALERT_HIGH);
    leading = true;
    cr_expect_eq(look(), 3u);
}

static void restart(const char *replica)
{
    redis_free(w->redis);
    db_free(w->db);
    own_free(w->own);
    dlq_looks_dispose(&w->looks);
    free(w);
    w = another(replica);
}

Test(watch, a_restart_raises_nothing_again_and_ends_what_is_over)
{
    look();
    result("cert", false, "x");
    dead(901000, "timeout");
    dead(1000, "refused");
    cr_assert_eq(look(), 4u);
    for (size_t i = 0; i < 4; i++)
        in_postgres(&said[i]);
    restart("replica2");
    cr_expect_eq(look(), 0u);
    restart("replica3");
    requeued();
    cr_expect_eq(look(), 3u);
    cr_expect(last()->resolved);
    cr_expect_eq(look(), 0u);
}

Test(watch, what_a_dead_replica_left_the_leader_ends)
{
    self_now.socket_up = false;
    look();
    w->deaf_since -= 70000;
    cr_assert_eq(look(), 1u);
    in_postgres(last());
    self_now.socket_up = true;
    restart("replica2");
    free(cli(&world.s, "set opsbot:replica:replica1 1"));
    cr_expect_eq(look(), 0u, "it lives");
    free(cli(&world.s, "del opsbot:replica:replica1"));
    cr_assert_eq(look(), 1u);
    is_over("OpsbotDeaf");
    label_is("replica", "replica1");
}

/* ---- when there is no room ------------------------------------------------------------ */

Test(watch, what_was_not_taken_is_raised_again)
{
    result("cert", false, "x");
    full = true;
    cr_expect_eq(look(), 0u);
    full = false;
    look();
    cr_assert_eq(look(), 1u);
    watch_refused(w);
    look();
    cr_assert_eq(look(), 1u);
    cr_expect_str_eq(said[0].id, last()->id);
}

/* ---- off --------------------------------------------------------------------------------- */

Test(watch, what_is_not_watched_is_not_raised)
{
    struct config_watch none = { 0 };

    world.cfg.alerts.watch = none;
    result("cert", false, "x");
    dead(100000000, "timeout");
    free(cli(&world.s, "xgroup create orders workers 0 mkstream"));
    free(cli(&world.s, "xadd orders 1000-0 a 1"));
    free(cli(&world.s, "xreadgroup group workers w1 streams orders '>'"));
    self_now = (struct watch_self){ .overdue_ms = 1000000,
                                    .outbox_oldest_ms = 10000000 };
    look();
    w->deaf_since -= 700000;
    cr_expect_eq(look(), 0u);
    cr_expect_eq(count_said, 0u);
}

Test(watch, taken_out_of_the_file_it_ends)
{
    look();
    result("cert", false, "x");
    dead(901000, "timeout");
    cr_assert_eq(look(), 3u);
    world.cfg.alerts.watch = (struct config_watch){ 0 };
    cr_expect_eq(look(), 3u);
    cr_expect(last()->resolved);
}

Test(watch, without_anywhere_to_say_it_nothing_is_looked_at)
{
    world.cfg.alerts.on = false;
    result("cert", false, "x");
    away(&world.s.redis_health, 6000);
    cr_expect_eq(look(), 0u);
}

/* ---- its thread ----------------------------------------------------------------------------- */

Test(watch, turns_counts_and_stops)
{
    struct watch_facts facts;
    struct watch_needs needs = w->needs;
    struct watch *own;

    needs.replica = "replica9";
    result("cert", false, "x");
    own = watch_start(&needs, &world.err);
    cr_assert_not_null(own, "%s", world.err.text);
    do {
        clock_rest(5);
        watch_facts(own, &facts);
    } while (facts.standing[OWN_CHECK] == 0);
    cr_expect_eq(facts.raised, 1u);
    cr_expect_eq(facts.over, 0u);
    watch_end(own);
    watch_stop(own);
    watch_refused(own);
    watch_free(own);
    watch_free(NULL);
}
