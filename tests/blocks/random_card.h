/*
 * random_card: cards of wide, hostile and broken texts, with few or hundreds
 * of each part. The same number gives the same card. One thread.
 *
 * What may come out as a token of Slack's: <@U012ABC>, <#U012ABC>, <!date^…>
 * and links to https://x.…; all others are in the texts as bait.
 */
#ifndef TESTS_BLOCKS_RANDOM_CARD_H
#define TESTS_BLOCKS_RANDOM_CARD_H

#include <stddef.h>
#include <stdint.h>

#include "blocks/card.h"

void random_seed(uint64_t number); /* not 0 */
size_t random_below(size_t n);
/* Into an empty card. */
/* A text of words, markup, and what is no text. Heap. */
char *random_text(void);

void random_fill(struct card *card);

#endif
