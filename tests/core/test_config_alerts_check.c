/* config_alerts_check, config_alerts_route: what does not fit, and where. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/config_parts.h"
#include "tests/core/config_files.h"

TestSuite(config_alerts_check, .init = config_start, .fini = config_finish,
          .timeout = 120);

/* In a section `alerts`, on the file's third line and after. */
struct refused {
    const char *lines;
    const char *why;
};

static void expect_refused(const struct refused *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *text =
            xasprintf("channels: {ops: C1}\nalerts:\n%s\n", cases[i].lines);
        const char *said = config_refusal(text);

        cr_expect_str_eq(said, cases[i].why, "%s\n%s", cases[i].lines, said);
        free(text);
    }
}
#define EXPECT_REFUSED(cases)                                                  \
    expect_refused(cases, sizeof(cases) / sizeof *(cases))

/* The same, which is fine. */
static void expect_taken(const char *lines)
{
    char *text = xasprintf("channels: {ops: C1}\nalerts:\n%s\n", lines);

    config_free(config_of(text));
    free(text);
}

/* ---- times ---------------------------------------------------------------------- */

Test(config_alerts_check, times_have_units)
{
    static const struct refused cases[] = {
        { "  flap: 10",
          "opsbot.yaml:3: alerts.flap: expected a time like 10m, at most 1d" },
        { "  max_age: 31d",
          "opsbot.yaml:3: alerts.max_age: expected a time like 1d, at most"
          " 30d" },
        { "  flap: 2d",
          "opsbot.yaml:3: alerts.flap: expected a time like 10m, at most 1d" },
        { "  critical:\n    ack_lease: 10s",
          "opsbot.yaml:4: alerts.critical.ack_lease: expected a time like 60m "
          "or 4h; 0: it holds until it is over" },
        { "  watch: {deaf: soon}",
          "opsbot.yaml:3: alerts.watch.deaf: expected a time like 30s, 5m or 0 "
          "for none" },
        { "  fallback:\n    after: 0",
          "opsbot.yaml:4: alerts.fallback.after: expected a time like 5m" },
        { "  fallback:\n    after: 1s",
          "opsbot.yaml:4: alerts.fallback.after: expected a time like 5m, at "
          "least 10s" },
        { "  route:\n    routes:\n      - routes:\n          - match: [a=b]\n"
          "            repeat_interval: 4",
          "opsbot.yaml:7: alerts.route.routes[0].routes[0].repeat_interval: "
          "expected a time like 30s, 5m, 4h or 0" },
        { "  policies:\n    - name: p\n      steps:\n"
          "        - {to: [U1], after: 9d}",
          "opsbot.yaml:6: alerts.policies[0].steps[0].after: expected a time "
          "like 5m or 1h, at most 7d" },
    };

    EXPECT_REFUSED(cases);
}

Test(config_alerts_check, windows_have_hours_days_and_zones_that_exist)
{
    static const struct refused cases[] = {
        { "  windows: [{name: n, times: ['22:00']}]",
          "opsbot.yaml:3: alerts.windows[0].times[0]: expected hours like "
          "22:00-06:00" },
        { "  windows: [{name: n, times: ['22:00-22:00']}]",
          "opsbot.yaml:3: alerts.windows[0].times[0]: expected hours like "
          "22:00-06:00" },
        { "  windows: [{name: n, times: ['24:00-06:00']}]",
          "opsbot.yaml:3: alerts.windows[0].times[0]: expected hours like "
          "22:00-06:00" },
        { "  windows: [{name: n, times: ['10:60-12:00']}]",
          "opsbot.yaml:3: alerts.windows[0].times[0]: expected hours like "
          "22:00-06:00" },
        { "  windows: [{name: n, times: ['1:00-2:00']}]",
          "opsbot.yaml:3: alerts.windows[0].times[0]: expected hours like "
          "22:00-06:00" },
        { "  windows: [{name: n, days: [mon, Monday]}]",
          "opsbot.yaml:3: alerts.windows[0].days[1]: expected days like "
          "mon-fri or sun" },
        { "  windows: [{name: n, days: [mon-]}]",
          "opsbot.yaml:3: alerts.windows[0].days[0]: expected days like "
          "mon-fri or sun" },
        { "  windows: [{name: n, zone: Mars/Base}]",
          "opsbot.yaml:3: alerts.windows[0].zone: `Mars/Base` is no time zone "
          "here: expected one like Europe/Berlin (package tzdata)" },
        { "  windows: [{name: n, zone: ../../../etc/passwd}]",
          "opsbot.yaml:3: alerts.windows[0].zone: `../../../etc/passwd` is no "
          "time zone here: expected one like Europe/Berlin (package tzdata)" },
        { "  zone: CEST",
          "opsbot.yaml:3: alerts.zone: `CEST` is no time zone here: expected "
          "one like Europe/Berlin (package tzdata)" },
        { "  windows: [{name: n}, {name: n}]",
          "opsbot.yaml:3: alerts.windows[1].name: `n` is there already, as "
          "alerts.windows[0]" },
        { "  windows: [{days: [mon]}]",
          "opsbot.yaml:3: alerts.windows[0].name: expected up to 64 letters, "
          "digits and . _ -" },
    };

    EXPECT_REFUSED(cases);
    expect_taken("  windows: [{name: n, times: ['22:00-06:00', '18:00-24:00',"
                 " '00:00-00:01'], days: [mon-fri, sun, fri-mon],"
                 " zone: Europe/Berlin}, {name: always, zone: UTC}]");
}

