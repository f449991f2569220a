#include "bot/flow/scheduler.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "bot/flow/groups.h"
#include "bot/flow/pulse.h"
#include "bot/flow/standby.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/news.h"
#include "core/ops/lease.h"

#define TURN_MS      100
#define FOLLOW_MS    1000
#define ASK_MS       20000
#define DAY_MS       86400000LL
#define HOUR_MS      3600000LL
#define CLAIM_MS     (15 * 60000LL) /* another tries when this one is dead */
#define RETAIN_MS    8000           /* of one statement of retention */
#define RETAIN_PAUSE 3000           /* after a failure */

/* Who leads, as far as we know; one mover: lead_enter(). */
enum lead {
    LEAD_OTHER,    /* another replica has the lease */
    LEAD_POSTGRES, /* we have it, there */
    LEAD_REDIS,    /* we have it, there */
    LEAD_NOBODY,   /* both stores are away: everybody looks after itself */
};

enum duty {
    DUTY_LEAD,
    DUTY_ASK,
    DUTY_RETAIN,
    DUTY_GROUPS,
    DUTY_STANDBY,
    DUTIES
};

struct scheduler {
    struct scheduler_needs needs;
    struct pulse *pulse;
    struct redis *redis;
    struct db *db;
    /* A statement of retention may take long, and says nothing about whether
     * Postgres is there for everybody. */
    struct store_health slow_health;
    struct db *slow;
    int64_t due[DUTIES]; /* mono ms */
    struct news news[DUTIES];
    struct retention run;
    bool running; /* run is under way */
    unsigned seed;
    _Atomic int lead;
    _Atomic int64_t since;
    _Atomic bool groups_now; /* somebody asks for them */
    pthread_mutex_t lock;    /* of last */
    struct retention last;
};

static const char *const lead_names[] = {
    [LEAD_OTHER] = "other",
    [LEAD_POSTGRES] = "postgres",
    [LEAD_REDIS] = "redis",
    [LEAD_NOBODY] = "nobody",
};

/* ---- leadership ---------------------------------------------------------- */

static bool leads(enum lead lead)
{
    return lead != LEAD_OTHER;
}

static void lead_enter(struct scheduler *s, enum lead to)
{
    enum lead from = (enum lead)atomic_load(&s->lead);

    if (from == to)
        return;
    atomic_store(&s->lead, (int)to);
    if (leads(from) != leads(to))
        atomic_store(&s->since, clock_wall_ms());
    log_info("scheduler", NULL, "leadership: %s -> %s", lead_names[from],
             lead_names[to]);
}

static enum lead ask_postgres(struct scheduler *s, struct err *err)
{
    bool held;

    if (!lease_hold(s->db, LEASE_LEADER, s->needs.replica, LEASE_MS, &held,
                    err))
        return LEAD_NOBODY;
    return held ? LEAD_POSTGRES : LEAD_OTHER;
}

static enum lead ask_redis(struct scheduler *s, struct err *err)
{
    bool held;

    if (!lease_hold_redis(s->redis, config_now(s->needs.config)->redis_prefix,
                          LEASE_LEADER, s->needs.replica, LEASE_MS, &held, err))
        return LEAD_NOBODY;
    return held ? LEAD_REDIS : LEAD_OTHER;
}

/* The key in Redis is not needed any more, and must not last until Postgres
 * is away again. */
static void leave_redis(struct scheduler *s)
{
    struct err err = { 0 };

    if (store_up(s->needs.redis) &&
        !lease_drop_redis(s->redis, config_now(s->needs.config)->redis_prefix,
                          LEASE_LEADER, s->needs.replica, &err))
        log_debug("scheduler", NULL, "%s", err.text);
}

