/* rights: deny by default, wildcards, and who is named in a refusal (P7). */
#include <criterion/criterion.h>
#include <string.h>

#include "core/rights.h"

static char *ann[] = { (char[]){ "U1" } }, *bob[] = { (char[]){ "U2" } };
static char *all_dlq[] = { (char[]){ "dlq.*" } };
static char *everything[] = { (char[]){ "*" } };
static char *show[] = { (char[]){ "dlq.show" }, (char[]){ "audit" } };
static struct config_role roles[] = {
    { .name = (char[]){ "operator" },
      .users = ann,
      .users_count = 1,
      .rights = all_dlq,
      .rights_count = 1 },
    { .name = (char[]){ "viewer" },
      .rights = show,
      .rights_count = 2,
      .everyone = true },
    { .name = (char[]){ "lead" },
      .users = bob,
      .users_count = 1,
      .rights = everything,
      .rights_count = 1 },
};

static bool allows(const struct config *cfg, const char *user,
                   const char *right)
{
    return rights_allow(&(struct asker){ .config = cfg, .user = user }, right);
}

Test(rights, nobody_may_anything_without_a_rule)
{
    struct config none = { 0 };
    char out[64];

    cr_expect(allows(&none, "U1", NULL));
    cr_expect_not(allows(&none, "U1", "dlq.show"));
    cr_expect_str_eq(rights_roles(&none, "dlq.show", out, sizeof out), "");
}

Test(rights, come_from_roles)
{
    struct config cfg = { .roles = roles, .roles_count = 3 };

    cr_expect(allows(&cfg, "U1", "dlq.requeue"));
    cr_expect_not(allows(&cfg, "U1", "dlqx"));
    cr_expect_not(allows(&cfg, "U1", "halt"));
    cr_expect(allows(&cfg, "U2", "halt"));
    cr_expect(allows(&cfg, "U9", "dlq.show"), "everyone");
    cr_expect_not(allows(&cfg, "U9", "dlq.show.more"));
    cr_expect_not(allows(&cfg, "U9", "dlq.requeue"));
    cr_expect_not(allows(&cfg, "", "dlq.show"));
    cr_expect_not(allows(&cfg, NULL, "dlq.show"));
}

Test(rights, admins_hold_every_one)
{
    struct config cfg = {
        .roles = roles, .roles_count = 3, .admins = ann, .admins_count = 1
    };

    cr_expect(allows(&cfg, "U1", "halt"));
    cr_expect_not(allows(&cfg, "U3", "halt"));
}

Test(rights, names_who_has_one)
{
    struct config cfg = {
        .roles = roles, .roles_count = 3, .admins = ann, .admins_count = 1
    };
    char out[64], small[10];

    cr_expect_str_eq(rights_roles(&cfg, "dlq.show", out, sizeof out),
                     "operator, viewer, lead, admins");
    cr_expect_str_eq(rights_roles(&cfg, "halt", out, sizeof out),
                     "lead, admins");
    cr_expect_str_eq(rights_roles(&cfg, "dlq.show", small, sizeof small),
                     "operator");
    cr_expect_str_eq(rights_roles(&cfg, "dlq.show", small, 0), "");
}
