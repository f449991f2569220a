/*
 * One run with something of everything: a read, a bulk move, a halt that
 * agents confirm, an unhalt. Patient: it is run under valgrind as well.
 */
#include <criterion/criterion.h>

#include "tests/integration/halting.h"
#include "tests/integration/jobs.h"

#define LONG_MS 90000

Test(whole, asks_moves_halts_and_starts_again)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;

    dead_letters(h, "orders", 30);
    expect_patiently(h, "ping", "Redis");
    expect_patiently(h, "dlq list", "orders");
    expect_patiently(h, ALL " --rate max", "Requeue 30 entries of orders?");
    expect_patiently(h, typed(h, "confirm"), "Requeueing 30 entries");
    wait_job(h, "done", LONG_MS);
    expect_each_once(h, 30);
    expect_patiently(h, "halt all valgrind looks", "Halted all");
    agents_wait_halted(t.agents, 2, LONG_MS);
    wait_card(h, "stopped 2/2 in ", LONG_MS);
    expect_patiently(h, "unhalt all", "Unhalt all?");
    expect_patiently(h, typed(h, "confirm"), "Unhalted all");
    agents_wait_halted(t.agents, 0, LONG_MS);
    wait_card(h, "ended by", LONG_MS);
    wait_settled(h, LONG_MS);
    halting_stop(&t);
}
