/*
 * alerts_keep: where events go. Postgres, if it is there; otherwise they are
 * held, and what is critical or high is posted without it.
 *
 * Order: of one alert the later news count. So as long as something is held,
 * what comes is held behind it; but what is held in a store that is away
 * itself holds up nothing.
 */
#include <string.h>

#include "bot/alerts/alerts_int.h"
#include "bot/flow/late.h"
#include "commands/alert.h"
#include "core/alert/fell.h"
#include "core/base/clock.h"
#include "core/base/log.h"

#define TRIES     3    /* of a transaction that lost against another */
#define DRAIN_MS  1000 /* then the queue has its turn again */
#define LATE_MOST 500  /* records of the journal at once */
#define FELL_MS   2000 /* until it is looked for again */

struct alert_world alerts_world(struct alerts *a)
{
    return (struct alert_world){
        .db = a->db,
        .redis = store_up(a->needs.redis) ? a->redis : NULL,
        .config = config_now(a->needs.config),
        .replica = a->needs.replica,
        .line = alert_line_text,
    };
}

/* ---- Postgres ---------------------------------------------------------------- */

static bool take(struct alerts *a, struct alert_event *events, size_t count,
                 size_t *known, struct err *err)
{
    struct alert_world w = alerts_world(a);
    struct taken taken = { 0 };
    /* Of a sender that was refused meanwhile, and comes again. */
    bool posted = outage_posted(a->outage, w.config, events, count);
    int left = TRIES;
    bool ok;

    do
        ok = alerts_take(&w, events, count, posted, &taken, err);
    while (!ok && held_lost_race(a->db) && --left > 0);
    if (!ok)
        return false;
    atomic_fetch_add(&a->taken, taken.news);
    atomic_fetch_add(&a->known, taken.known);
    *known = taken.known;
    outage_known(a->outage, events, count);
    if (taken.cards || taken.lines)
        a->needs.posted(a->needs.posted_arg);
    return true;
}

/* ---- held --------------------------------------------------------------------- */

/* away: Postgres is; otherwise they wait for those before them alone. */
static enum alerts_kept hold(struct alerts *a, struct alert_event *events,
                             size_t count, bool away, struct err *err)
{
    const struct config *cfg = config_now(a->needs.config);
    bool posted = away && outage_plan(a->outage, cfg, events, count);
    /* Behind what is in the journal, not beside it. */
    bool redis = store_up(a->needs.redis) && !a->in_journal;
    struct err why = { 0 };
    enum held_place place = held_put(redis ? a->redis : NULL, a->needs.journal,
                                     cfg, events, count, posted, &why);

    if (away) {
        struct fell_store store = fall_store(a, cfg);

        outage_post(a->outage, &store);
    }
    a->in_redis = a->in_redis || place == HELD_REDIS;
    a->in_journal = a->in_journal || place == HELD_JOURNAL;
    if (place != HELD_NONE)
        return ALERTS_HELD;
    if (news_is(&a->held_news, why.text))
        log_error("alerts", NULL,
                  "alerts are refused, for there is nowhere to keep them: %s "
                  "Whoever sends them has to send them again.",
                  why.text);
    *err = why;
    return ALERTS_REFUSED;
}

/* What is in the journal goes where it belongs, now: the keeper may have been
 * about to, and is waited for then. A record that waits for something else (a
 * halt, for Redis) holds up those behind it there: new alerts do not wait for
 * that. */
static void drain_journal(struct alerts *a)
{
    struct alert_world w = alerts_world(a);
    struct late l = { .journal = a->needs.journal,
                      .config = w.config,
                      .redis = a->redis,
                      .db = a->db,
                      .redis_health = a->needs.redis,
                      .postgres_health = a->needs.postgres,
                      .alerts = &w,
                      .until = clock_mono_ms() + DRAIN_MS };
    size_t drained = LATE_MOST;
    bool ok = true;
    struct err err = { 0 };

    while (ok && drained == LATE_MOST)
        ok = late_drain(&l, LATE_MOST, &drained, &err);
    if (!ok && news_is(&a->drain_news, err.text))
        log_warn("alerts", NULL, "what is in the journal waits: %s", err.text);
    if (drained)
        a->needs.posted(a->needs.posted_arg);
    if (journal_waiting(a->needs.journal, NULL) > 0 &&
        (clock_mono_ms() >= l.until || !store_up(a->needs.postgres)))
        return; /* there is more that can go */
    a->in_journal = false;
    a->in_redis = true; /* the keeper may have moved some there */
}

/* Is there something before them that can be taken, and is not yet? Postgres
 * is up. */
static bool must_queue(struct alerts *a)
{
    if (a->in_journal || (a->in_redis && store_up(a->needs.redis)))
        alerts_drain(a);
    return a->in_journal || (a->in_redis && store_up(a->needs.redis));
}

