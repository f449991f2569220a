/*
 * sentence: a line that is put together span by span, for lists of people,
 * groups and channels. Pure.
 */
#ifndef BLOCKS_SENTENCE_H
#define BLOCKS_SENTENCE_H

#include "blocks/card.h"

#define SENTENCE_SPANS 64

/* Starts as {0}; spans is a line at any time. */
struct sentence {
    struct span spans[SENTENCE_SPANS + 1];
    size_t count;
};

/* What does not fit is left out. */
void sentence_add(struct sentence *s, struct span span);
/* "#a, #b and #c". */
void sentence_channels(struct sentence *s, const char *const *channels,
                       size_t count);

#endif
