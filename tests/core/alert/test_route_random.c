/* route: decisions against a walk that asks everybody, on trees by chance. */
#include <criterion/criterion.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/route.h"
#include "core/alert/route_parts.h"
#include "core/base/mem.h"
#include "tests/core/alert/routed.h"

/* The seed of a run is in what it says when it fails. */
static unsigned seed;

static unsigned below(unsigned n)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % n;
}

/* Few names and values, so that much of a tree matches. */
static char *random_matcher(void)
{
    char name = (char)('a' + below(6));
    unsigned v = below(5);

    switch (below(12)) {
    case 0:
        return xasprintf("%c!=%u", name, v);
    case 1:
        return xasprintf("%c=~\"%u|3\"", name, v);
    case 2:
        return xasprintf("%c!~\"%u|2\"", name, v);
    case 3:
        return xasprintf("%c=~\"%u.*\"", name, v);
    case 4:
        return xasprintf("%c=~\".+%u\"", name, v);
    case 5:
        return xasprintf("%c=~\"[%u4]\"", name, v);
    case 6:
        return xasprintf("%c=~\"%u?\"", name, v);
    case 7:
        return xasprintf("%c=", name);
    case 8:
        return xasprintf("%c=~\"|%u\"", name, v);
    default:
        return xasprintf("%c=%u", name, v);
    }
}

static void random_route(struct config_route *of, int depth)
{
    *of = (struct config_route){ .go_on = below(4) == 0,
                                 .match_count = below(4) ? 1 : below(3) };
    of->match = xcalloc(3, sizeof *of->match);
    for (unsigned i = 0; i < of->match_count; i++)
        of->match[i] = random_matcher();
    of->routes_count = depth ? below(depth == 1 ? 30 : 12) : 0;
    of->routes = xcalloc(of->routes_count + 1, sizeof *of->routes);
    for (unsigned i = 0; i < of->routes_count; i++)
        random_route(&of->routes[i], depth - 1);
}

/* By the C library's machine, whatever it is. */
static bool naive_one(const char *text, const struct labels *l)
{
    struct matcher m = { .name = NULL };
    const char *value;
    struct err err;
    bool fits;

    cr_assert(matcher_parse(&m, text, &err), "%s", text);
    value = labels_get(l, m.name);
    if (m.op == MATCH_IS || m.op == MATCH_NOT) {
        fits = strcmp(value, m.value) == 0;
    } else {
        char *whole = xasprintf("^(%s)$", m.value);
        regex_t re;

        cr_assert_eq(regcomp(&re, whole, REG_EXTENDED | REG_NOSUB), 0);
        fits = regexec(&re, value, 0, NULL, 0) == 0;
        regfree(&re);
        free(whole);
    }
    free(m.name);
    free(m.value);
    return fits != (m.op == MATCH_NOT || m.op == MATCH_NOT_RE);
}

/* Alertmanager's Route.Match, as it is written. */
static bool naive(const struct config_route *of, const struct labels *l,
                  bool root, const struct config_route **out, size_t *n)
{
    size_t before = *n;

    for (unsigned i = 0; !root && i < of->match_count; i++)
        if (!naive_one(of->match[i], l))
            return false;
    for (unsigned i = 0; *n < ROUTES_MOST && i < of->routes_count; i++)
        if (naive(&of->routes[i], l, false, out, n) && !of->routes[i].go_on)
            break;
    if (*n == before)
        out[(*n)++] = of;
    return true;
}

static void random_labels(struct labels *l)
{
    for (char name = 'a'; name < 'g'; name++) {
        char value[8];

        snprintf(value, sizeof value, below(4) ? "%u" : "%u1", below(5));
        if (below(3))
            cr_assert(labels_set(l, (char[]){ name, '\0' }, value));
    }
}

static void compare(const struct router *r, const struct config_alerts *cfg)
{
    const struct config_route *expected[ROUTES_MOST];
    const struct route *got[ROUTES_MOST];
    struct labels l = { .items = NULL };
    size_t n = 0, m;
    unsigned muted;

    random_labels(&l);
    naive(&cfg->route, &l, true, expected, &n);
    m = router_decide(r, &l, 0, got, &muted);
    cr_assert_eq(m, n, "seed %u: %zu, and not %zu", seed, m, n);
    for (size_t i = 0; i < n; i++)
        cr_assert_eq(got[i]->of, expected[i], "seed %u", seed);
    labels_dispose(&l);
}

Test(route, decides_as_one_does_who_asks_everybody)
{
    for (unsigned run = 0; run < 30; run++) {
        struct config_alerts cfg = { .stream = NULL };
        struct router *r;

        seed = run;
        random_route(&cfg.route, 3);
        r = router_new(&cfg);
        for (int i = 0; i < 100; i++)
            compare(r, &cfg);
        router_free(r);
        routed_dispose(&cfg.route);
    }
}
