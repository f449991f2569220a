/* config_alerts: what the section says, what it is without it, its secrets. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/text.h"
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
    cr_expect_eq(a->age_ms, 1440 * MINUTE);
    cr_expect_eq(a->rate, 200);
    cr_expect_eq(a->fallback.after_ms, 5 * MINUTE);
    config_free(cfg);
}

Test(config_alerts, the_bot_watches_itself_unless_told_not_to)
{
    struct config *cfg = config_of("channels: {ops: C1}\n");
    const struct config_watch *w;

    cr_expect_not(cfg->alerts.on, "nobody asked for alerts");
    config_free(cfg);
    cfg = config_of("channels: {ops: C1}\nalerts:\n");
    w = &cfg->alerts.watch;
    cr_expect(cfg->alerts.on, "a section, be it empty");
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
    expect_stream(
        "channels: {ops: C1}\nalerts: {}\nstreams: [{name: notify.events}]\n",
        "notify.events", "notify.events.dlq");
    expect_stream("channels: {ops: C1}\nalerts: {}\n"
                  "streams: [{name: notify.events, dlq: bad.news}]\n",
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

/* ---- secrets ----------------------------------------------------------------------- */

static void expect_hidden(const char *secret)
{
    char *masked = text_mask(secret, NULL, 0);

    cr_expect_str_eq(masked, TEXT_MASKED, "%s", secret);
    free(masked);
}

Test(config_alerts, secrets_are_hidden_wherever_they_stand)
{
    struct config *cfg = config_of(
        "channels: {ops: C1}\n"
        "alerts:\n"
        "  secret: a-secret-of-alertmanager\n"
        "  tokens: [{name: ci, token: token-of-the-pipeline}]\n"
        "  hooks: [{name: pager, url: 'https://pager/key/of-the-pager',"
        " token: bearer-of-the-pager}]\n"
        "  high: {webhook: 'https://hooks.example/services/T0/B0/high'}\n"
        "  fallback: {smtp_url: 'smtps://h', smtp_from: a@b,"
        " smtp_to: [a@b], smtp_user: u, smtp_password: mail-word-of-ours}\n");

    expect_hidden("a-secret-of-alertmanager");
    expect_hidden("token-of-the-pipeline");
    expect_hidden("https://pager/key/of-the-pager");
    expect_hidden("bearer-of-the-pager");
    expect_hidden("https://hooks.example/services/T0/B0/high");
    expect_hidden("mail-word-of-ours");
    config_free(cfg);
}

Test(config_alerts, secrets_come_from_files)
{
    char *text;
    struct config *cfg;

    config_write(config_other, "https://127.0.0.1/secret-of-a-file\n");
    text = xasprintf("channels: {ops: C1}\n"
                     "alerts:\n"
                     "  secret_file: %s\n"
                     "  tokens: [{name: ci, token_file: %s}]\n"
                     "  hooks: [{name: h, url_file: %s, token_file: %s}]\n"
                     "  info: {webhook_file: %s}\n"
                     "  fallback: {smtp_url: 'smtp://h', smtp_from: a@b,"
                     " smtp_to: [a@b], smtp_user: u,"
                     " smtp_password_file: %s}\n",
                     config_other, config_other, config_other, config_other,
                     config_other, config_other);
    cfg = config_of(text);
    cr_expect_str_eq(cfg->alerts.secret, "https://127.0.0.1/secret-of-a-file");
    cr_expect_str_eq(cfg->alerts.tokens[0].token, cfg->alerts.secret);
    cr_expect_str_eq(cfg->alerts.hooks[0].url, cfg->alerts.secret);
    cr_expect_str_eq(cfg->alerts.hooks[0].token, cfg->alerts.secret);
    cr_expect_str_eq(cfg->alerts.of[ALERT_INFO].webhook, cfg->alerts.secret);
    cr_expect_str_eq(cfg->alerts.fallback.smtp_password, cfg->alerts.secret);
    config_free(cfg);
    unlink(config_other);
    cr_expect_not_null(
        strstr(config_refusal(text), "alerts.hooks[0].url_file: "), "%s",
        config_err.text);
    free(text);
}

Test(config_alerts, one_place_for_a_secret_is_enough)
{
    char *text = xasprintf("channels: {ops: C1}\nalerts:\n"
                           "  secret: 0123456789abcdef\n"
                           "  secret_file: %s\n",
                           config_other);

    config_write(config_other, "0123456789abcdef\n");
    cr_expect_str_eq(config_refusal(text),
                     "opsbot.yaml:4: alerts.secret_file: secret is there as "
                     "well: expected one of them");
    free(text);
}

