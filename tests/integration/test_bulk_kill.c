/*
 * A bulk requeue whose bots are killed at a dozen random moments; `make
 * faults` has the same with 50 and 5,000 entries.
 */
#include <criterion/criterion.h>

#include "tests/integration/bulk.h"

Test(bulk_kill, a_dozen_times)
{
    bulk_kill(&(struct bulk){
        .entries = 1400, .rate = "100", .kills = 12, .bots = 1 });
}

Test(bulk_kill, a_dozen_times_either_of_two)
{
    bulk_kill(&(struct bulk){
        .entries = 1600, .rate = "60", .kills = 12, .bots = 2 });
}
