/*
 * route: one decision with 500 routes, for the shapes that trees have. The
 * alerts are of many services, some of which no route knows; each decision is
 * timed alone, by the time of its own thread, so that the slowest show, whatever
 * else the machine does.
 */
#include "tests/bench/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/alert/route.h"
#include "core/base/mem.h"

#define ROUTES 500
#define ALERTS 1000
#define ROUNDS 20
#define AIM_US 20.0

/* The i-th route's matchers, heap; and the route's own windows. */
struct shape {
    const char *name;
    char *(*matcher)(unsigned i);
    bool nested;   /* 20 routes of 25 children */
    bool goes_on;  /* every tenth */
    bool windowed; /* each has one */
};

static char *by_service(unsigned i)
{
    return xasprintf("service=service-%u", i);
}

static char *by_services(unsigned i)
{
    return xasprintf("service=~\"service-%u|also-%u\"", i, i);
}

static char *by_beginning(unsigned i)
{
    return xasprintf("service=~\"service-%u.*\"", i);
}

static char *by_regex(unsigned i)
{
    return xasprintf("service=~\"(service|job)-%u(-[a-z]+)?\"", i);
}

static char *by_anything(unsigned i)
{
    char *(*const all[])(unsigned) = { by_service, by_services, by_beginning,
                                       by_regex };

    return all[i % 4](i);
}

static const struct shape shapes[] = {
    { .name = "service=…", .matcher = by_service, .goes_on = true },
    { .name = "service=~\"a|b\"", .matcher = by_services },
    { .name = "service=~\"a.*\"", .matcher = by_beginning },
    { .name = "service=~\"(a|b)-1(-[a-z]+)?\"", .matcher = by_regex },
    { .name = "all of them, mixed", .matcher = by_anything, .goes_on = true },
    { .name = "20 x 25, mixed, a window each",
      .matcher = by_anything,
      .nested = true,
      .windowed = true },
};

/* ---- the tree ---------------------------------------------------------------------- */

static char *window_names[] = { (char[]){ "night" } };
static char *night_times[] = { (char[]){ "22:00-06:00" } };
static struct config_window night = { .name = (char[]){ "night" },
                                      .times = night_times,
                                      .times_count = 1,
                                      .zone = (char[]){ "Europe/Berlin" } };

static void one(struct config_route *of, const struct shape *shape, unsigned i)
{
    of->match = xcalloc(1, sizeof *of->match);
    of->match[0] = shape->matcher(i);
    of->match_count = 1;
    of->go_on = shape->goes_on && i % 10 == 0;
    of->mute = window_names;
    of->mute_count = shape->windowed;
}

static void grow(struct config_route *of, unsigned count)
{
    of->routes = xcalloc(count, sizeof *of->routes);
    of->routes_count = count;
}

static void plant(struct config_route *root, const struct shape *shape)
{
    unsigned each = shape->nested ? 25 : ROUTES;

    if (!shape->nested) {
        grow(root, ROUTES);
        for (unsigned i = 0; i < ROUTES; i++)
            one(&root->routes[i], shape, i);
        return;
    }
    grow(root, ROUTES / each);
    for (unsigned t = 0; t < ROUTES / each; t++) {
        struct config_route *team = &root->routes[t];

        team->match = xcalloc(1, sizeof *team->match);
        team->match[0] = xasprintf("team=team-%u", t);
        team->match_count = 1;
        grow(team, each);
        for (unsigned i = 0; i < each; i++)
            one(&team->routes[i], shape, t * each + i);
    }
}

static void fell(struct config_route *of)
{
    for (unsigned i = 0; i < of->match_count; i++)
        free(of->match[i]);
    free(of->match);
    for (unsigned i = 0; i < of->routes_count; i++)
        fell(&of->routes[i]);
    free(of->routes);
}

/* ---- the alerts -------------------------------------------------------------------- */

static void put(struct labels *l, const char *name, const char *fmt, unsigned n)
{
    char value[64];

    snprintf(value, sizeof value, fmt, n);
    if (!labels_set(l, name, value))
        abort();
}

/* Twelve labels, as Prometheus sends them. */
static void alert(struct labels *l, unsigned i)
{
    static const char *const more[] = { "alertname", "cluster", "container",
                                        "endpoint",  "job",     "namespace",
                                        "pod",       "region",  "severity" };
    unsigned service = i * 7919 % (ROUTES + ROUTES / 5);

    for (size_t m = 0; m < sizeof more / sizeof *more; m++)
        put(l, more[m], "a value of some length %u", i);
    put(l, "service", "service-%u", service);
    put(l, "team", "team-%u", service / 25);
    put(l, "instance", "10.0.0.%u:9090", i);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double decide(const struct router *r, const struct labels *alert)
{
    const struct route *out[ROUTES_MOST];
    double began = now_us();
    unsigned muted;

    if (router_decide(r, alert, 1790000000000, out, &muted) == 0)
        abort();
    return now_us() - began;
}

static bool measure(const struct shape *shape, const struct labels *alerts)
{
    struct config_alerts cfg = { .windows = &night, .windows_count = 1 };
    double *took = xcalloc(ALERTS * ROUNDS, sizeof *took);
    double sum = 0, p99;
    struct router *r;

    plant(&cfg.route, shape);
    r = router_new(&cfg);
    for (unsigned i = 0; i < ALERTS; i++)
        decide(r, &alerts[i]); /* expressions grow as they are used */
    for (unsigned i = 0; i < ALERTS * ROUNDS; i++) {
        took[i] = decide(r, &alerts[i % ALERTS]);
        sum += took[i];
    }
    qsort(took, ALERTS * ROUNDS, sizeof *took, by_size);
    p99 = took[ALERTS * ROUNDS / 100 * 99];
    printf("  %-32s mean %6.2f us  p50 %6.2f us  p99 %6.2f us%s\n", shape->name,
           sum / (ALERTS * ROUNDS), took[ALERTS * ROUNDS / 2], p99,
           p99 <= AIM_US ? "" : "  MISSED");
    router_free(r);
    fell(&cfg.route);
    free(took);
    return p99 <= AIM_US;
}

bool route_bench(void)
{
    struct labels *alerts = xcalloc(ALERTS, sizeof *alerts);
    bool good = true;

    for (unsigned i = 0; i < ALERTS; i++)
        alert(&alerts[i], i);
    printf("a route decision, %d routes (aim: p99 <= %.0f us):\n", ROUTES,
           AIM_US);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        good = measure(&shapes[i], alerts) && good;
    for (unsigned i = 0; i < ALERTS; i++)
        labels_dispose(&alerts[i]);
    free(alerts);
    return good;
}