Test(config_alerts_check, rotations_have_people_and_days)
{
    static const struct refused cases[] = {
        { "  rotations: [{name: pay}]",
          "opsbot.yaml:3: alerts.rotations[0].users: expected at least one "
          "Slack user id" },
        { "  rotations: [{name: pay, users: [U1, '@ann']}]",
          "opsbot.yaml:3: alerts.rotations[0].users[1]: expected a Slack user "
          "id" },
        { "  rotations: [{name: pay, users: [U1], at: '24:00'}]",
          "opsbot.yaml:3: alerts.rotations[0].at: expected a time of the day "
          "like 09:00" },
        { "  rotations: [{name: pay, users: [U1], at: '9:00'}]",
          "opsbot.yaml:3: alerts.rotations[0].at: expected a time of the day "
          "like 09:00" },
        { "  rotations: [{name: pay, users: [U1], day: noday}]",
          "opsbot.yaml:3: alerts.rotations[0].day: expected mon, tue, wed, "
          "thu, fri, sat or sun" },
        { "  rotations: [{name: pay, users: [U1], from: 2026-02-29}]",
          "opsbot.yaml:3: alerts.rotations[0].from: expected a day like "
          "2026-01-05" },
        { "  rotations: [{name: pay, users: [U1], from: 5.1.2026}]",
          "opsbot.yaml:3: alerts.rotations[0].from: expected a day like "
          "2026-01-05" },
        { "  rotations: [{name: pay, users: [U1], group: '@pay'}]",
          "opsbot.yaml:3: alerts.rotations[0].group: expected a Slack user "
          "group id" },
        { "  rotations: [{name: pay, users: [U1], zone: CEST}]",
          "opsbot.yaml:3: alerts.rotations[0].zone: `CEST` is no time zone "
          "here: expected one like Europe/Berlin (package tzdata)" },
        { "  rotations: [{name: a, users: [U1]}, {name: a, users: [U1]}]",
          "opsbot.yaml:3: alerts.rotations[1].name: `a` is there already, as "
          "alerts.rotations[0]" },
        { "  rotations: [{name: pay, users: [U1], every: hour}]",
          "opsbot.yaml:3: alerts.rotations[0].every: expected weekly or "
          "daily" },
    };

    EXPECT_REFUSED(cases);
    expect_taken("  rotations: [{name: pay, users: [U1, U2], every: daily,"
                 " at: '23:59', from: 2028-02-29, zone: Asia/Kolkata,"
                 " group: S1}]");
}

/* ---- what is named ---------------------------------------------------------------- */

