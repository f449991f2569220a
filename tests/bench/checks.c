/* checks: see checks.h. */
#include "tests/bench/checks.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "tests/harness/agents.h"
#include "tests/harness/harness.h"

#define CHECKS   200
#define EVERY_S  10
#define LOOK_MS  40000
#define LIMIT    5.0 /* percent of a core */
#define SETTLE_S 15  /* every check was asked, its thread is there */

static const char *const names[] = { "execution", "market-data", "signals",
                                     "risk" };

static char *yaml_for(const struct agents *a, int count)
{
    struct buf b = { 0 };

    buf_str(&b, "admins: [U0ANN]\n");
    if (count)
        buf_str(&b, "checks:\n");
    for (int i = 0; i < count; i++)
        buf_fmt(&b,
                "  - id: check-%d\n    kind: http\n    interval_s: %d\n"
                "    url: http://127.0.0.1:%d/health\n",
                i, EVERY_S, agents_port(a, names[i % 4]));
    return buf_take(&b);
}

/* Percent of a core while nobody asks anything. */
static double cost(const struct agents *a, int count, long long *results,
                   long *rss)
{
    char *yaml = yaml_for(a, count);
    struct harness *h = harness_start(
        &(struct harness_options){ .yaml = yaml, .durable = true });
    double cpu;
    int64_t began;

    harness_sleep(SETTLE_S * 1000);
    began = clock_mono_ms();
    cpu = opsbot_cpu_seconds(h->bot);
    *results = -sql_number(h, "select count(*) from opsbot.check_results");
    harness_sleep(LOOK_MS);
    cpu = opsbot_cpu_seconds(h->bot) - cpu;
    *results += sql_number(h, "select count(*) from opsbot.check_results");
    cpu = 100 * cpu / ((double)(clock_mono_ms() - began) / 1000);
    *rss = opsbot_rss(h->bot);
    harness_stop(h);
    free(yaml);
    return cpu;
}

bool checks_bench(void)
{
    struct agents *a = agents_start(NULL, 8);
    long long results, none;
    long rss, rss_none;
    double idle = cost(a, 0, &none, &rss_none);
    double busy = cost(a, CHECKS, &results, &rss);

    agents_stop(a);
    printf("checks   %d over HTTP every %d s: %.2f %% of a core, %.2f %% of "
           "it without any; %lld results in %d s; %ld MiB, %ld without\n",
           CHECKS, EVERY_S, busy, idle, results, LOOK_MS / 1000, rss / 1024,
           rss_none / 1024);
    return busy - idle < LIMIT;
}
