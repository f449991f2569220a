/* inhibit: which alert mutes which, as Alertmanager has it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/route.h"
#include "tests/core/alert/labelled.h"
#include "tests/core/config_files.h"

TestSuite(inhibit, .init = config_start, .fini = config_finish);

static const char rules[] = "channels: {ops: C1}\n"
                            "alerts:\n"
                            "  inhibit:\n"
                            "    - name: worse\n"
                            "      source: ['severity=critical']\n"
                            "      target: ['severity=~\"warning|info\"']\n"
                            "      equal: [service, zone]\n"
                            "    - name: net\n"
                            "      source: ['kind=~\"net.*\"']\n"
                            "      target: ['kind=~\".*\"']\n"
                            "      equal: [host]\n";

static const struct {
    const char *source, *target, *by; /* NULL: none */
} pairs[] = {
    { "severity=critical service=pay", "severity=warning service=pay",
      "worse" },
    { "severity=critical service=pay", "severity=warning service=bill", NULL },
    { "severity=warning service=pay", "severity=critical service=pay", NULL },
    /* neither has it: equal */
    { "severity=critical", "severity=info", "worse" },
    /* one has it: not */
    { "severity=critical zone=eu", "severity=info", NULL },
    { "severity=critical zone=eu", "severity=info zone=eu", "worse" },
    /* the target side takes everything, so the source is on both sides */
    { "kind=net host=a", "kind=app host=a", "net" },
    { "kind=net host=a", "kind=app host=b", NULL },
    { "kind=net host=a", "host=a", "net" },
    { "kind=net host=a", "kind=net host=a", NULL },
    { "kind=net host=a", "kind=network host=a", NULL },
};

Test(inhibit, mutes_what_alertmanager_would)
{
    struct config *cfg = config_of(rules);
    const struct router *r = router_of(cfg);

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct labels source = labelled(pairs[i].source);
        struct labels target = labelled(pairs[i].target);
        const char *by = router_inhibits(r, &source, &target);

        cr_expect(by && pairs[i].by ? strcmp(by, pairs[i].by) == 0
                                    : by == pairs[i].by,
                  "%s on %s: %s", pairs[i].source, pairs[i].target,
                  by ? by : "none");
        cr_expect(!by || (router_may_inhibit(r, &source) &&
                          router_may_be_inhibited(r, &target)));
        labels_dispose(&source);
        labels_dispose(&target);
    }
    config_free(cfg);
}

Test(inhibit, nothing_mutes_itself)
{
    struct config *cfg = config_of("channels: {ops: C1}\n"
                                   "alerts:\n"
                                   "  inhibit:\n"
                                   "    - name: any\n"
                                   "      source: ['a=~\".*\"']\n"
                                   "      target: ['a=~\".*\"']\n");
    const struct router *r = router_of(cfg);
    struct labels l = labelled("a=1"), m = labelled("a=2");

    cr_expect_null(router_inhibits(r, &l, &l));
    cr_expect_null(router_inhibits(r, &l, &m));
    labels_dispose(&l);
    labels_dispose(&m);
    config_free(cfg);
}

Test(inhibit, most_alerts_have_no_part_in_it)
{
    struct config *cfg = config_of(rules);
    const struct router *r = router_of(cfg);
    struct labels critical = labelled("severity=critical");
    struct labels high = labelled("severity=high");

    cr_expect(router_may_inhibit(r, &critical));
    cr_expect_not(router_may_inhibit(r, &high));
    labels_dispose(&critical);
    labels_dispose(&high);
    config_free(cfg);
}
