#include "bot/flow/prober.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "bot/flow/pulse.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/news.h"
#include "core/store/db.h"
#include "core/store/migrate.h"
#include "core/store/redis.h"
#include "core/store/redis_info.h"

#define PROBE_MS 1000
#define LOOK_MS  60000

struct prober {
    const struct config *config;
    struct store_health *redis_health, *postgres_health;
    struct redis *redis; /* of the one thread, */
    struct db *db;       /* of the other, */
    bool migrated;       /* as this, */
    struct news news;    /* and this */
    int64_t looked;      /* mono ms: at how Redis is set up; 0: not since it
                          * came back */
    _Atomic(const char *) risk;
    struct pulse *redis_pulse, *postgres_pulse;
};

/* ---- Postgres ------------------------------------------------------------ */

static const struct db_stmt stmt_role = {
    .name = "prober_role",
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

static bool migrate(struct prober *p, struct store_health *health,
                    struct err *err)
{
    const struct config *cfg = p->config;
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
    p->migrated = ok;
    free(role);
    db_free(owner);
    return ok;
}

static bool there(struct prober *p, struct store_health *health,
                  struct err *err)
{
    struct db *db = db_new(p->config->database_url, health);
    bool ok = db_probe(db, err);

    db_free(db);
    return ok;
}

/* What came late is migrated through a health of its own, for as long as
 * everybody's says that it is down. */
static bool probe_postgres(struct prober *p, struct err *err)
{
    struct store_health *all = p->postgres_health;
    struct store_health early = { .name = "Postgres, to be migrated,",
                                  .down_since = atomic_load(&all->down_since) };
    struct store_health *health = store_up(all) ? all : &early;

    if (!p->migrated && there(p, health, err) && !migrate(p, health, err) &&
        store_up(health)) {
        store_fell(all, err->text);
        return false; /* it is there, and of no use */
    }
    if (p->migrated && !db_probe(p->db, err))
        log_debug("postgres", NULL, "%s", err->text);
    return true; /* away is no failure: it is probed again */
}

static void postgres_turn(void *arg)
{
    struct prober *p = arg;
    struct err err = { 0 };

    if ((!store_up(p->postgres_health) || !p->migrated) &&
        !probe_postgres(p, &err) && news_is(&p->news, err.text))
        log_error("postgres", NULL, "it cannot be used: %s", err.text);
}

/* ---- Redis --------------------------------------------------------------- */

/* The bot runs with any; but a person should know. */
static void look_at_redis(struct prober *p)
{
    struct err err = { 0 };
    const struct reply *info = redis_one(p->redis, &err, "INFO");
    const char *risk = info ? redis_info_risk(reply_str(info)) : NULL;

    if (!info)
        return;
    p->looked = clock_mono_ms();
    if (risk && risk != atomic_load(&p->risk))
        log_warn("redis", NULL, "%s", risk);
    atomic_store(&p->risk, risk);
}

static void redis_turn(void *arg)
{
    struct prober *p = arg;
    struct err err = { 0 };

    if (!store_up(p->redis_health)) {
        p->looked = 0;
        if (!redis_probe(p->redis, &err))
            log_debug("redis", NULL, "%s", err.text);
    } else if (!p->looked || clock_mono_ms() - p->looked > LOOK_MS) {
        look_at_redis(p);
    }
}

const char *prober_redis_risk(const struct prober *p)
{
    return atomic_load(&p->risk);
}

/* ---- life ---------------------------------------------------------------- */

struct prober *prober_new(const struct config *cfg, struct store_health *redis,
                          struct store_health *postgres, struct err *err)
{
    struct prober *p = xcalloc(1, sizeof *p);
    struct err away = { 0 };

    p->config = cfg;
    p->redis_health = redis;
    p->postgres_health = postgres;
    p->redis = redis_new(&cfg->redis, redis);
    p->db = db_new(cfg->database_url, postgres);
    if (!redis_probe(p->redis, &away))
        log_debug("redis", NULL, "%s", away.text);
    if (probe_postgres(p, err))
        return p;
    err->kind = ERR_CONFIG;
    prober_stop(p);
    return NULL;
}

bool prober_run(struct prober *p, struct err *err)
{
    p->redis_pulse = pulse_start("probe-redis", PROBE_MS, redis_turn, p, err);
    if (!p->redis_pulse)
        return false;
    p->postgres_pulse =
        pulse_start("probe-postgres", PROBE_MS, postgres_turn, p, err);
    return p->postgres_pulse != NULL;
}

int64_t prober_turned_ms(const struct prober *p)
{
    int64_t redis, postgres;

    if (!p->redis_pulse || !p->postgres_pulse)
        return -1;
    redis = pulse_turned_ms(p->redis_pulse);
    postgres = pulse_turned_ms(p->postgres_pulse);
    return redis > postgres ? redis : postgres;
}

void prober_stop(struct prober *p)
{
    if (!p)
        return;
    pulse_stop(p->redis_pulse);
    pulse_stop(p->postgres_pulse);
    redis_free(p->redis);
    db_free(p->db);
    free(p);
}