/* One that Postgres will never take, alone. */
static enum alerts_kept bury(struct alerts *a, const struct alert_event *e,
                             struct err *err)
{
    struct err lost;

    if (!held_bury(alerts_world(a).redis, config_now(a->needs.config), e,
                   err->text, &lost)) {
        *err = lost;
        return ALERTS_REFUSED;
    }
    atomic_fetch_add(&a->dead, 1);
    return ALERTS_TAKEN;
}

static enum alerts_kept keep_each(struct alerts *a, struct alert_event *events,
                                  size_t count, size_t *known, struct err *err)
{
    enum alerts_kept worst = ALERTS_TAKEN;
    struct err why = { 0 };

    for (size_t i = 0; i < count; i++) {
        size_t one = 0;
        enum alerts_kept kept =
            alerts_keep(a, &events[i], 1, false, &one, &why);

        *known += one;
        if (kept > worst) {
            worst = kept;
            *err = why;
        }
    }
    return worst;
}

enum alerts_kept alerts_keep(struct alerts *a, struct alert_event *events,
                             size_t count, bool whole, size_t *known,
                             struct err *err)
{
    bool up = store_up(a->needs.postgres);

    *known = 0;
    if (up && must_queue(a))
        return hold(a, events, count, !store_up(a->needs.postgres), err);
    if (up && take(a, events, count, known, err)) {
        news_over(&a->take_news);
        return ALERTS_TAKEN;
    }
    if (up && store_up(a->needs.postgres) && held_is_poison(a->db)) {
        if (whole)
            return ALERTS_POISON;
        return count == 1 ? bury(a, events, err)
                          : keep_each(a, events, count, known, err);
    }
    if (up && news_is(&a->take_news, err->text))
        log_warn("alerts", NULL, "alerts are held: %s", err->text);
    return hold(a, events, count, true, err);
}

/* ---- draining ------------------------------------------------------------------- */

/* What was posted without Postgres has arrived, or will not: from then on it
 * can be looked for. */
static bool may_drain(const struct alerts *a)
{
    return store_up(a->needs.postgres) && outage_flying(a->outage) == 0;
}

static bool may_drain_redis(const struct alerts *a)
{
    return a->in_redis && !a->in_journal && store_up(a->needs.redis) &&
           may_drain(a);
}

/* After each outage, and at the start, until Redis has none left. */
static void record_fallen(struct alerts *a)
{
    uint64_t falls = atomic_load(&a->needs.postgres->falls) + 1;
    int64_t now = clock_mono_ms();
    size_t left = 0;
    struct err err = { 0 };

    if (a->fell_falls == falls || !store_up(a->needs.redis) ||
        !store_up(a->needs.postgres) || now < a->fell_at ||
        outage_falling(a->outage))
        return;
    a->fell_at = now + FELL_MS;
    if (!fell_drain(a->redis, a->db, config_now(a->needs.config), &left,
                    &err)) {
        if (news_is(&a->drain_news, err.text))
            log_warn("alerts", NULL, "what went by the fallback: %s", err.text);
    } else if (left == 0 && !a->in_journal && !a->in_redis) {
        a->fell_falls = falls;
    }
}

static void drain_redis(struct alerts *a)
{
    struct alert_world w = alerts_world(a);
    int64_t until = clock_mono_ms() + DRAIN_MS;
    size_t taken = 1, all = 0;
    struct err err = { 0 };

    while (taken > 0 && may_drain_redis(a) && clock_mono_ms() < until) {
        if (!held_drain(&w, &taken, &err)) {
            if (news_is(&a->drain_news, err.text))
                log_warn("alerts", NULL, "what was held waits: %s", err.text);
            return;
        }
        all += taken;
        a->in_redis = taken > 0;
    }
    if (all == 0)
        return;
    news_over(&a->drain_news);
    atomic_fetch_add(&a->taken, all);
    log_info("alerts", NULL, "%zu alert(s) that were held are taken", all);
    a->fell_at = 0;
    a->needs.posted(a->needs.posted_arg);
}

/* The journal first: what is in it is newer, and goes behind the others in
 * Redis, if that is there. */
void alerts_drain(struct alerts *a)
{
    if (store_up(a->needs.redis) && journal_waiting(a->needs.journal, NULL) > 0)
        a->in_journal = true; /* what a halt held up there can go now */
    if (a->in_journal && may_drain(a))
        drain_journal(a);
    drain_redis(a);
    record_fallen(a);
    /* What is in a Redis that is away knows what was posted for it (shown). */
    if (store_up(a->needs.postgres) && !a->in_journal &&
        !(a->in_redis && store_up(a->needs.redis)))
        outage_over(a->outage);
}
