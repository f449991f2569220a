#include "bot/alerts/watch.h"

#include <stdlib.h>

#include "bot/alerts/watch_int.h"
#include "bot/flow/pulse.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define TURN_MS 1000
#define LOOK_MS 10000

/* ---- turns ------------------------------------------------------------------ */

/* What is not known to stand is not raised again before that was asked. */
static bool look_at_postgres(struct watch *w, struct err *err)
{
    if (!store_up(w->needs.postgres))
        return true;
    if (!own_read(w->own, w->db, err))
        return false;
    w->read = true;
    return true;
}

static bool look_at_redis(struct watch *w, const struct config *cfg,
                          int64_t now, struct err *err)
{
    return !store_up(w->needs.redis) || !w->needs.leads(w->needs.arg) ||
           (watch_gone(w, cfg, err) && watch_streams(w, cfg, now, err));
}

static bool look_at_pages(struct watch *w, struct err *err)
{
    return !store_up(w->needs.postgres) || !w->needs.leads(w->needs.arg) ||
           watch_pages(w, err);
}

static void look_at_stores(struct watch *w, const struct config *cfg,
                           int64_t now)
{
    int64_t began = clock_mono_us();
    struct err err = { 0 };

    w->due = clock_mono_ms() + LOOK_MS;
    if (look_at_postgres(w, &err) && look_at_pages(w, &err) &&
        look_at_redis(w, cfg, now, &err))
        news_over(&w->news);
    else if (news_is(&w->news, err.text))
        log_warn("watch", NULL, "%s", err.text);
    meter_add(&w->took, clock_mono_us() - began);
}

static void look_at_self(struct watch *w, const struct config *cfg, int64_t now)
{
    struct watch_self self = { 0 };

    w->needs.self(w->needs.arg, &self);
    watch_replica(w, cfg, &self, now);
    if (!w->needs.leads(w->needs.arg))
        return;
    watch_whole(w, cfg, &self, now);
    watch_checks(w, cfg);
}

static void count(struct watch *w, const struct alert_event *events, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        meter_one(events[i].resolved ? &w->over : &w->raised);
        log_info("watch", NULL, "%s: %s",
                 events[i].resolved ? "over" : "raised", events[i].title);
    }
}

static void raise_news(struct watch *w, const struct config *cfg, int64_t now)
{
    struct alert_event *events;
    int64_t standing[OWN_KINDS];
    size_t n;

    if (atomic_exchange(&w->refused, false))
        own_unsaid(w->own);
    n = own_news(w->own, cfg, now, &events);
    count(w, events, n);
    if (n == 0)
        free(events);
    else if (!w->needs.raise(w->needs.arg, events, n))
        atomic_store(&w->refused, true);
    own_count(w->own, standing);
    for (size_t i = 0; i < OWN_KINDS; i++)
        atomic_store(&w->standing[i], standing[i]);
}

void watch_turn(struct watch *w)
{
    const struct config *cfg = config_now(w->needs.config);
    int64_t now = clock_wall_ms();

    if (!cfg->alerts.on)
        return;
    if (clock_mono_ms() >= w->due)
        look_at_stores(w, cfg, now);
    if (!w->read && store_up(w->needs.postgres))
        return; /* it did not answer after all; the next turn may know */
    look_at_self(w, cfg, now);
    raise_news(w, cfg, now);
}

/* ---- life --------------------------------------------------------------------- */

static void turn(void *arg)
{
    watch_turn(arg);
}

struct watch *watch_new(const struct watch_needs *needs)
{
    const struct config *cfg = config_now(needs->config);
    struct watch *w = xcalloc(1, sizeof *w);

    w->needs = *needs;
    w->redis = redis_new(&cfg->redis, needs->redis);
    w->db = db_new(cfg->database_url, needs->postgres);
    w->own = own_new(needs->replica);
    return w;
}

struct watch *watch_start(const struct watch_needs *needs, struct err *err)
{
    struct watch *w = watch_new(needs);

    w->pulse = pulse_start("watch", TURN_MS, turn, w, err);
    if (w->pulse)
        return w;
    watch_free(w);
    return NULL;
}

void watch_refused(struct watch *w)
{
    if (w)
        atomic_store(&w->refused, true);
}

void watch_facts(struct watch *w, struct watch_facts *out)
{
    *out = (struct watch_facts){
        .turned_ms = pulse_turned_ms(w->pulse),
        .raised = meter_counted(&w->raised),
        .over = meter_counted(&w->over),
        .took = &w->took,
    };
    for (size_t i = 0; i < OWN_KINDS; i++)
        out->standing[i] = atomic_load(&w->standing[i]);
}

void watch_end(struct watch *w)
{
    if (w)
        pulse_end(w->pulse);
}

void watch_stop(struct watch *w)
{
    if (w)
        pulse_join(w->pulse);
}

void watch_free(struct watch *w)
{
    if (!w)
        return;
    pulse_stop(w->pulse);
    redis_free(w->redis);
    db_free(w->db);
    own_free(w->own);
    dlq_looks_dispose(&w->looks);
    free(w);
}
