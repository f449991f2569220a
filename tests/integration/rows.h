/*
 * rows: outbox rows as a command would write them, and what became of them.
 * One thread; what cannot be done fails the test, as in harness.h.
 */
#ifndef INTEGRATION_ROWS_H
#define INTEGRATION_ROWS_H

#include "tests/integration/common.h"

/* Everything, with channels.fallback: C0GENERAL. */
struct harness *rows_start(void);

/* A message of the click lane; its text is its op and " says hi". */
void row_put(struct harness *h, const char *op, const char *channel);
/* A card of thing "none:<op>", which nobody knows: its body is its state. */
void row_card(struct harness *h, const char *op, const char *channel);
/* The card's text is now this, after so many changes. */
void row_change(struct harness *h, const char *op, const char *text,
                int changes);

/* Waits until the row is "state|error" ("sent|"). */
void row_wait(struct harness *h, const char *op, const char *want,
              int limit_ms);
/* Now. */
void row_expect(struct harness *h, const char *op, const char *want);

/* The text of the n-th message of a channel; "" if there is none. Heap. */
char *row_text(struct harness *h, const char *channel, size_t n);
/* Deletes the row's message in Slack, as a person would. */
void row_delete_message(struct harness *h, const char *op, const char *channel);

#endif
