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

/* ---- channels and groups --------------------------------------------------------- */

static char *ops_only[] = { (char[]){ "C0OPS" } };
static char *oncall[] = { (char[]){ "S0ONCALL" }, (char[]){ "S0SEC" } };
static char *halt_too[] = { (char[]){ "halt" }, (char[]){ "unhalt" } };
static struct config_role grouped[] = {
    { .name = (char[]){ "oncall" },
      .groups = oncall,
      .groups_count = 2,
      .rights = halt_too,
      .rights_count = 2 },
    { .name = (char[]){ "ops" },
      .users = bob,
      .users_count = 1,
      .rights = show,
      .rights_count = 2,
      .channels = ops_only,
      .channels_count = 1 },
};
static const struct config with_groups = { .roles = grouped, .roles_count = 2 };

#define NOW   INT64_C(1795442887000)
#define HOURS (3600 * INT64_C(1000))

static struct asker asker(struct roster *roster, const char *user,
                          const char *channel)
{
    return (struct asker){ .config = &with_groups,
                           .roster = roster,
                           .user = user,
                           .channel = channel,
                           .now = NOW };
}

Test(rights, hold_in_the_channels_of_their_role)
{
    struct asker here = asker(NULL, "U2", "C0OPS");
    struct asker there = asker(NULL, "U2", "C0GENERAL");
    struct asker nowhere = asker(NULL, "U2", NULL);
    struct rights_gap gap;

    cr_expect(rights_allow(&here, "dlq.show"));
    cr_expect_not(rights_allow(&there, "dlq.show"));
    cr_expect_not(rights_allow(&nowhere, "dlq.show"));
    rights_explain(&there, "dlq.show", &gap);
    cr_assert_eq(gap.role_count, 1);
    cr_expect_str_eq(gap.roles[0]->name, "ops");
    cr_assert_eq(gap.channel_count, 1);
    cr_expect_str_eq(gap.channels[0], "C0OPS");
    there.user = "U3";
    rights_explain(&there, "dlq.show", &gap);
    cr_expect_eq(gap.channel_count, 0, "not theirs there either");
}

static struct roster *members_since(int64_t fetched_at)
{
    struct roster *r = roster_new();

    roster_set(r, "S0ONCALL", (const char *[]){ "U1" }, 1, fetched_at);
    roster_set(r, "S0SEC", (const char *[]){ "U5" }, 1, NOW);
    return r;
}

Test(rights, come_to_members_of_a_group)
{
    struct roster *r = members_since(NOW - 24 * HOURS);
    struct asker member = asker(r, "U1", "C0OPS");
    struct asker other = asker(r, "U3", "C0OPS");
    struct asker without = asker(NULL, "U1", "C0OPS");
    struct rights_gap gap;

    cr_expect(rights_allow(&member, "unhalt"), "24 h are good");
    cr_expect_not(rights_allow(&other, "unhalt"));
    cr_expect_not(rights_allow(&without, "unhalt"));
    rights_explain(&other, "unhalt", &gap);
    cr_expect_eq(gap.role_count, 1);
    cr_expect_null(gap.stale);
    cr_expect_null(gap.unread);
    cr_expect_eq(gap.failing_since, 0);
    roster_free(r);
}

Test(rights, of_an_old_membership_are_good_for_halt_alone)
{
    struct roster *r = members_since(NOW - 24 * HOURS - 1);
    struct asker member = asker(r, "U1", "C0OPS");
    struct rights_gap gap;

    roster_failing(r, NOW - 20 * HOURS);
    cr_expect(rights_allow(&member, "halt"));
    cr_expect_not(rights_allow(&member, "unhalt"));
    rights_explain(&member, "unhalt", &gap);
    cr_assert_not_null(gap.stale);
    cr_expect_str_eq(gap.stale, "S0ONCALL");
    cr_expect_eq(gap.stale_since, NOW - 24 * HOURS - 1);
    cr_expect_eq(gap.failing_since, NOW - 20 * HOURS);
    member.user = "U5";
    cr_expect(rights_allow(&member, "unhalt"), "by the other group");
    roster_free(r);
}

