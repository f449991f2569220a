/* streams: found, resolved and reported. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/ops/streams.h"
#include "tests/core/ops/world.h"

static struct world w;
static struct config_stream named[] = {
    { (char[]){ "orders" }, NULL },
    { (char[]){ "ticks" }, (char[]){ "dead.ticks" } },
};

static void start(void)
{
    world_start(&w, WITH_REDIS);
    w.cfg.streams = named;
    w.cfg.streams_count = 2;
}

static void stop(void)
{
    world_stop(&w);
}

TestSuite(streams, .init = start, .fini = stop);

Test(streams, are_those_configured_and_those_found)
{
    struct stream_names names;

    free(cli(&w.s, "xadd notify.events.dlq '*' a 1"));
    free(cli(&w.s, "xadd orders.dlq '*' a 1"));
    free(cli(&w.s, "xadd opsbot:inbox.dlq '*' a 1"));
    free(cli(&w.s, "xadd plain '*' a 1"));
    free(cli(&w.s, "xadd .dlq '*' a 1"));
    free(cli(&w.s, "set text.dlq 1"));
    redis_add(w.r, 5, (const char *[]){ "XADD", "bad\xff.dlq", "*", "a", "1" },
              NULL);
    cr_assert(redis_run(w.r, &w.err));
    cr_assert(streams_find(w.r, &w.cfg, &names, &w.err), "%s", w.err.text);
    cr_assert_eq(names.count, 3u);
    cr_expect_str_eq(names.names[0].stream, "notify.events");
    cr_expect_not(names.names[0].configured);
    cr_expect_str_eq(names.names[1].dlq, "orders.dlq");
    cr_expect(names.names[1].configured);
    cr_expect_str_eq(names.names[2].dlq, "dead.ticks");
    cr_expect_not(names.cut);
    stream_names_dispose(&names);
}

Test(streams, the_scan_has_a_bound)
{
    struct stream_names names;

    cr_assert(redis_one(w.r, &w.err, "DEBUG", "POPULATE", "150000"));
    cr_assert(streams_find(w.r, &w.cfg, &names, &w.err), "%s", w.err.text);
    cr_expect(names.cut);
    cr_expect_eq(names.count, 2u);
    stream_names_dispose(&names);
}

static void expect_resolved(const char *typed, const char *stream,
                            const char *dlq)
{
    struct stream_name name;

    cr_assert(streams_resolve(w.r, &w.cfg, typed, &name, &w.err), "%s: %s",
              typed, w.err.text);
    cr_expect_str_eq(name.stream, stream);
    cr_expect_str_eq(name.dlq, dlq);
    stream_name_dispose(&name);
}

Test(streams, a_name_is_resolved_from_either_side)
{
    free(cli(&w.s, "xadd notify.events.dlq '*' a 1"));
    free(cli(&w.s, "xadd alive '*' a 1"));
    expect_resolved("ticks", "ticks", "dead.ticks");
    expect_resolved("dead.ticks", "ticks", "dead.ticks");
    expect_resolved("notify.events", "notify.events", "notify.events.dlq");
    expect_resolved("notify.events.dlq", "notify.events", "notify.events.dlq");
    expect_resolved("alive", "alive", "alive.dlq");
}

Test(streams, an_unknown_name_meets_the_nearest)
{
    struct stream_name name;

    free(cli(&w.s, "xadd notify.events.dlq '*' a 1"));
    cr_assert_not(streams_resolve(w.r, &w.cfg, "notify.event", &name, &w.err));
    cr_expect_eq(w.err.kind, ERR_USER);
    cr_expect(strstr(w.err.text, "did you mean `notify.events`?"), "%s",
              w.err.text);
    cr_assert_not(streams_resolve(w.r, &w.cfg, "opsbot:inbox", &name, &w.err));
    cr_expect(strstr(w.err.text, "bot's own"), "%s", w.err.text);
    cr_assert_not(streams_resolve(w.r, &w.cfg, "", &name, &w.err));
    w.cfg.streams_count = 0;
    free(cli(&w.s, "del notify.events.dlq"));
    cr_assert_not(streams_resolve(w.r, &w.cfg, "x", &name, &w.err));
    cr_expect(strstr(w.err.text, "no dead-letter queue at all"), "%s",
              w.err.text);
}

Test(streams, a_report_tells_groups_consumers_and_what_is_late)
{
    struct stream_report report;
    const struct stream_info *s;
    const struct group_info *g;

    for (int i = 0; i < 5; i++)
        free(cli(&w.s, "xadd orders '*' a 1"));
    free(cli(&w.s, "xgroup create orders workers 0"));
    free(cli(&w.s, "xgroup create orders idle '$'"));
    free(cli(&w.s, "xreadgroup group workers w1 count 2 streams orders '>'"));
    free(cli(&w.s, "set ticks text"));
    cr_assert(
        streams_report(w.r, &w.cfg, NULL, clock_wall_ms(), &report, &w.err),
        "%s", w.err.text);
    cr_assert_eq(report.count, 2u);
    s = &report.streams[0];
    cr_expect(s->exists);
    cr_expect_eq(s->length, 5);
    cr_expect_geq(s->newest_age_ms, 0);
    cr_assert_eq(s->group_count, 2u);
    g = &s->groups[0];
    cr_expect_str_eq(g->name, "idle");
    cr_expect_eq(g->lag, 0);
    cr_expect_eq(g->oldest_pending_ms, -1);
    g = &s->groups[1];
    cr_expect_str_eq(g->name, "workers");
    cr_expect_eq(g->pending, 2);
    cr_expect_eq(g->lag, 3);
    cr_expect_geq(g->oldest_pending_ms, 0);
    cr_assert_eq(g->consumer_count, 1u);
    cr_expect_str_eq(g->consumers[0].name, "w1");
    cr_expect_eq(g->consumers[0].pending, 2);
    cr_expect_eq(g->idle_consumers, 0u);
    cr_expect_not(report.streams[1].exists, "not a stream");
    stream_report_dispose(&report);
}

Test(streams, ages_of_ids_that_are_no_times_are_not_known)
{
    struct stream_report report;

    free(cli(&w.s, "xadd orders 5-1 a 1"));
    free(cli(&w.s, "xgroup create orders g 0"));
    free(cli(&w.s, "xreadgroup group g c count 1 streams orders '>'"));
    cr_assert(streams_report(w.r, &w.cfg, "orders", clock_wall_ms(), &report,
                             &w.err));
    cr_expect_eq(report.streams[0].newest_age_ms, -1);
    cr_expect_eq(report.streams[0].groups[0].oldest_pending_ms, -1);
    stream_report_dispose(&report);
    cr_assert(streams_report(w.r, &w.cfg, "nowhere", 0, &report, &w.err));
    cr_expect_not(report.streams[0].exists);
    cr_expect_eq(report.streams[0].newest_age_ms, -1);
    stream_report_dispose(&report);
}