/* ---- reload ------------------------------------------------------------------------ */

static struct config_diff diff;

/* What a reload from one file to the other says, "; " between. */
static struct config *reloaded(const char *from, const char *to,
                               struct buf *said)
{
    struct config *running = config_of(from), *next;

    config_write(config_path, to);
    next = config_load_again(config_path, running, &diff, &config_err);
    cr_assert_not_null(next, "%s", config_err.text);
    for (size_t i = 0; i < diff.count; i++)
        buf_fmt(said, "%s%s", i ? "; " : "", diff.changes[i]);
    if (diff.restart)
        buf_fmt(said, "; restart: %s", diff.restart);
    config_diff_dispose(&diff);
    config_free(running);
    return next;
}

Test(config_alerts, a_reload_names_what_changed_and_no_secret)
{
    static const char from[] =
        "channels: {ops: C1}\n"
        "alerts:\n"
        "  flap: 5m\n"
        "  storm: 30\n"
        "  high: {webhook: 'https://hooks/one-secret'}\n"
        "  hooks: [{name: pager, url: 'https://pager/one-secret'}]\n"
        "  windows: [{name: night, times: ['22:00-06:00']}]\n"
        "  route: {routes: [{name: a, routes: [{name: b}]}]}\n";
    static const char to[] =
        "channels: {ops: C1}\n"
        "alerts:\n"
        "  flap: 6m\n"
        "  high: {webhook: 'https://hooks/other-secret'}\n"
        "  hooks: [{name: pager, url: 'https://pager/other-secret'}]\n"
        "  windows: [{name: night, times: ['22:00-07:00']}, {name: day}]\n"
        "  route: {routes: [{name: a, routes: [{name: b, mention: [U1]}]}]}\n";
    struct buf said = { 0 };
    struct config *next = reloaded(from, to, &said);

    cr_expect_str_eq(buf_text(&said),
                     "alerts.high: changed; alerts.route: changed; "
                     "alerts.windows: new day; changed night; "
                     "alerts.hooks: changed pager; "
                     "alerts.storm: not set, was 30; "
                     "alerts.flap: 6m, was 5m");
    cr_expect_eq(next->alerts.flap_ms, 6 * MINUTE);
    cr_expect_eq(next->alerts.storm, 20);
    cr_expect_str_eq(next->alerts.route.routes[0].routes[0].mention[0], "U1");
    config_free(next);
    buf_dispose(&said);
}

/* Whoever reads it has joined its group. */
Test(config_alerts, the_stream_waits_for_a_restart)
{
    struct buf said = { 0 };
    struct config *next =
        reloaded("channels: {ops: C1}\n",
                 "channels: {ops: C1}\nstreams: [{name: notify.events}]\n"
                 "alerts: {group: other}\n",
                 &said);

    cr_expect_str_eq(buf_text(&said), "streams: new notify.events; restart: "
                                      "alerts.stream, alerts.group, "
                                      "alerts.dead");
    cr_expect_str_eq(next->alerts.stream, "");
    cr_expect_str_eq(next->alerts.group, "notify");
    cr_expect_str_eq(next->alerts.dead, "");
    config_free(next);
    buf_cut(&said, 0);
    next = reloaded("alerts: {stream: one, route: {channels: [C1]}}\n",
                    "alerts: {stream: two, route: {channels: [C1]}}\n", &said);
    cr_expect_str_eq(buf_text(&said), "; restart: alerts.stream, "
                                      "alerts.dead");
    cr_expect_str_eq(next->alerts.stream, "one");
    cr_expect_str_eq(next->alerts.dead, "one.dlq");
    config_free(next);
    buf_dispose(&said);
}

Test(config_alerts, the_same_section_is_no_change)
{
    static const char text[] =
        "channels: {ops: C1}\n"
        "alerts:\n"
        "  severities: {high: [bad]}\n"
        "  rotations: [{name: a, users: [U1, U2]}]\n"
        "  policies: [{name: p, steps: [{to: ['oncall:a']}]}]\n"
        "  route: {escalation: p, routes: [{match: [a=b]}]}\n";
    struct buf said = { 0 };

    config_free(reloaded(text, text, &said));
    cr_expect_str_eq(buf_text(&said), "");
}
