/*
 * entry: what stream ids and fields say. Pure, any thread. Internal to
 * core/ops.
 */
#ifndef CORE_OPS_ENTRY_H
#define CORE_OPS_ENTRY_H

#include <stdint.h>

#include "core/base/err.h"
#include "core/store/redis.h"

/* "<ms>-<seq>", nothing around it, into its canonical form. */
#define ENTRY_ID 44
bool entry_id_parse(const char *text, char out[ENTRY_ID]);

/* The time in a canonical id, as far as it fits. */
int64_t entry_ms(const char *id);
/* As qsort() wants it: by age, whatever their digits. Canonical ids. */
int entry_id_compare(const char *a, const char *b);

/* Oldest first, each once: what is there again is freed. How many are left. */
size_t entry_ids_sort(char **ids, size_t count);

/* How old an entry is by its id; -1 when the id is no time. */
int64_t entry_age(const char *id, int64_t now);

/* A copy fit for people and for Postgres: at most max bytes are looked at,
 * what is no UTF-8 is repaired. */
char *entry_text(const struct reply *value, size_t max);

/* Is key one that we may operate on: text, of a sane length, not our own? */
bool entry_key_fit(const struct reply *key, const char *prefix);

#endif