Test(config_alerts_check, what_a_route_names_is_there)
{
    static const struct refused cases[] = {
        { "  route: {escalation: pay}",
          "opsbot.yaml:3: alerts.route.escalation: `pay` is none of "
          "alerts.policies, nor none" },
        { "  route: {mention: ['oncall:pay']}",
          "opsbot.yaml:3: alerts.route.mention[0]: `pay` is none of "
          "alerts.rotations" },
        { "  route: {mention: ['@channel']}",
          "opsbot.yaml:3: alerts.route.mention[0]: expected a user (U…), a "
          "user group (S…), oncall:<rotation>, here or channel" },
        { "  route: {mention: [everyone]}",
          "opsbot.yaml:3: alerts.route.mention[0]: expected a user (U…), a "
          "user group (S…), oncall:<rotation>, here or channel" },
        { "  route: {mention: ['']}",
          "opsbot.yaml:3: alerts.route.mention[0]: expected a user (U…), a "
          "user group (S…), oncall:<rotation>, here or channel" },
        { "  route: {channels: ['#ops']}",
          "opsbot.yaml:3: alerts.route.channels[0]: expected a Slack channel "
          "id" },
        { "  route: {mute: [night]}",
          "opsbot.yaml:3: alerts.route.mute[0]: `night` is none of "
          "alerts.windows" },
        { "  route:\n    routes:\n      - active: [day]",
          "opsbot.yaml:5: alerts.route.routes[0].active[0]: `day` is none of "
          "alerts.windows" },
        { "  route: {runbook: 'http://wiki'}",
          "opsbot.yaml:3: alerts.route.runbook: expected a URL like "
          "https://wiki/runbook" },
        { "  route: {group_by: ['...', a]}",
          "opsbot.yaml:3: alerts.route.group_by[0]: expected \"...\" to stand "
          "alone: each alert for itself" },
        { "  route: {match: [a=b]}",
          "opsbot.yaml:3: alerts.route.match: expected none: the first route "
          "takes everything, others are in its routes" },
        { "  route: {routes: [{name: a}, {name: b}, {name: a}]}",
          "opsbot.yaml:3: alerts.route.routes[2].name: `a` is there already, "
          "as routes[0]" },
        { "  route: {routes: [{name: 'a > b'}]}",
          "opsbot.yaml:3: alerts.route.routes[0].name: expected up to 64 "
          "characters without >, and not \"route …\", which those without a "
          "name are called" },
    };

    EXPECT_REFUSED(cases);
}

Test(config_alerts_check, a_matcher_is_read_when_the_file_is)
{
    const char *said =
        config_refusal("channels: {ops: C1}\nalerts:\n  route:\n    routes:\n"
                       "      - match: [a=b]\n      - match:\n"
                       "          - severity=critical\n"
                       "          - 'service=~\"pay(\"'\n");

    cr_expect(strncmp(said, "opsbot.yaml:8: alerts.route.routes[1].match[1]: ",
                      48) == 0,
              "%s", said);
    said = config_refusal("channels: {ops: C1}\nalerts: {inhibit: [{name: a,"
                          " source: [nonsense], target: [a=b]}]}\n");
    cr_expect(
        strncmp(said, "opsbot.yaml:2: alerts.inhibit[0].source[0]: ", 44) == 0,
        "%s", said);
}

Test(config_alerts_check, policies_tell_somebody_who_is_there)
{
    static const struct refused cases[] = {
        { "  policies: [{name: none, steps: [{to: [U1]}]}]",
          "opsbot.yaml:3: alerts.policies[0].name: `none` is taken: a route "
          "without any" },
        { "  policies: [{name: p}]",
          "opsbot.yaml:3: alerts.policies[0].steps: expected at least one" },
        { "  policies: [{name: p, steps: [{after: 5m}]}]",
          "opsbot.yaml:3: alerts.policies[0].steps[0].to: expected somebody to "
          "tell" },
        { "  policies: [{name: p, steps: [{to: [ann]}]}]",
          "opsbot.yaml:3: alerts.policies[0].steps[0].to[0]: expected a user "
          "(U…), a user group (S…), a channel (C…), dm:U…, oncall:<rotation> "
          "or webhook:<hook>" },
        { "  policies: [{name: p, steps: [{to: ['dm:S1']}]}]",
          "opsbot.yaml:3: alerts.policies[0].steps[0].to[0]: expected a user "
          "(U…), a user group (S…), a channel (C…), dm:U…, oncall:<rotation> "
          "or webhook:<hook>" },
        { "  policies: [{name: p, steps: [{to: ['webhook:pager']}]}]",
          "opsbot.yaml:3: alerts.policies[0].steps[0].to[0]: `pager` is none "
          "of alerts.hooks" },
        { "  policies: [{name: p, steps: [{to: ['oncall:x']}]}]",
          "opsbot.yaml:3: alerts.policies[0].steps[0].to[0]: `x` is none of "
          "alerts.rotations" },
        { "  policies: [{name: p, steps: [{to: [U1]}, {to: [U2]}]}]",
          "opsbot.yaml:3: alerts.policies[0].steps[1].after: expected how long "
          "after the step before, like 5m" },
        { "  policies: [{name: p, repeat: 101,\n"
          "    steps: [{to: [U1], after: 5m}]}]",
          "opsbot.yaml:3: alerts.policies[0].repeat: expected 0 to 100" },
        { "  policies: [{name: p, repeat: 1, steps: [{to: [U1]}]}]",
          "opsbot.yaml:3: alerts.policies[0].steps[0].after: expected a time "
          "like 5m, before it begins again" },
    };

    EXPECT_REFUSED(cases);
}

