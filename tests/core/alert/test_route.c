/*
 * route: the tree as Alertmanager walks it, and what it compiles to.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/route.h"
#include "core/alert/route_parts.h"
#include "core/base/mem.h"
#include "core/base/zone.h"
#include "tests/core/alert/labelled.h"
#include "tests/core/config_files.h"

TestSuite(route, .init = config_start, .fini = config_finish);

/* ---- as Alertmanager does --------------------------------------------------------- */

static const char tree[] =
    "alerts:\n"
    "  windows:\n"
    "    - name: night\n"
    "      times: ['22:00-06:00']\n"
    "    - name: work\n"
    "      times: ['09:00-17:00']\n"
    "      days: [mon-fri]\n"
    "  policies:\n"
    "    - name: page\n"
    "      steps:\n"
    "        - after: 5m\n"
    "          to: [U1]\n"
    "  hooks: []\n"
    "  route:\n"
    "    channels: [C0]\n"
    "    group_by: [alertname]\n"
    "    mention: [S0]\n"
    "    routes:\n"
    "      - name: critical\n"
    "        match: ['severity=critical']\n"
    "        channels: [C1]\n"
    "        escalation: page\n"
    "        group_wait: 30s\n"
    "        routes:\n"
    "          - name: pay\n"
    "            match: ['service=pay']\n"
    "            channels: [C2, C3]\n"
    "            group_by: [service, zone]\n"
    "            group_interval: 1m\n"
    "          - match: ['service=~\"db-.*\"']\n"
    "            escalation: none\n"
    "            group_by: ['...']\n"
    "            repeat_interval: 1h\n"
    "      - name: log\n"
    "        match: ['service=pay']\n"
    "        channels: [C9]\n"
    "        continue: true\n"
    "      - name: warning\n"
    "        match: ['severity=~\"warning|high\"', 'service!=web']\n"
    "        mute: [night]\n"
    "        routes:\n"
    "          - name: deep\n"
    "            match: ['service=deep']\n"
    "      - name: office\n"
    "        match: ['team=office']\n"
    "        active: [work]\n";

/* "critical > pay, log": the ways of an alert. Static. */
static const char *ways(const struct router *r, const char *labels,
                        int64_t wall_ms)
{
    static char out[600];
    const struct route *routes[ROUTES_MOST];
    struct labels l = labelled(labels);
    unsigned muted;
    size_t n = router_decide(r, &l, wall_ms, routes, &muted);
    size_t at = 0;

    for (size_t i = 0; i < n; i++)
        at +=
            (size_t)snprintf(out + at, sizeof out - at, "%s%s%s", i ? ", " : "",
                             routes[i]->path, muted >> i & 1 ? " (muted)" : "");
    labels_dispose(&l);
    return out;
}

static const struct {
    const char *labels, *ways;
} walks[] = {
    { "", "all" },
    { "severity=info", "all" },
    { "severity=critical", "critical" },
    { "severity=critical service=pay", "critical > pay" },
    { "severity=critical service=db-1", "critical > route 2" },
    { "severity=critical service=db", "critical" },
    { "service=pay", "log" },
    { "severity=warning service=pay", "log, warning" },
    { "severity=high", "warning" },
    { "severity=high service=web", "all" },
    { "severity=warning service=deep", "warning > deep" },
    { "severity=info team=office", "office (muted)" },
    { "severity=info team=office service=pay", "log, office (muted)" },
};

Test(route, depth_first_and_the_first_that_matches)
{
    struct config *cfg = config_of(tree);
    const struct router *r = router_of(cfg);
    int64_t sunday = zone_moment(NULL, 2026, 11, 15, 12, 0);

    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++)
        cr_expect_str_eq(ways(r, walks[i].labels, sunday), walks[i].ways,
                         "%s: %s", walks[i].labels,
                         ways(r, walks[i].labels, sunday));
    config_free(cfg);
}

static const struct route *only(const struct router *r, const char *labels)
{
    const struct route *routes[ROUTES_MOST];
    struct labels l = labelled(labels);
    unsigned muted;

    cr_assert_eq(router_decide(r, &l, 0, routes, &muted), 1);
    labels_dispose(&l);
    return routes[0];
}

