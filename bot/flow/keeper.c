#include "bot/flow/keeper.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "bot/flow/late.h"
#include "bot/flow/pulse.h"
#include "commands/alert.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/news.h"
#include "core/alert/acked.h"
#include "core/ops/audit.h"
#include "core/ops/halt.h"
#include "core/ops/job.h"
#include "core/ops/lease.h"
#include "core/ops/outbox.h"

#define TURN_MS        250
#define TAKE_OVER_MOST 64 /* and what is left of a page */
#define LATE_MOST      500
#define LATE_MS        2000 /* this replica must be heard of meanwhile */
#define SETTLE_AGE_MS  5000
#define ACKED_MOST     200
#define NEVER          INT64_MAX

enum duty {
    DUTY_RENEW,
    DUTY_INHERIT,
    DUTY_RELEASE,
    DUTY_LATE,
    DUTY_DRAIN,
    DUTY_TAKE_OVER,
    DUTY_SETTLE,
    DUTY_COUNT,
    DUTY_LENGTHS,
    DUTY_PARTITIONS,
    DUTY_HEARTBEATS,
    DUTY_ACKED,
    DUTIES
};

struct keeper {
    struct keeper_needs needs;
    struct pulse *pulse;
    struct redis *redis;
    struct db *db;
    int64_t due[DUTIES]; /* mono ms */
    struct news news[DUTIES];

    _Atomic int64_t depth, waiting, oldest, undeliverable, audit, halts;
    _Atomic int64_t incidents[INCIDENT_P3 + 1];
    _Atomic int64_t refusing; /* wall ms; 0: Redis takes what is written */
    _Atomic uint64_t taken_over, settled, drained;
};

/* ---- duties -------------------------------------------------------------- */

static void taken(void *arg, struct envelope *env)
{
    struct keeper *k = arg;
    struct log_ctx ctx = { .trace = env->id, .user = env->user };

    log_info("inbox", &ctx, "taken over from a replica that is gone");
    atomic_fetch_add(&k->taken_over, 1);
    if (workers_recover(k->needs.workers, env))
        return;
    log_warn("inbox", &ctx, "the workers are full: left for another start");
    envelope_free(env);
}

/* What is taken is ours, and nobody takes it from us while we live: no more
 * than the workers can have at once. */
static bool room(struct keeper *k)
{
    return workers_room(k->needs.workers) >= 2 * TAKE_OVER_MOST;
}

static bool take_over(struct keeper *k, struct err *err)
{
    size_t count;

    return !room(k) || inbox_take_over(k->needs.inbox, k->redis, TAKE_OVER_MOST,
                                       taken, k, &count, err);
}

/* As much as the workers have room for; the rest at the next turn. */
static bool inherit(struct keeper *k, struct err *err)
{
    size_t count;

    if (!room(k))
        return true;
    if (!inbox_inherit(k->needs.inbox, k->redis, k->needs.predecessor,
                       TAKE_OVER_MOST, taken, k, &count, err))
        return false;
    if (count == 0)
        k->due[DUTY_INHERIT] = NEVER;
    return true;
}

/* What it held in Postgres. */
static bool release(struct keeper *k, struct err *err)
{
    const char *dead = k->needs.predecessor;

    if (!lease_release(k->db, dead, err) ||
        !halt_run_release(k->db, dead, err) ||
        !outbox_release(k->db, dead, err) || !job_release(k->db, dead, err))
        return false;
    k->due[DUTY_RELEASE] = NEVER;
    k->needs.posted(k->needs.posted_arg);
    return true;
}

static bool late(struct keeper *k, struct err *err)
{
    const struct config *cfg = config_now(k->needs.config);
    const struct alert_world alerts = {
        .db = k->db,
        .redis = store_up(k->needs.redis) ? k->redis : NULL,
        .config = cfg,
        .replica = k->needs.inbox->id,
        .line = alert_line_text,
    };
    struct late l = { .journal = k->needs.journal,
                      .config = cfg,
                      .redis = k->redis,
                      .db = k->db,
                      .redis_health = k->needs.redis,
                      .postgres_health = k->needs.postgres,
                      .alerts = &alerts,
                      .until = clock_mono_ms() + LATE_MS };
    size_t drained = 0;
    bool ok = late_drain(&l, LATE_MOST, &drained, err);

    if (drained) {
        log_info("journal", NULL, "%zu record(s) moved to a store", drained);
        k->due[DUTY_SETTLE] = 0; /* the intents among them */
        k->needs.posted(k->needs.posted_arg);
    }
    if (drained == LATE_MOST)
        k->due[DUTY_LATE] = 0;
    atomic_fetch_add(&k->drained, drained);
    return ok;
}

