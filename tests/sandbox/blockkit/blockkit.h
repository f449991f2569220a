/*
 * blockkit: what Slack accepts as blocks and views, and what it makes of them.
 *
 * The rules are tables (blockkit_block.c, blockkit_element.c, …); the walk
 * over them is blockkit.c. Problems are an array of
 * {"code","message","pointer"}. Lengths are Unicode code points. No state.
 */
#ifndef SANDBOX_BLOCKKIT_H
#define SANDBOX_BLOCKKIT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum surface { SURFACE_MESSAGE = 1, SURFACE_MODAL = 2, SURFACE_HOME = 4 };

#define BLOCKS_IN_MESSAGE  50
#define BLOCKS_IN_VIEW     100
#define BLOCKS_TEXT_MAX    13200 /* all texts of a message's blocks */
#define ATTACHMENTS_MAX    100
#define VIEW_BYTES_MAX     250000
#define MARKDOWN_TOTAL_MAX 12000

/* NULL: nothing wrong. Else a new array of problems. root is the pointer to
 * the blocks: "/blocks". */
json_t *blockkit_check(const json_t *blocks, enum surface surface,
                       const char *root);
/* A message's attachments, and the blocks in them. */
json_t *blockkit_check_attachments(const json_t *attachments);
/* A modal or home definition, its blocks included. */
json_t *blockkit_check_view(const json_t *view);

/* Adds one problem to *problems (made when NULL). */
void blockkit_problem(json_t **problems, const char *pointer,
                      const char *message);
/* "message [json-pointer:/blocks/0]" for each, with prefix. New array. */
json_t *blockkit_texts(const json_t *problems, const char *prefix);

/* All text of all blocks, in characters. */
size_t blockkit_length(const json_t *blocks);
/* Characters of UTF-8 text. */
size_t blockkit_characters(const char *utf8);

/* A copy with what Slack fills in: block_id, action_id, emoji, verbatim, …;
 * ids are made from *next, which moves on. New. */
json_t *blockkit_fill(const json_t *blocks, unsigned *next);

/* Calls fn for every element that can be acted on, also those in input
 * blocks, until it returns true. Returns whether it did. */
typedef bool blockkit_fn(void *arg, json_t *block, json_t *element);
bool blockkit_each(const json_t *blocks, blockkit_fn *fn, void *arg);

#endif
