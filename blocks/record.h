/*
 * record: what a card says of a record that is not where it should be. Pure.
 */
#ifndef BLOCKS_RECORD_H
#define BLOCKS_RECORD_H

#include "blocks/card.h"
#include "core/ops/halt_act.h"

/* Text is borrowed as long as the card. */
struct record_view {
    enum record_place place; /* where it is instead */
    const char *postgres;    /* why Postgres has not taken it */
    const char *journal;     /* of RECORD_NOWHERE: why the journal did not */
    int64_t postgres_since;  /* wall ms: it has been down; 0: it is up */
    int64_t now;             /* wall ms */
    const char *then;        /* what comes with Postgres, said after; or "" */
};

/* Two rows; nothing of a record that Postgres has. */
void record_rows(struct card *card, const struct record_view *view);

#endif
