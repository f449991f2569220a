/* config_alerts: what the section says, what it is without it, its secrets. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/config_parts.h"
#include "tests/core/config_files.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)

TestSuite(config_alerts, .init = config_start, .fini = config_finish,
          .timeout = 60);

/* ---- defaults ----------------------------------------------------------------- */

static void expect_severities(const struct config_alerts *a)
{
    cr_expect_eq(a->of[ALERT_CRITICAL].lease_ms, HOUR);
    cr_expect_eq(a->of[ALERT_HIGH].lease_ms, HOUR);
    cr_expect_eq(a->of[ALERT_WARNING].lease_ms, 4 * HOUR);
    cr_expect_eq(a->of[ALERT_INFO].lease_ms, 4 * HOUR);
    cr_expect_eq(a->of[ALERT_WARNING].worse, VOICE_BROADCAST);
    cr_expect_eq(a->of[ALERT_INFO].worse, VOICE_THREAD);
    cr_expect_eq(a->of[ALERT_CRITICAL].better, VOICE_THREAD);
    cr_expect_eq(a->of[ALERT_CRITICAL].chatter, VOICE_THREAD);
    cr_expect_null(a->of[ALERT_CRITICAL].webhook);
}

Test(config_alerts, need_no_section)
{
    struct config *cfg = config_of(NULL);
    const struct config_alerts *a = &cfg->alerts;

    cr_expect_not(a->on, "nobody said where to post");
    cr_expect_str_eq(a->stream, "");
    cr_expect_str_eq(a->group, "notify");
    cr_expect_str_eq(a->dead, "");
    cr_expect_eq(a->attempts, 5);
    cr_expect_str_eq(a->fields.trace, "traceId");
    cr_expect_str_eq(a->fields.payload, "payload");
    cr_expect_str_eq(a->fields.fingerprint, "fingerprint");
    expect_severities(a);
    cr_expect_eq(a->route.wait_ms, 0);
    cr_expect_eq(a->route.interval_ms, 5 * MINUTE);
    cr_expect_eq(a->route.repeat_ms, 4 * HOUR);
    cr_assert_eq(a->route.group_by_count, 3);
    cr_expect_str_eq(a->route.group_by[0], "alertname");
    cr_expect_str_eq(a->route.group_by[1], "service");
    cr_expect_str_eq(a->route.group_by[2], "source");
    cr_expect_eq(a->route.channels_count, 0);
    cr_expect_eq(a->storm, 20);
    cr_expect_eq(a->flap_ms, 10 * MINUTE);
    cr_expect_eq(a->rate, 200);
    cr_expect_eq(a->fallback.after_ms, 5 * MINUTE);
    config_free(cfg);
}

Test(config_alerts, the_bot_watches_itself_unless_told_not_to)
{
    struct config *cfg = config_of("channels: {ops: C1}\n");
    const struct config_watch *w = &cfg->alerts.watch;

    cr_expect(cfg->alerts.on, "there is a channel to post to");
    cr_expect(w->checks && w->dlq_causes);
    cr_expect_eq(w->dlq_age_ms, 15 * MINUTE);
    cr_expect_eq(w->dlq_inflow, 100);
    cr_expect_eq(w->lag_ms, 10 * MINUTE);
    cr_expect_eq(w->outbox_ms, 5 * MINUTE);
    cr_expect_eq(w->deaf_ms, MINUTE);
    cr_expect_eq(w->escalation_ms, 2 * MINUTE);
    config_free(cfg);
    cfg = config_of("alerts:\n  route: {channels: [C1]}\n  watch:\n"
                    "    {checks: no, dlq_causes: false, dlq_age: 0, lag: 0,\n"
                    "    dlq_inflow: 0, outbox: 1h, deaf: 30s}\n");
    w = &cfg->alerts.watch;
    cr_expect(cfg->alerts.on, "there is a section");
    cr_expect_not(w->checks || w->dlq_causes);
    cr_expect_eq(w->dlq_age_ms, 0);
    cr_expect_eq(w->dlq_inflow, 0);
    cr_expect_eq(w->lag_ms, 0);
    cr_expect_eq(w->outbox_ms, HOUR);
    cr_expect_eq(w->deaf_ms, MINUTE / 2);
    cr_expect_eq(w->escalation_ms, 2 * MINUTE);
    config_free(cfg);
}

/* ---- the stream ------------------------------------------------------------------ */

static void expect_stream(const char *file, const char *stream,
                          const char *dead)
{
    struct config *cfg = config_of(file);

    cr_expect_str_eq(cfg->alerts.stream, stream, "%s", file);
    cr_expect_str_eq(cfg->alerts.dead, dead, "%s", file);
    config_free(cfg);
}

