/*
 * round: one asking of several checks at once, by a person.
 *
 * Shared between who asks and the pool that runs the checks: each holds a
 * reference, the last one frees it. Results are put in as they come, once
 * each. Any thread.
 */
#ifndef CORE_CHECK_ROUND_H
#define CORE_CHECK_ROUND_H

#include <stddef.h>

#include "core/check/check.h"

struct round;

/* which: indexes of cfg->checks, n of them; none is complete at once. cfg is
 * borrowed for life. The reference is the caller's. */
struct round *round_new(const struct config *cfg, const unsigned *which,
                        size_t n);
struct round *round_hold(struct round *r); /* another reference; gives r */
void round_drop(struct round *r);          /* gives one up; NULL is fine */

/* done(arg) is called once, when the last result is in: on the thread that
 * puts it in, or here when all are. It must not wait for anything, and may
 * drop a reference. At most one done() for a round. */
void round_on_done(struct round *r, void (*done)(void *arg), void *arg);

size_t round_count(const struct round *r);
/* The i-th; of the configuration that was asked for. */
const struct config_check *round_check(const struct round *r, size_t i);

/* The result of the i-th. A second one is nothing. True: it was the last one
 * that was missing. */
bool round_put(struct round *r, size_t i, const struct check_result *result);
/* False: not in yet; *out is untouched. */
bool round_get(struct round *r, size_t i, struct check_result *out);
size_t round_missing(struct round *r); /* how many are not in yet */

#endif
