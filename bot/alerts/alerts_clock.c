/*
 * alerts_clock: the clock of alerts: what it does at each turn, and when it may
 * go. See alerts_int.h. The alerts thread.
 *
 * What people did, and what senders said, while Postgres was away waits in
 * Redis, in the journal, and as operations that are to be finished. Who has
 * acknowledged an alert is not paged for it: after each outage, and at the
 * start, the clock waits for that, for so long and no longer.
 */
#include <stdlib.h>

#include "bot/alerts/alerts_int.h"
#include "core/alert/mute.h"
#include "core/alert/storm.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/ops/ack.h"

#define WAIT_MS  30000 /* longer than ack_settle() leaves one alone */
#define DRAIN_MS 500
#define COUNT_MS 5000
#define DUE_MOST 200  /* groups at once */
#define DUE_MS   1000 /* then the queue has its turn again */

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

/* Postgres is up: has all that waited for it been recorded, or waited long
 * enough? */
static bool may_go(struct alerts *a, int64_t now)
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

/* ---- its turn ---------------------------------------------------------------- */

/* Whatever is due, and is no more than one turn's worth. */
static bool due(struct alerts *a, struct err *err)
{
    struct alert_world w = alerts_world(a);
    int64_t until = clock_mono_ms() + DUE_MS;
    size_t fired = DUE_MOST, all = 0;

    while (fired == DUE_MOST && clock_mono_ms() < until) {
        if (!alerts_due(&w, DUE_MOST, &fired, err))
            return false;
        all += fired;
    }
    if (all > 0)
        a->needs.posted(a->needs.posted_arg);
    return mute_due(&w, err) && storm_due(&w, err);
}

/* Without a section of theirs nobody asks for them. */
static bool has_section(const struct alerts *a)
{
    return config_now(a->needs.config)->alerts.on;
}

static void count_what_is_there(struct alerts *a, struct err *err)
{
    struct alert_counts counts;
    int64_t held = 0, overdue = 0;

    if (store_up(a->needs.redis) &&
        held_count(a->redis, config_now(a->needs.config), &held, err)) {
        atomic_store(&a->held_now, held);
        a->in_redis = a->in_redis || held > 0;
    }
    if (!has_section(a))
        counts = (struct alert_counts){ .alerts = 0 };
    else if (!store_up(a->needs.postgres) ||
             !alerts_count(a->db, &counts, err) ||
             !alerts_overdue(a->db, &overdue, err))
        return;
    for (int s = 0; s < ALERT_SEVERITIES; s++) {
        atomic_store(&a->groups[s], counts.groups[s]);
        atomic_store(&a->unacked[s], counts.unacked[s]);
    }
    atomic_store(&a->overdue, overdue);
}

void alerts_tick(struct alerts *a, int64_t now)
{
    struct err err = { 0 };

    a->tick_at = now + ALERTS_TICK_MS;
    outage_look(a->outage, a, now);
    if (now >= a->drain_at) {
        a->drain_at = now + DRAIN_MS;
        alerts_drain(a);
    }
    if (has_section(a) && store_up(a->needs.postgres))
        outage_ask(a->outage, a->db, config_now(a->needs.config), now);
    if (has_section(a) && store_up(a->needs.postgres) && may_go(a, now)) {
        if (due(a, &err))
            news_over(&a->clock_news);
        else if (news_is(&a->clock_news, err.text))
            log_warn("alerts", NULL, "the clock of alerts: %s", err.text);
    }
    if (now >= a->count_at) {
        a->count_at = now + COUNT_MS;
        count_what_is_there(a, &err);
    }
}
