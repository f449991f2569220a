/* own: what is wrong becomes news once, and comes to an end. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/own_parts.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "tests/core/alert/events.h"
#include "tests/core/ops/world.h"

static struct world w;
static struct own *o;
static const struct config *cfg;
static struct alert_event *events;
static size_t count;

static void start(void)
{
    world_start(&w, WITH_POSTGRES);
    cfg = &events_config;
    o = own_new("replica1");
}

static void stop(void)
{
    events_free(events, count);
    own_free(o);
    world_stop(&w);
}

TestSuite(own, .init = start, .fini = stop);

static struct own_fact fact(enum own_kind kind, const char *subject)
{
    static const char *labels[] = { "stream", NULL, NULL };

    labels[1] = subject;
    return (struct own_fact){ .kind = kind,
                              .subject = subject,
                              .severity = ALERT_HIGH,
                              .title = "orders lags",
                              .message = "for 12 m",
                              .runbook = "deploy/runbooks/x.md",
                              .labels = labels,
                              .at = 1000 };
}

static void holds(enum own_kind kind, const char *subject)
{
    struct own_fact f = fact(kind, subject);

    own_holds(o, &f);
}

static size_t news(void)
{
    events_free(events, count);
    count = own_news(o, cfg, 5000, &events);
    return count;
}

/* As if `take` had done it. */
static void in_postgres(const struct alert_event *e)
{
    char *labels = labels_text(&e->labels);
    char severity[TEXT_NUMBER];

    cr_assert(
        db_run(
            w.db,
            (&(const struct db_stmt){
                .name = "test_put",
                .sql =
                    "with g as (insert into opsbot.alert_groups (key, op,"
                    "  route, route_id, title, severity)"
                    "  values ($1::text, 'op', 'r', 'r', 't', 0) returning id)"
                    " insert into opsbot.alerts (\"group\", fingerprint, event,"
                    "  severity, firing, title, message, labels, at)"
                    " select id, $1::text, 'e', $2::smallint, true, $3::text,"
                    "  $4::text, $5::jsonb, to_timestamp(1) from g",
                .params = 5 }),
            NULL, &w.err, e->fingerprint, text_number(severity, e->severity),
            e->title, e->message, labels),
        "%s", w.err.text);
    free(labels);
}

static void read_all(void)
{
    cr_assert(own_read(o, w.db, &w.err), "%s", w.err.text);
}

/* Another process, another leader. */
static void again_from(const char *replica)
{
    own_free(o);
    o = own_new(replica);
    read_all();
}

/* As long after it was said as it takes to doubt it. */
static void later(void)
{
    for (size_t i = 0; i < o->count; i++)
        o->items[i].said_at -= OWN_GRACE_MS + 1;
}

static void over_in_postgres(void)
{
    cr_assert(db_script(w.db, "over", "update opsbot.alerts set firing = false",
                        &w.err));
}

/* ---- once -------------------------------------------------------------------- */

Test(own, what_is_wrong_is_said_once)
{
    holds(OWN_LAG, "orders");
    own_looked(o, OWN_LAG);
    cr_assert_eq(news(), 1u);
    cr_expect_not(events[0].resolved);
    cr_expect_eq(events[0].severity, ALERT_HIGH);
    cr_expect_eq(events[0].at, 1000);
    cr_expect_str_eq(events[0].source, "bot");
    cr_expect_str_eq(events[0].title, "orders lags");
    cr_expect(strstr(events[0].message, "Runbook: deploy/runbooks/x.md"));
    cr_expect_str_eq(labels_get(&events[0].labels, "alertname"), "StreamLags");
    cr_expect_str_eq(labels_get(&events[0].labels, "stream"), "orders");
    cr_expect_str_eq(labels_get(&events[0].labels, "severity"), "high");
    for (int i = 0; i < 3; i++) {
        holds(OWN_LAG, "orders");
        own_looked(o, OWN_LAG);
        cr_expect_eq(news(), 0u);
    }
    cr_expect(own_stands(o, OWN_LAG, "orders"));
}

Test(own, what_is_over_is_said_once_under_the_same_name)
{
    char *print;

    holds(OWN_LAG, "orders");
    own_looked(o, OWN_LAG);
    news();
    print = xstrdup(events[0].fingerprint);
    own_looked(o, OWN_LAG);
    cr_assert_eq(news(), 1u);
    cr_expect(events[0].resolved);
    cr_expect_eq(events[0].ended, 5000);
    cr_expect_eq(events[0].at, 1000);
    cr_expect_str_eq(events[0].fingerprint, print);
    own_looked(o, OWN_LAG);
    cr_expect_eq(news(), 0u);
    cr_expect_not(own_stands(o, OWN_LAG, "orders"));
    free(print);
}

Test(own, what_was_not_looked_at_stays_as_it_is)
{
    holds(OWN_LAG, "orders");
    holds(OWN_DLQ_AGE, "orders");
    own_looked(o, OWN_LAG);
    own_looked(o, OWN_DLQ_AGE);
    cr_expect_eq(news(), 2u);
    own_looked(o, OWN_DLQ_AGE);
    cr_assert_eq(news(), 1u);
    cr_expect(own_stands(o, OWN_LAG, "orders"));
    cr_expect_not(own_stands(o, OWN_DLQ_AGE, "orders"));
}

