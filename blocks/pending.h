/*
 * pending: the card of what consumer groups have not acknowledged. Pure.
 */
#ifndef BLOCKS_PENDING_H
#define BLOCKS_PENDING_H

#include "blocks/card.h"
#include "core/ops/pending.h"

/* Each group with its consumers and its oldest entries; or a page of one. */
void pending_card(struct card *card, const struct pending *p, int64_t now);

#endif
