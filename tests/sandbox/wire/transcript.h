/*
 * transcript: what happened, in order, for a failing test to print.
 *
 * Bounded: the oldest entries make room. One thread.
 */
#ifndef SANDBOX_TRANSCRIPT_H
#define SANDBOX_TRANSCRIPT_H

#include <jansson.h>
#include <stdint.h>

#define TRANSCRIPT_KEPT 10000

struct transcript;

struct transcript *transcript_new(void);
void transcript_free(struct transcript *t);
/* what is copied, detail taken (may be NULL). */
void transcript_add(struct transcript *t, int64_t at_ms, const char *what,
                    json_t *detail);
/* [{"at_ms","what","detail"?}], oldest first. New. */
json_t *transcript_json(const struct transcript *t);
uint64_t transcript_dropped(const struct transcript *t);

#endif