static bool drain(struct keeper *k, struct err *err)
{
    size_t moved = 0;
    bool ok =
        audit_drain(k->redis, k->db, config_now(k->needs.config)->redis_prefix,
                    &moved, err);

    if (moved) {
        log_info("audit", NULL, "%zu rows moved from Redis to Postgres", moved);
        k->due[DUTY_SETTLE] = 0; /* the intents among them */
        k->due[DUTY_DRAIN] = 0;  /* there may be more */
    }
    atomic_fetch_add(&k->drained, moved);
    return ok;
}

static bool settle(struct keeper *k, struct err *err)
{
    size_t settled = 0;
    bool ok = command_settle(k->redis, k->db, k->needs.journal,
                             config_now(k->needs.config), SETTLE_AGE_MS,
                             &settled, err);

    if (settled) {
        log_info("keeper", NULL, "%zu operation(s) finished after a crash",
                 settled);
        k->due[DUTY_SETTLE] = 0; /* there may be more */
        k->needs.posted(k->needs.posted_arg);
    }
    atomic_fetch_add(&k->settled, settled);
    return ok;
}

/* -1: Redis did not say. */
static int64_t count_halts(struct keeper *k)
{
    struct reads reads = { .redis = k->redis };
    struct halt_list list;
    struct err ignored;
    int64_t count;

    redis_reset(k->redis);
    halt_list_ask(&reads, config_now(k->needs.config));
    reads.failed = !redis_run(k->redis, &ignored);
    halt_list_read(&reads, &list);
    count = list.unknown ? -1 : (int64_t)list.count;
    halt_list_dispose(&list);
    return count;
}

static bool lengths(struct keeper *k, struct err *err)
{
    char *key = xasprintf("%saudit", config_now(k->needs.config)->redis_prefix);
    const struct reply *rep = redis_one(k->redis, err, "XLEN", key);
    bool ok = rep != NULL;

    atomic_store(&k->audit, rep ? reply_int(rep) : -1);
    atomic_store(&k->depth, inbox_depth(k->needs.inbox, k->redis));
    atomic_store(&k->halts, count_halts(k));
    free(key);
    return ok;
}

static bool count(struct keeper *k, struct err *err)
{
    int64_t incidents[INCIDENT_P3 + 1];
    struct outbox_state outbox = { 0 };
    bool ok = outbox_state(k->db, &outbox, err) &&
              incident_open_counts(k->db, incidents, err);

    if (!ok)
        return false;
    for (size_t i = 0; i <= INCIDENT_P3; i++)
        atomic_store(&k->incidents[i], incidents[i]);
    atomic_store(&k->waiting, outbox.waiting);
    atomic_store(&k->oldest, outbox.oldest_ms);
    atomic_store(&k->undeliverable, outbox.undeliverable);
    return true;
}

/* A Redis without memory, or one that may only be read, answers all the same:
 * what shows it is that this is refused. */
static bool renew(struct keeper *k, struct err *err)
{
    bool ok = inbox_renew(k->needs.inbox, k->redis, err);
    int64_t no = 0;

    if (ok || !store_up(k->needs.redis))
        atomic_store(&k->refusing, 0);
    else
        atomic_compare_exchange_strong(&k->refusing, &no, clock_wall_ms());
    return ok;
}

static bool partitions(struct keeper *k, struct err *err)
{
    return audit_partitions_ensure(k->db, err);
}

/* Who has called in here, for the other replicas, and the other way round. */
static bool heartbeats(struct keeper *k, struct err *err)
{
    return heartbeats_sync(k->needs.heartbeats, k->redis, err);
}

