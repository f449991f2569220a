/*
 * A bulk requeue of 5,000 entries whose bot is killed at 50 random moments:
 * each entry in its stream once, one attempt and one outcome, one card that
 * is true.
 */
#include <criterion/criterion.h>

#include "tests/integration/bulk.h"

Test(bulk_kill, fifty_times)
{
    bulk_kill(&(struct bulk){
        .entries = 5000, .rate = "100", .kills = 50, .bots = 1 });
}

Test(bulk_kill, fifty_times_either_of_two)
{
    bulk_kill(&(struct bulk){
        .entries = 5000, .rate = "60", .kills = 50, .bots = 2 });
}
