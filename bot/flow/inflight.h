/*
 * inflight: the envelope ids this replica works on. Intake's alone.
 *
 * A twin of an envelope in flight is dropped: one ack is right for both.
 */
#ifndef BOT_INFLIGHT_H
#define BOT_INFLIGHT_H

#include <stdbool.h>
#include <stddef.h>

struct inflight;

struct inflight *inflight_new(void);
void inflight_free(struct inflight *set);

/* False: it is there already. Copies id. */
bool inflight_add(struct inflight *set, const char *id);
/* It is in the inbox now: nothing can lose it. */
void inflight_mark(struct inflight *set, const char *id);
bool inflight_marked(struct inflight *set, const char *id);
void inflight_remove(struct inflight *set, const char *id);
size_t inflight_count(const struct inflight *set);

#endif
