/*
 * schema_rare: the schemas of blocks that are in files of their own, and the
 * fields that all blocks share. For the files of blockkit only.
 */
#ifndef SANDBOX_SCHEMA_RARE_H
#define SANDBOX_SCHEMA_RARE_H

#include "tests/sandbox/blockkit/schema.h"

#define BLOCK_ID                                                               \
    {                                                                          \
        .key = "block_id", .shape = SHAPE_STRING, .min = 1, .max = 255         \
    }
#define END                                                                    \
    {                                                                          \
        .key = NULL                                                            \
    }

extern const struct schema schema_video;
extern const struct schema schema_alert;
extern const struct schema schema_card;
extern const struct schema schema_carousel;
extern const struct schema schema_container;
extern const struct schema schema_task_card;
extern const struct schema schema_plan;

#endif
