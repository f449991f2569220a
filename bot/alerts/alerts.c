#include "bot/alerts/alerts_int.h"

#include <stdlib.h>
#include <string.h>

#include "bot/flow/tally.h"
#include "core/alert/mute.h"
#include "core/alert/storm.h"
#include "core/base/clock.h"
#include "core/base/cond.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define TICK_MS  250
#define DRAIN_MS 500
#define COUNT_MS 5000
#define DUE_MOST 200  /* groups at once */
#define DUE_MS   1000 /* then the queue has its turn again */
#define AT_ONCE  256  /* batches */

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

/* ---- taking what waits ------------------------------------------------------- */

static void finish(struct alerts *a, struct alerts_batch *b,
                   enum alerts_kept kept, const struct err *err)
{
    static const enum tally_fate fates[] = {
        [ALERTS_TAKEN] = TALLY_TAKEN,
        [ALERTS_HELD] = TALLY_HELD,
        [ALERTS_REFUSED] = TALLY_NOWHERE,
        [ALERTS_POISON] = TALLY_NOWHERE,
    };
    size_t count = b->count;

    for (size_t i = 0; i < count; i++)
        tally_alert(b->events[i].source, fates[kept]);
    if (kept == ALERTS_HELD)
        atomic_fetch_add(&a->held, count);
    else if (kept != ALERTS_TAKEN)
        atomic_fetch_add(&a->refused, count);
    atomic_fetch_sub(&a->waiting, count);
    if (b->done)
        b->done(b->arg, kept, kept == ALERTS_TAKEN ? "" : err->text);
    alerts_batch_free(b);
}

/* One batch, however large: the worst of what became of its parts. */
static void take_one(struct alerts *a, struct alerts_batch *b)
{
    enum alerts_kept worst = ALERTS_TAKEN;
    struct err err = { 0 }, why = { 0 };

    for (size_t from = 0; from < b->count; from += TAKE_MOST) {
        size_t n = b->count - from < TAKE_MOST ? b->count - from : TAKE_MOST;
        size_t known = 0;
        enum alerts_kept kept =
            alerts_keep(a, b->events + from, n, b->again, &known, &err);

        b->known += known;
        if (kept > worst) {
            worst = kept;
            why = err;
        }
    }
    finish(a, b, worst, &why);
}

/* What comes twice is one: a deployment is its service, version and time. */
static void take_deploy(struct alerts *a, struct alerts_batch *b)
{
    char op[OP_ID], at[TEXT_NUMBER];
    struct err err = { 0 };
    bool ok;

    digest_op(op, "deploy", b->deploy->service, b->deploy->version,
              text_number(at, b->deploy->at), NULL);
    ok = deploy_put(a->db, op, b->deploy, &err);
    finish(a, b, ok ? ALERTS_TAKEN : ALERTS_REFUSED, &err);
}

/* Small batches together: n of them with count events in all. When one of
 * them cannot be taken each is for itself. */
static void take_some(struct alerts *a, struct alerts_batch **batches, size_t n,
                      size_t count)
{
    struct alert_event *all;
    enum alerts_kept kept;
    struct err err = { 0 };
    size_t at = 0, known;

    if (n == 1) {
        take_one(a, batches[0]);
        return;
    }
    all = xmalloc(count * sizeof *all); /* borrows what they point to */
    for (size_t i = 0; i < n; i++) {
        batches[i]->known =
            outage_seen(a->outage, batches[i]->events, batches[i]->count);
        memcpy(all + at, batches[i]->events, batches[i]->count * sizeof *all);
        at += batches[i]->count;
    }
    kept = alerts_keep(a, all, count, true, &known, &err);
    at = 0;
    for (size_t i = 0; i < n; i++) { /* they know now what was posted */
        memcpy(batches[i]->events, all + at, batches[i]->count * sizeof *all);
        at += batches[i]->count;
    }
    free(all);
    for (size_t i = 0; i < n; i++) {
        if (kept == ALERTS_POISON) {
            batches[i]->known = 0;
            take_one(a, batches[i]);
        } else
            finish(a, batches[i], kept, &err);
    }
}

static void take_list(struct alerts *a, struct node *list)
{
    struct alerts_batch *some[AT_ONCE];
    size_t n = 0, count = 0;

    while (list) {
        struct alerts_batch *b = (struct alerts_batch *)list;

        list = list->next;
        if (b->deploy) {
            take_deploy(a, b);
            continue;
        }
        if (n > 0 && count + b->count > TAKE_MOST) {
            take_some(a, some, n, count);
            n = count = 0;
        }
        some[n++] = b;
        count += b->count;
    }
    if (n > 0)
        take_some(a, some, n, count);
}

/* ---- the clock ----------------------------------------------------------------- */

/* Whatever is due, and is no more than one turn's worth. */
static bool due(struct alerts *a, struct err *err)
{
    struct alert_world w = alerts_world(a);
    int64_t until = clock_mono_ms() + DUE_MS;
    size_t fired = DUE_MOST, all = 0;

    while (fired == DUE_MOST && clock_mono_ms() < until) {
        if (!alerts_due(&w, DUE_MOST, &fired, err))
            return false;
        all += fired;
    }
    if (all > 0)
        a->needs.posted(a->needs.posted_arg);
    return mute_due(&w, err) && storm_due(&w, err);
}

