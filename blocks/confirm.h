/*
 * confirm: the cards of a question that was not answered with yes, or too
 * late. Pure.
 */
#ifndef BLOCKS_CONFIRM_H
#define BLOCKS_CONFIRM_H

#include "blocks/card.h"
#include "core/ops/confirm.h"

/* CONFIRM_CANCELLED, CONFIRM_EXPIRED: why it cannot be confirmed, with the
 * way to ask anew; CONFIRM_USED: that it was confirmed before, where nothing
 * more is known of it. */
void confirm_over_card(struct card *card, const struct confirm *c, int64_t now);

/* Below a question: how long it waits, and for whom, and what to type. op:
 * what its operation will be. */
void confirm_note(struct card *card, const char *op);

/* Withdrawn now, or before. */
void confirm_withdrawn_card(struct card *card, const struct confirm *c,
                            bool first);

#endif
