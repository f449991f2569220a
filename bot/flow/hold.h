/*
 * hold: whose turn it is with an envelope that somebody waits for.
 *
 * Each envelope that arrives gets a slot. Its fate is one atomic word that
 * three threads move, each only by compare-and-swap, so that "recorded",
 * "run from memory" and "refused" exclude each other (P1):
 *
 *     WAITING --intake--> RECORDED            in the inbox: a bare ack is true
 *     WAITING --intake--> MEMORY              Redis did not confirm
 *     MEMORY  --worker--> CLAIMED             being run; its answer is the ack
 *     WAITING, MEMORY --road--> REFUSED       time is up: nothing is run
 *
 * A slot number is never used twice. Fates are kept by slot % HOLD_SLOTS: it is
 * for the road to give out no number whose place another's envelope still has.
 */
#ifndef BOT_HOLD_H
#define BOT_HOLD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define HOLD_SLOTS 8192 /* envelopes in flight, at most */

enum fate {
    FATE_NONE,
    FATE_WAITING,
    FATE_RECORDED,
    FATE_MEMORY,
    FATE_CLAIMED,
    FATE_REFUSED,
};

struct holds {
    _Atomic uint64_t words[HOLD_SLOTS]; /* slot number * 8 + fate */
};

/* The road's thread: a fresh slot, WAITING. */
void hold_start(struct holds *h, uint64_t slot);
/* Any thread: moves from one fate to another; false if it was not so. */
bool hold_move(struct holds *h, uint64_t slot, enum fate from, enum fate to);
/* FATE_NONE once its place is another's. */
enum fate hold_fate(struct holds *h, uint64_t slot);

#endif
