/*
 * Health checks that fail, as alerts: once, whoever looks and however often it
 * is restarted; a backup that is stale, a certificate that ends soon.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "tests/core/check/certificates.h"
#include "tests/core/check/peer.h"
#include "tests/integration/watched.h"

TestSuite(watch_checks, .timeout = 240);

/* ---- health checks -------------------------------------------------------------- */

Test(watch_checks, a_check_fails_and_passes_again)
{
    struct healthy t = healthy_start("alerts:\n  route:\n"
                                     "    channels: [C0OPS]\n"
                                     "    group_by: [check]\n");

    healthy_wait(&t, "risk", "passing");
    healthy_down(&t, "risk", true);
    watch_raised(t.h, "HealthCheckFails");
    watch_one_card(t.h, "CRITICAL");
    cr_expect_eq(sql_number(t.h, "select count(*) from opsbot.alerts where"
                                 " labels->>'check' = 'risk' and"
                                 " labels->>'service' = 'trading' and"
                                 " severity = 0"),
                 1);
    healthy_down(&t, "risk", false);
    watch_over(t.h, "HealthCheckFails");
    watch_card_over(t.h, "CRITICAL");
    healthy_stop(&t);
}

Test(watch_checks, a_restart_raises_nothing_again_and_ends_what_is_over)
{
    struct healthy t = healthy_start("alerts:\n  route:\n"
                                     "    channels: [C0OPS]\n"
                                     "    group_by: [check]\n");

    healthy_wait(&t, "risk", "passing");
    healthy_down(&t, "risk", true);
    watch_raised(t.h, "HealthCheckFails");
    opsbot_kill9(t.h->bot);
    opsbot_restart(t.h->bot);
    opsbot_wait_ready(t.h->bot);
    watch_wait_looks(t.h->bot);
    cr_expect_eq(watch_firsts(t.h, "HealthCheckFails"), 1);
    watch_one_card(t.h, "CRITICAL");
    opsbot_kill9(t.h->bot);
    healthy_down(&t, "risk", false);
    opsbot_restart(t.h->bot);
    watch_over(t.h, "HealthCheckFails");
    cr_expect_eq(watch_firsts(t.h, "HealthCheckFails"), 1);
    healthy_stop(&t);
}

Test(watch_checks, two_replicas_raise_it_once)
{
    struct healthy t = healthy_start("alerts:\n  route:\n"
                                     "    channels: [C0OPS]\n"
                                     "    group_by: [check]\n");
    struct opsbot *second = opsbot_start(t.h, NULL);

    opsbot_wait_ready(second);
    healthy_wait(&t, "risk", "passing");
    healthy_down(&t, "risk", true);
    watch_raised(t.h, "HealthCheckFails");
    watch_wait_looks(t.h->bot);
    watch_wait_looks(second);
    cr_expect_eq(watch_firsts(t.h, "HealthCheckFails"), 1);
    watch_one_card(t.h, "CRITICAL");
    /* The one that led is gone: the other goes on from there. */
    opsbot_kill9(t.h->bot);
    watch_wait_looks(second);
    cr_expect_eq(watch_firsts(t.h, "HealthCheckFails"), 1);
    healthy_down(&t, "risk", false);
    watch_over(t.h, "HealthCheckFails");
    opsbot_restart(t.h->bot);
    opsbot_wait_ready(t.h->bot);
    healthy_stop(&t);
}

#define SECRET "nightly-backup-calls-this"

static bool backup_called(void *arg)
{
    struct harness *h = arg;

    cr_expect_eq(opsbot_get(h->bot, "/heartbeat/" SECRET, NULL), 200);
    return watch_rows(h, "HealthCheckFails", true) == 0;
}

/* The backup has not called for too long; then it does. */
Test(watch_checks, a_backup_that_is_stale)
{
    struct harness *h = harness_start(&(struct harness_options){
        .yaml =
            WATCH_HEAD "checks:\n  - id: nightly-backup\n    kind: heartbeat\n"
                       "    severity: high\n    interval_s: 1\n"
                       "    fail_after: 1\n    pass_after: 1\n"
                       "    within_s: 20\n    secret: " SECRET "\n",
        .road = ROAD_SOCKET });

    watch_raised(h, "HealthCheckFails");
    watch_one_card(h, "nightly-backup: ");
    cr_expect_eq(sql_number(h, "select severity from opsbot.alerts where"
                               " labels->>'check' = 'nightly-backup'"),
                 1);
    wait_until(backup_called, h, COMES_MS, "the backup's call is heard");
    watch_over(h, "HealthCheckFails");
    watch_card_over(h, "nightly-backup: ");
    harness_stop(h);
}

static void stay(struct peer_conn *c, void *arg)
{
    char byte;

    (void)arg;
    peer_read(c, &byte, 1);
}

/* It ends in 5 days; 14 are the least. */
Test(watch_checks, a_certificate_that_ends_soon)
{
    struct harness *h;
    struct peer *p;
    char *yaml;

    certificates_start();
    certificate_make(&(struct certificate){ .name = "pay",
                                            .names = "IP:127.0.0.1",
                                            .signer = "ca",
                                            .from = -DAY,
                                            .until = 5 * DAY + 3600 });
    p = peer_start(
        &(struct peer_options){ .script = stay,
                                .cert = certificate_file("pay", ".pem"),
                                .key = certificate_file("pay", ".key") });
    yaml = xasprintf(WATCH_HEAD "checks:\n  - id: pay-cert\n    kind: tls\n"
                                "    severity: warning\n    interval_s: 1\n"
                                "    fail_after: 1\n    url: 127.0.0.1:%d\n"
                                "    ca: %s\n",
                     peer_port(p), certificate_file("ca", ".pem"));
    h = harness_start(
        &(struct harness_options){ .yaml = yaml, .road = ROAD_SOCKET });
    watch_raised(h, "HealthCheckFails");
    watch_one_card(h, "(limit 14 d)");
    harness_stop(h);
    peer_stop(p);
    certificates_stop();
    free(yaml);
}
