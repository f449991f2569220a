/* What the answer to a page means. */
#include "bot/alerts/pager_verdict.h"

#include <criterion/criterion.h>

static struct pager_verdict judged(struct pager_answer answer, int attempts)
{
    struct pager_verdict v;

    pager_judge(&answer, attempts, 0, &v);
    return v;
}

static enum pager_end http(int status)
{
    return judged((struct pager_answer){ .whole = true,
                                         .left = true,
                                         .status = status },
                  1)
        .end;
}

static enum pager_end smtp(int status)
{
    return judged((struct pager_answer){ .mail = true,
                                         .whole = status < 400,
                                         .left = true,
                                         .status = status },
                  1)
        .end;
}

Test(pager_verdict, of_http)
{
    cr_expect_eq(http(200), PAGER_TAKEN);
    cr_expect_eq(http(202), PAGER_TAKEN);
    cr_expect_eq(http(301), PAGER_NEVER, "no redirect is followed");
    cr_expect_eq(http(400), PAGER_NEVER);
    cr_expect_eq(http(404), PAGER_NEVER);
    cr_expect_eq(http(410), PAGER_NEVER);
    cr_expect_eq(http(401), PAGER_LATER, "the token may be put right");
    cr_expect_eq(http(403), PAGER_LATER);
    cr_expect_eq(http(429), PAGER_LATER);
    cr_expect_eq(http(500), PAGER_LATER);
    cr_expect_eq(http(503), PAGER_LATER);
}

Test(pager_verdict, of_mail)
{
    cr_expect_eq(smtp(250), PAGER_TAKEN);
    cr_expect_eq(smtp(421), PAGER_LATER);
    cr_expect_eq(smtp(450), PAGER_LATER);
    cr_expect_eq(smtp(535), PAGER_LATER, "the password may be put right");
    cr_expect_eq(smtp(550), PAGER_NEVER);
    cr_expect_eq(smtp(554), PAGER_NEVER);
}

/* Whoever may have it must be told that this is the second time. */
Test(pager_verdict, what_may_have_arrived_is_not_clear)
{
    cr_expect(judged((struct pager_answer){ .left = true }, 1).unclear);
    cr_expect(
        judged(
            (struct pager_answer){ .left = true, .whole = true, .status = 502 },
            1)
            .unclear);
    cr_expect_not(judged((struct pager_answer){ .left = false }, 1).unclear);
    cr_expect_not(
        judged(
            (struct pager_answer){ .left = true, .whole = true, .status = 429 },
            1)
            .unclear);
}

Test(pager_verdict, waits_longer_each_time_up_to_a_minute)
{
    struct pager_answer lost = { .left = true };

    cr_expect_eq(judged(lost, 1).delay_ms, 1000);
    cr_expect_eq(judged(lost, 2).delay_ms, 2000);
    cr_expect_eq(judged(lost, 6).delay_ms, 32000);
    cr_expect_eq(judged(lost, 7).delay_ms, 60000);
    cr_expect_eq(judged(lost, 700).delay_ms, 60000);
}

Test(pager_verdict, waits_as_long_as_it_is_told_within_reason)
{
    struct pager_answer answer = { .whole = true, .status = 429 };

    answer.retry_after = 30;
    cr_expect_eq(judged(answer, 1).delay_ms, 30000);
    answer.retry_after = 86400;
    cr_expect_eq(judged(answer, 1).delay_ms, 600000);
}
