/*
 * watch: stores away, deafness, and who says what: replicas, restarts, no room,
 * nothing watched.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tests/bot/alerts/watching.h"

TestSuite(watch_away, .init = watching_start, .fini = watching_stop);

/* ---- stores ----------------------------------------------------------------------- */

static void away(struct store_health *h, int64_t ms)
{
    store_fell(h, "for a test");
    atomic_store(&h->down_since, clock_wall_ms() - ms);
}

Test(watch_away, redis_away)
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
Test(watch_away, postgres_away)
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

Test(watch_away, both_stores_away)
{
    away(&world.s.db_health, 6000);
    away(&world.s.redis_health, 6000);
    cr_assert_eq(look(), 2u);
    cr_expect_eq(look(), 0u);
}

Test(watch_away, a_store_that_fails_in_the_middle_is_told_and_tried_again)
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
Test(watch_away, postgres_away_from_the_start)
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

Test(watch_away, deaf_and_afterwards_how_long)
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

Test(watch_away, a_short_silence_is_no_news)
{
    self_now.socket_up = false;
    look();
    w->deaf_since -= 30000;
    look();
    self_now.socket_up = true;
    cr_expect_eq(look(), 0u);
    cr_expect_eq(count_said, 0u);
}

Test(watch_away, by_request_urls_nobody_is_deaf)
{
    self_now = (struct watch_self){ .socket_off = true };
    look();
    cr_expect_eq(w->deaf_since, 0);
}

/* ---- who says it -------------------------------------------------------------------- */

Test(watch_away, who_does_not_lead_says_only_what_is_its_own)
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

Test(watch_away, a_restart_raises_nothing_again_and_ends_what_is_over)
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

Test(watch_away, what_a_dead_replica_left_the_leader_ends)
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

Test(watch_away, what_was_not_taken_is_raised_again)
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

Test(watch_away, what_is_not_watched_is_not_raised)
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

Test(watch_away, taken_out_of_the_file_it_ends)
{
    look();
    result("cert", false, "x");
    dead(901000, "timeout");
    cr_assert_eq(look(), 3u);
    world.cfg.alerts.watch = (struct config_watch){ 0 };
    cr_expect_eq(look(), 3u);
    cr_expect(last()->resolved);
}

Test(watch_away, without_anywhere_to_say_it_nothing_is_looked_at)
{
    world.cfg.alerts.on = false;
    result("cert", false, "x");
    away(&world.s.redis_health, 6000);
    cr_expect_eq(look(), 0u);
}

/* ---- its thread ----------------------------------------------------------------------------- */

Test(watch_away, turns_counts_and_stops)
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
