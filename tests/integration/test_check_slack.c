/*
 * `opsbot check`: each line about Slack fails once for its own reason.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/harness/servers.h"
#include "tests/integration/checking.h"
#include "tests/integration/common.h"

static struct harness *h;

static void start(void)
{
    h = checking_start();
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(check_slack, .init = start, .fini = stop, .timeout = 200);

/* ---- Slack ----------------------------------------------------------------------------- */

static void set_token(const char *token, const char *state)
{
    json_decref(control_post(
        h, "token", json_pack("{s:s, s:s}", "token", token, "state", state)));
}

Test(check_slack, tokens_that_slack_refuses)
{
    const char *const unknown[] = { "SLACK_APP_TOKEN=xapp-nobodys",
                                    "SLACK_BOT_TOKEN=xoxb-nobodys", NULL };

    expect_check(h, unknown, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ app token: Slack refuses it: invalid_auth",
                       "✗ bot token: Slack refuses it: invalid_auth",
                       "anew into SLACK_BOT_TOKEN", "✓ Redis answers"));
    set_token("xoxb-test", "revoked");
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ bot token: Slack refuses it: token_revoked",
                       "install the app again", "✓ WebSocket"));
    give_scopes(h, "xapp-test", json_array());
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ app token: Slack refuses it: missing_scope",
                       "connections:write"));
}

Test(check_slack, scopes_that_are_missing)
{
    give_scopes(
        h, "xoxb-test",
        json_pack("[s, s, s]", "commands", "chat:write", "channels:history"));
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ scopes: missing channels:join (to post where it is "
                       "no",
                       "! scopes: missing app_mentions:read", "im:history"));
    give_scopes(h, "xoxb-test",
                json_pack("[s, s, s, s]", "commands", "chat:write",
                          "channels:history", "channels:join"));
    expect_check(h, NULL,
                 "channels:\n  ops: C0OPS\n"
                 "roles:\n  - name: a\n    groups: [S0ONCALL]\n"
                 "    rights: [halt]\n",
                 EXIT_UNAVAILABLE,
                 WORDS("✗ scopes: missing usergroups:read",
                       "! channel C0OPS (channels.ops): not looked at, "
                       "channels:read is missing",
                       "✗ user groups: Slack does not say", "missing_scope"));
}

Test(check_slack, a_websocket_that_does_not_come)
{
    json_decref(
        control_post(h, "socket", json_pack("{s:s}", "do", "link_disabled")));
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ app token: Slack refuses it: socket_mode_disabled",
                       "switch Socket Mode on"));
    json_decref(control_post(h, "socket", json_pack("{s:s}", "do", "enable")));
    fault(h, json_pack("{s:s, s:s}", "on", "hello", "error",
                       "too_many_websockets"));
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ WebSocket: Slack disconnects: too_many_websockets",
                       "stop copies"));
    fault(h, json_pack("{s:s, s:b}", "on", "hello", "never", 1));
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE,
                 WORDS("✓ app token", "✗ WebSocket: no message"));
    fault(h, json_pack("{s:s, s:i}", "on", "upgrade", "status", 409));
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ WebSocket: refused the upgrade: HTTP 409"));
    fault(h, json_pack("{s:s, s:s}", "on", "apps.connections.open", "url",
                       "ws://example.org/x"));
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ WebSocket: Slack gave a URL that is not usable"));
}

Test(check_slack, channels_and_groups_that_are_not_there)
{
    json_decref(
        control_post(h, "archive", json_pack("{s:s}", "channel", "C0GENERAL")));
    json_decref(control_post(h, "group",
                             json_pack("{s:s, s:s, s:b}", "id", "S0OFF",
                                       "handle", "off", "disabled", 1)));
    expect_check(h, NULL,
                 "channels:\n  ops: C0NOPE\n  incidents: C0GENERAL\n"
                 "  fallback: G0SEC\n"
                 "roles:\n  - name: a\n    groups: [S0ONCALL, S0NOPE]\n"
                 "    rights: [halt, dlq.shw]\n  - name: b\n"
                 "    rights: [halt]\n",
                 EXIT_UNAVAILABLE,
                 WORDS("✗ channel C0NOPE (channels.ops): there is none",
                       "✗ channel #general (channels.incidents) is archived",
                       "✗ channel G0SEC (channels.fallback)",
                       "✓ user group @oncall", "✗ user group S0NOPE",
                       "! role a gives `dlq.shw`", "! role b is nobody's"));
}

