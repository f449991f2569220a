/*
 * render_blocks: a card as Block Kit, as generous as a plan says. Private to
 * blocks/.
 */
#ifndef BLOCKS_RENDER_BLOCKS_H
#define BLOCKS_RENDER_BLOCKS_H

#include "blocks/json_out.h"
#include "blocks/model.h"

/* How much is shown; lengths in UTF-16 units. */
struct plan {
    size_t rows;
    size_t lead;
    size_t line;    /* of a row, a detail, a field or a note */
    size_t payload; /* 0: none */
    bool details;
};

/* From the most generous on, each showing less than the one before; NULL past
 * the last. */
const struct plan *render_plan(size_t i);

/* Slack's limit is 50 blocks, and an undocumented 13,200 characters. */
#define BLOCKS_MOST 45
#define UNITS_MOST  12500

/* What there is in the blocks that were written. */
struct blocks_size {
    size_t count; /* may be 0 */
    size_t units; /* of all text in them */
};

/*
 * Appends an array, which may be empty. Each block keeps Slack's limits
 * whatever the plan says; how many there are, and their sum, is for the
 * caller to judge.
 */
struct blocks_size render_blocks(struct json_out *out, const struct card *card,
                                 const struct plan *plan);

#endif
