/* audit: what its flags ask for. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core/ops/audit.h"
#include "tests/commands/calls.h"

static struct audit_filter asked;
static char user[32], command[32];

bool audit_query(struct db *db, const struct audit_filter *filter,
                 struct audit_page *out, struct err *err)
{
    (void)db;
    asked = *filter;
    snprintf(user, sizeof user, "%s", filter->user ? filter->user : "anyone");
    snprintf(command, sizeof command, "%s",
             filter->command ? filter->command : "any");
    *out = (struct audit_page){ .more = true };
    err->kind = ERR_NONE;
    return true;
}

void audit_page_dispose(struct audit_page *page)
{
    (void)page;
}

TestSuite(audit, .fini = calls_end);

Test(audit, without_filters)
{
    cr_expect_eq(call_as("U0LEE", "audit")->err.kind, ERR_NONE);
    cr_expect_str_eq(user, "anyone");
    cr_expect_str_eq(command, "any");
    cr_expect_eq(asked.since, 0);
    cr_expect_not(asked.denied);
    cr_expect_eq(asked.offset, 0);
    cr_expect_eq(asked.limit, 10);
}

Test(audit, with_every_filter)
{
    const struct called *c =
        call_as("U0LEE", "audit --user <@U0ANN|ann> --command “dlq requeue” "
                         "--since 2h --denied --page 3");

    cr_expect_eq(c->err.kind, ERR_NONE);
    cr_expect_str_eq(user, "U0ANN");
    cr_expect_str_eq(command, "dlq requeue");
    cr_expect_eq(asked.since, NOW - 7200000);
    cr_expect(asked.denied);
    cr_expect_eq(asked.offset, 20);
    cr_expect(strstr(c->text, "→ /bot audit --user U0ANN --command \"dlq "
                              "requeue\" --since 2h --denied --page 4"));
}

/* The button's line asks for the same. */
Test(audit, an_id_and_me_are_users_too)
{
    call_as("U0LEE", "audit --user U0ANN");
    cr_expect_str_eq(user, "U0ANN");
    call_as("U0LEE", "audit user=me");
    cr_expect_str_eq(user, "U0LEE");
}

Test(audit, what_it_cannot_read)
{
    cr_expect_eq(call_as("U0LEE", "audit --user @ann")->err.kind, ERR_USER);
    cr_expect_eq(call_as("U0LEE", "audit --since soon")->err.kind, ERR_USER);
    cr_expect_eq(call_as("U0LEE", "audit --page 0")->err.kind, ERR_USER);
    cr_expect_eq(call_as("U0BEN", "audit")->err.kind, ERR_DENIED);
}