/* P2: two that see the same have the same news. */
Test(own, two_replicas_have_the_same_news)
{
    struct own *other = own_new("replica2");
    struct own_fact f = fact(OWN_LAG, "orders");
    struct alert_event *theirs;

    holds(OWN_LAG, "orders");
    own_looked(o, OWN_LAG);
    own_holds(other, &f);
    own_looked(other, OWN_LAG);
    cr_assert_eq(news(), 1u);
    cr_assert_eq(own_news(other, cfg, 6000, &theirs), 1u);
    cr_expect_str_eq(events[0].id, theirs[0].id);
    cr_expect_str_eq(events[0].fingerprint, theirs[0].fingerprint);
    events_free(theirs, 1);
    own_free(other);
}

Test(own, of_two_streams_each_has_its_own)
{
    holds(OWN_LAG, "orders");
    holds(OWN_LAG, "fills");
    own_looked(o, OWN_LAG);
    cr_assert_eq(news(), 2u);
    cr_expect_str_neq(events[0].fingerprint, events[1].fingerprint);
    cr_expect_leq(strlen(events[0].fingerprint), 64u);
}

/* ---- another process --------------------------------------------------------- */

Test(own, a_restart_raises_nothing_again)
{
    holds(OWN_LAG, "orders");
    own_looked(o, OWN_LAG);
    news();
    in_postgres(&events[0]);
    again_from("replica2");
    cr_expect(own_stands(o, OWN_LAG, "orders"));
    holds(OWN_LAG, "orders");
    own_looked(o, OWN_LAG);
    cr_expect_eq(news(), 0u);
}

Test(own, what_was_over_meanwhile_comes_to_its_end)
{
    holds(OWN_LAG, "orders");
    own_looked(o, OWN_LAG);
    news();
    in_postgres(&events[0]);
    again_from("replica2");
    own_looked(o, OWN_LAG);
    cr_assert_eq(news(), 1u);
    cr_expect(events[0].resolved);
    cr_expect_str_eq(events[0].title, "orders lags");
    cr_expect_str_eq(labels_get(&events[0].labels, "stream"), "orders");
    cr_expect_str_eq(labels_get(&events[0].labels, "alertname"), "StreamLags");
}

Test(own, what_another_version_raised_is_left_alone)
{
    struct alert_event e = { .fingerprint = (char[]){ "opsbot/comet/X" },
                             .title = (char[]){ "" },
                             .message = (char[]){ "" } };

    in_postgres(&e);
    read_all();
    for (int k = 0; k < OWN_KINDS; k++)
        own_looked(o, (enum own_kind)k);
    cr_expect_eq(news(), 0u);
}

Test(own, alerts_of_others_are_not_ours)
{
    struct alert_event e = { .fingerprint = (char[]){ "abcdef" },
                             .title = (char[]){ "" },
                             .message = (char[]){ "" } };

    in_postgres(&e);
    read_all();
    cr_expect_eq(o->count, 0u);
}

/* ---- what got lost ------------------------------------------------------------- */

Test(own, what_was_just_said_is_not_doubted)
{
    holds(OWN_LAG, "orders");
    own_looked(o, OWN_LAG);
    news();
    read_all();
    holds(OWN_LAG, "orders");
    own_looked(o, OWN_LAG);
    cr_expect_eq(news(), 0u);
}

/* Known by its id it would be taken for the old news. */
Test(own, what_had_no_effect_is_said_again_under_another_id)
{
    char *id;

    holds(OWN_LAG, "orders");
    own_looked(o, OWN_LAG);
    news();
    id = xstrdup(events[0].id);
    later();
    read_all();
    holds(OWN_LAG, "orders");
    own_looked(o, OWN_LAG);
    cr_assert_eq(news(), 1u);
    cr_expect_not(events[0].resolved);
    cr_expect_str_neq(events[0].id, id);
    free(id);
}

Test(own, an_end_that_had_no_effect_is_said_again)
{
    holds(OWN_LAG, "orders");
    own_looked(o, OWN_LAG);
    news();
    in_postgres(&events[0]);
    read_all();
    own_looked(o, OWN_LAG);
    cr_assert_eq(news(), 1u);
    later();
    read_all();
    own_looked(o, OWN_LAG);
    cr_assert_eq(news(), 1u);
    cr_expect(events[0].resolved);
    over_in_postgres();
    read_all();
    own_looked(o, OWN_LAG);
    cr_expect_eq(news(), 0u);
}

/* The batch was refused: it is nowhere. */
Test(own, what_was_refused_is_news_again_with_the_same_id)
{
    char *id;

    holds(OWN_LAG, "orders");
    own_looked(o, OWN_LAG);
    news();
    id = xstrdup(events[0].id);
    own_unsaid(o);
    cr_expect_not(own_stands(o, OWN_LAG, "orders"));
    holds(OWN_LAG, "orders");
    own_looked(o, OWN_LAG);
    cr_assert_eq(news(), 1u);
    cr_expect_str_eq(events[0].id, id);
    free(id);
}

