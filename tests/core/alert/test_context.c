/* context: what surrounds an alert, asked of real stores. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/context.h"
#include "core/alert/group.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/core/ops/world.h"

static struct world w;
static struct alert_group g;
static struct alert_context c;
static struct config_stream named[] = {
    { (char[]){ "orders.events" }, NULL },
    { (char[]){ "preorders" }, NULL },
    { (char[]){ "ticks" }, (char[]){ "dead.ticks" } },
};
static char *scopes[] = { (char[]){ "orders" } };
static struct config_check checks[] = {
    { .id = (char[]){ "orders-db" } },
    { .id = (char[]){ "gateway" }, .scopes = scopes, .scopes_count = 1 },
    { .id = (char[]){ "ticks" } },
};

static void start(void)
{
    world_start(&w, WITH_BOTH);
    w.cfg.streams = named;
    w.cfg.streams_count = 3;
    w.cfg.checks = checks;
    w.cfg.checks_count = 3;
    g = (struct alert_group){ .number = 1 };
}

static void stop(void)
{
    context_dispose(&c);
    labels_dispose(&g.labels);
    world_stop(&w);
}

TestSuite(context, .init = start, .fini = stop);

static void of(const char *label, const char *value)
{
    cr_assert(labels_set(&g.labels, label, value));
}

static void look(void)
{
    context_dispose(&c);
    context_look(w.db, w.r, &w.cfg, &g, clock_wall_ms(), &c);
}

static void failing(const char *check, const char *why)
{
    free(look_text(&w.s, "select 1"));
    cr_assert(db_run(w.db,
                     (&(const struct db_stmt){
                         .name = "test_failing",
                         .sql = "insert into opsbot.check_states (check_id,"
                                " mark, since, last_at, ok, took_us, text,"
                                " in_row, replica) values ($1::text,"
                                " 'failing', now(), now(), false, 1, $2::text,"
                                " 3, 'r')",
                         .params = 2 }),
                     NULL, &w.err, check, why),
              "%s", w.err.text);
}

static void halted(const char *scope)
{
    free(cli(&w.s,
             "set opsbot:halt:%s '{\"reason\":\"deploy %s\",\"by\":\"U0ANN\","
             "\"at\":\"2026-11-20T15:41:07Z\",\"generation\":3}'",
             scope, scope));
    free(cli(&w.s, "hset opsbot:halts %s x", scope));
}

static bool deployed(const char *op, const char *body)
{
    struct deploy d;
    bool ok;

    cr_assert(deploy_read(&d, body, strlen(body), &w.err), "%s", w.err.text);
    ok = deploy_put(w.db, op, &d, &w.err);
    deploy_dispose(&d);
    return ok;
}

/* ---- halts ---------------------------------------------------------------- */

Test(context, halts_of_the_service_and_of_everything)
{
    halted("all");
    halted("orders");
    halted("preorders");
    of("service", "orders");
    look();
    cr_assert_eq(c.halts_count, 2u);
    cr_expect_str_eq(c.halts[0].scope, "all");
    cr_expect_str_eq(c.halts[1].scope, "orders");
    cr_expect_str_eq(c.halts[1].reason, "deploy orders");
    cr_expect_str_eq(c.halts[1].by, "U0ANN");
    cr_expect_eq(c.halts[1].at, 1795189267000);
}

/* ---- dead letters ------------------------------------------------------------ */

Test(context, dead_letters_with_growth_and_top_cause)
{
    free(cli(&w.s, "xadd orders.events.dlq 1000-0 error 'old 1'"));
    free(cli(&w.s, "xadd orders.events.dlq '*' error 'timeout after 30 ms'"));
    free(cli(&w.s, "xadd orders.events.dlq '*' error 'timeout after 31 ms'"));
    free(cli(&w.s, "xadd preorders.dlq '*' error other"));
    of("service", "orders");
    look();
    cr_assert_eq(c.streams_count, 1u);
    cr_expect_str_eq(c.streams[0].name, "orders.events");
    cr_expect_eq(c.streams[0].dead, 3);
    cr_expect_eq(c.streams[0].grown, 2);
    cr_expect_str_eq(c.streams[0].cause, "timeout after # ms");
}

Test(context, the_stream_that_an_alert_names_comes_first_configured_or_not)
{
    free(cli(&w.s, "xadd fills.dlq '*' error lost"));
    of("stream", "fills.dlq");
    look();
    cr_assert_eq(c.streams_count, 1u);
    cr_expect_str_eq(c.streams[0].name, "fills");

    free(cli(&w.s, "xadd dead.ticks '*' error lost"));
    of("stream", "dead.ticks");
    look();
    cr_assert_eq(c.streams_count, 1u);
    cr_expect_str_eq(c.streams[0].name, "ticks");
}

Test(context, a_queue_without_dead_letters_is_not_named)
{
    of("service", "orders");
    look();
    cr_expect_eq(c.streams_count, 0u);
}

/* ---- checks ---------------------------------------------------------------- */

Test(context, failing_checks_by_name_and_by_scope)
{
    failing("orders-db", "connect 35.2 s > 35 s");
    failing("gateway", "HTTP 503, expected 200");
    failing("ticks", "of something else");
    failing("orders-old", "is not configured any more");
    of("job", "orders");
    look();
    cr_assert_eq(c.checks_count, 2u);
    cr_expect_str_eq(c.checks[0].id, "gateway");
    cr_expect_str_eq(c.checks[1].id, "orders-db");
    cr_expect_str_eq(c.checks[1].why, "connect 35.2 s > 35 s");
    cr_expect_gt(c.checks[1].since, 0);
}

