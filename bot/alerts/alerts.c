#include "bot/alerts/alerts_int.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

/* ---- batches --------------------------------------------------------------- */

static size_t event_bytes(const struct alert_event *e)
{
    size_t bytes = sizeof *e + strlen(e->title) + strlen(e->message) + 256;

    for (size_t i = 0; i < e->labels.count; i++)
        bytes += strlen(e->labels.items[i].name) +
                 strlen(e->labels.items[i].value) + 32;
    return bytes;
}

struct alerts_batch *alerts_batch_new(struct alert_event *events, size_t count)
{
    struct alerts_batch *b = xcalloc(1, sizeof *b);

    b->events = events;
    b->count = count;
    b->node.bytes = sizeof *b;
    for (size_t i = 0; i < count; i++)
        b->node.bytes += event_bytes(&events[i]);
    return b;
}

void alerts_batch_free(struct alerts_batch *b)
{
    if (!b)
        return;
    events_free(b->events, b->count);
    if (b->deploy)
        deploy_dispose(b->deploy);
    free(b->deploy);
    free(b);
}

enum push alerts_submit(struct alerts *a, struct alerts_batch *b)
{
    size_t count = b->count;
    enum push pushed;

    atomic_fetch_add(&a->waiting, count);
    pushed = queue_push(a->queue, &b->node);
    if (pushed != PUSH_OK)
        atomic_fetch_sub(&a->waiting, count);
    return pushed;
}

/* ---- the thread ------------------------------------------------------------- */

static void *alerts_main(void *arg)
{
    struct alerts *a = arg;

    pthread_setname_np(pthread_self(), "alerts");
    while (!queue_done(a->queue)) {
        int64_t now = clock_mono_ms();
        int wait = a->tick_at > now ? (int)(a->tick_at - now) : 0;
        struct node *list = queue_take(a->queue, ALERTS_AT_ONCE, wait);

        if (list)
            alerts_take_list(a, list);
        now = clock_mono_ms();
        if (now >= a->tick_at && !atomic_load(&a->ending))
            alerts_tick(a, now);
        else if (now >= a->tick_at)
            a->tick_at = now + ALERTS_TICK_MS;
        atomic_store(&a->turned, clock_mono_ms());
    }
    return NULL;
}

/* ---- life ---------------------------------------------------------------------------- */

void alerts_facts(struct alerts *a, struct alerts_facts *out)
{
    *out = (struct alerts_facts){
        .turned_ms = clock_mono_ms() - atomic_load(&a->turned),
        .taken = atomic_load(&a->taken),
        .known = atomic_load(&a->known),
        .held = atomic_load(&a->held),
        .refused = atomic_load(&a->refused),
        .dead = atomic_load(&a->dead),
        .old = atomic_load(&a->old),
        .waiting = atomic_load(&a->waiting),
        .held_now = atomic_load(&a->held_now),
        .overdue_ms = atomic_load(&a->overdue),
    };
    for (int s = 0; s < ALERT_SEVERITIES; s++) {
        out->groups[s] = atomic_load(&a->groups[s]);
        out->unacked[s] = atomic_load(&a->unacked[s]);
    }
    stream_reader_facts(a->reader, out);
}

static bool run(struct alerts *a, struct err *err)
{
    if (pthread_create(&a->thread, NULL, alerts_main, a) != 0)
        return err_set(err, ERR_SYSTEM,
                       "The alerts thread could not be started.");
    a->joined = false;
    a->reader = stream_reader_start(a, err);
    return a->reader != NULL;
}

struct alerts *alerts_start(const struct alerts_needs *needs, struct err *err)
{
    const struct config *cfg = config_now(needs->config);
    struct alerts *a = xcalloc(1, sizeof *a);

    a->needs = *needs;
    a->joined = true; /* there is no thread yet */
    a->queue = queue_new(ALERTS_QUEUE, ALERTS_QUEUE_BYTES);
    a->redis = redis_new(&cfg->redis, needs->redis);
    a->db = db_new(cfg->database_url, needs->postgres);
    a->outage = outage_new(needs->sender, needs->replica);
    /* What a run before this one held is drained before anything else. */
    a->in_redis = true;
    a->in_journal = journal_waiting(needs->journal, NULL) > 0;
    outage_of_before(a->outage, a);
    atomic_store(&a->turned, clock_mono_ms());
    atomic_store(&a->held_now, -1);
    for (int s = 0; s < ALERT_SEVERITIES; s++) {
        atomic_store(&a->groups[s], -1);
        atomic_store(&a->unacked[s], -1);
    }
    if (run(a, err))
        return a;
    alerts_stop(a);
    alerts_free(a);
    return NULL;
}

void alerts_end(struct alerts *a)
{
    if (!a)
        return;
    atomic_store(&a->ending, true);
    stream_reader_end(a->reader);
}

void alerts_stop(struct alerts *a)
{
    if (!a)
        return;
    alerts_end(a);
    stream_reader_stop(a->reader);
    a->reader = NULL;
    queue_close(a->queue);
    if (!a->joined)
        pthread_join(a->thread, NULL);
    a->joined = true;
}

void alerts_free(struct alerts *a)
{
    if (!a)
        return;
    outage_free(a->outage);
    queue_free(a->queue);
    redis_free(a->redis);
    db_free(a->db);
    free(a);
}
