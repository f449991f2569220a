/* What is kept of how deep queues were, for a day. */
#include "core/alert/sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "tests/core/alert/grouped.h"

TestSuite(sample, .init = grouped_start, .fini = grouped_stop);

static void add(const char *stream, int64_t dead, int64_t waits)
{
    struct sample samples[] = { { stream, dead, waits }, { "other", 7, -1 } };

    cr_assert(samples_add(w.db, samples, 2, &w.err), "%s", w.err.text);
}

static int64_t now_ms(void)
{
    return grouped_number("select (extract(epoch from now()) * 1000)::bigint");
}

static struct chart_point *points_of(enum sample_kind kind, size_t *count)
{
    struct chart_point *points;
    int64_t now = now_ms();

    cr_assert(samples_read(w.db, "orders", kind, now - 86400000, now + 60000,
                           480, &points, count, &w.err),
              "%s", w.err.text);
    return points;
}

/* Of one minute the last holds, and each stream has its own. */
Test(sample, of_this_minute)
{
    struct chart_point *points;
    size_t count;

    add("orders", 4, 1500);
    grouped_run("update opsbot.stream_samples set at = at - interval '30 min'"
                " returning 1");
    add("orders", 412, -1);
    add("orders", 413, -1);
    points = points_of(SAMPLE_DEAD, &count);
    cr_assert_eq(count, 3u, "a gap where nobody looked: %zu", count);
    cr_expect_float_eq(points[0].value, 4, 0.01);
    cr_expect(isnan(points[1].value));
    cr_expect_float_eq(points[2].value, 413, 0.01, "the last of a minute");
    free(points);
    points = points_of(SAMPLE_WAITS, &count);
    cr_assert_eq(count, 1u, "what is not known is no point");
    cr_expect_float_eq(points[0].value, 1.5, 0.01, "seconds");
    free(points);
}

Test(sample, of_a_whole_day_is_cut_to_what_is_drawn)
{
    struct chart_point *points;
    size_t count;

    grouped_run("insert into opsbot.stream_samples (stream, at, dead) select"
                " 'orders', date_trunc('minute', now()) - n * interval"
                " '1 min', case when n = 700 then 99 else 0 end"
                " from generate_series(0, 1439) n returning 1");
    points = points_of(SAMPLE_DEAD, &count);
    cr_expect_leq(count, 480u);
    cr_expect_gt(count, 200u);
    for (size_t i = 0; i < count; i++)
        cr_expect(isfinite(points[i].value), "there is no gap");
    for (size_t i = 1; i < count; i++)
        cr_expect_gt(points[i].at, points[i - 1].at);
    free(points);
}

Test(sample, is_forgotten_after_a_day)
{
    add("orders", 4, -1);
    grouped_run("update opsbot.stream_samples set at = at - interval '25 h'"
                " returning 1");
    add("orders", 5, -1);
    cr_expect_eq(grouped_number("select count(*) from opsbot.stream_samples"),
                 2, "both streams, of now");
}

Test(sample, without_postgres)
{
    struct sample one = { "orders", 1, 1 };
    struct chart_point *points;
    struct err err = { 0 };
    size_t count;

    part_stop(w.s.harness, PART_POSTGRES);
    cr_expect_not(samples_add(w.db, &one, 1, &err));
    cr_expect_not(samples_read(w.db, "orders", SAMPLE_DEAD, 0, 1, 10, &points,
                               &count, &err));
    cr_expect_eq(err.kind, ERR_DB);
    cr_expect_null(points);
}
