/* ping and whoami. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/commands/calls.h"

TestSuite(ping, .fini = calls_end);
TestSuite(whoami, .fini = calls_end);

static void shows(const struct called *c, const char *part)
{
    cr_expect(strstr(c->text, part), "no \"%s\" in:\n%s", part, c->text);
}

Test(ping, says_how_far_everything_is)
{
    const struct called *c = call_as("U0BEN", "ping");

    shows(c, "✅ pong");
    shows(c, "Redis:    0.3 ms");
    shows(c, "Postgres: 1.1 ms");
    shows(c, "Slack:    41 ms, measured 12 s ago");
    shows(c, "Version:  0.1.0");
    shows(c, "Up for:   1 h 0 m");
    shows(c, "Replica:  9f3c");
}

Test(ping, version_says_which_one_it_is)
{
    const struct called *c = call_as("U0BEN", "version");

    shows(c, "opsbot ");
    shows(c, "Replica:");
}

Test(ping, says_what_is_down_since_when)
{
    const struct called *c;

    calls_postgres.down_since = NOW - 300000;
    c = call_as("U0BEN", "ping");
    shows(c, "🔴 I am here, but Postgres is down");
    shows(c, "Postgres: down since 14:03 UTC (5 m ago)");
}

Test(ping, its_own_round_trip_counts)
{
    const struct reads failed = { .failed = true };
    const struct called *c = call_reading("U0BEN", "ping", &failed);

    cr_expect_eq(c->err.kind, ERR_NONE);
    shows(c, "I am here, but Redis is down");
}

Test(ping, without_any_measurement)
{
    calls_vitals.redis = calls_vitals.postgres = NULL;
    calls_vitals.slack_us = -1;
    shows(call_as("U0BEN", "ping"), "Redis:    not measured yet");
    shows(call_as("U0BEN", "ping"), "Slack:    not measured yet");
}

Test(whoami, tells_roles_and_rights)
{
    const struct called *c = call_as("U0ANN", "whoami");

    shows(c, "Roles:            operator");
    shows(c, "Rights here:      dlq.*");
    shows(
        c,
        "By right you may: dlq discard, dlq requeue, dlq restore and dlq show");
    shows(c, "You may not:      ack, alert file, alert note, alert resolve, "
             "alert show, "
             "alert test, alerts, assign, audit");
    shows(c, "C0OPS");
    shows(c, "T0EX");
}

Test(whoami, of_somebody_without_a_role)
{
    const struct called *c = call_as("U0BEN", "whoami");

    shows(c, "You are U0BEN");
    shows(c, "Roles:            none");
    shows(c, "You may not:      ack, alert file, alert note, alert resolve, "
             "alert show, "
             "alert test, alerts, assign, audit, dlq discard, ");
}

Test(whoami, of_somebody_whose_role_is_for_another_channel)
{
    const struct called *c = call_as("U0SEC", "whoami");

    shows(c, "Roles:            security (only in #C0SEC)");
    shows(c, "Rights here:      none");
    shows(c, "Rights elsewhere: dlq.* in #C0SEC");
}
