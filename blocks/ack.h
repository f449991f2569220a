/*
 * ack: the cards of acknowledgements: the public one, and what whoever asked is
 * told. Pure.
 */
#ifndef BLOCKS_ACK_H
#define BLOCKS_ACK_H

#include "blocks/card.h"
#include "core/ops/ack.h"

/* ---- the public card --------------------------------------------------------- */

/* All borrowed. */
struct ack_view {
    const struct ack_want *want;
    const struct ack_done *done; /* an ACK_DONE */
    const struct ack *left;      /* who left it after; NULL: it stands */
    const char *slash;           /* "/ops" */
};
void ack_public_card(struct card *card, const struct ack_view *view);
/* The same as chat.postMessage arguments without channel. Heap. */
char *ack_public_message(const struct ack_view *view);

/* ---- to who asked ------------------------------------------------------------- */

/* redis_since, postgres_since: wall ms since when they are away; 0: they are
 * not. here: the card is in this channel. */
struct ack_answer {
    const struct ack_want *want;
    const struct ack_report *report;
    int64_t redis_since, postgres_since;
    int64_t now;
    bool here;
};
void ack_answer_card(struct card *card, const struct ack_answer *answer);

#endif
