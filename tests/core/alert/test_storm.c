/* A storm: many new groups in one channel fold into one digest. */
#include "core/alert/storm.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/core/alert/grouped.h"

#define ONE "[\"C1\"]"
#define TWO "[\"C1\",\"C2\"]"

static void start(void)
{
    grouped_start();
    w.cfg.alerts.storm = 5;
}

TestSuite(storm, .init = start, .fini = grouped_stop);

/* As take.c does it: the fold, then the group with its number. */
static int64_t arrives(const char *op, enum alert_severity severity,
                       const char *channels)
{
    char *c1[] = { (char[]){ "C1" }, (char[]){ "C2" } };
    struct alert_world world = grouped_world();
    struct alert_group g = { .op = (char *)op,
                             .severity = severity,
                             .channels = c1,
                             .channels_count = channels[5] == ',' ? 2 : 1 };
    int64_t storm = -1, number;

    cr_assert(db_begin(w.db, &w.err));
    cr_assert(storm_fold(&world, &g, &storm, &w.err), "%s", w.err.text);
    cr_assert(db_commit(w.db, &w.err));
    number = grouped_put(op, severity, channels);
    grouped_run("update opsbot.alert_groups set storm = %lld where id = %lld"
                " returning 1",
                (long long)storm, (long long)number);
    grouped_alert(number, op, "Slow", "x");
    return storm;
}

static int64_t nth(int i, enum alert_severity severity, const char *channels)
{
    char op[20];

    snprintf(op, sizeof op, "g%d", i);
    return arrives(op, severity, channels);
}

/* Five come, and five more: a storm from the sixth on. */
static int64_t blow(void)
{
    int64_t storm = 0;

    for (int i = 0; i < 10; i++)
        storm = nth(i, ALERT_WARNING, ONE);
    cr_assert_gt(storm, 0);
    return storm;
}

static struct storm loaded(int64_t id)
{
    struct storm s;
    bool found;

    cr_assert(storm_load(w.db, id, &s, &found, &w.err), "%s", w.err.text);
    cr_assert(found);
    return s;
}

static void tick(void)
{
    struct alert_world world = grouped_world();

    cr_assert(storm_due(&world, &w.err), "%s", w.err.text);
}

/* A minute later. */
static void later(void)
{
    grouped_run("update opsbot.alert_fresh set at = at - interval '2 min'"
                " returning 1");
    grouped_run("update opsbot.alert_storms set began_at = began_at -"
                " interval '2 min' returning 1");
}

Test(storm, begins_above_the_limit_and_not_before)
{
    for (int i = 0; i < 5; i++)
        cr_expect_eq(nth(i, ALERT_WARNING, ONE), 0, "%d", i);
    cr_expect_gt(nth(5, ALERT_WARNING, ONE), 0);
    cr_expect_eq(nth(6, ALERT_INFO, ONE), nth(7, ALERT_WARNING, ONE));
    cr_expect_eq(grouped_number("select count(*) from opsbot.alert_storms"), 1);
    cr_expect_eq(grouped_number("select count(*) from opsbot.outbox where thing"
                                " like 'storm:%%' and channel = 'C1'"),
                 1, "one digest");
}

Test(storm, of_an_hour_ago_is_none)
{
    for (int i = 0; i < 5; i++)
        nth(i, ALERT_WARNING, ONE);
    later();
    cr_expect_eq(nth(5, ALERT_WARNING, ONE), 0);
}

Test(storm, zero_folds_never)
{
    w.cfg.alerts.storm = 0;
    for (int i = 0; i < 30; i++)
        cr_assert_eq(nth(i, ALERT_WARNING, ONE), 0);
    tick();
}

/* Every critical and high keeps its own card, and counts. */
Test(storm, criticals_and_highs_keep_their_cards)
{
    int64_t storm = blow();
    struct storm s;

    cr_expect_eq(arrives("bad", ALERT_CRITICAL, ONE), 0);
    cr_expect_eq(arrives("worse", ALERT_HIGH, ONE), 0);
    s = loaded(storm);
    cr_expect_eq(s.criticals, 2);
    cr_expect_eq(s.groups, 5);
    storm_dispose(&s);
}

/* It would have no card in the other one, where there is no storm. */
Test(storm, a_group_of_two_channels_folds_where_both_have_one)
{
    int64_t storm = blow(), other;
    struct storm s;

    for (int i = 10; i < 15; i++)
        cr_expect_eq(nth(i, ALERT_WARNING, TWO), 0, "%d", i);
    other = nth(15, ALERT_WARNING, TWO);
    cr_expect_eq(other, storm);
    cr_expect_eq(grouped_number("select count(*) from opsbot.alert_storms"), 2);
    s = loaded(grouped_number("select id from opsbot.alert_storms"
                              " where channel = 'C2'"));
    cr_expect_eq(s.groups, 1, "it is in the digest of each");
    storm_dispose(&s);
}

