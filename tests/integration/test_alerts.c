/*
 * The alerts of deploy/prometheus: promtool has nothing against them, each is
 * explained, each is tested.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/promtool.h"

Test(alerts, promtool_finds_nothing_wrong_with_the_rules)
{
    struct harness *h =
        harness_start(&(struct harness_options){ .parts = PART_NONE });

    promtool(h, "check config prometheus.yml");
    promtool(h, "check rules opsbot.rules.yml");
    promtool(h, "test rules opsbot.rules.test.yml");
    harness_stop(h);
}

static bool has_key(const char *rule, const char *end, const char *key)
{
    const char *at = strstr(rule, key);

    return at && at < end;
}

/* Those that deploy/runbooks has. */
static void expect_runbook(const char *name, const char *rule, const char *end)
{
    static const char *const books[] = { "bot-deaf",
                                         "redis-down",
                                         "postgres-down",
                                         "slack-down",
                                         "upgrade",
                                         "restore",
                                         "{{ $labels.store }}-down",
                                         "alerts-stuck" };
    bool known = false;

    for (size_t i = 0; i < sizeof books / sizeof *books; i++) {
        char *line = xasprintf("runbook_url: deploy/runbooks/%s.md", books[i]);

        known = known || has_key(rule, end, line);
        free(line);
    }
    cr_expect(known, "%s has no runbook", name);
}

Test(alerts, each_alert_is_explained_and_tested)
{
    char *rules = deployed("prometheus/opsbot.rules.yml");
    char *tests = deployed("prometheus/opsbot.rules.test.yml");
    char name[64];
    int count = 0;

    for (const char *at = strstr(rules, "- alert: "), *next; at; at = next) {
        const char *end;
        char *tested;

        next = strstr(at + 1, "- alert: ");
        end = next ? next : at + strlen(at);
        cr_assert_eq(sscanf(at, "- alert: %63s", name), 1);
        tested = xasprintf("{alertname=\"%s\"}", name);
        cr_expect_not_null(strstr(tests, tested), "%s has no test", name);
        cr_expect(has_key(at, end, "summary: "), "%s", name);
        cr_expect(has_key(at, end, "description: "), "%s", name);
        cr_expect(has_key(at, end, "severity: "), "%s", name);
        expect_runbook(name, at, end);
        free(tested);
        count++;
    }
    cr_expect_gt(count, 20);
    free(rules);
    free(tests);
}
