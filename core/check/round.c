/* round: see round.h. */
#include "core/check/round.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/mem.h"

struct slot {
    const struct config_check *check;
    bool in;
    struct check_result result;
};

struct round {
    pthread_mutex_t lock;
    unsigned references;
    size_t missing, count;
    void (*done)(void *arg);
    void *arg;
    struct slot slots[];
};

struct round *round_new(const struct config *cfg, const unsigned *which,
                        size_t n)
{
    struct round *r = xcalloc(1, sizeof *r + n * sizeof *r->slots);

    pthread_mutex_init(&r->lock, NULL);
    r->references = 1;
    r->missing = r->count = n;
    for (size_t i = 0; i < n; i++)
        r->slots[i].check = &cfg->checks[which[i]];
    return r;
}

struct round *round_hold(struct round *r)
{
    pthread_mutex_lock(&r->lock);
    r->references++;
    pthread_mutex_unlock(&r->lock);
    return r;
}

void round_drop(struct round *r)
{
    bool last;

    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    last = --r->references == 0;
    pthread_mutex_unlock(&r->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&r->lock);
    free(r);
}

void round_on_done(struct round *r, void (*done)(void *arg), void *arg)
{
    bool now;

    pthread_mutex_lock(&r->lock);
    now = r->missing == 0;
    r->done = now ? NULL : done;
    r->arg = arg;
    pthread_mutex_unlock(&r->lock);
    if (now)
        done(arg);
}

size_t round_count(const struct round *r)
{
    return r->count;
}

const struct config_check *round_check(const struct round *r, size_t i)
{
    return r->slots[i].check;
}

bool round_put(struct round *r, size_t i, const struct check_result *result)
{
    void (*done)(void *arg) = NULL;
    bool complete = false;

    pthread_mutex_lock(&r->lock);
    if (!r->slots[i].in) {
        r->slots[i].result = *result;
        r->slots[i].in = true;
        r->missing--;
        if (r->missing == 0) {
            complete = true;
            done = r->done;
        }
    }
    pthread_mutex_unlock(&r->lock);
    if (done)
        done(r->arg);
    return complete;
}

bool round_get(struct round *r, size_t i, struct check_result *out)
{
    bool in;

    pthread_mutex_lock(&r->lock);
    in = r->slots[i].in;
    if (in)
        *out = r->slots[i].result;
    pthread_mutex_unlock(&r->lock);
    return in;
}

size_t round_missing(struct round *r)
{
    size_t n;

    pthread_mutex_lock(&r->lock);
    n = r->missing;
    pthread_mutex_unlock(&r->lock);
    return n;
}
