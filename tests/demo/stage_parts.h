/*
 * stage_parts: what the files of the stage share. Internal to the demo. Main
 * thread.
 */
#ifndef DEMO_STAGE_PARTS_H
#define DEMO_STAGE_PARTS_H

#include <jansson.h>

#include "core/base/buf.h"
#include "tests/demo/stage.h"

/* The string under key, "" where there is none. Borrowed. */
const char *string(const json_t *object, const char *key);

/* Shows a message with its head, appends it to plain without colours, and
 * remembers how it read. took: what stands behind the head, or "". */
void show_message(struct stage *s, struct buf *plain, const json_t *message,
                  const char *channel, const char *took);

/* A message, or a tab, as people read it, without colours. Heap. */
char *plain_of(const json_t *message);

/* *field becomes what is in text, which is empty then. */
void set_text(char **field, struct buf *text);

/* All that user sees, as it is by now. New reference. */
json_t *messages_of(struct stage *s, const char *user);

#endif
