/*
 * heartbeat: who has called in, and for how long one has been silent.
 *
 * One for the process. Calls come by HTTP (/heartbeat/<secret>), checks ask
 * how long it has been silent, and heartbeats_sync() shares both with the
 * other replicas and with the next start, through Redis: one sorted set,
 * <prefix>heartbeats, check id → since when it has been silent, and "heard" →
 * when somebody last listened. Both only ever grow.
 *
 * Time in which no replica ran, and so nobody could be called, does not count:
 * a restart raises no alarm, and hides no silence either. Without Redis only
 * this process is known, and it counts from its start.
 *
 * Any thread, but for heartbeats_sync(): one; and heartbeats_adopt(): one,
 * which may be another.
 */
#ifndef CORE_CHECK_HEARTBEAT_H
#define CORE_CHECK_HEARTBEAT_H

#include "core/config.h"

struct heartbeats;

/* cfg borrowed for life. Listening begins now. */
struct heartbeats *heartbeats_new(const struct config *cfg);
/* The same for those that are in cfg: what is known of the others is
 * forgotten, one that is new is listened to from now on. */
void heartbeats_adopt(struct heartbeats *h, const struct config *cfg);
void heartbeats_free(struct heartbeats *h); /* NULL is fine */

/* word: what stood in the URL. False: nobody's. How long it takes says nothing
 * about the secrets. */
bool heartbeat_call(struct heartbeats *h, const char *word);

/* Since when it has been silent (wall ms), counting as above: the last call,
 * or the start. 0: there is no such check. */
int64_t heartbeat_silent_since(struct heartbeats *h, const char *id);

/* One round trip; nothing without heartbeat checks. Every few seconds, on
 * every replica. */
MUST_CHECK bool heartbeats_sync(struct heartbeats *h, struct redis *r,
                                struct err *err);

#endif
