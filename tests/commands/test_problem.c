/* refusals: what is missing, who has it, how it is given, what is recorded. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/render.h"
#include "tests/commands/calls.h"

static struct roster *roster;
static struct services services;

static void start(void)
{
    roster = roster_new();
    services.roster = roster;
}

static void stop(void)
{
    calls_end();
    roster_free(roster);
}

TestSuite(problem, .init = start, .fini = stop);

static void shows(const char *text, const char *part)
{
    cr_expect(strstr(text, part), "no \"%s\" in:\n%s", part, text);
}

/* What the audit row of a refused call says. */
static void records(const struct called *c, const char *want)
{
    char *detail = command_denial(&c->call);

    cr_expect_str_eq(detail, want);
    free(detail);
}

/* The card again, now that there is a roster. Heap. */
static char *card_with_roster(struct called *c, const char *channel)
{
    struct card *card = card_new();
    char *text;

    c->call.services = &services;
    c->call.act.channel = channel;
    command_problem(card, &c->call, &c->err);
    text = render_text(card);
    card_free(card);
    return text;
}

Test(problem, a_refusal_says_what_who_and_how)
{
    struct called *c = call_as("U0BEN", "dlq requeue notify.events 1-0");

    cr_expect_eq(c->err.kind, ERR_DENIED);
    cr_expect_str_eq(c->err.text,
                     "`dlq requeue` needs the right `dlq.requeue`, which you "
                     "do not have.");
    shows(c->text, "🚫 You may not do that: dlq requeue");
    shows(c->text, "operator has it: U0ANN");
    shows(c->text, "security has it: S0OLD and U0SEC, only in #C0SEC");
    shows(c->text, "in the configuration file, add U0BEN to the users of such "
                   "a role, or in Slack to its user group");
    records(c, "{\"right\":\"dlq.requeue\","
               "\"why\":\"no role of theirs gives it\"}");
}

Test(problem, a_refusal_says_where_one_may)
{
    struct called *c = call_as("U0SEC", "dlq show notify.events");

    cr_expect_str_eq(c->err.text,
                     "`dlq show` needs the right `dlq.show`, which you do not "
                     "have in this channel.");
    shows(c->text, "You may do it in #C0SEC: type it there.");
    records(c, "{\"right\":\"dlq.show\",\"why\":\"not in this channel\"}");
}

Test(problem, a_refusal_says_that_a_membership_is_too_old)
{
    struct called *c = call_as("U0BEN", "dlq show notify.events");
    char *text;

    roster_set(roster, "S0OLD", (const char *[]){ "U0BEN" }, 1,
               NOW - 26 * 3600000);
    roster_name(roster, "S0OLD", "old-hands");
    roster_failing(roster, NOW - 3600000);
    text = card_with_roster(c, "C0SEC");
    shows(text, "You were in @old-hands when Slack last said who is, "
                "2026-11-22 12:08 UTC (1 d 2 h ago). That counts for 24 h; "
                "Slack has not said it since 13:08 UTC (1 h 0 m ago).");
    shows(text, "security has it: @old-hands and U0SEC");
    records(c, "{\"right\":\"dlq.show\",\"why\":\"their user group was last "
               "read over 24 h ago\"}");
    free(text);
}

Test(problem, a_refusal_says_that_a_group_was_never_read)
{
    struct called *c = call_as("U0BEN", "dlq show notify.events");
    char *text = card_with_roster(c, "C0SEC");

    shows(text, "Who is in S0OLD is not known yet: Slack has not said it.");
    records(c, "{\"right\":\"dlq.show\","
               "\"why\":\"a user group was never read\"}");
    free(text);
}

Test(problem, a_flag_may_need_a_right_of_its_own)
{
    struct called *c = call_as("U0ANN", "whoami");
    char *text;

    cr_expect(call_needs(&c->call, "dlq show --more", "dlq.more", &c->err));
    cr_expect_null(c->call.missing);
    cr_expect_not(call_needs(&c->call, "dlq show --audit", "audit", &c->err));
    cr_expect_eq(c->err.kind, ERR_DENIED);
    cr_expect_str_eq(c->err.text, "`dlq show --audit` needs the right `audit`, "
                                  "which you do not have.");
    text = card_with_roster(c, "C0OPS");
    shows(text, "lead has it: U0LEE");
    cr_expect_not(strstr(text, "operator"), "%s", text);
    records(c, "{\"right\":\"audit\",\"why\":\"no role of theirs gives it\"}");
    free(text);
}

/* Refused for another reason than a right, "only who asked may confirm". */
Test(problem, a_refusal_without_a_right_names_nobody)
{
    struct called *c = call_as("U0ANN", "whoami");
    char *text;

    c->call.act.text = "dlq show notify.events"; /* which she may */
    err_set(&c->err, ERR_DENIED, "Only <@U0BEN> may confirm this.");
    text = card_with_roster(c, "C0OPS");
    shows(text, "Nothing was changed, and this is on record.");
    cr_expect_not(strstr(text, "has it"), "%s", text);
    cr_expect_null(command_denial(&c->call));
    free(text);
}
