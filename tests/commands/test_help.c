/* help: what this person may do. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/commands/calls.h"

TestSuite(help, .fini = calls_end);

static void shows(const struct called *c, const char *part)
{
    cr_expect(strstr(c->text, part), "no \"%s\" in:\n%s", part, c->text);
}

static void hides(const struct called *c, const char *part)
{
    cr_expect_not(strstr(c->text, part), "\"%s\" in:\n%s", part, c->text);
}

Test(help, alone_lists_what_this_person_may)
{
    const struct called *c = call_as("U0BEN", "");

    cr_expect_eq(c->err.kind, ERR_NONE);
    shows(c, "💡 You may use 16 commands");
    shows(c, "\n  help  ");
    shows(c, "dlq list  Dead letters by stream");
    hides(c, "dlq show  The dead letters");
    hides(c, "needs the right");
    shows(c, "28 more commands need rights you do not have here: /bot help "
             "--all");
}

Test(help, all_lists_the_rest_with_the_right_it_needs)
{
    const struct called *c = call_as("U0BEN", "help --all");

    shows(c, "You may use 16 commands");
    shows(c, "dlq show needs the right dlq.show: ask operator");
    shows(c, "audit needs the right audit: ask lead");
    shows(c, "under roles:");
    c = call_as("U0BEN", "help dlq --all");
    shows(c, "dlq requeue needs the right dlq.requeue: ask operator");
    hides(c, "audit needs");
}

Test(help, looks_at_the_channel)
{
    const struct called *c = call_as("U0SEC", "help");

    shows(c, "dlq list");
    hides(c, "dlq show  ");
    c = call_as("U0SEC", "help --all");
    shows(c, "dlq show needs the right dlq.show: yours in #C0SEC");
}

Test(help, groups_stand_in_order)
{
    const struct called *c = call_as("U0ANN", "help");
    const char *general = strstr(c->text, "\ngeneral\n");
    const char *streams = strstr(c->text, "\nstreams\n");
    const char *dlq = strstr(c->text, "\ndlq\n");

    shows(c, "You may use 20 commands");
    shows(c, "as in dlq show notify.events");
    cr_expect(general && streams && dlq && general < streams && streams < dlq);
    hides(c, "\naudit\n"); /* a heading with nothing under it */
}

Test(help, a_group_in_detail)
{
    const struct called *c = call_as("U0ANN", "help dlq");

    shows(c, "💡 dlq: 5 commands\n");
    shows(c, "/bot dlq show <stream> [--trash] [--page n]");
    hides(c, "flags:");
    hides(c, "ping");
}

Test(help, the_name_of_a_group_alone_is_help_on_it)
{
    const struct called *c = call_as("U0BEN", "DLQ");

    cr_expect_eq(c->err.kind, ERR_NONE);
    shows(c, "DLQ: you may use 1 of 5 commands");
    hides(c, "dlq show <stream>");
    shows(c, "/bot help DLQ --all");
}

Test(help, one_command)
{
    const struct called *c = call_as("U0ANN", "help dlq show");

    shows(c, "How to use dlq show");
    shows(c, "as in /bot dlq show notify.events");
}

Test(help, of_nothing_known)
{
    const struct called *c = call_as("U0ANN", "help me");

    cr_expect_eq(c->err.kind, ERR_USER);
    shows(c, "There is no command and no group me. The groups are general, "
             "health, alert, silence, oncall, streams, dlq,");
}
