/* Who may come in at the admin listener, and how often. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bot/admin/admin_rate.h"
#include "bot/admin/admin_who.c"

static struct config_token tokens[] = {
    { .name = (char[]){ "ci" }, .token = (char[]){ "ci-token-0123456789" } },
    { .name = (char[]){ "cron" }, .token = (char[]){ "cron-token-123456" } },
};
static const struct config_admin cfg = { .tokens = tokens, .tokens_count = 2 };
static struct admin_doors *doors;
static struct admin_who who;
static const char *why;

static void open_doors(void)
{
    doors = admin_doors_new();
    admin_doors_adopt(doors, &cfg);
}

static void close_doors(void)
{
    admin_doors_free(doors);
}

TestSuite(admin_who, .init = open_doors, .fini = close_doors);

static enum admin_entry enter(const struct peer *peer, const char *header)
{
    return admin_enter(doors, peer, header, *header != 0, &who, &why);
}

static const struct peer far_away = { .name = "", .address = "10.0.0.1" };

Test(admin_who, root_and_our_own_user_hold_every_right)
{
    struct peer root = { .local = true, .uid = 0, .name = "" };
    struct peer own = { .local = true, .uid = geteuid(), .name = "" };

    cr_expect_eq(enter(&root, ""), ENTRY_LET_IN);
    cr_expect_str_eq(who.user, "unix:root");
    cr_expect_eq(who.voucher, VOUCHED_AS_OWNER);
    cr_expect_eq(enter(&own, ""), ENTRY_LET_IN);
    cr_expect_eq(who.voucher, VOUCHED_AS_OWNER);
}

Test(admin_who, a_process_has_one_name_everywhere)
{
    char user[ADMIN_USER];

    admin_process(0, user);
    cr_expect_str_eq(user, "unix:root");
    admin_process(4000000, user);
    cr_expect_str_eq(user, "unix:4000000");
}

Test(admin_who, others_are_who_the_kernel_says)
{
    struct peer daemon = { .local = true, .uid = 1, .name = "" };
    struct peer nobody = { .local = true, .uid = 4000000, .name = "" };

    cr_expect_eq(enter(&daemon, ""), ENTRY_LET_IN);
    cr_expect_str_eq(who.user, "unix:daemon");
    cr_expect_eq(who.voucher, VOUCHED_BY_US);
    cr_expect_eq(enter(&nobody, ""), ENTRY_LET_IN);
    cr_expect_str_eq(who.user, "unix:4000000");
    cr_expect_eq(who.voucher, VOUCHED_BY_US);
}

Test(admin_who, a_name_in_the_user_database_is_looked_up_once_and_forgotten)
{
    for (unsigned uid = 5000000; uid < 5000000 + 3 * LOGINS; uid++) {
        struct peer peer = { .local = true, .uid = uid, .name = "" };
        char want[40];

        snprintf(want, sizeof want, "unix:%u", uid);
        cr_expect_eq(enter(&peer, ""), ENTRY_LET_IN);
        cr_expect_str_eq(who.user, want);
        cr_assert_leq(doors->login_count, LOGINS);
    }
}

Test(admin_who, a_token_is_its_name_and_no_more)
{
    struct peer root = { .local = true, .uid = 0, .name = "" };

    cr_expect_eq(enter(&far_away, "Bearer ci-token-0123456789"), ENTRY_LET_IN);
    cr_expect_str_eq(who.user, "token:ci");
    cr_expect_eq(who.voucher, VOUCHED_BY_US);
    cr_expect_eq(enter(&far_away, "bearer  cron-token-123456"), ENTRY_LET_IN);
    cr_expect_str_eq(who.user, "token:cron");
    /* A process may be less than its user. */
    cr_expect_eq(enter(&root, "Bearer ci-token-0123456789"), ENTRY_LET_IN);
    cr_expect_str_eq(who.user, "token:ci");
    cr_expect_eq(who.voucher, VOUCHED_BY_US);
}

