#include "bot/flow/keeper.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "bot/flow/groups.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/ops/audit.h"
#include "core/ops/outbox.h"
#include "core/store/migrate.h"

#define TURN_MS        250
#define TAKE_OVER_MOST 64
#define SETTLE_AGE_MS  5000

enum duty {
    DUTY_PROBE,
    DUTY_RENEW,
    DUTY_DRAIN,
    DUTY_TAKE_OVER,
    DUTY_SETTLE,
    DUTY_COUNT,
    DUTY_GROUPS,
    DUTY_PARTITIONS,
    DUTIES
};

struct keeper {
    struct keeper_needs needs;
    struct workers *workers;
    void (*posted)(void *arg);
    void *posted_arg;
    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
    struct redis *redis;
    struct db *db;
    bool migrated;
    int64_t due[DUTIES]; /* mono ms */

    _Atomic int64_t turned, depth, waiting, oldest;
    _Atomic uint64_t taken_over, settled, drained;
};

/* ---- stores ------------------------------------------------------------------ */

static const struct db_stmt stmt_role = {
    .name = "keeper_role",
    .sql = "select current_user",
};

/* Who we are at run time: granted what is needed when another role owns the
 * schema. */
static bool runtime_role(const char *url, struct store_health *health,
                         char **role, struct err *err)
{
    struct db *db = db_new(url, health);
    struct db_rows *rows = NULL;
    bool ok = db_exec(db, &stmt_role, NULL, &rows, err);

    if (ok)
        *role = xstrdup(rows_text(rows, 0, 0));
    rows_free(rows);
    db_free(db);
    return ok;
}

static bool migrate(struct keeper *k, struct store_health *health,
                    struct err *err)
{
    const struct config *cfg = k->needs.config;
    const char *url = cfg->database_migrate_url ? cfg->database_migrate_url
                                                : cfg->database_url;
    struct db *owner = db_new(url, health);
    char *role = NULL;
    int applied = 0;
    bool ok = true;

    db_deadline(owner, 30000);
    if (cfg->database_migrate_url)
        ok = runtime_role(cfg->database_url, health, &role, err);
    ok = ok && migrate_run(owner, role, &applied, err);
    if (ok && applied)
        log_info("postgres", NULL, "%d migration(s) applied", applied);
    k->migrated = ok;
    free(role);
    db_free(owner);
    return ok;
}

static bool there(struct keeper *k, struct store_health *health,
                  struct err *err)
{
    struct db *db = db_new(k->needs.config->database_url, health);
    bool ok = db_probe(db, err);

    db_free(db);
    return ok;
}

/* A database that came late is migrated before anybody may use it: through a
 * health of its own, for as long as everybody's says that it is down. */
static bool probe_postgres(struct keeper *k, struct err *err)
{
    struct store_health *all = k->needs.postgres;
    struct store_health early = { .name = "Postgres, to be migrated,",
                                  .down_since = atomic_load(&all->down_since) };
    struct store_health *health = store_up(all) ? all : &early;

    if (!k->migrated && there(k, health, err) && !migrate(k, health, err) &&
        store_up(health)) {
        store_fell(all, err->text);
        return false; /* it is there, and of no use */
    }
    if (k->migrated && !db_probe(k->db, err))
        log_debug("postgres", NULL, "%s", err->text);
    return true; /* away is no failure: it is probed again */
}

static void probe(struct keeper *k)
{
    struct err err = { 0 };

    if (!store_up(k->needs.redis))
        redis_probe(k->redis, &err);
    if ((!store_up(k->needs.postgres) || !k->migrated) &&
        !probe_postgres(k, &err))
        log_error("postgres", NULL, "it cannot be used: %s", err.text);
}

/* ---- duties -------------------------------------------------------------------- */

static void taken(void *arg, struct envelope *env)
{
    struct keeper *k = arg;
    struct log_ctx ctx = { .trace = env->id, .user = env->user };

    log_info("inbox", &ctx, "taken over from a replica that is gone");
    atomic_fetch_add(&k->taken_over, 1);
    if (workers_recover(k->workers, env))
        return;
    log_warn("inbox", &ctx, "the workers are full: left for another start");
    envelope_free(env);
}

static bool take_over(struct keeper *k, struct err *err)
{
    size_t count;

    return inbox_take_over(k->needs.inbox, k->redis, TAKE_OVER_MOST, taken, k,
                           &count, err);
}

static bool drain(struct keeper *k, struct err *err)
{
    size_t moved = 0;
    bool ok = audit_drain(k->redis, k->db, k->needs.config->redis_prefix,
                          &moved, err);

    if (moved)
        log_info("audit", NULL, "%zu rows moved from Redis to Postgres", moved);
    atomic_fetch_add(&k->drained, moved);
    return ok;
}

static bool settle(struct keeper *k, struct err *err)
{
    size_t settled = 0;
    bool ok = command_settle(k->redis, k->db, k->needs.config, SETTLE_AGE_MS,
                             &settled, err);

    if (settled) {
        log_info("keeper", NULL, "%zu operation(s) finished after a crash",
                 settled);
        k->posted(k->posted_arg);
    }
    atomic_fetch_add(&k->settled, settled);
    return ok;
}

static bool count(struct keeper *k, struct err *err)
{
    struct outbox_state outbox = { 0 };
    bool ok = outbox_state(k->db, &outbox, err);

    atomic_store(&k->waiting, outbox.waiting);
    atomic_store(&k->oldest, outbox.oldest_ms);
    atomic_store(&k->depth, inbox_depth(k->needs.inbox, k->redis));
    return ok;
}

