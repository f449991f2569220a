/*
 * payload: reading what Slack sends. No state, any thread.
 */
#ifndef BLOCKS_PAYLOAD_H
#define BLOCKS_PAYLOAD_H

#include <jansson.h>

/* The text at key; "" when it is something else, or
 * there is none, or object is none. Borrowed. */
const char *payload_text(const json_t *object, const char *key);

#endif