/* What the digest says is what the database has. */
Test(storm, counts_alerts_causes_and_what_is_missing)
{
    int64_t storm = blow();
    struct storm s;

    for (int i = 0; i < 4; i++) {
        char fingerprint[20], title[40];

        snprintf(fingerprint, sizeof fingerprint, "x%d", i);
        snprintf(title, sizeof title, "disk of host-%d is full", i * 17);
        grouped_alert(grouped_number("select id from opsbot.alert_groups"
                                     " where op = 'g7'"),
                      fingerprint, "", title);
    }
    s = loaded(storm);
    cr_expect_eq(s.groups, 5);
    cr_expect_eq(s.alerts, 9);
    cr_expect_eq(s.dropped, 0);
    cr_expect_eq(s.causes_all, 2);
    cr_assert_eq(s.causes_count, 2u);
    cr_expect_str_eq(s.causes[0].title, "Slow");
    cr_expect_eq(s.causes[0].count, 5);
    cr_expect_str_eq(s.causes[1].title, "disk of host-# is full");
    cr_expect_eq(s.causes[1].count, 4);
    storm_dispose(&s);
    grouped_run("delete from opsbot.alerts where \"group\" = (select id from"
                " opsbot.alert_groups where op = 'g8') returning 1");
    grouped_run("delete from opsbot.alert_groups where op = 'g8' returning 1");
    s = loaded(storm);
    cr_expect_eq(s.dropped, 1, "it can say that it lost something");
    storm_dispose(&s);
}

Test(storm, a_page_of_its_groups)
{
    int64_t storm = blow();
    struct group_list list;

    cr_assert(storm_groups(w.db, storm, 0, 3, &list, &w.err));
    cr_expect_eq(list.count, 3u);
    cr_expect(list.more);
    cr_expect_str_eq(list.items[0].op, "g5");
    group_list_dispose(&list);
    cr_assert(storm_groups(w.db, storm, 3, 3, &list, &w.err));
    cr_expect_eq(list.count, 2u);
    cr_expect_not(list.more);
    group_list_dispose(&list);
}

Test(storm, is_over_when_it_is_calm_and_says_so_once)
{
    int64_t storm = blow();
    struct storm s;

    tick();
    s = loaded(storm);
    cr_expect_eq(s.ended, 0, "not in its first minute");
    storm_dispose(&s);
    later();
    tick();
    s = loaded(storm);
    cr_expect_gt(s.ended, s.began + 119000);
    cr_expect_eq(s.groups, 5, "nothing of it is forgotten");
    storm_dispose(&s);
    cr_expect_eq(grouped_number("select wanted from opsbot.outbox where thing ="
                                " 'storm:%lld'",
                                (long long)storm),
                 7, "five groups, and its end");
    tick();
    cr_expect_eq(grouped_number("select wanted from opsbot.outbox where thing ="
                                " 'storm:%lld'",
                                (long long)storm),
                 7);
}

/* Three a minute of a limit of five: more than half. */
Test(storm, goes_on_while_half_as_many_come)
{
    int64_t storm = blow();
    struct storm s;

    later();
    for (int i = 20; i < 23; i++)
        cr_expect_eq(nth(i, ALERT_WARNING, ONE), storm);
    tick();
    s = loaded(storm);
    cr_expect_eq(s.ended, 0);
    storm_dispose(&s);
}

Test(storm, the_next_one_is_another)
{
    int64_t first = blow();

    later();
    tick();
    for (int i = 20; i < 25; i++)
        cr_expect_eq(nth(i, ALERT_WARNING, ONE), 0);
    cr_expect_gt(nth(25, ALERT_WARNING, ONE), first);
}

/* Nothing grows for ever. */
Test(storm, forgets_the_pace_of_long_ago)
{
    for (int i = 0; i < 3; i++)
        nth(i, ALERT_WARNING, ONE);
    grouped_run("update opsbot.alert_fresh set at = at - interval '1 hour'"
                " returning 1");
    tick();
    cr_expect_eq(grouped_number("select count(*) from opsbot.alert_fresh"), 0);
}

/* Two takes that want the same two channels, each the other way round, both
 * come to their end: the second waits for the first. */
Test(storm, two_takes_never_wait_for_each_other)
{
    struct alert_world world = grouped_world();
    struct db *other = stores_db(&w.s);
    char *ab[] = { (char[]){ "C1" }, (char[]){ "C2" } };
    struct alert_group g = { .op = (char[]){ "one" },
                             .severity = ALERT_WARNING,
                             .channels = ab,
                             .channels_count = 2 };
    int64_t storm;

    for (int i = 0; i < 5; i++)
        nth(i, ALERT_WARNING, TWO);
    cr_assert(db_begin(w.db, &w.err));
    cr_assert(storm_fold(&world, &g, &storm, &w.err));
    world.db = other;
    cr_assert(db_begin(other, &w.err));
    db_deadline(other, 300);
    cr_expect_not(storm_fold(&world, &g, &storm, &w.err), "it waits");
    db_rollback(other);
    store_rose(&w.s.db_health); /* nothing is wrong with it */
    cr_assert(db_commit(w.db, &w.err), "%s", w.err.text);
    db_deadline(other, STORES_MS);
    cr_assert(db_begin(other, &w.err), "%s", w.err.text);
    cr_assert(storm_fold(&world, &g, &storm, &w.err), "%s", w.err.text);
    cr_assert(db_commit(other, &w.err));
    db_free(other);
    cr_expect_eq(grouped_number("select count(*) from opsbot.alert_storms"), 2);
}