static bool renew(struct keeper *k, struct err *err)
{
    return inbox_renew(k->needs.inbox, k->redis, err);
}

static bool partitions(struct keeper *k, struct err *err)
{
    return audit_partitions_ensure(k->db, err);
}

/* What may be used of Postgres now; NULL: nothing. */
static struct db *postgres_now(struct keeper *k)
{
    return k->migrated && store_up(k->needs.postgres) ? k->db : NULL;
}

static bool groups(struct keeper *k, struct err *err)
{
    bool ok = groups_refresh(k->needs.sender, k->needs.config, k->needs.roster,
                             postgres_now(k), err);

    if (!ok)
        k->due[DUTY_GROUPS] = clock_mono_ms() + GROUPS_AGAIN_MS;
    return ok;
}

static const struct {
    int every_ms;
    bool redis, postgres; /* skipped while one it needs is down */
    bool (*run)(struct keeper *k, struct err *err);
} duties[DUTIES] = {
    [DUTY_PROBE] = { 1000, false, false, NULL },
    [DUTY_RENEW] = { 5000, true, false, renew },
    [DUTY_DRAIN] = { 2000, true, true, drain },
    [DUTY_TAKE_OVER] = { 3000, true, false, take_over },
    [DUTY_SETTLE] = { 10000, true, true, settle },
    [DUTY_COUNT] = { 10000, false, true, count },
    [DUTY_GROUPS] = { GROUPS_EVERY_MS, false, false, groups },
    [DUTY_PARTITIONS] = { 3600000, false, true, partitions },
};

static void turn(struct keeper *k)
{
    int64_t now = clock_mono_ms();

    for (size_t i = 0; i < DUTIES; i++) {
        struct err err = { 0 };

        if (now < k->due[i])
            continue;
        k->due[i] = now + duties[i].every_ms;
        if (!duties[i].run) {
            probe(k);
            continue;
        }
        if ((duties[i].redis && !store_up(k->needs.redis)) ||
            (duties[i].postgres &&
             (!store_up(k->needs.postgres) || !k->migrated)))
            continue;
        if (!duties[i].run(k, &err))
            log_warn("keeper", NULL, "%s", err.text);
    }
    atomic_store(&k->turned, clock_mono_ms());
}

static void sleep_until(struct keeper *k, int64_t ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += ms * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&k->wake, &k->lock, &t);
}

static void *keeper_main(void *arg)
{
    struct keeper *k = arg;

    pthread_setname_np(pthread_self(), "keeper");
    pthread_mutex_lock(&k->lock);
    while (!k->stop) {
        pthread_mutex_unlock(&k->lock);
        turn(k);
        pthread_mutex_lock(&k->lock);
        if (!k->stop)
            sleep_until(k, TURN_MS);
    }
    pthread_mutex_unlock(&k->lock);
    return NULL;
}

/* ---- life ------------------------------------------------------------------------ */

static void init_wait(struct keeper *k)
{
    pthread_condattr_t attr;

    pthread_mutex_init(&k->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&k->wake, &attr);
    pthread_condattr_destroy(&attr);
}

static void keeper_free(struct keeper *k)
{
    redis_free(k->redis);
    db_free(k->db);
    pthread_cond_destroy(&k->wake);
    pthread_mutex_destroy(&k->lock);
    free(k);
}

static bool first_round(struct keeper *k, struct err *err)
{
    struct err away = { 0 };

    if (redis_probe(k->redis, &away) &&
        !inbox_renew(k->needs.inbox, k->redis, &away))
        log_warn("keeper", NULL, "%s", away.text);
    if (probe_postgres(k, err))
        return true;
    err->kind = ERR_CONFIG;
    return false;
}

struct keeper *keeper_new(const struct keeper_needs *needs, struct err *err)
{
    struct keeper *k = xcalloc(1, sizeof *k);

    k->needs = *needs;
    k->redis = redis_new(&needs->config->redis, needs->redis);
    k->db = db_new(needs->config->database_url, needs->postgres);
    init_wait(k);
    atomic_store(&k->turned, clock_mono_ms());
    atomic_store(&k->depth, -1);
    if (first_round(k, err)) {
        groups_start_up(needs->config, needs->roster, postgres_now(k));
        return k;
    }
    keeper_free(k);
    return NULL;
}

bool keeper_run(struct keeper *k, struct workers *workers,
                void (*posted)(void *arg), void *posted_arg, struct err *err)
{
    k->workers = workers;
    k->posted = posted;
    k->posted_arg = posted_arg;
    k->running = pthread_create(&k->thread, NULL, keeper_main, k) == 0;
    return k->running ||
           err_set(err, ERR_SYSTEM, "The keeper thread could not be started.");
}

void keeper_facts(struct keeper *k, struct keeper_facts *out)
{
    *out = (struct keeper_facts){
        .turned_ms = clock_mono_ms() - atomic_load(&k->turned),
        .inbox_depth = atomic_load(&k->depth),
        .outbox_waiting = atomic_load(&k->waiting),
        .outbox_oldest_ms = atomic_load(&k->oldest),
        .taken_over = atomic_load(&k->taken_over),
        .settled = atomic_load(&k->settled),
        .drained = atomic_load(&k->drained),
    };
}

void keeper_stop(struct keeper *k)
{
    if (!k)
        return;
    pthread_mutex_lock(&k->lock);
    k->stop = true;
    pthread_cond_signal(&k->wake);
    pthread_mutex_unlock(&k->lock);
    if (k->running)
        pthread_join(k->thread, NULL);
    keeper_free(k);
}
