/* rights: roles by users, user groups and channels, through Slack and back. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/integration/common.h"

/* S0ONCALL is ann and bob; S0NOPE is nothing. */
static const char yaml[] = "roles:\n"
                           "  - name: operator\n"
                           "    groups: [S0ONCALL, S0NOPE]\n"
                           "    rights: [dlq.*]\n"
                           "  - name: auditor\n"
                           "    users: [U0CAT]\n"
                           "    rights: [audit]\n"
                           "    channels: [C0GENERAL]\n";

#define SHOW "dlq show orders"

static struct harness *h;

static void wait_known(void)
{
    wait_sql(h, 2, 20000, "select count(*) from opsbot.user_groups");
}

static void start(void)
{
    struct harness_options options = { .yaml = yaml };

    h = harness_start(&options);
    dead_letters(h, "orders", 1);
    wait_known();
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(rights, .init = start, .fini = stop, .timeout = 120);

static char *groups_file(void)
{
    return xasprintf("%s/state1/groups.json", h->dir);
}

static void remove_file(void)
{
    char *path = groups_file();

    cr_assert_eq(unlink(path), 0);
    free(path);
}

static bool file_there(void *arg)
{
    char *path = groups_file();
    bool there = access(path, F_OK) == 0;

    (void)arg;
    free(path);
    return there;
}

/* Slack says nothing of user groups from now on. */
static void refuse_groups(const char *error)
{
    fault(h, json_pack("{s:s, s:i, s:s}", "on", "usergroups.list", "times", -1,
                       "error", error));
    fault(h, json_pack("{s:s, s:i, s:s}", "on", "usergroups.users.list",
                       "times", -1, "error", error));
}

static void stop_bot(void)
{
    cr_assert_eq(opsbot_stop(h->bot, 0), 0);
}

static void start_bot(void)
{
    opsbot_restart(h->bot);
    opsbot_wait_ready(h->bot);
}

static void may(const char *user)
{
    expect_said(h, user, "C0OPS", SHOW, "orders");
    cr_expect_eq(sql_number(h,
                            "select count(*) from opsbot.audit_events where "
                            "actor = '%s' and kind = 'refusal'",
                            user),
                 0);
}

static size_t times_logged(const char *text)
{
    char *log = opsbot_log(h->bot);
    size_t n = 0;

    for (const char *at = log; (at = strstr(at, text)); at++)
        n++;
    free(log);
    return n;
}

/* ---- who may ------------------------------------------------------------------- */

Test(rights, members_of_a_group_may)
{
    char *path = groups_file();
    struct stat st;

    may("U0BOB");
    expect_said(h, "U0BOB", "C0OPS", "whoami", "@oncall");
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
    cr_expect_eq(times_logged("no user group S0NOPE"), 1);
    free(path);
}

Test(rights, a_refusal_names_who_has_it_and_is_on_record)
{
    json_t *reply = say(h, "U0CAT", "C0OPS", SHOW);
    char *row;

    expect_shown(reply, "You may not do that: dlq show");
    expect_shown(reply, "`dlq.show`");
    expect_shown(reply, "*operator* has it: <!subteam^S0ONCALL>");
    expect_shown(reply, "`U0CAT`");
    expect_shown(reply, "in Slack to its user group");
    json_decref(reply);
    row = sql(h, "select outcome, command, detail ->> 'right', detail ->> 'why'"
                 " from opsbot.audit_events where kind = 'refusal'");
    cr_expect(strstr(row, "denied|dlq show|dlq.show|no role of theirs gives "
                          "it"),
              "%s", row);
    free(row);
}

Test(rights, hold_in_the_channels_of_the_role)
{
    json_t *reply = say(h, "U0CAT", "C0OPS", "audit");
    char *why;

    expect_shown(reply, "which you do not have in this channel");
    expect_shown(reply, "You may do it in <#C0GENERAL>");
    json_decref(reply);
    why = sql(h, "select detail ->> 'why' from opsbot.audit_events"
                 " where kind = 'refusal'");
    cr_expect(strstr(why, "not in this channel"), "%s", why);
    free(why);
    expect_said(h, "U0CAT", "C0GENERAL", "audit", "denied");
    reply = say(h, "U0CAT", "C0OPS", "help");
    expect_not_shown(reply, "Who did what");
    expect_shown(reply, "/ops help --all");
    json_decref(reply);
    expect_said(h, "U0CAT", "C0OPS", "help --all", "yours in <#C0GENERAL>");
    expect_said(h, "U0CAT", "C0GENERAL", "help", "audit");
}

/* ---- what is known of groups ------------------------------------------------------ */

Test(rights, follow_the_group_in_slack)
{
    json_t *body =
        json_pack("{s:s, s:[s]}", "id", "S0ONCALL", "users", "U0CAT");

    stop_bot();
    json_decref(control_post(h, "group", body));
    start_bot();
    wait_sql(h, 1, 20000,
             "select count(*) from opsbot.user_groups where users ? 'U0CAT'");
    may("U0CAT");
    expect_said(h, "U0BOB", "C0OPS", SHOW, "You may not do that");
    stop_bot();
    json_decref(control_post(
        h, "group", json_pack("{s:s, s:b}", "id", "S0ONCALL", "disabled", 1)));
    start_bot();
    opsbot_wait_log(h->bot, "no user group S0ONCALL", 20000);
    expect_said(h, "U0CAT", "C0OPS", SHOW, "You may not do that");
}

Test(rights, survive_a_start_without_slacks_word_from_postgres)
{
    refuse_groups("missing_scope");
    stop_bot();
    remove_file();
    start_bot();
    may("U0BOB");
    opsbot_wait_log(h->bot, "add the bot scope usergroups:read", 20000);
}

Test(rights, survive_a_start_without_slacks_word_from_the_file)
{
    refuse_groups("plan_upgrade_required");
    stop_bot();
    free(sql(h, "delete from opsbot.user_groups"));
    start_bot();
    may("U0BOB");
    opsbot_wait_log(h->bot, "this workspace's plan has no user groups", 20000);
    wait_known(); /* given back */
}

/* Neither Slack's word nor Postgres: the file is what there is. */
Test(rights, survive_a_start_without_postgres)
{
    json_t *reply;

    refuse_groups("missing_scope");
    stop_bot();
    part_stop(h, PART_POSTGRES);
    opsbot_restart(h->bot);
    opsbot_wait_heard(h->bot);
    reply = say(h, "U0BOB", "C0OPS", SHOW);
    expect_shown(reply, "1700000000000-1");
    json_decref(reply);
    expect_said(h, "U0CAT", "C0OPS", SHOW, "You may not do that");
    part_start(h, PART_POSTGRES);
    opsbot_wait_ready(h->bot);
    expect_said(h, "U0BOB", "C0OPS", SHOW, "1700000000000-1");
}

/* Slack's word is good without Postgres, and is put there when it is back. */
Test(rights, follow_slack_while_postgres_is_away)
{
    json_t *body =
        json_pack("{s:s, s:[s]}", "id", "S0ONCALL", "users", "U0CAT");
    json_t *reply;

    stop_bot();
    remove_file();
    json_decref(control_post(h, "group", body));
    part_stop(h, PART_POSTGRES);
    opsbot_restart(h->bot);
    wait_until(file_there, NULL, 20000, "Slack's word in the file");
    opsbot_wait_heard(h->bot);
    reply = say(h, "U0CAT", "C0OPS", SHOW);
    expect_shown(reply, "1700000000000-1");
    json_decref(reply);
    expect_said(h, "U0BOB", "C0OPS", SHOW, "You may not do that");
}

Test(rights, survive_slack_that_never_answers)
{
    fault(h, json_pack("{s:s, s:i, s:b}", "on", "usergroups.list", "times", -1,
                       "hang", 1));
    stop_bot();
    start_bot();
    may("U0BOB");
    opsbot_wait_log(h->bot, "did not answer usergroups.list", 30000);
    may("U0ANN");
}

/* One refusal of the list: each group is asked for alone. */
Test(rights, are_found_group_by_group)
{
    json_t *body =
        json_pack("{s:s, s:[s]}", "id", "S0ONCALL", "users", "U0CAT");

    stop_bot();
    fault(h, json_pack("{s:s, s:i, s:s}", "on", "usergroups.list", "times", -1,
                       "error", "some_new_error"));
    json_decref(control_post(h, "group", body));
    start_bot();
    wait_sql(h, 1, 20000,
             "select count(*) from opsbot.user_groups where users ? 'U0CAT'");
    may("U0CAT");
}

Test(rights, of_an_old_membership_do_not_count)
{
    json_t *reply;

    refuse_groups("missing_scope");
    stop_bot();
    remove_file();
    free(sql(h, "update opsbot.user_groups"
                " set fetched_at = now() - interval '25 hours'"));
    start_bot();
    opsbot_wait_log(h->bot, "add the bot scope usergroups:read", 20000);
    reply = say(h, "U0BOB", "C0OPS", SHOW);
    expect_shown(reply, "You may not do that");
    expect_shown(reply, "You were in <!subteam^S0ONCALL> when Slack last said");
    expect_shown(reply, "Slack has not said it since");
    json_decref(reply);
    expect_said(h, "U0BOB", "C0OPS", "whoami", "too long ago");
}

Test(rights, a_damaged_file_does_not_stop_the_start)
{
    char *path = groups_file();
    FILE *f;

    stop_bot();
    f = fopen(path, "w");
    cr_assert_not_null(f);
    fputs("{\"groups\": [", f);
    fclose(f);
    free(path);
    start_bot();
    opsbot_wait_log(h->bot, "groups.json is damaged", 20000);
    may("U0BOB");
}
