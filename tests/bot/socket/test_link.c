/* When the WebSocket is tried again: design §3.1, slack-protocol §1.1. */
#include <criterion/criterion.h>

#include "bot/socket/link.c"

#define MOST UINT32_MAX

static int64_t wait_for(struct link_policy *p, enum link_end end, int64_t up,
                        int64_t now, uint32_t random)
{
    return link_wait(p, end, up, 0, now, random);
}

Test(link, first_attempt_after_a_loss_is_within_250_ms)
{
    for (uint32_t random = 0; random < 5000; random += 7) {
        struct link_policy p = { 0 };
        int64_t wait = wait_for(&p, LINK_LOST, 90000, 100000, random);

        cr_assert(wait > 0 && wait <= 250, "%lld", (long long)wait);
    }
}

Test(link, only_one_quick_attempt_in_5_s)
{
    struct link_policy p = { 0 };
    int64_t longest = 0;

    wait_for(&p, LINK_LOST, 90000, 100000, 1);
    for (uint32_t random = 0; random < 1000; random++) {
        struct link_policy again = p;
        int64_t wait = wait_for(&again, LINK_LOST, 100, 104999, random);

        longest = wait > longest ? wait : longest;
    }
    cr_assert_gt(longest, 250);
    cr_assert_leq(wait_for(&p, LINK_LOST, 100, 105001, 5), 250);
}

Test(link, failures_double_to_30_s_with_full_jitter)
{
    int64_t most = 1000;
    struct link_policy p = { 0 };

    for (int i = 0; i < 12; i++) {
        struct link_policy low = p;
        int64_t longest = wait_for(&p, LINK_FAILED, 0, 0, (uint32_t)most - 1);

        cr_assert_eq(longest, most, "attempt %d: %lld", i, (long long)longest);
        cr_assert_eq(wait_for(&low, LINK_FAILED, 0, 0, 0), 1);
        most = most * 2 < 30000 ? most * 2 : 30000;
    }
}

Test(link, attempts_are_forgotten_after_60_s_up)
{
    struct link_policy p = { .failures = 9, .last_quick = 1 };

    cr_assert_leq(wait_for(&p, LINK_LOST, 60000, 2, MOST), 1000);
    cr_assert_eq(p.failures, 1);
}

Test(link, too_many_websockets_waits_15_then_30_s)
{
    struct link_policy p = { 0 };

    cr_assert_eq(wait_for(&p, LINK_TOO_MANY, 0, 0, 3), 15000);
    cr_assert_eq(wait_for(&p, LINK_TOO_MANY, 0, 0, 3), 30000);
    cr_assert_eq(wait_for(&p, LINK_TOO_MANY, 0, 0, 3), 30000);
}

Test(link, a_429_waits_what_slack_says_and_a_little_more)
{
    struct link_policy p = { 0 };
    int64_t wait = link_wait(&p, LINK_LIMITED, 0, 7000, 0, 12345);

    cr_assert(wait > 7000 && wait <= 8000, "%lld", (long long)wait);
}

Test(link, fatal_errors_are_retried_slowly_and_for_ever)
{
    struct link_policy p = { 0 };

    for (int i = 0; i < 40; i++) {
        int64_t wait = wait_for(&p, LINK_FATAL, 0, 0, (uint32_t)i * 7919u);

        cr_assert(wait >= 30000 && wait <= 300000, "%lld", (long long)wait);
    }
}

Test(link, error_words_mean_what_the_protocol_says)
{
    cr_expect_eq(link_verdict("invalid_auth"), LINK_FATAL);
    cr_expect_eq(link_verdict("token_revoked"), LINK_FATAL);
    cr_expect_eq(link_verdict("not_allowed_token_type"), LINK_FATAL);
    cr_expect_eq(link_verdict("ratelimited"), LINK_LIMITED);
    cr_expect_eq(link_verdict("internal_error"), LINK_FAILED);
    cr_expect_eq(link_verdict("fatal_error"), LINK_FAILED);
    cr_expect_eq(link_verdict("service_unavailable"), LINK_FAILED);
    cr_expect_eq(link_verdict("something_new"), LINK_FAILED);
    cr_expect_eq(link_verdict("link_disabled"), LINK_DISABLED);
}

Test(link, every_state_and_end_has_a_name)
{
    for (int i = LINK_DOWN; i <= LINK_DRAINING; i++)
        cr_expect_str_not_empty(link_name((enum link)i));
    for (int i = LINK_LOST; i <= LINK_FATAL; i++)
        cr_expect_str_not_empty(link_end_name((enum link_end)i));
}
