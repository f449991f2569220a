/* App Home: the tab, and the same as a card. */
#include "blocks/home.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/render.h"

#include "core/base/mem.h"
#include "tests/blocks/golden.h"
#include "tests/blocks/shown.h"

/* ---- what there is ------------------------------------------------------------ */

static struct halt halts[] = {
    { .scope = (char *)"all",
      .reason = (char *)"wrong prices since 14:02",
      .by = (char *)"U0BOB",
      .by_name = (char *)"bob",
      .op = (char *)"",
      .at = NOW - 6 * MIN,
      .generation = 42 },
    { .scope = (char *)"pricing",
      .reason = (char *)"a <b> & *c*",
      .by = (char *)"U0ANN",
      .by_name = (char *)"ann",
      .op = (char *)"",
      .at = NOW - 60 * MIN,
      .generation = 41 },
};
static struct halt_list some_halts = { .halts = halts, .count = 2 };
static struct halt_list no_halts = { .halts = NULL, .count = 0 };
static struct halt_list halts_unknown = { .unknown = true };

static const struct config_check specs[] = {
    { .id = (char *)"cloudsql", .severity = CHECK_CRITICAL },
    { .id = (char *)"lb",
      .name = (char *)"load balancer",
      .severity = CHECK_HIGH },
    { .id = (char *)"cert", .severity = CHECK_WARNING },
};
static const struct home_check failing[] = {
    { &specs[0],
      { .mark = CHECK_FAILING,
        .since = NOW - 6 * MIN,
        .last = { .at = NOW, .text = "connect 35.2 s > 35 s" } } },
    { &specs[1],
      { .mark = CHECK_FAILING,
        .since = NOW - 90 * MIN,
        .last = { .at = NOW, .text = "HTTP 503, expected 200" } } },
    { &specs[2],
      { .mark = CHECK_FAILING,
        .last = { .at = NOW, .text = "expires in 6 d (limit 14 d)" } } },
};

static struct incident incidents[] = {
    { .number = 12,
      .severity = INCIDENT_P0,
      .title = (char *)"Staging down",
      .opened_by = (char *)"U0LEE",
      .opened_name = (char *)"lee",
      .opened_at = NOW - 72 * MIN },
};

static const struct job jobs[] = {
    { .id = (char *)"7F3KABCDEFGHJKMN",
      .kind = JOB_REQUEUE,
      .state = JOB_RUNNING,
      .stream = (char *)"notify.events",
      .total = 4102,
      .moved = 1200,
      .created_at = NOW - MIN,
      .started_at = NOW - MIN },
    { .id = (char *)"9A1BABCDEFGHJKMN",
      .kind = JOB_DISCARD,
      .state = JOB_DONE,
      .stream = (char *)"orders",
      .total = 10,
      .moved = 10,
      .created_at = NOW - 60 * MIN,
      .finished_at = NOW - 59 * MIN },
};

static const struct home_right rights[] = {
    { "dlq requeue", NULL },
    { "halt", "C0OPS" },
};
static const char *const everyone[] = { "dlq list", "health", "help" };
static char *admins[] = { (char *)"U0ANN", (char *)"U0BOB" };

static struct home well(void)
{
    return (struct home){
        .user = "U0ANN",
        .now = NOW,
        .halts = &no_halts,
        .passing = 14,
        .incidents_known = true,
        .jobs_known = true,
        .everyone = everyone,
        .everyone_count = 3,
        .lacking = 9,
        .admins = admins,
        .admin_count = 2,
        .redis = { .us = 300 },
        .postgres = { .us = 1100 },
        .socket_up_ms = 192 * MIN,
        .slack_us = 41000,
        .outbox = 0,
        .version = "0.4.0",
        .health = true,
        .streams = true,
    };
}

static struct home ill(void)
{
    struct home home = well();

    home.halts = &some_halts;
    home.may_unhalt = true;
    home.failing = failing;
    home.failing_count = 3;
    home.waiting = 1;
    home.incidents =
        (struct incident_list){ .items = incidents, .count = 1, .open = 1 };
    home.jobs = jobs;
    home.job_count = 2;
    home.may = rights;
    home.may_count = 2;
    return home;
}

static struct alert_group alerts[] = {
    { .number = 1042,
      .severity = ALERT_CRITICAL,
      .title = (char *)"5xx rate 7.2% > 2%",
      .started_at = NOW - 6 * MIN,
      .step_at = NOW + 4 * MIN },
    { .number = 1040,
      .severity = ALERT_WARNING,
      .title = (char *)"<disk> *full*",
      .started_at = NOW - 3 * 60 * MIN },
};

