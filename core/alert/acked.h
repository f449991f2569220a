/*
 * acked: that somebody has an alert, for everybody who looks into Redis (design
 * §5): notify:ack:A-<number> and notify:ack:<traceId> of each of its alerts,
 * JSON by, at, until, and by_name, note; they expire with the lease, and go
 * when nobody has it or it is over: those, too, of a trace id that newer news
 * of the same alert have replaced (<prefix>acked:A-<number> remembers them).
 *
 * Postgres decides; what Redis was not told of yet is owed there (ack_owed):
 * whatever changed who has it, while Redis was away or not.
 *
 * No state of its own: it runs on the thread whose connections it is given.
 */
#ifndef CORE_ALERT_ACKED_H
#define CORE_ALERT_ACKED_H

#include "core/ops/ack.h"
#include "core/store/db.h"

#define ACKED_TRACES                                                           \
    1000 /* of one group, the newest ones; as many again that
                           * were replaced */

/* Of one group, now: after its change was committed. False: it is owed. */
MUST_CHECK bool acked_tell(struct db *db, struct redis *redis,
                           const struct config *cfg, int64_t number,
                           struct err *err);
/* What is owed, of at most `most` groups. *told: how many. Safe anywhere,
 * twice, at once. */
MUST_CHECK bool acked_sweep(struct db *db, struct redis *redis,
                            const struct config *cfg, size_t most, size_t *told,
                            struct err *err);

#endif
