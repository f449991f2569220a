/*
 * store_health: is a store up, for everybody at once. Any thread: the fact is
 * one atomic, and whoever changes it logs the change.
 */
#include "core/store/health.h"

#include <time.h>

#include "core/base/clock.h"
#include "core/base/log.h"

bool store_up(const struct store_health *h)
{
    return atomic_load_explicit(&h->down_since, memory_order_relaxed) == 0;
}

int64_t store_down_since(const struct store_health *h)
{
    return h ? atomic_load(&h->down_since) : 0;
}

void store_fell(struct store_health *h, const char *why)
{
    int64_t up = 0;

    if (!atomic_compare_exchange_strong(&h->down_since, &up, clock_wall_ms()))
        return;
    atomic_fetch_add(&h->falls, 1);
    if (!h->quiet)
        log_error("store", NULL, "%s is down: %s", h->name, why);
}

void store_rose(struct store_health *h)
{
    int64_t since = atomic_exchange(&h->down_since, 0);
    int64_t now = clock_wall_ms();
    char age[CLOCK_TEXT];

    if (since == 0)
        return;
    atomic_store(&h->up_since, now);
    if (!h->quiet)
        log_info("store", NULL, "%s is back after %s", h->name,
                 clock_age(now - since, age));
}

void store_took(struct store_health *h, int64_t us)
{
    atomic_store_explicit(&h->round_trip_us, us, memory_order_relaxed);
    meter_add(&h->took, us);
}

bool store_err(const struct store_health *h, enum err_kind kind,
               struct err *err)
{
    int64_t since = atomic_load(&h->down_since);
    time_t seconds = (time_t)(since / 1000);
    char at[16], age[CLOCK_TEXT];
    struct tm tm;

    if (since == 0)
        return err_set(err, kind, "%s was down until just now", h->name);
    gmtime_r(&seconds, &tm);
    strftime(at, sizeof at, "%H:%M:%S", &tm);
    return err_set(err, kind, "%s is down since %s UTC (%s)", h->name, at,
                   clock_age(clock_wall_ms() - since, age));
}