Test(context, the_check_that_an_alert_names)
{
    failing("gateway", "HTTP 503, expected 200");
    of("check", "gateway");
    look();
    cr_assert_eq(c.checks_count, 1u);
    cr_expect_str_eq(c.checks[0].id, "gateway");
}

/* ---- whose it is -------------------------------------------------------------- */

/* Grouped by the alert's name alone: its alerts know the service. */
Test(context, a_group_without_the_label_asks_its_alerts)
{
    struct db_rows *rows;

    cr_assert(db_run(
        w.db,
        (&(const struct db_stmt){
            .name = "test_alert",
            .sql = "with g as (insert into opsbot.alert_groups (key, op,"
                   "  route, route_id, title, severity)"
                   "  values ('k', 'op', 'r', 'r', 't', 0) returning id)"
                   " insert into opsbot.alerts (\"group\", fingerprint, event,"
                   "  severity, firing, title, labels, at)"
                   " select id, 'f', 'e', 0, true, 't',"
                   "  '{\"service\":\"orders\"}', now() from g"
                   " returning \"group\"" }),
        &rows, &w.err, NULL));
    g.number = rows_int(rows, 0, 0);
    rows_free(rows);
    of("alertname", "SlowOrders");
    cr_assert(deployed("op1", "{\"service\":\"orders\",\"version\":\"7\"}"));
    look();
    cr_assert_neq(c.deployed_at, 0);
    cr_expect_str_eq(c.deploy_version, "7");
}

Test(context, of_nobody_nothing_is_known_but_that_all_is_halted)
{
    halted("all");
    failing("orders-db", "x");
    look();
    cr_expect_eq(c.halts_count, 1u);
    cr_expect_eq(c.streams_count, 0u);
    cr_expect_eq(c.checks_count, 0u);
    cr_expect_eq(c.deployed_at, 0);
}

/* ---- stores away -------------------------------------------------------------- */

Test(context, without_redis_the_rest_is_there)
{
    failing("orders-db", "x");
    of("service", "orders");
    context_look(w.db, NULL, &w.cfg, &g, clock_wall_ms(), &c);
    cr_expect_eq(c.checks_count, 1u);
    context_dispose(&c);
    part_stop(w.s.harness, PART_REDIS);
    look();
    cr_expect_eq(c.halts_count, 0u);
    cr_expect_eq(c.checks_count, 1u);
}

Test(context, without_postgres_the_rest_is_there)
{
    halted("orders");
    of("service", "orders");
    part_stop(w.s.harness, PART_POSTGRES);
    look();
    cr_expect_eq(c.halts_count, 1u);
    cr_expect_eq(c.checks_count, 0u);
}

/* ---- deployments ---------------------------------------------------------------- */

Test(context, the_last_deployment_counts_and_each_once)
{
    cr_assert(deployed("b", "{\"service\":\"orders\",\"version\":\"1.5\","
                            "\"by\":\"ann\",\"url\":\"https://ci/5\","
                            "\"at\":\"2026-11-20T15:41:07Z\"}"));
    cr_assert(deployed("b", "{\"service\":\"orders\",\"version\":\"1.6\"}"));
    cr_assert(deployed("a", "{\"service\":\"orders\",\"version\":\"1.4\","
                            "\"at\":1763653267}"));
    cr_expect_eq(look_number(&w.s, "select count(*) from opsbot.deploys"), 2);
    of("service", "orders");
    look();
    cr_expect_str_eq(c.deploy_service, "orders");
    cr_expect_str_eq(c.deploy_version, "1.5");
    cr_expect_str_eq(c.deploy_by, "ann");
    cr_expect_str_eq(c.deploy_url, "https://ci/5");
    cr_expect_eq(c.deployed_at, 1795189267000);
}

static void refused(const char *body, const char *why)
{
    struct deploy d;
    struct err err = { 0 };

    cr_expect_not(deploy_read(&d, body, strlen(body), &err), "%s", body);
    cr_expect_eq(err.kind, ERR_USER);
    cr_expect(strstr(err.text, why), "%s: %s", body, err.text);
}

Test(context, a_deployment_that_cannot_be_read_says_why)
{
    refused("{", "JSON");
    refused("{\"version\":\"1\"}", "`service` is missing");
    refused("{\"service\":\" \"}", "`service` is missing");
    refused("{\"service\":7}", "`service` is missing");
    refused("{\"service\":\"a\",\"url\":\"javascript:x\"}", "`url`");
    refused("{\"service\":\"a\",\"url\":\"https://a/ b\"}", "`url`");
    refused("{\"service\":\"a\",\"at\":\"yesterday\"}", "`at`");
    refused("{\"service\":\"a\",\"at\":-5}", "`at`");
    refused("{\"service\":\"a\",\"at\":\"2999-01-01T00:00:00Z\"}", "`at`");
}

Test(context, what_a_deployment_says_is_one_line_without_secrets)
{
    struct deploy d;
    const char *body = "{\"service\":\"a\",\"version\":\"v1\\n*x*\","
                       "\"by\":\"token=xoxb-1234567890-abcdefghijkl\"}";
    int64_t now = clock_wall_ms();

    cr_assert(deploy_read(&d, body, strlen(body), &w.err), "%s", w.err.text);
    cr_expect_str_eq(d.version, "v1");
    cr_expect_null(strstr(d.actor, "abcdefghijkl"));
    cr_expect_str_eq(d.url, "");
    cr_expect_geq(d.at, now);
    deploy_dispose(&d);
}
