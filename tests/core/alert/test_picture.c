/* Which alerts are owed a picture, and what Postgres knows of them. */
#include "core/alert/picture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/core/alert/grouped.h"

TestSuite(picture, .init = grouped_start, .fini = grouped_stop);

static bool before; /* the one that was claimed last had been begun */

static int64_t claimed(void)
{
    int64_t number;

    cr_assert(picture_claim(w.db, &number, &before, &w.err), "%s", w.err.text);
    return number;
}

static int64_t posted(const char *op, enum alert_severity severity)
{
    int64_t number = grouped_put(op, severity, "[\"C1\"]");

    grouped_card(number, OUTBOX_CRITICAL, "C1");
    grouped_run("update opsbot.outbox set ts = '17.1' where thing ="
                " 'alert:%lld' returning 1",
                (long long)number);
    return number;
}

/* Once its card is there, once, and only of what is bad. */
Test(picture, owed_once_to_each)
{
    int64_t number = grouped_put("a", ALERT_CRITICAL, "[\"C1\"]");

    posted("w", ALERT_WARNING);
    cr_expect_eq(claimed(), 0, "no card is there yet");
    grouped_card(number, OUTBOX_CRITICAL, "C1");
    cr_expect_eq(claimed(), 0, "it waits to be posted");
    grouped_run("update opsbot.outbox set ts = '17.1' returning 1");
    cr_expect_eq(claimed(), number);
    cr_expect_eq(claimed(), 0, "somebody has it");
    cr_assert(picture_over(w.db, number, &w.err));
    grouped_run("update opsbot.alert_groups set picture_at = picture_at"
                " - interval '1 hour' returning 1");
    cr_expect_eq(claimed(), 0, "it has one");
}

/* A warning of ours about a queue: how it came to that is drawn. */
Test(picture, owed_to_warnings_about_queues_too)
{
    int64_t number = posted("q", ALERT_WARNING);
    struct picture_subject s;

    grouped_alert(number, "opsbot/dlq-age/1", "DeadLettersOld", "old");
    grouped_run("update opsbot.alerts set labels = '{\"stream\": \"orders\"}'"
                " returning 1");
    cr_expect_eq(claimed(), 0);
    grouped_run("update opsbot.alert_groups set speaker = 'opsbot/dlq-age/1'"
                " returning 1");
    cr_expect_eq(claimed(), number);
    cr_assert(picture_subject(w.db, number, &s, &w.err));
    cr_expect_str_eq(s.stream, "orders");
    cr_expect_str_empty(s.check);
    cr_expect_not(s.waits);
    picture_subject_dispose(&s);
    grouped_run("update opsbot.alerts set fingerprint = 'opsbot/lag/1'"
                " returning 1");
    cr_assert(picture_subject(w.db, number, &s, &w.err));
    cr_expect(s.waits);
    picture_subject_dispose(&s);
}

/* Whoever had it died, or failed. */
Test(picture, is_tried_again)
{
    int64_t number = posted("a", ALERT_HIGH);

    cr_expect_eq(claimed(), number);
    cr_expect_not(before);
    grouped_run("update opsbot.alert_groups set picture_at = picture_at"
                " - %d * interval '1 ms' returning 1",
                PICTURE_LEASE_MS);
    cr_expect_eq(claimed(), number);
    cr_expect(before, "it may be there");
    cr_assert(picture_again(w.db, number, &w.err));
    cr_expect_eq(claimed(), 0);
    grouped_run("update opsbot.alert_groups set picture_at = picture_at"
                " - %d * interval '1 ms' returning 1",
                PICTURE_AGAIN_MS);
    cr_expect_eq(claimed(), number);
}

Test(picture, too_late_it_is_dropped)
{
    int64_t number = posted("a", ALERT_CRITICAL), dropped;

    posted("w", ALERT_WARNING);
    cr_assert(picture_drop(w.db, &dropped, &w.err));
    cr_expect_eq(dropped, 0);
    grouped_run("update opsbot.alert_groups set started_at = started_at"
                " - %d * interval '1 ms' returning 1",
                PICTURE_GIVE_UP_MS);
    cr_assert(picture_drop(w.db, &dropped, &w.err));
    cr_expect_eq(dropped, 1, "the warning was never to have one");
    cr_expect_eq(claimed(), 0);
    cr_assert(picture_again(w.db, number, &w.err));
    cr_expect_eq(grouped_number("select count(*) from opsbot.alert_groups"
                                " where picture_at is not null"),
                 0, "what was dropped stays so");
}

Test(picture, when_it_fired_before)
{
    struct chart_band *bands;
    size_t count;
    int64_t now =
        grouped_number("select (extract(epoch from now()) * 1000)::bigint");

    grouped_put("a", ALERT_CRITICAL, "[\"C1\"]");
    grouped_run("insert into opsbot.alert_groups (key, op, route, route_id,"
                " title, severity, started_at, resolved_at) values"
                " ('k-a', 'b', 'all', 'r', 't', 2, now() - interval '5 h',"
                " now() - interval '4 h'), ('k-a', 'c', 'all', 'r', 't', 0,"
                " now() - interval '30 h', now() - interval '29 h'), ('k-x',"
                " 'd', 'all', 'r', 't', 0, now() - interval '2 h', now())"
                " returning 1");
    cr_assert(picture_bands(w.db, "k-a", now - PICTURE_BACK_MS, &bands, &count,
                            &w.err));
    cr_assert_eq(count, 2u);
    cr_expect_eq(bands[0].severity, ALERT_WARNING);
    cr_expect_eq(bands[0].to - bands[0].from, 3600000);
    cr_expect_eq(bands[1].severity, ALERT_CRITICAL);
    cr_expect_eq(bands[1].to, 0, "it still does");
    free(bands);
}

Test(picture, how_long_a_check_took)
{
    struct chart_point *points;
    size_t count;
    int64_t now =
        grouped_number("select (extract(epoch from now()) * 1000)::bigint");

    grouped_run("select opsbot.check_partitions(now() - interval '2 days', 1)");
    grouped_run("insert into opsbot.check_results (check_id, at, ok, took_us,"
                " text, replica) select 'db', now() - n * interval '10 s',"
                " true, 1000 * n, '', 'r' from generate_series(1, 6000) n"
                " returning 1");
    cr_assert(picture_checks(w.db, "db", now - PICTURE_BACK_MS, now, &points,
                             &count, &w.err),
              "%s", w.err.text);
    cr_expect_gt(count, 300u);
    cr_expect_leq(count, (size_t)PICTURE_POINTS);
    for (size_t i = 1; i < count; i++)
        cr_expect_gt(points[i].at, points[i - 1].at);
    cr_expect_float_eq(points[0].value, 6000, 0.01, "%f", points[0].value);
    free(points);
    cr_assert(picture_checks(w.db, "other", now - PICTURE_BACK_MS, now, &points,
                             &count, &w.err));
    cr_expect_eq(count, 0u);
    free(points);
}

Test(picture, without_postgres)
{
    struct err err = { 0 };
    int64_t number;

    part_stop(w.s.harness, PART_POSTGRES);
    cr_expect_not(picture_claim(w.db, &number, &before, &err));
    cr_expect_eq(err.kind, ERR_DB);
    cr_expect_eq(number, 0);
}
