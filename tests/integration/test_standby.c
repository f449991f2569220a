/*
 * Whoever is on call is in the user group that their rotation names: told to
 * Slack once per change, by one replica, and again after whatever went wrong.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/common.h"

#define UPDATE "usergroups.users.update"

/* S0ONCALL is ann and bob at first. */
static const char yaml[] =
    "admins: [U0ANN]\n"
    "channels: {ops: C0OPS}\n"
    "alerts:\n"
    "  rotations:\n"
    "    - {name: alone, users: [U0BOB]}\n"
    "    - {name: pay, users: [U0ANN], group: S0ONCALL}\n";

static struct harness *h;

static void start(void)
{
    struct harness_options options = { .yaml = yaml };

    h = harness_start(&options);
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(standby, .init = start, .fini = stop, .timeout = 180);

/* Noted is what Slack has taken. */
static void wait_told(const char *user)
{
    char *query = xasprintf("select count(*) from opsbot.timers where name = "
                            "'oncall.pay' and last->>'is' = 'S0ONCALL %s'",
                            user);

    wait_sql(h, 1, 60000, query);
    free(query);
}

static char *members(void)
{
    json_t *state = control_get(h, "state");
    const json_t *group = json_array_get(json_object_get(state, "groups"), 0);
    char *text = json_dumps(json_object_get(group, "users"), JSON_COMPACT);

    json_decref(state);
    return text;
}

static void expect_members(const char *want)
{
    char *are = members();

    cr_expect_str_eq(are, want);
    free(are);
}

static void start_anew(void)
{
    cr_assert_eq(opsbot_stop(h->bot, 0), 0);
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
}

Test(standby, the_group_is_whoever_is_on_call_told_once)
{
    wait_told("U0ANN");
    expect_members("[\"U0ANN\"]");
    expect_said(h, "U0ANN", "C0OPS", "oncall override <@U0CAT> 4h pay",
                "On call: pay");
    wait_told("U0CAT");
    expect_members("[\"U0CAT\"]");
    cr_expect_eq(calls_of(h, UPDATE, NULL), 2);
    /* A start is no change. Whoever leads has looked once it has asked for
     * something else: the next change. */
    start_anew();
    expect_said(h, "U0ANN", "C0OPS", "oncall override <@U0BOB> 4h pay",
                "On call: pay");
    wait_told("U0BOB");
    cr_expect_eq(calls_of(h, UPDATE, NULL), 3);
}

Test(standby, two_replicas_tell_once)
{
    struct opsbot *other = opsbot_start(h, NULL);

    opsbot_wait_ready(other);
    wait_told("U0ANN");
    expect_said(h, "U0ANN", "C0OPS", "oncall override <@U0CAT> 4h pay",
                "On call: pay");
    wait_told("U0CAT");
    cr_expect_eq(calls_of(h, UPDATE, NULL), 2);
}

Test(standby, a_refusal_is_said_once_and_tried_again)
{
    char *log;

    wait_told("U0ANN");
    fault(h, json_pack("{s:s, s:i, s:s}", "on", UPDATE, "times", -1, "error",
                       "permission_denied"));
    expect_said(h, "U0ANN", "C0OPS", "oncall override <@U0CAT> 4h pay",
                "On call: pay");
    opsbot_wait_log(h->bot, "usergroups:write", 60000);
    expect_members("[\"U0ANN\"]");
    log = opsbot_log(h->bot);
    cr_expect(strstr(log, "permission_denied"), "%s", log);
    free(log);
    /* Put right; a restart looks at once. */
    control_delete(h, "fault");
    start_anew();
    wait_told("U0CAT");
    expect_members("[\"U0CAT\"]");
}
