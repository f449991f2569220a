/* dlq: the overview and the pages. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/ops/dlq_parts.h"
#include "tests/core/ops/world.h"

static struct world w;

static void start(void)
{
    world_start(&w, WITH_REDIS);
}

static void stop(void)
{
    world_stop(&w);
}

static struct dlq_overview overview(void)
{
    struct dlq_overview o;

    cr_assert(dlq_overview(w.r, &w.cfg, clock_wall_ms(), &o, &w.err), "%s",
              w.err.text);
    return o;
}

static struct dlq_page page_of(const char *stream, size_t page)
{
    struct stream_name name;
    struct dlq_page p;

    cr_assert(streams_resolve(w.r, &w.cfg, stream, &name, &w.err), "%s",
              w.err.text);
    cr_assert(
        dlq_show(w.r, &w.cfg, &name, false, page, clock_wall_ms(), &p, &w.err),
        "%s", w.err.text);
    stream_name_dispose(&name);
    return p;
}

TestSuite(dlq, .init = start, .fini = stop);

Test(dlq, the_overview_counts_and_joins_causes)
{
    struct dlq_overview o;

    for (int i = 0; i < 12; i++)
        free(cli(&w.s,
                 "xadd orders.dlq '*' n %d error 'timeout after %d ms"
                 " for order 7f3a9c0%dd2'",
                 i, i * 37, i % 10));
    free(cli(&w.s, "xadd orders.dlq '*' n 1 error 'no route'"));
    free(cli(&w.s, "xadd notify.dlq '*' n 1"));
    free(cli(&w.s, "xadd empty.dlq '*' n 1"));
    free(cli(&w.s, "xtrim empty.dlq maxlen 0"));
    free(cli(&w.s, "set wrong.dlq text"));
    o = overview();
    cr_assert_eq(o.count, 3u);
    cr_expect_eq(o.total, 14);
    cr_expect_eq(o.nonempty, 2u);
    cr_expect_not(o.cut);
    cr_expect_str_eq(o.queues[0].stream, "orders");
    cr_expect_eq(o.queues[0].depth, 13);
    cr_expect_eq(o.queues[0].sampled, 13u);
    cr_expect_eq(o.queues[0].arrived_10m, 13);
    cr_expect_geq(o.queues[0].oldest_ms, 0);
    cr_assert_eq(o.queues[0].cause_count, 2u);
    cr_expect_str_eq(o.queues[0].causes[0].text,
                     "timeout after # ms for order #");
    cr_expect_eq(o.queues[0].causes[0].count, 12u);
    cr_expect_str_eq(o.queues[0].causes[1].text, "no route");
    cr_expect_str_eq(o.queues[1].causes[0].text, "no error recorded");
    cr_expect_eq(o.queues[2].depth, 0);
    cr_expect_eq(o.queues[2].oldest_ms, -1);
    cr_expect_eq(o.queues[2].cause_count, 0u);
    dlq_overview_dispose(&o);
}

Test(dlq, a_configured_key_of_another_type_does_not_hide_the_rest)
{
    struct config_stream named[] = { { (char *)(uintptr_t) "wrong", NULL } };
    struct dlq_overview o;

    w.cfg.streams = named;
    w.cfg.streams_count = 1;
    free(cli(&w.s, "set wrong.dlq text"));
    free(cli(&w.s, "xadd a.dlq 5-1 n 1"));
    o = overview();
    cr_assert_eq(o.count, 2u);
    cr_expect_str_eq(o.queues[0].stream, "a");
    cr_expect_eq(o.queues[0].oldest_ms, -1, "an id that is no time");
    cr_expect_eq(o.queues[1].depth, 0);
    dlq_overview_dispose(&o);
}

Test(dlq, huge_entries_are_sampled_within_a_budget)
{
    struct dlq_overview o;
    char *big = xmalloc(1024 * 1024 + 1);

    memset(big, 'x', 1024 * 1024);
    big[1024 * 1024] = '\0';
    for (int i = 0; i < 40; i++)
        cr_assert(redis_one(w.r, &w.err, "XADD", "big.dlq", "*", "error", big));
    o = overview();
    cr_expect_eq(o.queues[0].depth, 40);
    cr_expect_lt(o.queues[0].sampled, 30u);
    cr_expect_geq(o.queues[0].sampled, 10u);
    cr_expect_eq(o.queues[0].cause_count, 1u);
    cr_expect_lt(strlen(o.queues[0].causes[0].text), 200u);
    dlq_overview_dispose(&o);
    free(big);
}

Test(dlq, causes_fold_what_differs)
{
    static const char *const pairs[][2] = {
        { "user 'u-123' not found", "user '#' not found" },
        { "dial tcp 10.0.0.12:8080: refused", "dial tcp #: refused" },
        { "id 550e8400-e29b-41d4-a716-446655440000 dup", "id # dup" },
        { "0xDEADBEEF at line 12", "# at line #" },
        { "it's broken, isn't it", "it's broken, isn't it" },
        { "\n\n second line 1\nthird", "second line #" },
        { "password=hunter2 rejected", "password=*** rejected" },
        { "", "no error recorded" },
        { "feedback facade", "feedback facade" },
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char *cause = dlq_cause_of(&w.cfg, pairs[i][0]);

        cr_expect_str_eq(cause, pairs[i][1], "%s", cause);
        free(cause);
    }
}

Test(dlq, causes_keep_the_numbers_that_tell_them_apart)
{
    static const char *const pairs[][2] = {
        { "HTTP 500 from hooks.slack.com", "HTTP 500 from hooks.slack.com" },
        { "HTTP/1.1 502 after 1234 ms", "HTTP/1.1 502 after # ms" },
        { "HTTP Error 404: order 17", "HTTP Error 404: order #" },
        { "Request failed with status code 503", NULL },
        { "{\"status\":429,\"id\":77}", "{\"status\":429,\"id\":#}" },
        { "statusCode='401'", NULL },
        { "500 Server Error: for url /o/12", "500 Server Error: for url /o/#" },
        { "got 500 entries", "got # entries" },
        { "exit status 137", NULL },
        { "worker 3 exited with code 1", "worker # exited with code 1" },
        { "duplicate key (SQLSTATE 23505)", NULL },
        { "ERROR: relation (SQLSTATE=42P01) 12",
          "ERROR: relation (SQLSTATE=42P01) #" },
        { "SQLSTATE[HY000] on host 7", "SQLSTATE[HY000] on host #" },
        { "code 482913 is wrong", "code # is wrong" },
        { "barcode 123", "barcode #" },
        { "status of order 500", "status of order #" },
        { "HTTP 127.0.0.1:8080 refused", "HTTP # refused" },
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char *cause = dlq_cause_of(&w.cfg, pairs[i][0]);

        cr_expect_str_eq(cause, pairs[i][1] ? pairs[i][1] : pairs[i][0], "%s",
                         cause);
        free(cause);
    }
}

Test(dlq, the_three_most_frequent_causes_are_kept_in_order)
{
    struct dlq_summary q = { 0 };
    const char *texts[] = { "a", "b", "c", "d", "d", "c", "d", "b", "d", "c" };
    char *copies[10];

    for (int i = 0; i < 10; i++)
        copies[i] = xstrdup(texts[i]);
    dlq_count_causes(&q, copies, 10);
    cr_assert_eq(q.cause_count, 3u);
    cr_expect_str_eq(q.causes[0].text, "d");
    cr_expect_eq(q.causes[0].count, 4u);
    cr_expect_str_eq(q.causes[1].text, "c");
    cr_expect_str_eq(q.causes[2].text, "b");
    for (size_t i = 0; i < q.cause_count; i++)
        free(q.causes[i].text);
}

Test(dlq, pages_are_oldest_first_from_either_end)
{
    struct dlq_page p;
    char *page;

    for (int i = 1; i <= 23; i++)
        free(cli(&w.s, "xadd s.dlq 17000000000%02d-0 n %d", i, i));
    for (size_t n = 1; n <= 5; n++) {
        p = page_of("s", n);
        cr_expect_eq(p.pages, 5u);
        cr_expect_eq(p.page, n);
        cr_assert_eq(p.count, n < 5 ? 5u : 3u);
        page = xasprintf("n=%zu", (n - 1) * 5 + 1);
        cr_expect_str_eq(p.entries[0].preview, page);
        free(page);
        page = xasprintf("n=%zu", n < 5 ? n * 5 : 23);
        cr_expect_str_eq(p.entries[p.count - 1].preview, page);
        free(page);
        dlq_page_dispose(&p);
    }
    p = page_of("s.dlq", 99);
    cr_expect_eq(p.page, 5u, "past the end is the last one");
    dlq_page_dispose(&p);
    p = page_of("s", 0);
    cr_expect_eq(p.page, 1u);
    cr_expect_gt(p.entries[0].age_ms, 1000);
    dlq_page_dispose(&p);
}

Test(dlq, an_empty_queue_is_one_empty_page)
{
    struct dlq_page p;

    free(cli(&w.s, "xadd s '*' n 1"));
    p = page_of("s", 3);
    cr_expect_eq(p.pages, 1u);
    cr_expect_eq(p.page, 1u);
    cr_expect_eq(p.count, 0u);
    dlq_page_dispose(&p);
}

Test(dlq, a_page_deep_inside_a_long_queue_is_refused)
{
    struct stream_name name = { xstrdup("s"), xstrdup("s.dlq"), false };
    static const char fill[] =
        "for i = 1, 20000 do redis.call('XADD', 's.dlq', '*', 'n', i) end";
    struct dlq_page p;

    cr_assert(redis_one(w.r, &w.err, "EVAL", fill, "0"));
    cr_expect_not(dlq_show(w.r, &w.cfg, &name, false, 2000, 0, &p, &w.err));
    cr_expect_eq(w.err.kind, ERR_USER);
    cr_expect(strstr(w.err.text, "page 2000 of 4000"), "%s", w.err.text);
    cr_assert(dlq_show(w.r, &w.cfg, &name, false, 3999, 0, &p, &w.err), "%s",
              w.err.text);
    cr_expect_str_eq(p.entries[0].preview, "n=19991");
    dlq_page_dispose(&p);
    stream_name_dispose(&name);
}

Test(dlq, a_preview_masks_and_cuts_and_leaves_out_our_own_fields)
{
    static const char json[] =
        "{\"user\":\"ann\",\"p\\u0061ssword\":\"hunter2\",\"card_number\":"
        "[\"hunter2\"],\"nested\":{\"api_key\":\"hunter2\"}}";
    struct dlq_page p;

    cr_assert(redis_one(w.r, &w.err, "XADD", "s.dlq", "*", "kind", "alert",
                        "token", "hunter2", "body", json, "error",
                        "boom at password=hunter2\nsecond line", "original_id",
                        "17-4", "attempts", "3", "failed_at", "now"));
    p = page_of("s", 1);
    cr_expect(strstr(p.entries[0].preview, "kind=alert token=*** body={"), "%s",
              p.entries[0].preview);
    cr_expect(strstr(p.entries[0].preview, "\"user\":\"ann\""));
    cr_expect_not(strstr(p.entries[0].preview, "hunter2"), "%s",
                  p.entries[0].preview);
    cr_expect_not(strstr(p.entries[0].preview, "error="));
    cr_expect_str_eq(p.entries[0].error, "boom at password=***");
    cr_expect_str_eq(p.entries[0].original_id, "17-4");
    cr_expect_eq(p.entries[0].attempts, 3);
    dlq_page_dispose(&p);
}

Test(dlq, binary_and_hostile_entries_are_shown_safely)
{
    const char *argv[] = { "XADD",
                           "s.dlq",
                           "*",
                           "a\0b",
                           "\xff\xfe\0\x1b[31m",
                           "\342\200\256evil\nfield",
                           "x",
                           "attempts",
                           "many" };
    size_t lens[] = { 4, 5, 1, 3, 8, 14, 1, 8, 4 };
    char *huge = xmalloc(300001);
    struct dlq_page p;

    memset(huge, '{', 300000);
    huge[300000] = '\0';
    redis_add(w.r, 9, argv, lens);
    redis_cmd(w.r, "XADD", "s.dlq", "*", "deep", huge);
    cr_assert(redis_run(w.r, &w.err));
    p = page_of("s", 1);
    cr_assert_eq(p.count, 2u);
    cr_expect_not(strpbrk(p.entries[0].preview, "\x1b\n"));
    cr_expect_eq(p.entries[0].attempts, -1);
    cr_expect_leq(strlen(p.entries[1].preview), DLQ_PREVIEW + 3u);
    dlq_page_dispose(&p);
    free(huge);
}

Test(dlq, a_key_of_another_type_is_explained)
{
    struct stream_name name = { xstrdup("s"), xstrdup("s.dlq"), false };
    struct dlq_page p;

    free(cli(&w.s, "set s.dlq x"));
    cr_expect_not(dlq_show(w.r, &w.cfg, &name, false, 1, 0, &p, &w.err));
    cr_expect_eq(w.err.kind, ERR_USER);
    cr_expect(strstr(w.err.text, "not a stream"), "%s", w.err.text);
    stream_name_dispose(&name);
}
