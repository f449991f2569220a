#include "bot/flow/hold.h"

static _Atomic uint64_t *word_of(struct holds *h, uint64_t slot)
{
    return &h->words[slot % HOLD_SLOTS];
}

static uint64_t word(uint64_t slot, enum fate fate)
{
    return slot * 8 + (uint64_t)fate;
}

void hold_start(struct holds *h, uint64_t slot)
{
    atomic_store(word_of(h, slot), word(slot, FATE_WAITING));
}

bool hold_move(struct holds *h, uint64_t slot, enum fate from, enum fate to)
{
    uint64_t was = word(slot, from);

    return atomic_compare_exchange_strong(word_of(h, slot), &was,
                                          word(slot, to));
}

enum fate hold_fate(struct holds *h, uint64_t slot)
{
    uint64_t now = atomic_load(word_of(h, slot));

    return now / 8 == slot ? (enum fate)(now % 8) : FATE_NONE;
}
