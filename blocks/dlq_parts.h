/*
 * dlq_parts: what the dlq_*.c files share. Internal to blocks. Pure.
 */
#ifndef BLOCKS_DLQ_PARTS_H
#define BLOCKS_DLQ_PARTS_H

#include "blocks/dlq.h"
#include "core/base/buf.h"

/* The command of a button: names come from Redis and are typed as they must
 * be. line holds it as long as the action lives. id NULL, page 0: none; an
 * answer with a page takes the card's place. */
struct action dlq_action(struct buf *line, const char *command,
                         const char *stream, const char *id, size_t page);

/* The button that asks whether to move all: command is "dlq requeue". */
struct action dlq_all_action(struct buf *line, const char *command,
                             const char *stream);

#endif