/* Its failures are changes of leadership, and said as such. */
static bool lead(struct scheduler *s, struct err *err)
{
    enum lead was = (enum lead)atomic_load(&s->lead), is = LEAD_NOBODY;
    struct err away = { 0 };

    (void)err;
    if (store_up(s->needs.postgres))
        is = ask_postgres(s, &away);
    if (is == LEAD_NOBODY && store_up(s->needs.redis))
        is = ask_redis(s, &away);
    if (was == LEAD_REDIS && is != LEAD_REDIS)
        leave_redis(s);
    lead_enter(s, is);
    s->due[DUTY_LEAD] =
        clock_mono_ms() + (is == LEAD_POSTGRES ? LEASE_RENEW_MS : FOLLOW_MS);
    return true;
}

/* ---- retention ----------------------------------------------------------- */

static void keep_last(struct scheduler *s, const struct retention *last)
{
    pthread_mutex_lock(&s->lock);
    s->last = *last;
    pthread_mutex_unlock(&s->lock);
}

static bool read_last(struct scheduler *s, struct err *err)
{
    struct retention last;
    char *text;

    if (!timer_last(s->db, RETENTION_TIMER, &text, err))
        return false;
    retention_read(text, &last);
    free(text);
    keep_last(s, &last);
    return true;
}

/* The claim holds long enough to do it; a leader that dies meanwhile leaves
 * it to the next. */
static bool ask(struct scheduler *s, struct err *err)
{
    bool mine = false;

    if (s->running)
        return true;
    if (atomic_load(&s->lead) == LEAD_POSTGRES &&
        !timer_claim(s->db, RETENTION_TIMER, CLAIM_MS, &mine, err))
        return false;
    if (!mine)
        return read_last(s, err);
    log_debug("retention", NULL, "begins");
    s->run = (struct retention){ 0 };
    s->running = true;
    return true;
}

/* Not at the same hour for ever, and not with every other bot. */
static int64_t next_day(struct scheduler *s)
{
    return DAY_MS - HOUR_MS + rand_r(&s->seed) % (2 * HOUR_MS);
}

static bool retained(struct scheduler *s, struct err *err)
{
    char *text = retention_text(&s->run);
    bool ok = timer_note(s->db, RETENTION_TIMER, text, err) &&
              timer_due(s->db, RETENTION_TIMER, next_day(s), err);

    free(text);
    s->running = !ok; /* noted when Postgres is back */
    if (!ok)
        return false;
    keep_last(s, &s->run);
    log_info("retention", NULL,
             "taken away: %lld audit partition(s), %lld day(s) of checks, %lld"
             " operation(s), %lld alert(s), %lld post(s), %lld discarded"
             " letter(s)",
             (long long)s->run.partitions, (long long)s->run.checks,
             (long long)s->run.operations, (long long)s->run.alerts,
             (long long)s->run.outbox, (long long)s->run.trash);
    return true;
}

static bool retain(struct scheduler *s, struct err *err)
{
    if (!s->running)
        return true;
    if (s->run.over)
        return retained(s, err);
    store_rose(&s->slow_health); /* its deadline is nobody else's concern */
    if (retention_step(s->redis, s->slow, config_now(s->needs.config), &s->run,
                       err))
        return true;
    s->due[DUTY_RETAIN] = clock_mono_ms() + RETAIN_PAUSE;
    return false;
}

/* ---- user groups ---------------------------------------------------------- */

static struct db *postgres_now(struct scheduler *s)
{
    return store_up(s->needs.postgres) ? s->db : NULL;
}

static bool groups(struct scheduler *s, struct err *err)
{
    bool ok = groups_refresh(s->needs.sender, config_now(s->needs.config),
                             s->needs.roster, postgres_now(s), err);

    if (!ok)
        s->due[DUTY_GROUPS] = clock_mono_ms() + GROUPS_AGAIN_MS;
    return ok;
}

/* Roles may name a group that has other members now. */
static bool standby(struct scheduler *s, struct err *err)
{
    size_t changed;
    bool ok;

    if (atomic_load(&s->lead) != LEAD_POSTGRES)
        return true;
    ok = standby_follow(s->needs.sender, config_now(s->needs.config), s->db,
                        &changed, err);
    if (changed)
        atomic_store(&s->groups_now, true);
    if (!ok)
        s->due[DUTY_STANDBY] = clock_mono_ms() + STANDBY_AGAIN_MS;
    return ok;
}