/* Who has an alert, as Redis is to know it. */
static bool acked(struct keeper *k, struct err *err)
{
    size_t told = 0;
    bool ok = acked_sweep(k->db, k->redis, config_now(k->needs.config),
                          ACKED_MOST, &told, err);

    if (told == ACKED_MOST)
        k->due[DUTY_ACKED] = 0;
    return ok;
}

static const struct {
    int every_ms;
    bool redis, postgres; /* skipped while one it needs is down */
    bool (*run)(struct keeper *k, struct err *err);
} duties[DUTIES] = {
    [DUTY_RENEW] = { 5000, true, false, renew },
    [DUTY_INHERIT] = { TURN_MS, true, false, inherit },
    [DUTY_RELEASE] = { TURN_MS, false, true, release },
    [DUTY_LATE] = { 1000, false, false, late },
    [DUTY_DRAIN] = { 2000, true, true, drain },
    [DUTY_TAKE_OVER] = { 3000, true, false, take_over },
    [DUTY_SETTLE] = { 10000, true, true, settle },
    [DUTY_COUNT] = { 10000, false, true, count },
    [DUTY_LENGTHS] = { 10000, true, false, lengths },
    [DUTY_PARTITIONS] = { 3600000, false, true, partitions },
    [DUTY_HEARTBEATS] = { 2000, true, false, heartbeats },
    [DUTY_ACKED] = { 1000, true, true, acked },
};

static bool possible(const struct keeper *k, size_t i)
{
    return (!duties[i].redis || store_up(k->needs.redis)) &&
           (!duties[i].postgres || store_up(k->needs.postgres));
}

static void turn(void *arg)
{
    struct keeper *k = arg;
    int64_t now = clock_mono_ms();

    for (size_t i = 0; i < DUTIES; i++) {
        struct err err = { 0 };

        if (now < k->due[i] || !possible(k, i))
            continue;
        k->due[i] = now + duties[i].every_ms;
        if (duties[i].run(k, &err))
            news_over(&k->news[i]);
        else if (news_is(&k->news[i], err.text))
            log_warn("keeper", NULL, "%s", err.text);
    }
}

/* ---- life ---------------------------------------------------------------- */

void keeper_free(struct keeper *k)
{
    if (!k)
        return;
    pulse_stop(k->pulse);
    redis_free(k->redis);
    db_free(k->db);
    free(k);
}

struct keeper *keeper_start(const struct keeper_needs *needs, struct err *err)
{
    struct keeper *k = xcalloc(1, sizeof *k);

    k->needs = *needs;
    k->redis = redis_new(&config_now(needs->config)->redis, needs->redis);
    k->db = db_new(config_now(needs->config)->database_url, needs->postgres);
    if (!needs->predecessor[0])
        k->due[DUTY_INHERIT] = k->due[DUTY_RELEASE] = NEVER;
    atomic_store(&k->depth, -1);
    atomic_store(&k->audit, -1);
    atomic_store(&k->halts, -1);
    for (size_t i = 0; i <= INCIDENT_P3; i++)
        atomic_store(&k->incidents[i], -1);
    k->pulse = pulse_start("keeper", TURN_MS, turn, k, err);
    if (k->pulse)
        return k;
    keeper_free(k);
    return NULL;
}

void keeper_facts(struct keeper *k, struct keeper_facts *out)
{
    *out = (struct keeper_facts){
        .turned_ms = pulse_turned_ms(k->pulse),
        .inbox_depth = atomic_load(&k->depth),
        .outbox_waiting = atomic_load(&k->waiting),
        .outbox_oldest_ms = atomic_load(&k->oldest),
        .outbox_undeliverable = atomic_load(&k->undeliverable),
        .audit_waiting = atomic_load(&k->audit),
        .halts = atomic_load(&k->halts),
        .refusing_since = atomic_load(&k->refusing),
        .taken_over = atomic_load(&k->taken_over),
        .settled = atomic_load(&k->settled),
        .drained = atomic_load(&k->drained),
    };
    for (size_t i = 0; i <= INCIDENT_P3; i++)
        out->incidents[i] = atomic_load(&k->incidents[i]);
}

void keeper_stop(struct keeper *k)
{
    if (!k)
        return;
    pulse_join(k->pulse);
}
