/*
 * streams: the card of what is in Redis Streams. Pure.
 */
#ifndef BLOCKS_STREAMS_H
#define BLOCKS_STREAMS_H

#include "blocks/card.h"
#include "core/ops/streams.h"

/* All streams, those that wait first; groups as lines under them. */
void streams_card(struct card *card, const struct stream_report *report,
                  int64_t now);
/* The first stream of the report alone, with its consumers. */
void stream_card(struct card *card, const struct stream_report *report,
                 int64_t now);

#endif