static struct home alarmed(void)
{
    struct home home = well();

    for (size_t i = 0; i < 2; i++) {
        struct alert_group *g = &alerts[i];

        g->message = g->source = g->acked_by = g->quiet_why = g->assignee =
            (char *)"";
        g->firing = 1;
    }
    home.alerts_shown = home.alerts_known = true;
    home.alerts = (struct group_list){
        .items = alerts, .count = 2, .open = 9, .unacked = 7, .critical = 2
    };
    return home;
}

static struct home blind(void)
{
    struct home home = well();

    home.halts = &halts_unknown;
    home.incidents_known = home.jobs_known = false;
    home.alerts_shown = true;
    home.redis.since = NOW - 5 * MIN;
    home.postgres.since = NOW - 2 * MIN;
    home.socket_up_ms = -1;
    home.slack_us = home.outbox = -1;
    home.passing = 0;
    return home;
}

/* ---- shown --------------------------------------------------------------------- */

static void tab(const char *name, const struct home *home)
{
    struct card *card = card_new();
    char file[80];

    snprintf(file, sizeof file, "%s.tab", name);
    shown_body(file, home_tab(home, "/ops", "n0nce"));
    home_card(card, home);
    shown_text(name, card);
}

Test(home, all_is_well_for_somebody_without_rights)
{
    struct home home = well();

    tab("home_well", &home);
}

Test(home, what_is_wrong)
{
    struct home home = ill();

    tab("home_ill", &home);
}

Test(home, what_cannot_be_known)
{
    struct home home = blind();

    tab("home_blind", &home);
}

Test(home, alerts_that_nobody_has)
{
    struct home home = alarmed();

    tab("home_alerts", &home);
}

static char *text_of(const struct home *home)
{
    struct card *card = card_new();
    char *text;

    card_slash(card, "/ops");
    home_card(card, home);
    text = render_text(card);
    card_free(card);
    return text;
}

static void says(const struct home *home, const char *line, bool yes)
{
    char *text = text_of(home);

    cr_expect_eq(strstr(text, line) != NULL, yes, "%s: %s", line, text);
    free(text);
}

Test(home, alerts_are_said_where_there_are_any_to_say)
{
    struct home home = alarmed();

    says(&home, "🔴 7 alerts unacknowledged", true);
    home.failing = failing + 2;
    home.failing_count = 1;
    says(&home, "🔴 7 alerts unacknowledged · 1 check failing", true);
    home.failing_count = 0;
    home.alerts.items++;
    home.alerts.count = 1;
    home.alerts.unacked = 1;
    says(&home, "🟠 1 alert unacknowledged", true);
    home.alerts.count = 0;
    home.alerts.unacked = 0;
    says(&home, "All is well", true);
    says(&home, "9 alerts, none without somebody", true);
    home.alerts.open = 0;
    says(&home, "No alerts: nothing fires", true);
    says(&home, "Show alerts", false);
    home = alarmed();
    home.alerts_shown = false;
    says(&home, "alert", false);
    says(&home, "All is well", true);
}

/* ---- limits --------------------------------------------------------------------- */

static size_t blocks_in(const char *view)
{
    json_t *root = json_loads(view, 0, NULL);
    size_t n;

    cr_assert_not_null(root);
    n = json_array_size(json_object_get(root, "blocks"));
    json_decref(root);
    return n;
}

/* However much there is: 100 blocks are the most, and ids differ. */
Test(home, a_lot_of_everything)
{
    enum { MANY = 400 };
    struct home home = ill();
    struct halt *h = xcalloc(MANY, sizeof *h);
    struct home_check *c = xcalloc(MANY, sizeof *c);
    struct halt_list list = { .halts = h, .count = MANY };
    struct home_right *r = xcalloc(MANY, sizeof *r);
    char *view;

    for (size_t i = 0; i < MANY; i++) {
        h[i] = halts[1];
        c[i] = failing[i % 3];
        r[i] = rights[i % 2];
    }
    home.halts = &list;
    home.failing = c;
    home.failing_count = MANY;
    home.may = r;
    home.may_count = MANY;
    home.incidents.open = MANY;
    home.alerts = alarmed().alerts;
    home.alerts.unacked = MANY;
    home.alerts_shown = home.alerts_known = true;
    view = home_tab(&home, "/ops", "0123456789abcdef");
    cr_expect_leq(blocks_in(view), 98);
    free(view);
    free(h);
    free(c);
    free(r);
}
