/*
 * prober: brings stores back. A thread for each, so that one that hangs does
 * not delay the return of the other: one probe a second of a store that is
 * down. A database that was away at start is migrated before anybody may use
 * it: while its store_health says up, it is migrated.
 */
#ifndef BOT_PROBER_H
#define BOT_PROBER_H

#include "core/config.h"

struct prober;

/*
 * Does the first round before it returns: probes both stores, migrates. A
 * store that is away is no failure; a database that cannot be migrated is
 * (ERR_CONFIG). All borrowed for life.
 */
struct prober *prober_new(const struct config *cfg, struct store_health *redis,
                          struct store_health *postgres, struct err *err);
/* Starts the threads. */
MUST_CHECK bool prober_run(struct prober *p, struct err *err);
/* What of ours is at risk in Redis as it is set up (redis_info_risk()), as of
 * the last look: at start, when it comes back, and each minute. Static; NULL:
 * nothing, or not known. Any thread. */
const char *prober_redis_risk(const struct prober *p);
/* The longest since a thread turned; -1: none runs. Any thread. */
int64_t prober_turned_ms(const struct prober *p);
/* Joins, frees. NULL is fine. */
void prober_stop(struct prober *p);

#endif
