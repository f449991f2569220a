/*
 * alerts_wait: a batch that somebody waits for: the stream's reader, a worker
 * (alerts_raise()). Any thread but the alerts thread, which calls
 * raised_done().
 */
#include <stdlib.h>

#include "bot/alerts/alerts_int.h"
#include "core/base/clock.h"
#include "core/base/cond.h"
#include "core/base/mem.h"

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
