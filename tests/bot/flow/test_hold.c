/* A held ack is one slot, moved by one thread at a time. */
#include <criterion/criterion.h>

#include "bot/flow/hold.c"

static struct holds holds;

Test(hold, recorded_and_refused_exclude_each_other)
{
    hold_start(&holds, 5);
    cr_expect(hold_move(&holds, 5, FATE_WAITING, FATE_RECORDED));
    cr_expect_not(hold_move(&holds, 5, FATE_WAITING, FATE_REFUSED));
    cr_expect_eq(hold_fate(&holds, 5), FATE_RECORDED);
}

Test(hold, a_claim_beats_a_refusal_and_a_refusal_a_claim)
{
    hold_start(&holds, 6);
    hold_start(&holds, 7);
    cr_expect(hold_move(&holds, 6, FATE_WAITING, FATE_MEMORY));
    cr_expect(hold_move(&holds, 6, FATE_MEMORY, FATE_CLAIMED));
    cr_expect_not(hold_move(&holds, 6, FATE_MEMORY, FATE_REFUSED));
    cr_expect(hold_move(&holds, 7, FATE_WAITING, FATE_MEMORY));
    cr_expect(hold_move(&holds, 7, FATE_MEMORY, FATE_REFUSED));
    cr_expect_not(hold_move(&holds, 7, FATE_MEMORY, FATE_CLAIMED));
}

Test(hold, an_old_slot_cannot_move_the_one_in_its_place)
{
    hold_start(&holds, 3);
    hold_start(&holds, 3 + HOLD_SLOTS);
    cr_expect_not(hold_move(&holds, 3, FATE_WAITING, FATE_RECORDED));
    cr_expect_eq(hold_fate(&holds, 3), FATE_NONE);
    cr_expect_eq(hold_fate(&holds, 3 + HOLD_SLOTS), FATE_WAITING);
}
