/*
 * outbox: the cards of what waits for Slack and of what Slack refused. Pure.
 */
#ifndef BLOCKS_OUTBOX_H
#define BLOCKS_OUTBOX_H

#include "blocks/card.h"
#include "core/ops/outbox.h"

/* may_retry: whoever looks may try again what could not be delivered; a
 * button that would be refused is not offered. now: wall ms. */
void outbox_list_card(struct card *card, const struct outbox_list *list,
                      bool may_retry, int64_t now);

/* The answer to a retry of one row, or of all with id 0. */
void outbox_again_card(struct card *card, const struct outbox_again *again,
                       int64_t id, int64_t now);

/* Slack's error word as people say it: "the channel is archived". A word that
 * is not known, or a sentence, is given back. Static, or error itself. */
const char *outbox_reason(const char *error);

#endif