/* ---- turns --------------------------------------------------------------- */

static const struct {
    int every_ms;
    bool redis, postgres; /* waits while one it needs is down */
    bool (*run)(struct scheduler *s, struct err *err);
} duties[DUTIES] = {
    [DUTY_LEAD] = { FOLLOW_MS, false, false, lead },
    [DUTY_ASK] = { ASK_MS, true, true, ask },
    [DUTY_RETAIN] = { TURN_MS, true, true, retain },
    [DUTY_GROUPS] = { GROUPS_EVERY_MS, false, false, groups },
    [DUTY_STANDBY] = { STANDBY_EVERY_MS, false, true, standby },
};

static void turn(void *arg)
{
    struct scheduler *s = arg;

    if (atomic_exchange(&s->groups_now, false))
        s->due[DUTY_GROUPS] = 0;
    for (size_t i = 0; i < DUTIES; i++) {
        int64_t now = clock_mono_ms();
        struct err err = { 0 };

        if (now < s->due[i] || (duties[i].redis && !store_up(s->needs.redis)) ||
            (duties[i].postgres && !store_up(s->needs.postgres)))
            continue;
        s->due[i] = now + duties[i].every_ms;
        if (duties[i].run(s, &err))
            news_over(&s->news[i]);
        else if (news_is(&s->news[i], err.text))
            log_warn("scheduler", NULL, "%s", err.text);
    }
}

/* ---- life ---------------------------------------------------------------- */

static void scheduler_free(struct scheduler *s)
{
    redis_free(s->redis);
    db_free(s->db);
    db_free(s->slow);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

struct scheduler *scheduler_start(const struct scheduler_needs *needs,
                                  struct err *err)
{
    struct scheduler *s = xcalloc(1, sizeof *s);
    const struct config *cfg = config_now(needs->config);

    s->needs = *needs;
    s->seed = (unsigned)clock_mono_us();
    s->redis = redis_new(&cfg->redis, needs->redis);
    s->db = db_new(cfg->database_url, needs->postgres);
    s->slow_health.name = "Postgres, for retention,";
    s->slow = db_new(cfg->database_url, &s->slow_health);
    db_deadline(s->slow, RETAIN_MS);
    groups_start_up(cfg, needs->roster, postgres_now(s));
    pthread_mutex_init(&s->lock, NULL);
    atomic_store(&s->since, clock_wall_ms());
    s->pulse = pulse_start("scheduler", TURN_MS, turn, s, err);
    if (s->pulse)
        return s;
    scheduler_free(s);
    return NULL;
}

void scheduler_ask_groups(struct scheduler *s)
{
    atomic_store(&s->groups_now, true);
}

bool scheduler_leads(const struct scheduler *s)
{
    return leads((enum lead)atomic_load(&s->lead));
}

void scheduler_facts(struct scheduler *s, struct scheduler_facts *out)
{
    enum lead lead = (enum lead)atomic_load(&s->lead);

    *out = (struct scheduler_facts){
        .turned_ms = pulse_turned_ms(s->pulse),
        .lease = lead_names[lead],
        .leads = leads(lead),
        .since = atomic_load(&s->since),
    };
    pthread_mutex_lock(&s->lock);
    out->retention = s->last;
    pthread_mutex_unlock(&s->lock);
}

static void resign(struct scheduler *s)
{
    struct err err = { 0 };

    leave_redis(s);
    if (store_up(s->needs.postgres) &&
        !lease_drop(s->db, LEASE_LEADER, s->needs.replica, &err))
        log_info("scheduler", NULL, "the lease stays until it is over: %s",
                 err.text);
}

void scheduler_end(struct scheduler *s)
{
    if (s)
        pulse_end(s->pulse);
}

void scheduler_stop(struct scheduler *s)
{
    if (!s)
        return;
    pulse_stop(s->pulse);
    resign(s);
    scheduler_free(s);
}