/* ---- severity ------------------------------------------------------------------ */

Test(own, of_another_severity_the_old_one_ends_first)
{
    struct own_fact f = fact(OWN_CHECK, "api");

    own_holds(o, &f);
    own_looked(o, OWN_CHECK);
    news();
    f.severity = ALERT_CRITICAL;
    own_holds(o, &f);
    own_looked(o, OWN_CHECK);
    cr_assert_eq(news(), 1u);
    cr_expect(events[0].resolved);
    cr_expect_str_eq(labels_get(&events[0].labels, "severity"), "high");
    own_holds(o, &f);
    own_looked(o, OWN_CHECK);
    cr_assert_eq(news(), 1u);
    cr_expect_not(events[0].resolved);
    cr_expect_eq(events[0].severity, ALERT_CRITICAL);
}

/* ---- of one replica --------------------------------------------------------------- */

static void deaf(const char *replica)
{
    struct own_fact f = fact(OWN_DEAF, replica);

    f.replica = replica;
    own_holds(o, &f);
    own_looked(o, OWN_DEAF);
}

Test(own, what_is_one_replicas_another_does_not_end)
{
    const char *others[4];

    deaf("replica1");
    cr_assert_eq(news(), 1u);
    cr_expect_str_eq(labels_get(&events[0].labels, "replica"), "replica1");
    cr_expect_eq(own_replicas(o, others, 4), 0u);
    in_postgres(&events[0]);
    again_from("replica2");
    own_looked(o, OWN_DEAF);
    cr_expect_eq(news(), 0u);
    cr_assert_eq(own_replicas(o, others, 4), 1u);
    cr_expect_str_eq(others[0], "replica1");
    own_gone(o, "replica1");
    cr_assert_eq(news(), 1u);
    cr_expect(events[0].resolved);
    cr_expect_eq(own_replicas(o, others, 4), 0u);
}

/* ---- said and over ----------------------------------------------------------------- */

Test(own, what_was_is_said_and_over_at_once)
{
    struct own_fact f = fact(OWN_WAS_DEAF, "replica1 14:02");

    own_once(o, &f);
    own_looked(o, OWN_WAS_DEAF);
    cr_assert_eq(news(), 2u);
    cr_expect_not(events[0].resolved);
    cr_expect(events[1].resolved);
    cr_expect_str_eq(events[0].fingerprint, events[1].fingerprint);
    own_looked(o, OWN_WAS_DEAF);
    cr_expect_eq(news(), 0u);
    own_unsaid(o);
    cr_expect_eq(news(), 2u);
}

Test(own, its_end_that_was_lost_is_said_again)
{
    struct own_fact f = fact(OWN_WAS_DEAF, "replica1 14:02");

    own_once(o, &f);
    news();
    in_postgres(&events[0]);
    again_from("replica2");
    own_looked(o, OWN_WAS_DEAF);
    cr_assert_eq(news(), 1u);
    cr_expect(events[0].resolved);
}

/* ---- what is kept ------------------------------------------------------------------ */

Test(own, what_is_over_is_forgotten)
{
    holds(OWN_LAG, "orders");
    own_looked(o, OWN_LAG);
    news();
    own_looked(o, OWN_LAG);
    news();
    later();
    later();
    read_all();
    own_looked(o, OWN_LAG);
    cr_expect_eq(news(), 0u);
    cr_expect_eq(o->count, 0u);
}

Test(own, counts_what_stands)
{
    int64_t counts[OWN_KINDS];

    holds(OWN_LAG, "orders");
    holds(OWN_LAG, "fills");
    own_looked(o, OWN_LAG);
    news();
    own_count(o, counts);
    cr_expect_eq(counts[OWN_LAG], 2);
    cr_expect_eq(counts[OWN_CHECK], 0);
}

Test(own, postgres_away_is_an_error_and_changes_nothing)
{
    holds(OWN_LAG, "orders");
    own_looked(o, OWN_LAG);
    news();
    part_stop(w.s.harness, PART_POSTGRES);
    cr_expect_not(own_read(o, w.db, &w.err));
    cr_expect(own_stands(o, OWN_LAG, "orders"));
}

/* With 100,000 alerts that fire, ours are still found by their index. */
Test(own, reads_by_an_index)
{
    struct db_rows *rows;

    cr_assert(db_script(w.db, "plan", "set enable_seqscan = off", &w.err));
    cr_assert(db_run(w.db,
                     (&(const struct db_stmt){
                         .name = "test_plan",
                         .sql = "explain select fingerprint from opsbot.alerts"
                                " where firing and"
                                " starts_with(fingerprint, 'opsbot/')" }),
                     &rows, &w.err, NULL));
    cr_expect(strstr(rows_text(rows, 0, 0), "alerts_own"), "%s",
              rows_text(rows, 0, 0));
    rows_free(rows);
}
