/* The card of where an alert would go. */
#include "blocks/route.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "tests/blocks/shown.h"
#include "tests/core/config_files.h"

TestSuite(route_card, .init = config_start, .fini = config_finish);

#define T(s) ((char *)(size_t)(s))

static const char file[] =
    "alerts:\n"
    "  windows:\n"
    "    - name: night\n"
    "      times: ['22:00-06:00']\n"
    "      zone: Europe/Berlin\n"
    "  rotations:\n"
    "    - name: pay\n"
    "      users: [U0ANN, U0BEN]\n"
    "      from: 2026-01-05\n"
    "  hooks:\n"
    "    - name: ops\n"
    "      url: https://pager.example/in\n"
    "  policies:\n"
    "    - name: page\n"
    "      repeat: 2\n"
    "      steps:\n"
    "        - after: 5m\n"
    "          to: ['oncall:pay']\n"
    "        - after: 10m\n"
    "          to: ['dm:U0LEE', S0LEADS, C0LEADS, 'webhook:ops']\n"
    "  inhibit:\n"
    "    - name: worse\n"
    "      source: ['severity=critical']\n"
    "      target: ['severity=~\"warning|info\"']\n"
    "      equal: [service]\n"
    "  route:\n"
    "    channels: [C0OPS]\n"
    "    group_by: [alertname, service]\n"
    "    routes:\n"
    "      - name: log\n"
    "        match: ['service=~\"pay|bill\"']\n"
    "        channels: [C0LOG]\n"
    "        group_by: ['...']\n"
    "        repeat_interval: 0\n"
    "        continue: true\n"
    "      - name: db\n"
    "        match: ['service=db']\n"
    "      - name: critical\n"
    "        match: ['severity=critical']\n"
    "        escalation: page\n"
    "        routes:\n"
    "          - name: pay\n"
    "            match: ['service=pay', 'env!=test']\n"
    "            channels: [C0PAY, C0CRIT]\n"
    "            mention: ['oncall:pay', S0PAY, here]\n"
    "            group_wait: 30s\n"
    "            runbook: https://runbooks.example/pay\n"
    "      - name: quiet\n"
    "        match: ['severity=warning']\n"
    "        mute: [night]\n";

static struct config *cfg;

static struct alert_event event_of(enum alert_severity severity,
                                   const char *service)
{
    struct alert_event e = { .severity = severity };

    labels_set(&e.labels, "severity", event_severity_name(severity));
    labels_set(&e.labels, "service", service);
    return e;
}

static struct route_told told(char *const *targets, unsigned count, int64_t at)
{
    struct route_told out = { .at = at, .whom_count = count };

    out.whom = xcalloc(count + 1, sizeof *out.whom);
    for (unsigned i = 0; i < count; i++) {
        out.whom[i].target = targets[i];
        if (targets[i][0] == 'o')
            out.whom[i].person = xstrdup("U0ANN");
    }
    return out;
}

static void taken(struct route_taken *t, const struct route *route,
                  const struct alert_event *e, int64_t at)
{
    *t = (struct route_taken){ .route = route };
    t->way_count = router_way(router_of(cfg), &e->labels, route, t->way);
    t->window = route_window(route, at, &t->outside);
    t->mention = told((char *const *)(uintptr_t)route->mention,
                      (unsigned)route->mention_count, at);
    if (!route->policy)
        return;
    t->steps = xcalloc(route->policy->steps_count, sizeof *t->steps);
    for (unsigned i = 0; i < route->policy->steps_count; i++) {
        const struct config_step *step = &route->policy->steps[i];

        at += step->after_ms;
        t->steps[t->steps_count++] = told(step->to, step->to_count, at);
    }
}

static struct card *card_of(enum alert_severity severity, const char *service,
                            int64_t at, const struct silence *silence,
                            bool unsure)
{
    struct alert_event e = event_of(severity, service);
    struct route_test t = { .event = &e, .at = at, .unsure = unsure };
    const struct route *routes[ROUTES_MOST];
    struct card *card = card_new();
    unsigned muted;

    cfg = config_of(file);
    t.count = router_decide(router_of(cfg), &e.labels, at, routes, &muted);
    t.routes = xcalloc(t.count, sizeof *t.routes);
    for (size_t i = 0; i < t.count; i++)
        taken(&t.routes[i], routes[i], &e, at);
    t.silences = xcalloc(1, sizeof(struct silence *));
    t.silences[0] = silence;
    t.silences_count = silence != NULL;
    t.rules_count =
        router_rules(router_of(cfg), &e.labels, t.rules, ROUTE_RULES);
    route_test_card(card, &t, "route test service=pay");
    route_test_dispose(&t);
    labels_dispose(&e.labels);
    config_free(cfg);
    return card;
}

Test(route_card, two_routes_and_a_plan)
{
    shown("route_two", card_of(ALERT_CRITICAL, "pay", NOW, NULL, false));
}

Test(route_card, a_window_keeps_it_quiet)
{
    shown("route_quiet",
          card_of(ALERT_WARNING, "web", NOW + 10 * 60 * MIN, NULL, false));
}

Test(route_card, a_silence_does)
{
    struct silence s = { .id = 12,
                         .by = T("U0LEE"),
                         .by_name = T("lee"),
                         .reason = T("a new disk"),
                         .until = NOW + 30 * MIN };

    shown_text("route_silenced", card_of(ALERT_HIGH, "db", NOW, &s, false));
}

Test(route_card, nothing_below_matches)
{
    shown_text("route_root", card_of(ALERT_INFO, "web", NOW, NULL, true));
}
