/*
 * alerts_clock: when the clock of alerts may go. See alerts_int.h.
 *
 * What people did, and what senders said, while Postgres was away waits in
 * Redis, in the journal, and as operations that are to be finished. Who has
 * acknowledged an alert is not paged for it: after each outage, and at the
 * start, the clock waits for that, for so long and no longer.
 */
#include <stdlib.h>

#include "bot/alerts/alerts_int.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/ops/ack.h"

#define WAIT_MS 30000 /* longer than ack_settle() leaves one alone */

/* Rows of the audit trail: acknowledgements are among them. */
static bool redis_has(struct alerts *a, bool *waits, struct err *err)
{
    char *key = xasprintf("%saudit", config_now(a->needs.config)->redis_prefix);
    const struct reply *rep;

    redis_reset(a->redis);
    rep = redis_one(a->redis, err, "XLEN", key);
    *waits = rep && reply_int(rep) > 0;
    free(key);
    return rep != NULL;
}

/* In the order in which a record moves, so that none is between two. NULL:
 * nothing waits. */
static const char *behind_what(struct alerts *a, struct err *err)
{
    bool waits = false;

    if (a->in_journal || journal_waiting(a->needs.journal, NULL) > 0)
        return "what is in the journal";
    if (!store_up(a->needs.redis))
        return "what may be in Redis, which is away";
    if (a->in_redis)
        return "alerts that were held in Redis";
    if (!redis_has(a, &waits, err))
        return "what may be in Redis, which does not answer";
    if (waits)
        return "records that wait in Redis";
    if (!ack_waits(a->db, &waits, err))
        return "what Postgres did not say";
    return waits ? "acknowledgements that are not finished" : NULL;
}

bool alerts_may_tick(struct alerts *a, int64_t now)
{
    uint64_t falls = atomic_load(&a->needs.postgres->falls);
    struct err err = { 0 };
    const char *what;

    if (a->clock_goes && a->clock_falls == falls)
        return true;
    if (a->clock_goes || !a->clock_since || a->clock_falls != falls) {
        a->clock_goes = false;
        a->clock_falls = falls;
        a->clock_since = now;
    }
    what = behind_what(a, &err);
    if (what && now - a->clock_since < WAIT_MS)
        return false;
    if (what)
        log_warn("alerts", NULL,
                 "the clock of alerts has waited %d s for %s, and goes on: "
                 "somebody may be paged for what is acknowledged already",
                 WAIT_MS / 1000, what);
    a->clock_goes = true;
    return true;
}
