/*
 * halter_store: what Redis and Postgres know of the runs that we follow: the
 * effect that Redis has not confirmed, and the row, its records and its cards
 * in Postgres. Each is asked until it has answered, not more often than once a
 * second after it said no. The halter's thread. See halter.h.
 */
#include <stdlib.h>

#include "bot/flow/halter_int.h"
#include "commands/halt.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/ops/outbox.h"

#define AGAIN_MS 1000 /* after a store said no */

static struct halt_world world_of(struct halter *h)
{
    return (struct halt_world){ .redis = h->redis,
                                .db = h->db,
                                .config = config_now(h->needs.config),
                                .replica = h->needs.replica,
                                .message = halt_fresh_message };
}

/* The effect once more: it is done once, and says what came of it. */
static void resolve(struct halter *h, struct follow *f)
{
    struct err err = { 0 };

    if (f->known || !store_up(h->needs.redis))
        return;
    redis_reset(h->redis);
    if (!halt_apply(h->redis, config_now(h->needs.config), &f->kept->want,
                    &f->done, &err)) {
        f->retry_at = clock_mono_ms() + AGAIN_MS;
        log_debug("halt", NULL, "%s", err.text);
        return;
    }
    f->known = f->has_done = f->stale = true;
    f->version++;
    if (f->done.result != HALT_SUPERSEDED)
        f->run->generation = f->done.generation;
}

static bool record(struct halter *h, struct follow *f, struct err *err)
{
    struct halt_world world = world_of(h);
    struct halt_shown shown[2];
    size_t count = direct_shown(f, shown);

    if (!halt_record(&world, &f->kept->want, f->run,
                     f->has_done ? &f->done : NULL, shown, count, err))
        return false;
    f->recorded = true;
    f->stale = false;
    return true;
}

static bool save(struct halter *h, struct follow *f, struct err *err)
{
    char *thing = xasprintf("halt:%s", f->run->op);
    bool ok =
        db_begin(h->db, err) &&
        halt_run_save(h->db, &f->kept->act, f->run, h->needs.replica, err) &&
        outbox_touch(h->db, thing, err) && db_commit(h->db, err);

    db_rollback(h->db);
    free(thing);
    return ok;
}

/* Where the outbox has posted it: so that it can be edited while Postgres is
 * away. */
static void learn_ts(struct halter *h, struct follow *f)
{
    char *thing = xasprintf("halt:%s", f->run->op);

    for (size_t i = 0; i < f->card_count; i++) {
        struct direct *d = &f->cards[i];
        char *ts = NULL;
        struct err err;

        if (!d->ts && outbox_where(h->db, thing, d->channel, &ts, &err) &&
            *ts) {
            d->ts = xstrdup(ts);
            d->state = DIRECT_POSTED;
        }
        d->shown = f->version; /* the outbox shows the rest */
        free(ts);
    }
    free(thing);
}

static void remember(struct halter *h, struct follow *f)
{
    unsigned version = f->version;
    struct err err = { 0 };

    if ((f->recorded && f->saved == version) || direct_busy(f))
        return;
    if (!(f->recorded && !f->stale ? save(h, f, &err) : record(h, f, &err))) {
        f->retry_at = clock_mono_ms() + AGAIN_MS;
        if (news_is(&f->news, err.text))
            log_warn("halt", &(struct log_ctx){ .op = f->run->op }, "%s",
                     err.text);
        return;
    }
    news_over(&f->news);
    f->saved = version;
    learn_ts(h, f);
    h->needs.posted(h->needs.posted_arg);
}

void stores_tell(struct halter *h, struct follow *f)
{
    if (clock_mono_ms() < f->retry_at)
        return;
    resolve(h, f);
    if (store_up(h->needs.postgres))
        remember(h, f);
}
