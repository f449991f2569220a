/* rights: deny by default, wildcards, and who is named in a refusal (P7). */
#include <criterion/criterion.h>
#include <string.h>

#include "core/config.h"

static char *ann[] = { (char[]){ "U1" } }, *bob[] = { (char[]){ "U2" } };
static char *all_dlq[] = { (char[]){ "dlq.*" } };
static char *everything[] = { (char[]){ "*" } };
static char *show[] = { (char[]){ "dlq.show" }, (char[]){ "audit" } };
static struct config_role roles[] = {
    { (char[]){ "operator" }, ann, 1, all_dlq, 1, false },
    { (char[]){ "viewer" }, NULL, 0, show, 2, true },
    { (char[]){ "lead" }, bob, 1, everything, 1, false },
};

Test(rights, nobody_may_anything_without_a_rule)
{
    struct config none = { 0 };
    char out[64];

    cr_expect(config_allows(&none, "U1", NULL));
    cr_expect_not(config_allows(&none, "U1", "dlq.show"));
    cr_expect_str_eq(config_roles_with(&none, "dlq.show", out, sizeof out), "");
}

Test(rights, come_from_roles)
{
    struct config cfg = { .roles = roles, .roles_count = 3 };

    cr_expect(config_allows(&cfg, "U1", "dlq.requeue"));
    cr_expect_not(config_allows(&cfg, "U1", "dlqx"));
    cr_expect_not(config_allows(&cfg, "U1", "halt"));
    cr_expect(config_allows(&cfg, "U2", "halt"));
    cr_expect(config_allows(&cfg, "U9", "dlq.show"), "everyone");
    cr_expect_not(config_allows(&cfg, "U9", "dlq.show.more"));
    cr_expect_not(config_allows(&cfg, "U9", "dlq.requeue"));
    cr_expect_not(config_allows(&cfg, "", "dlq.show"));
    cr_expect_not(config_allows(&cfg, NULL, "dlq.show"));
}

Test(rights, admins_hold_every_one)
{
    struct config cfg = {
        .roles = roles, .roles_count = 3, .admins = ann, .admins_count = 1
    };

    cr_expect(config_allows(&cfg, "U1", "halt"));
    cr_expect_not(config_allows(&cfg, "U3", "halt"));
}

Test(rights, names_who_has_one)
{
    struct config cfg = {
        .roles = roles, .roles_count = 3, .admins = ann, .admins_count = 1
    };
    char out[64], small[10];

    cr_expect_str_eq(config_roles_with(&cfg, "dlq.show", out, sizeof out),
                     "operator, viewer, lead, admins");
    cr_expect_str_eq(config_roles_with(&cfg, "halt", out, sizeof out),
                     "lead, admins");
    cr_expect_str_eq(config_roles_with(&cfg, "dlq.show", small, sizeof small),
                     "operator");
    cr_expect_str_eq(config_roles_with(&cfg, "dlq.show", small, 0), "");
}