Test(config_alerts, a_stream_is_read_where_somebody_spoke_of_it)
{
    expect_stream("streams: [{name: orders}]\n", "", "");
    expect_stream("streams: [{name: notify.events}]\n", "notify.events",
                  "notify.events.dlq");
    expect_stream("streams: [{name: notify.events, dlq: bad.news}]\n",
                  "notify.events", "bad.news");
    expect_stream("streams: [{name: notify.events}]\n"
                  "channels: {ops: C1}\nalerts: {stream: none}\n",
                  "", "");
    expect_stream("channels: {ops: C1}\nalerts: {stream: events}\n", "events",
                  "events.dlq");
    expect_stream("channels: {ops: C1}\nalerts: {stream: events, dead: d}\n",
                  "events", "d");
    expect_stream("channels: {ops: C1}\nalerts: {stream: '', dead: ''}\n", "",
                  "");
}

/* ---- the tree -------------------------------------------------------------------- */

Test(config_alerts, routes_are_made_of_routes_and_inherit_their_times)
{
    struct config *cfg =
        config_of("alerts:\n"
                  "  route:\n"
                  "    channels: [C1]\n"
                  "    group_wait: 10s\n"
                  "    repeat_interval: 1h30m\n"
                  "    routes:\n"
                  "      - name: pay\n"
                  "        match: ['service=~\"pay|bill.*\"']\n"
                  "        group_wait: 0\n"
                  "        continue: true\n"
                  "        routes:\n"
                  "          - match: [severity=critical]\n"
                  "            channels: [C2, C3]\n"
                  "            mention: [S1, here]\n"
                  "            group_interval: 1m\n"
                  "            group_by: ['...']\n"
                  "      - {name: rest, runbook: 'https://wiki/rest'}\n");
    const struct config_route *root = &cfg->alerts.route, *pay, *critical;

    cr_assert_eq(root->routes_count, 2);
    pay = &root->routes[0];
    cr_assert_eq(pay->routes_count, 1);
    critical = &pay->routes[0];
    cr_expect(pay->go_on);
    cr_expect_not(critical->go_on);
    cr_expect_str_eq(pay->match[0], "service=~\"pay|bill.*\"");
    cr_expect_eq(root->wait_ms, 10000);
    cr_expect_eq(pay->wait_ms, 0);
    cr_expect_eq(critical->wait_ms, 0);
    cr_expect_eq(root->routes[1].wait_ms, 10000);
    cr_expect_eq(critical->interval_ms, MINUTE);
    cr_expect_eq(pay->interval_ms, 5 * MINUTE);
    cr_expect_eq(critical->repeat_ms, 90 * MINUTE);
    cr_expect_str_eq(critical->channels[1], "C3");
    cr_expect_str_eq(critical->mention[1], "here");
    cr_expect_eq(critical->group_by_count, 1);
    cr_expect_null(critical->name);
    cr_expect_str_eq(root->routes[1].name, "rest");
    cr_expect_eq(root->routes[1].group_by_count, 0, "the router's to inherit");
    config_free(cfg);
}

/* ---- severities -------------------------------------------------------------------- */

static int severity_of(const struct config *cfg, const char *name)
{
    for (unsigned i = 0; i < cfg->alerts.names_count; i++)
        if (strcmp(cfg->alerts.names[i].name, name) == 0)
            return (int)cfg->alerts.names[i].is;
    return -1;
}

Test(config_alerts, severities_have_other_names_and_the_files_win)
{
    struct config *cfg =
        config_of("channels: {ops: C1}\n"
                  "alerts: {severities: {critical: [desaster, error],"
                  " info: [chat]}}\n");

    cr_expect_eq(severity_of(cfg, "desaster"), ALERT_CRITICAL);
    cr_expect_eq(severity_of(cfg, "error"), ALERT_CRITICAL);
    cr_expect_eq(severity_of(cfg, "chat"), ALERT_INFO);
    cr_expect_eq(severity_of(cfg, "P0"), ALERT_CRITICAL);
    cr_expect_eq(severity_of(cfg, "P1"), ALERT_HIGH);
    cr_expect_eq(severity_of(cfg, "warn"), ALERT_WARNING);
    cr_expect_eq(severity_of(cfg, "none"), ALERT_INFO);
    cr_expect_eq(severity_of(cfg, "nonsense"), -1);
    config_free(cfg);
}

Test(config_alerts, each_severity_has_its_lease_and_voices)
{
    struct config *cfg =
        config_of("channels: {ops: C1}\nack: {lease: 30}\n"
                  "alerts:\n"
                  "  critical: {ack_lease: 0, better: broadcast}\n"
                  "  warning: {worse: none, chatter: none, ack_lease: 1d}\n");
    const struct config_alert_severity *of = cfg->alerts.of;

    cr_expect_eq(of[ALERT_CRITICAL].lease_ms, 0, "until it is over");
    cr_expect_eq(of[ALERT_CRITICAL].better, VOICE_BROADCAST);
    cr_expect_eq(of[ALERT_HIGH].lease_ms, 30 * MINUTE, "that of ack.lease");
    cr_expect_eq(of[ALERT_WARNING].lease_ms, 24 * HOUR);
    cr_expect_eq(of[ALERT_WARNING].worse, VOICE_NONE);
    cr_expect_eq(of[ALERT_WARNING].chatter, VOICE_NONE);
    config_free(cfg);
}