Test(rights, of_a_group_never_read_are_nobodys)
{
    struct roster *r = roster_new();
    struct asker member = asker(r, "U1", "C0OPS");
    struct rights_gap gap;

    cr_expect_not(rights_allow(&member, "halt"));
    rights_explain(&member, "halt", &gap);
    cr_expect_null(gap.stale);
    cr_assert_not_null(gap.unread);
    cr_expect_str_eq(gap.unread, "S0ONCALL");
    roster_free(r);
}

Test(rights, standing_says_what_decides)
{
    struct roster *r = members_since(NOW - 30 * HOURS);
    struct asker who = asker(r, "U1", "C0X");
    const char *group;
    int64_t since;

    cr_expect_eq(rights_standing(&who, &grouped[0], &since, &group),
                 STANDING_STALE);
    cr_expect_str_eq(group, "S0ONCALL");
    cr_expect_eq(since, NOW - 30 * HOURS);
    cr_expect_eq(rights_standing(&who, &grouped[1], NULL, NULL), STANDING_NONE);
    who.user = "U2";
    cr_expect_eq(rights_standing(&who, &grouped[1], &since, &group),
                 STANDING_IN);
    cr_expect_null(group);
    who.user = "";
    cr_expect_eq(rights_standing(&who, &roles[1], NULL, NULL), STANDING_NONE,
                 "everyone is somebody");
    roster_free(r);
}

Test(rights, explains_only_so_many_roles)
{
    struct config_role many[GAP_ROLES + 3];
    struct config cfg = { .roles = many, .roles_count = GAP_ROLES + 3 };
    struct rights_gap gap;

    for (size_t i = 0; i < GAP_ROLES + 3; i++)
        many[i] = roles[0];
    rights_explain(&(struct asker){ .config = &cfg, .user = "U9" }, "dlq.x",
                   &gap);
    cr_expect_eq(gap.role_count, GAP_ROLES);
    cr_expect_eq(gap.more_roles, 3);
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

/* ---- identities of the admin listener -------------------------------------------- */

static char *machines[] = { (char[]){ "unix:ann" }, (char[]){ "token:ci" },
                            (char[]){ "cert:ops.example" }, (char[]){ "U1" } };
static struct config_role automation[] = {
    { .name = (char[]){ "automation" },
      .users = machines,
      .users_count = 4,
      .rights = all_dlq,
      .rights_count = 1 },
};

static bool vouched(const struct config *cfg, const char *user,
                    enum voucher voucher)
{
    return rights_allow(
        &(struct asker){
            .config = cfg, .user = user, .channel = "", .voucher = voucher },
        "dlq.show");
}

Test(rights, roles_and_admins_name_identities)
{
    struct config by_role = { .roles = automation, .roles_count = 1 };
    struct config by_admins = { .admins = machines, .admins_count = 4 };

    for (size_t i = 0; i < 3; i++) {
        cr_expect(vouched(&by_role, machines[i], VOUCHED_BY_US));
        cr_expect(vouched(&by_admins, machines[i], VOUCHED_BY_US));
    }
    cr_expect_not(vouched(&by_role, "unix:bob", VOUCHED_BY_US));
    cr_expect_not(vouched(&by_role, "ci", VOUCHED_BY_US));
    cr_expect(vouched(&by_role, "unix:bob", VOUCHED_AS_OWNER));
    cr_expect_not(vouched(&by_role, "", VOUCHED_AS_OWNER));
}

/* Slack's ids are opaque: one may look like anything. */
Test(rights, a_slack_user_who_is_called_like_an_identity_has_no_right_of_it)
{
    struct config by_role = { .roles = automation, .roles_count = 1 };
    struct config by_admins = { .admins = machines, .admins_count = 4 };

    for (size_t i = 0; i < 3; i++) {
        cr_expect_not(vouched(&by_role, machines[i], VOUCHED_BY_SLACK));
        cr_expect_not(vouched(&by_admins, machines[i], VOUCHED_BY_SLACK));
    }
    cr_expect_not(vouched(&by_admins, "unix:root", VOUCHED_BY_SLACK));
    cr_expect(vouched(&by_role, "U1", VOUCHED_BY_SLACK));
    cr_expect_not(vouched(&by_role, "U1", VOUCHED_BY_US), "nor the other way");
    cr_expect_not(vouched(&by_admins, "U1", VOUCHED_BY_US));
}