Test(route, a_node_has_what_its_parents_say)
{
    struct config *cfg = config_of(tree);
    const struct router *r = router_of(cfg);
    const struct route *pay, *db, *all = only(r, "severity=info");

    cr_expect_str_eq(all->channels[0], "C0");
    cr_expect_null(all->policy);
    cr_expect_eq(all->wait_ms, 0);
    cr_expect_not(all->wait_set);
    cr_expect_eq(all->interval_ms, 300000);
    cr_expect_eq(all->repeat_ms, 4 * 3600000);
    pay = only(r, "severity=critical service=pay");
    cr_expect_eq(pay->channels_count, 2);
    cr_expect_str_eq(pay->channels[1], "C3");
    cr_expect_str_eq(pay->mention[0], "S0");
    cr_expect_str_eq(pay->policy->name, "page");
    cr_expect_eq(pay->wait_ms, 30000);
    cr_expect(pay->wait_set);
    cr_expect_eq(pay->interval_ms, 60000);
    cr_expect_eq(pay->repeat_ms, 4 * 3600000);
    cr_expect_eq(pay->group_by_count, 2);
    db = only(r, "severity=critical service=db-1");
    cr_expect_str_eq(db->channels[0], "C1");
    cr_expect_null(db->policy, "none");
    cr_expect(db->by_all);
    cr_expect_eq(db->group_by_count, 0);
    cr_expect_eq(db->repeat_ms, 3600000);
    config_free(cfg);
}

/* As in Alertmanager: what a parent's windows say is not for its children. */
Test(route, windows_are_a_nodes_own)
{
    struct config *cfg = config_of(tree);
    const struct router *r = router_of(cfg);
    int64_t night = zone_moment(NULL, 2026, 11, 16, 23, 0);
    int64_t noon = zone_moment(NULL, 2026, 11, 16, 12, 0);
    int64_t sunday = zone_moment(NULL, 2026, 11, 15, 12, 0);

    cr_expect_str_eq(ways(r, "severity=warning", night), "warning (muted)");
    cr_expect_str_eq(ways(r, "severity=warning", noon), "warning");
    cr_expect_str_eq(ways(r, "severity=warning service=deep", night),
                     "warning > deep");
    cr_expect_str_eq(ways(r, "team=office", noon), "office");
    cr_expect_str_eq(ways(r, "team=office", night), "office (muted)");
    cr_expect_str_eq(ways(r, "team=office", sunday), "office (muted)");
    cr_expect_str_eq(ways(r, "severity=warning service=pay", night),
                     "log, warning (muted)");
    config_free(cfg);
}

Test(route, a_route_is_found_by_its_id)
{
    struct config *cfg = config_of(tree);
    const struct router *r = router_of(cfg);
    const struct route *pay = only(r, "severity=critical service=pay");
    struct config *again = config_of(tree);

    cr_expect_eq(router_find(r, pay->id), pay);
    cr_expect_eq(strlen(pay->id), 16);
    cr_expect_str_eq(router_find(router_of(again), pay->id)->path,
                     "critical > pay");
    cr_expect_str_eq(router_find(r, "0123456789abcdef")->path, "all");
    cr_expect_str_eq(router_find(r, "")->path, "all");
    config_free(again);
    config_free(cfg);
}

/* The check of a configuration wants names that differ; ids need it. */
Test(route, paths_differ)
{
    struct config_route routes[] = {
        { .name = NULL },
        { .name = (char[]){ "route 1" } },
        { .name = (char[]){ "all" } },
    };
    struct config_alerts cfg = { .route = { .routes = routes,
                                            .routes_count = 3 } };
    struct labels none = { .items = NULL };
    const struct route *out[ROUTES_MOST];
    struct router *r;
    unsigned muted;

    routes[0].go_on = routes[1].go_on = true;
    r = router_new(&cfg);
    cr_assert_eq(router_decide(r, &none, 0, out, &muted), 3);
    cr_expect_str_eq(out[0]->path, "route 1");
    cr_expect_str_eq(out[1]->path, "route 1 (2)");
    cr_expect_str_eq(out[2]->path, "all (2)");
    router_free(r);
}

Test(route, without_a_channel_it_is_the_ops_channel)
{
    struct config *cfg = config_of("channels:\n  ops: C7\n");
    struct router *alone;

    cr_assert_eq(only(router_of(cfg), "a=1")->channels_count, 1);
    cr_expect_str_eq(only(router_of(cfg), "a=1")->channels[0], "C7");
    cr_expect_eq(router_of(cfg), router_of(cfg));
    alone = router_new(&cfg->alerts);
    cr_expect_eq(only(alone, "a=1")->channels_count, 0);
    router_free(alone);
    config_free(cfg);
}