Test(config_alerts_check, inhibition_has_two_sides_and_a_name)
{
    static const struct refused cases[] = {
        { "  inhibit: [{name: a, source: [a=b]}]",
          "opsbot.yaml:3: alerts.inhibit[0]: expected matchers in both source "
          "and target" },
        { "  inhibit: [{source: [a=b], target: [c=d]}]",
          "opsbot.yaml:3: alerts.inhibit[0].name: expected a name of one word: "
          "people see it where it mutes" },
        { "  inhibit: [{name: a, source: [a=b], target: [c=d], equal: ['']}]",
          "opsbot.yaml:3: alerts.inhibit[0].equal[0]: expected a label's "
          "name" },
    };

    EXPECT_REFUSED(cases);
}

/* ---- roads out, doors in ------------------------------------------------------------- */

Test(config_alerts_check, hooks_are_urls_of_ours)
{
    static const struct refused cases[] = {
        { "  hooks: [{name: pager}]",
          "opsbot.yaml:3: alerts.hooks[0].url: expected the URL, or its file "
          "as url_file" },
        { "  hooks: [{name: pager, url: 'ftp://h/'}]",
          "opsbot.yaml:3: alerts.hooks[0].url: expected a URL like "
          "https://pager.example/v2/enqueue" },
        { "  hooks: [{name: pager, url: 'http://h/', token: t}]",
          "opsbot.yaml:3: alerts.hooks[0].url: a token over plain http is for "
          "loopback only: expected https" },
        { "  hooks: [{name: pager, url: 'https://u:p@h/'}]",
          "opsbot.yaml:3: alerts.hooks[0].url: expected no password in it: "
          "there is token_file" },
        { "  high: {webhook: 'http://hooks/x'}",
          "opsbot.yaml:3: alerts.high.webhook: a token over plain http is for "
          "loopback only: expected https" },
        { "  fallback: {webhook: pager}",
          "opsbot.yaml:3: alerts.fallback.webhook: `pager` is none of "
          "alerts.hooks" },
        { "  fallback: {smtp_url: 'smtp://h', smtp_from: a@b}",
          "opsbot.yaml:3: alerts.fallback.smtp_to: expected at least one "
          "address" },
        { "  fallback: {smtp_url: 'smtp://h', smtp_to: [a@b]}",
          "opsbot.yaml:3: alerts.fallback.smtp_from: expected an address like "
          "opsbot@example.com" },
        { "  fallback: {smtp_url: 'smtp://u:p@h', smtp_from: a@b,\n"
          "    smtp_to: [a@b]}",
          "opsbot.yaml:3: alerts.fallback.smtp_url: expected nobody's name in "
          "it: there are smtp_user and smtp_password_file" },
        { "  fallback: {smtp_url: 'smtps://h', smtp_from: a@b,\n"
          "    smtp_to: [\"a@b\\r\\nBcc: c@d\"]}",
          "opsbot.yaml:4: alerts.fallback.smtp_to[0]: expected an address like "
          "oncall@example.com" },
        { "  fallback: {smtp_url: 'smtps://h', smtp_from: a@b,\n"
          "    smtp_to: [a@b], smtp_user: u}",
          "opsbot.yaml:4: alerts.fallback.smtp_user: expected its "
          "smtp_password_file beside it" },
        { "  fallback: {smtp_to: [a@b]}",
          "opsbot.yaml:3: alerts.fallback.smtp_to: expected smtp_url beside "
          "it" },
    };

    EXPECT_REFUSED(cases);
    expect_taken("  hooks: [{name: pager, url: 'http://10.0.0.1:80/x'},\n"
                 "    {name: local, url: 'http://127.0.0.1:1/', token: t}]\n"
                 "  high: {webhook: 'http://127.0.0.1:1/x'}\n"
                 "  fallback: {webhook: pager, smtp_url: 'smtp://h:25',\n"
                 "    smtp_from: a@b, smtp_to: [a@b, c@d], after: 10s}\n");
}

