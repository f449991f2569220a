/* Signatures that were taken: for as long as one could be played back. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "bot/http/slack_seen.h"

static struct seen_table *t;
static struct seen *entry;

static void start(void)
{
    t = seen_new();
}

static void finish(void)
{
    seen_free(t);
}

TestSuite(slack_seen, .init = start, .fini = finish);

static const char *signature(unsigned n)
{
    static char text[72];

    snprintf(text, sizeof text, "v0=%08x%08x%016x%032x", n, n * 2654435761u, n,
             n);
    return text;
}

Test(slack_seen, a_replay_is_known_until_it_would_be_stale)
{
    cr_expect_eq(seen_look(t, signature(1), 1, 1000, &entry), SEEN_FREE);
    cr_expect_eq(seen_look(t, signature(1), 2, 1001, &entry), SEEN_PENDING);
    seen_conclude(entry, 1, SEEN_TAKEN);
    cr_expect_eq(seen_look(t, signature(1), 3, 1000 + SEEN_MS - 1, &entry),
                 SEEN_TAKEN);
    cr_expect_eq(seen_look(t, signature(2), 4, 1002, &entry), SEEN_FREE);
    cr_expect_eq(seen_look(t, signature(1), 5, 1000 + SEEN_MS, &entry),
                 SEEN_FREE);
}

Test(slack_seen, what_was_not_recorded_is_forgotten)
{
    cr_expect_eq(seen_look(t, signature(1), 1, 1000, &entry), SEEN_FREE);
    seen_conclude(entry, 1, SEEN_FREE);
    cr_expect_eq(seen_look(t, signature(1), 2, 1001, &entry), SEEN_FREE,
                 "it may come again");
    seen_conclude(entry, 1, SEEN_TAKEN);
    cr_expect_eq(seen_look(t, signature(1), 3, 1002, &entry), SEEN_PENDING,
                 "what the first has to say is over");
}

Test(slack_seen, the_oldest_goes_for_a_newcomer)
{
    struct seen *first;

    cr_expect_eq(seen_look(t, signature(0), 1, 1000, &first), SEEN_FREE);
    for (unsigned i = 1; i <= SEEN_MOST; i++)
        cr_assert_eq(seen_look(t, signature(i), i + 1, 1000, &entry),
                     SEEN_FREE);
    cr_expect_eq(first, entry, "its place is another's");
    seen_conclude(first, 1, SEEN_TAKEN);
    cr_expect_eq(seen_look(t, signature(SEEN_MOST), 9, 1000, &entry),
                 SEEN_PENDING, "whose state is its own");
    cr_expect_eq(seen_look(t, signature(1), 9, 1000, &entry), SEEN_PENDING);
    cr_expect_eq(seen_look(t, signature(0), 9, 1000, &entry), SEEN_FREE);
}