Test(check_slack, channels_of_alerts_are_looked_at)
{
    expect_check(h, NULL,
                 "channels: { ops: C0OPS }\n"
                 "alerts:\n"
                 "  policies:\n"
                 "    - name: desk\n"
                 "      steps: [{ after: 5m, to: [U0ANN, C0LEADS] }]\n"
                 "  route:\n"
                 "    channels: [C0GENERAL]\n"
                 "    routes:\n"
                 "      - match: [severity=critical]\n"
                 "        channels: [C0OPS, C0TYPO]\n"
                 "        escalation: desk\n",
                 EXIT_UNAVAILABLE,
                 WORDS("✗ channel C0TYPO (alerts.route): there is none",
                       "✗ channel C0LEADS (alerts.policies): there is none",
                       "✓ channel #general (alerts.route)"));
}

Test(check_slack, groups_of_alerts_are_looked_at)
{
    static const char yaml[] =
        "channels: { ops: C0OPS }\n"
        "alerts:\n"
        "  rotations:\n"
        "    - { name: pay, users: [U0ANN], every: weekly, day: mon,\n"
        "        at: \"09:00\", from: \"2026-01-05\", group: S0TURN }\n"
        "  policies:\n"
        "    - name: desk\n"
        "      steps: [{ after: 5m, to: [U0ANN, S0DESK] }]\n"
        "  route:\n"
        "    routes:\n"
        "      - match: [severity=critical]\n"
        "        mention: [S0ONCALL, S0TYPO, here]\n"
        "        escalation: desk\n";

    expect_check(
        h, NULL, yaml, EXIT_UNAVAILABLE,
        WORDS("✓ user group @oncall (alerts.route)",
              "✗ user group S0TYPO (alerts.route): Slack knows none (deleted, "
              "disabled or mistyped), nobody is told by it",
              "✗ user group S0DESK (alerts.policies)",
              "✗ user group S0TURN (alerts.rotations)",
              "whoever is on call is not put into it"));
    give_scopes(h, "xoxb-test",
                json_pack("[s, s, s, s, s, s, s, s]", "commands", "chat:write",
                          "channels:history", "channels:join", "channels:read",
                          "app_mentions:read", "im:history",
                          "usergroups:write"));
    expect_check(h, NULL, yaml, 0,
                 WORDS("! user groups: not looked at: missing_scope",
                       "! scopes: missing files:write (to show what is"));
}

Test(check_slack, a_clock_that_goes_wrong)
{
    json_decref(
        control_post(h, "clock", json_pack("{s:i}", "advance_ms", 60000)));
    expect_check(h, NULL, NULL, 0,
                 WORDS("! clock: ", "s behind Slack's", "keep "));
    json_decref(
        control_post(h, "clock", json_pack("{s:i}", "advance_ms", 240000)));
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ clock: ", "s behind Slack's", "300 s"));
}

/* Nobody there, an answer that is none, one that never comes. */
Test(check_slack, slack_is_away)
{
    fault(h, json_pack("{s:s, s:i, s:s}", "on", "auth.test", "status", 200,
                       "body", "<html>"));
    fault(h, json_pack("{s:s, s:b}", "on", "apps.connections.open", "hang", 1));
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ app token: Slack: no answer within",
                       "✗ bot token: Slack: answered 200 with what is no"));
    part_stop(h, PART_SANDBOX);
    expect_check(h, NULL, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ app token: Slack: cannot connect",
                       "✗ bot token: Slack: cannot connect", "port 443",
                       "✓ Redis answers", "✓ Postgres answers"));
    part_start(h, PART_SANDBOX);
}

/* For request URLs over HTTP: nobody asks for an app token then. */
Test(check_slack, signing_secrets)
{
    const char *const one[] = {
        "SLACK_MODE=http", "SLACK_APP_TOKEN=",
        "SLACK_SIGNING_SECRET=8f742231b10e8888abcd99yyyzzz85a5", NULL
    };
    const char *const two[] = {
        "SLACK_MODE=both",
        "SLACK_SIGNING_SECRET=8f742231b10e8888abcd99yyyzzz85a5,"
        "0123456789abcdef0123456789abcdef",
        NULL
    };
    const char *const odd[] = { "SLACK_MODE=both",
                                "SLACK_SIGNING_SECRET=verification-token",
                                NULL };
    char *out = checked(h, one, NULL, 0);

    cr_assert(strstr(out, "✓ signing secret: one"), "%s", out);
    cr_assert(!strstr(out, "app token") && !strstr(out, "WebSocket"), "%s",
              out);
    free(out);
    expect_check(h, two, NULL, 0,
                 WORDS("✓ WebSocket", "✓ signing secret: two"));
    expect_check(h, odd, NULL, 0, WORDS("! signing secret: Slack's have 32"));
}