Test(config_alerts_check, senders_show_a_secret_that_is_hard_to_guess)
{
    static const struct refused cases[] = {
        { "  secret: short",
          "opsbot.yaml:3: alerts.secret: expected at least 16 characters, hard "
          "to guess" },
        { "  tokens: [{name: ci}]",
          "opsbot.yaml:3: alerts.tokens[0].token: expected the token, or its "
          "file as token_file" },
        { "  tokens: [{token: 0123456789abcdef}]",
          "opsbot.yaml:3: alerts.tokens[0].name: expected up to 64 letters, "
          "digits and . _ -" },
        { "  tokens: [{name: a, token: 0123456789abcdef},\n"
          "    {name: b, token: 0123456789abcdef}]",
          "opsbot.yaml:4: alerts.tokens[1]: the token of alerts.tokens[0] "
          "again: each needs its own" },
        { "  rate: 0", "opsbot.yaml:3: alerts.rate: expected 1 to 100000" },
        { "  attempts: 0", "opsbot.yaml:3: alerts.attempts: expected 1 to "
                           "100" },
    };

    EXPECT_REFUSED(cases);
}

Test(config_alerts_check, streams_fields_and_severities_are_told_apart)
{
    static const struct refused cases[] = {
        { "  stream: 'a b'",
          "opsbot.yaml:3: alerts.stream: expected a stream's key" },
        { "  {stream: a, dead: a}",
          "opsbot.yaml:3: alerts.dead: expected a key other than the stream's "
          "own" },
        { "  {stream: a, group: 'b c'}",
          "opsbot.yaml:3: alerts.group: expected a consumer group's name" },
        { "  fields: {title: message}",
          "opsbot.yaml:3: alerts.fields.message: `message` is "
          "alerts.fields.title already" },
        { "  severities: {critical: [bad], info: [BAD]}",
          "opsbot.yaml:3: alerts.severities.info[0]: `BAD` is there already" },
        { "  severities: {high: ['two words']}",
          "opsbot.yaml:3: alerts.severities.high[0]: expected a severity's "
          "name, of one word" },
        { "  critical: {worse: loud}",
          "opsbot.yaml:3: alerts.critical.worse: expected broadcast, thread or "
          "none" },
    };

    EXPECT_REFUSED(cases);
}

/* ---- all at once ---------------------------------------------------------------------- */

Test(config_alerts_check, everything_wrong_is_said_together)
{
    cr_expect_str_eq(
        config_refusal("alerts:\n"
                       "  flap: x\n"
                       "  route:\n"
                       "    escalation: p\n"
                       "    routes:\n"
                       "      - mute: [w]\n"),
        "opsbot.yaml:2: alerts.flap: expected a time like 10m, at most 1d; "
        "line 3: alerts.route.channels: expected a channel for what no other "
        "route takes, or channels.ops; line 4: alerts.route.escalation: `p` "
        "is none of alerts.policies, nor none; line 6: "
        "alerts.route.routes[0].mute[0]: `w` is none of alerts.windows");
}

Test(config_alerts_check, a_slip_in_a_key_is_named)
{
    static const struct refused cases[] = {
        { "  route: {routes: [{routes: [{chanels: [C1]}]}]}",
          "opsbot.yaml:3: alerts.route.routes[0].routes[0].chanels: unknown "
          "key; did you mean `channels`?" },
        { "  route: {continue: maybe}",
          "opsbot.yaml:3: alerts.route.continue: expected true, false, yes or "
          "no" },
        { "  route: {routes: {name: x}}",
          "opsbot.yaml:3: alerts.route.routes: expected a list, not keys and "
          "values" },
    };

    EXPECT_REFUSED(cases);
}

/* Deep trees are a slip, and their keys would be cut. */
Test(config_alerts_check, a_tree_has_so_many_levels)
{
    struct buf text = { 0 };
    const char *said;

    for (int levels = 10; levels <= 11; levels++) {
        buf_str(&text, "channels: {ops: C1}\nalerts: {route: ");
        for (int i = 1; i < levels; i++)
            buf_str(&text, "{routes: [");
        buf_str(&text, "{}");
        for (int i = 1; i < levels; i++)
            buf_str(&text, "]}");
        buf_str(&text, "}\n");
        if (levels == 10) {
            config_free(config_of(buf_text(&text)));
        } else {
            said = config_refusal(buf_text(&text));
            cr_expect_not_null(strstr(said, "expected at most 10 levels"), "%s",
                               said);
        }
        buf_dispose(&text);
    }
}
