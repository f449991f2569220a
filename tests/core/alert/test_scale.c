/*
 * scale: how many events a second are taken while very many alerts are active,
 * and that the counts are right then. Few by default; ALERTS_ACTIVE=100000
 * makes it the measurement (build/release/tests/core/alert/test_scale).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/core/alert/fired.h"

#define BATCH 1000

static long resident_kib(void)
{
    char line[200];
    long kib = 0;
    FILE *f = fopen("/proc/self/status", "r");

    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (f)
        fclose(f);
    return kib;
}

struct load {
    const char *what;
    int alerts, services, round;
    bool resolved;
};

static struct alert_event *batch_of(const struct load *l, int from)
{
    static const char *const severities[] = { "warning", "high", "info",
                                              "warning" };
    struct fired list[BATCH];
    static char prints[BATCH][24], services[BATCH][24], ids[BATCH][40];

    for (int i = 0; i < BATCH; i++) {
        int n = (from + i) % l->alerts;

        snprintf(prints[i], sizeof prints[i], "print-%d", n);
        snprintf(services[i], sizeof services[i], "service-%d",
                 n % l->services);
        snprintf(ids[i], sizeof ids[i], "%s-%d-%d", l->what, l->round, n);
        list[i] = (struct fired){ .print = prints[i],
                                  .service = services[i],
                                  .id = ids[i],
                                  .severity = severities[n % 4],
                                  .at = fired_now,
                                  .resolved = l->resolved };
    }
    return fired_events(list, BATCH);
}

/* Events a second; making them is not counted. */
static double run(const struct load *l, int count)
{
    int64_t us = 0, worst = 0;

    for (int from = 0; from < count; from += BATCH) {
        struct alert_event *events = batch_of(l, from);
        struct alert_world world = fired_world(w.db);
        struct taken taken;
        int64_t began = clock_mono_us(), took;

        cr_assert(alerts_take(&world, events, BATCH, false, &taken, &w.err),
                  "%s", w.err.text);
        took = clock_mono_us() - began;
        us += took;
        worst = took > worst ? took : worst;
        events_free(events, BATCH);
        fired_now += 100;
    }
    printf("%-28s %7d alerts %6d groups: %6.0f events/s, worst batch %.0f ms,"
           " %ld MiB\n",
           l->what, l->alerts, l->services, count * 1e6 / (double)us,
           (double)worst / 1000, resident_kib() / 1024);
    return count * 1e6 / (double)us;
}

static int active(void)
{
    const char *given = getenv("ALERTS_ACTIVE");

    return given ? atoi(given) : 2 * BATCH;
}

static void each_kind(int services)
{
    struct load l = { "first", active(), services, 0, false };

    run(&l, l.alerts);
    fired_check_counts();
    cr_expect_eq(fired_number("select count(*) from opsbot.alerts where"
                              " firing"),
                 l.alerts);
    l.what = "again, with other news";
    fired_now += MINUTE;
    run(&l, l.alerts);
    l.what = "news that are known";
    fired_now += MINUTE;
    run(&l, l.alerts);
    l.what = "news that are known";
    run(&l, l.alerts);
    fired_check_counts();
    cr_expect_eq(fired_number("select count(*) from opsbot.alerts where"
                              " firing"),
                 l.alerts);
    fired_now += MINUTE;
    l.what = "over";
    l.resolved = true;
    run(&l, l.alerts);
    fired_check_counts();
    cr_expect_eq(fired_number("select count(*) from opsbot.alert_groups where"
                              " resolved_at is null"),
                 0);
}

Test(scale, a_few_large_groups, .init = fired_start, .fini = fired_stop,
     .timeout = 3600)
{
    db_deadline(w.db, 60000);
    each_kind(100);
}

Test(scale, very_many_groups, .init = fired_start, .fini = fired_stop,
     .timeout = 3600)
{
    db_deadline(w.db, 60000);
    each_kind(active() / 10);
}