Test(route, at_most_so_many_take_one_alert)
{
    struct config_route routes[ROUTES_MOST + 4] = { { .name = NULL } };
    struct config_alerts cfg = { .route = { .routes = routes,
                                            .routes_count = ROUTES_MOST + 4 } };
    const struct route *out[ROUTES_MOST];
    struct labels none = { .items = NULL };
    struct router *r;
    unsigned muted;

    for (size_t i = 0; i < ROUTES_MOST + 4; i++)
        routes[i].go_on = true;
    r = router_new(&cfg);
    cr_expect_eq(router_decide(r, &none, 0, out, &muted), ROUTES_MOST);
    router_free(r);
}

/* ---- groups ------------------------------------------------------------------------ */

static const char *key(const struct route *route, const char *labels,
                       const char *fingerprint)
{
    static char out[4][GROUP_KEY];
    static size_t turn;
    struct labels l = labelled(labels);
    char *into = out[turn++ % 4];

    route_key(route, &l, fingerprint, into);
    labels_dispose(&l);
    return into;
}

Test(route, a_groups_key_is_of_its_route_and_labels)
{
    struct config *cfg = config_of(tree);
    const struct router *r = router_of(cfg);
    const struct route *pay = only(r, "severity=critical service=pay");
    const struct route *all = only(r, "");
    const struct route *db = only(r, "severity=critical service=db-1");
    struct labels by = { .items = NULL };
    struct labels l = labelled("service=pay zone=eu x=1");

    cr_expect_eq(strlen(key(pay, "service=pay", "f")), GROUP_KEY - 1);
    cr_expect_str_eq(key(pay, "service=pay x=1", "f"),
                     key(pay, "service=pay x=2", "g"));
    cr_expect_str_neq(key(pay, "service=pay", "f"),
                      key(pay, "service=pay zone=eu", "f"));
    cr_expect_str_neq(key(pay, "", "f"), key(all, "", "f"));
    cr_expect_str_neq(key(db, "a=1", "f"), key(db, "a=1", "g"),
                      "each for itself");
    route_labels(pay, &l, &by);
    cr_assert_eq(by.count, 2);
    cr_expect_str_eq(labels_get(&by, "zone"), "eu");
    labels_dispose(&by);
    route_labels(db, &l, &by);
    cr_expect_eq(by.count, 3);
    labels_dispose(&by);
    labels_dispose(&l);
    config_free(cfg);
}

/* More labels than have a place each. */
Test(route, any_number_of_labels_may_be_asked_for)
{
    struct config_route routes[SLOTS_MOST + 20] = { { .name = NULL } };
    struct config_alerts cfg = { .route = { .routes = routes } };
    struct router *r;

    cfg.route.routes_count = SLOTS_MOST + 20;
    for (size_t i = 0; i < SLOTS_MOST + 20; i++) {
        routes[i].match = xcalloc(1, sizeof(char *));
        routes[i].match[0] = xasprintf("l%zu=1", i);
        routes[i].match_count = 1;
    }
    r = router_new(&cfg);
    cr_expect_eq(only(r, "l0=1")->of, &routes[0]);
    cr_expect_eq(only(r, "l80=1")->of, &routes[80]);
    cr_expect_eq(only(r, "l80=1 l70=1")->of, &routes[70]);
    cr_expect_eq(only(r, "l81=2")->of, &cfg.route);
    router_free(r);
    for (size_t i = 0; i < SLOTS_MOST + 20; i++) {
        free(routes[i].match[0]);
        free(routes[i].match);
    }
}

/* The check of a configuration refuses it; nothing is lost if that fails. */
Test(route, a_matcher_that_cannot_be_read_matches_nothing)
{
    char *bad[] = { (char[]){ "a=~(" } };
    struct config_route one = { .match = bad, .match_count = 1 };
    struct config_inhibit not = {
        .source = bad, .source_count = 1, .target = bad, .target_count = 1
    };
    struct config_alerts cfg = {
        .route = { .routes = &one, .routes_count = 1 },
        .inhibit = &not,
        .inhibit_count = 1,
    };
    struct router *r = router_new(&cfg);
    struct labels l = labelled("a=1");

    cr_expect_eq(only(r, "a=1")->of, &cfg.route);
    cr_expect_null(router_inhibits(r, &l, &l));
    cr_expect_not(router_may_inhibit(r, &l));
    cr_expect_not(router_may_be_inhibited(r, &l));
    labels_dispose(&l);
    router_free(r);
}
