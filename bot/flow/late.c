#include "bot/flow/late.h"

#include <string.h>

#include "core/alert/fell.h"
#include "core/alert/held.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/ops/ack.h"
#include "core/ops/audit.h"
#include "core/ops/halt_act.h"

struct drain {
    const struct late *late;
    size_t left;   /* records that may go in this turn */
    bool patience; /* it stopped because something must wait */
};

static bool wait_for(struct drain *d, enum err_kind kind, struct err *err)
{
    d->patience = true;
    return err_set(err, kind, "the journal waits for a store");
}

/* What Postgres will never take is kept apart in Redis. */
static bool apply_audit(struct drain *d, const char *json, struct err *err)
{
    const struct late *l = d->late;
    bool redis = store_up(l->redis_health);

    if (store_up(l->postgres_health)) {
        if (audit_write_text(l->db, json, err))
            return true;
        if (err->kind != ERR_USER)
            return false;
        if (!redis)
            return wait_for(d, ERR_REDIS, err);
        log_warn("journal", NULL,
                 "a record is no audit row: moved to"
                 " audit.bad");
        return audit_set_aside(l->redis, l->config->redis_prefix, json, err);
    }
    return redis ? audit_wait_text(l->redis, l->config->redis_prefix, json, err)
                 : wait_for(d, ERR_DB, err);
}

static bool apply_halt(struct drain *d, const char *json, struct err *err)
{
    const struct late *l = d->late;

    return store_up(l->redis_health)
               ? halt_apply_late(l->redis, l->config, json, err)
               : wait_for(d, ERR_REDIS, err);
}

static bool apply_ack(struct drain *d, const char *json, struct err *err)
{
    const struct late *l = d->late;

    return store_up(l->redis_health)
               ? ack_apply_late(l->redis, l->config, json, err)
               : wait_for(d, ERR_REDIS, err);
}

/* Behind those that are held in Redis, which are older: a resolved one must
 * not come before the one that fired. Without Redis to Postgres. */
static bool apply_alert(struct drain *d, const char *json, struct err *err)
{
    const struct late *l = d->late;
    bool redis = store_up(l->redis_health), db = store_up(l->postgres_health);

    if (redis && held_to_redis(l->redis, l->config, json, err))
        return true;
    if (db)
        return held_of_journal(l->alerts, json, err);
    return redis ? false : wait_for(d, ERR_DB, err);
}

/* Behind the alerts it is of, which may have gone to Redis. */
static bool apply_fell(struct drain *d, const char *json, struct err *err)
{
    const struct late *l = d->late;
    bool redis = store_up(l->redis_health), db = store_up(l->postgres_health);

    if (!redis && !db)
        return wait_for(d, ERR_DB, err);
    if (fell_of_journal(redis ? l->redis : NULL, db ? l->db : NULL, l->config,
                        json, err))
        return true;
    d->patience = d->patience || !redis;
    return false;
}

static const struct {
    const char *kind;
    bool (*apply)(struct drain *d, const char *json, struct err *err);
} kinds[] = {
    { JOURNAL_AUDIT, apply_audit }, { JOURNAL_HALT, apply_halt },
    { JOURNAL_ACK, apply_ack },     { JOURNAL_ALERT, apply_alert },
    { JOURNAL_FELL, apply_fell },
};

static bool each(void *arg, const char *kind, const char *json, struct err *err)
{
    struct drain *d = arg;
    int64_t until = d->late->until;

    if (d->left == 0 || (until && clock_mono_ms() >= until))
        return wait_for(d, ERR_BUSY, err);
    d->left--;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].apply(d, json, err);
    return err_set(err, ERR_SYSTEM,
                   "the journal holds a record of a kind that this version"
                   " does not know (%s): it waits, and those after it",
                   kind);
}

bool late_drain(const struct late *l, size_t most, size_t *drained,
                struct err *err)
{
    struct drain d = { .late = l, .left = most };
    int64_t since;

    *drained = 0;
    if (!l->journal || journal_waiting(l->journal, &since) == 0)
        return true;
    return journal_drain(l->journal, each, &d, drained, err) || d.patience;
}