static void count_what_is_there(struct alerts *a, struct err *err)
{
    struct alert_counts counts;
    int64_t held = 0, overdue = 0;

    if (store_up(a->needs.redis) &&
        held_count(a->redis, config_now(a->needs.config), &held, err)) {
        atomic_store(&a->held_now, held);
        a->in_redis = a->in_redis || held > 0;
    }
    if (!store_up(a->needs.postgres) || !alerts_count(a->db, &counts, err) ||
        !alerts_overdue(a->db, &overdue, err))
        return;
    for (int s = 0; s < ALERT_SEVERITIES; s++) {
        atomic_store(&a->groups[s], counts.groups[s]);
        atomic_store(&a->unacked[s], counts.unacked[s]);
    }
    atomic_store(&a->overdue, overdue);
}

static void tick(struct alerts *a, int64_t now)
{
    struct err err = { 0 };

    a->tick_at = now + TICK_MS;
    outage_look(a->outage, a, now);
    if (now >= a->drain_at) {
        a->drain_at = now + DRAIN_MS;
        alerts_drain(a);
    }
    if (config_now(a->needs.config)->alerts.on && store_up(a->needs.postgres) &&
        alerts_may_tick(a, now)) {
        if (due(a, &err))
            news_over(&a->clock_news);
        else if (news_is(&a->clock_news, err.text))
            log_warn("alerts", NULL, "the clock of alerts: %s", err.text);
    }
    if (now >= a->count_at) {
        a->count_at = now + COUNT_MS;
        count_what_is_there(a, &err);
    }
}

static void *alerts_main(void *arg)
{
    struct alerts *a = arg;

    pthread_setname_np(pthread_self(), "alerts");
    while (!queue_done(a->queue)) {
        int64_t now = clock_mono_ms();
        int wait = a->tick_at > now ? (int)(a->tick_at - now) : 0;
        struct node *list = queue_take(a->queue, AT_ONCE, wait);

        if (list)
            take_list(a, list);
        now = clock_mono_ms();
        if (now >= a->tick_at && !atomic_load(&a->ending))
            tick(a, now);
        else if (now >= a->tick_at)
            a->tick_at = now + TICK_MS;
        atomic_store(&a->turned, clock_mono_ms());
    }
    return NULL;
}

/* ---- waiting for one -------------------------------------------------------------- */

/* Of who waits, and of the batch: whoever is last frees it. */
struct raised {
    pthread_mutex_t lock;
    pthread_cond_t over;
    bool is_over, left;
    enum alerts_kept kept;
    struct err err;
};

static void raised_free(struct raised *r)
{
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->over);
    free(r);
}

static void raised_done(void *arg, enum alerts_kept kept, const char *why)
{
    struct raised *r = arg;
    bool last;

    pthread_mutex_lock(&r->lock);
    r->kept = kept;
    if (kept != ALERTS_TAKEN)
        err_set(&r->err, ERR_DB, "%s", why);
    r->is_over = true;
    last = r->left;
    pthread_cond_signal(&r->over);
    pthread_mutex_unlock(&r->lock);
    if (last)
        raised_free(r);
}

static bool wait_for(struct raised *r, int deadline_ms, enum alerts_kept *kept,
                     struct err *err)
{
    int64_t until = clock_mono_ms() + deadline_ms;
    bool more = true, over;

    pthread_mutex_lock(&r->lock);
    while (!r->is_over && more)
        more = cond_wait(&r->over, &r->lock, until);
    over = r->is_over;
    r->left = true;
    *kept = r->kept;
    if (over && r->kept > ALERTS_HELD)
        *err = r->err;
    pthread_mutex_unlock(&r->lock);
    if (!over)
        return err_set(err, ERR_DB,
                       "The alert was not taken within %d ms. It may be "
                       "later: look at `alerts` before you try again.",
                       deadline_ms);
    over = r->kept <= ALERTS_HELD;
    raised_free(r);
    return over;
}

bool alerts_wait(struct alerts *a, struct alerts_batch *b, int deadline_ms,
                 enum alerts_kept *kept, struct err *err)
{
    struct raised *r = xcalloc(1, sizeof *r);

    pthread_mutex_init(&r->lock, NULL);
    cond_init(&r->over);
    r->kept = ALERTS_REFUSED;
    b->done = raised_done;
    b->arg = r;
    if (alerts_submit(a, b) == PUSH_OK)
        return wait_for(r, deadline_ms, kept, err);
    alerts_batch_free(b);
    raised_free(r);
    *kept = ALERTS_REFUSED;
    return err_set(err, ERR_BUSY,
                   "Too many alerts wait just now. Please try again.");
}

bool alerts_raise(struct alerts *a, struct alert_event *events, size_t count,
                  int deadline_ms, enum alerts_kept *kept, struct err *err)
{
    return alerts_wait(a, alerts_batch_new(events, count), deadline_ms, kept,
                       err);
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