Test(admin_who, what_is_no_token_lets_nobody_in)
{
    static const char *const wrong[] = {
        "Bearer ci-token-012345678",
        "Bearer ci-token-01234567890",
        "Bearer CI-TOKEN-0123456789",
        "Bearer ",
        "Bearer",
        "Basic ci-token-0123456789",
        "ci-token-0123456789",
        "Bearer ci-token-0123456789 ",
        "Bearer ci",
        "Bearer token:ci",
    };
    struct peer root = { .local = true, .uid = 0, .name = "" };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(enter(&far_away, wrong[i]), ENTRY_WRONG, "%s", wrong[i]);
        /* Nor is it ignored where another way would be open. */
        cr_expect_eq(enter(&root, wrong[i]), ENTRY_WRONG, "%s", wrong[i]);
        cr_expect_eq(who.voucher, VOUCHED_BY_SLACK);
        cr_expect_str_eq(who.user, "");
        cr_expect_not(strstr(why, "ci-token"), "%s", why);
    }
    cr_expect_eq(admin_enter(doors, &far_away, "Bearer ci-token-0123456789", 2,
                             &who, &why),
                 ENTRY_WRONG);
    cr_expect_eq(enter(&far_away, ""), ENTRY_NOBODY);
}

static enum admin_entry shows(const char *name)
{
    struct peer peer = { .name = name, .address = "10.0.0.1" };

    return enter(&peer, "");
}

Test(admin_who, a_certificate_is_its_common_name)
{
    char longest[NAME_BYTES + 1];

    cr_expect_eq(shows("ops.example"), ENTRY_LET_IN);
    cr_expect_str_eq(who.user, "cert:ops.example");
    cr_expect_eq(who.voucher, VOUCHED_BY_US);
    cr_expect_eq(shows("Ann Example"), ENTRY_WRONG);
    cr_expect_eq(shows("a:b"), ENTRY_WRONG);
    cr_expect_eq(shows("<!here>"), ENTRY_WRONG);
    cr_expect_eq(shows("a\nb"), ENTRY_WRONG);
    memset(longest, 'a', sizeof longest);
    longest[NAME_BYTES] = '\0';
    cr_expect_eq(shows(longest), ENTRY_WRONG);
    longest[NAME_BYTES - 1] = '\0';
    cr_expect_eq(shows(longest), ENTRY_LET_IN);
    cr_expect_eq(strlen(who.user), strlen(longest) + 5);
}

/* ---- how often ------------------------------------------------------------- */

static size_t taken(struct admin_rates *r, const char *name, int64_t now)
{
    size_t n = 0;
    int wait_s;

    while (admin_rate_take(r, name, now, &wait_s))
        n++;
    cr_expect_eq(wait_s, 1);
    return n;
}

Test(admin_rate, twice_a_second_s_worth_at_once_then_the_rate)
{
    struct admin_rates *r = xcalloc(1, sizeof *r);

    r->rate = 10;
    cr_expect_eq(taken(r, "token:ci", 1000), 20);
    cr_expect_eq(taken(r, "token:ci", 1000), 0);
    cr_expect_eq(taken(r, "token:cron", 1000), 20, "each has its own");
    cr_expect_eq(taken(r, "token:ci", 1500), 5);
    cr_expect_eq(taken(r, "token:ci", 100000), 20);
    free(r);
}

Test(admin_rate, a_newcomer_takes_the_place_unused_for_longest)
{
    struct admin_rates *r = xcalloc(1, sizeof *r);
    char name[32];

    r->rate = 1;
    for (int i = 0; i < ADMIN_BUCKETS; i++) {
        snprintf(name, sizeof name, "token:%d", i);
        cr_expect_eq(taken(r, name, 1000 + i), 2);
    }
    cr_expect_eq(taken(r, "token:new", 1100), 2);
    cr_expect_eq(taken(r, "token:5", 1100), 0, "kept");
    free(r);
}
