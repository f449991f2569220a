/* Twins of what is in flight are known, whatever their ids. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "bot/flow/inflight.c"

Test(inflight, knows_what_is_there_and_forgets_what_left)
{
    struct inflight *set = inflight_new();

    cr_expect(inflight_add(set, "a"));
    cr_expect_not(inflight_add(set, "a"));
    cr_expect(inflight_add(set, ""));
    inflight_remove(set, "a");
    inflight_remove(set, "never there");
    cr_expect_eq(inflight_count(set), 1);
    cr_expect(inflight_add(set, "a"));
    inflight_free(set);
}

Test(inflight, holds_more_than_it_has_buckets)
{
    struct inflight *set = inflight_new();
    char id[32];

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 40000; i++) {
            snprintf(id, sizeof id, "envelope-%d", i);
            cr_assert(inflight_add(set, id));
        }
        for (int i = 0; i < 40000; i++) {
            snprintf(id, sizeof id, "envelope-%d", i);
            cr_assert_not(inflight_add(set, id));
            inflight_remove(set, id);
        }
    }
    cr_expect_eq(inflight_count(set), 0);
    inflight_free(set);
}
