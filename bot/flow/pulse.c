#include "bot/flow/pulse.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/cond.h"
#include "core/base/mem.h"

struct pulse {
    const char *name;
    int every_ms;
    void (*turn)(void *arg);
    void *arg;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;   /* under the lock */
    bool joined; /* by whoever stops it */
    _Atomic int64_t turned;
};

static void wait_for_turn(struct pulse *p)
{
    int64_t until = clock_mono_ms() + p->every_ms;

    while (!p->stop && cond_wait(&p->wake, &p->lock, until))
        ;
}

static void *pulse_main(void *arg)
{
    struct pulse *p = arg;

    pthread_setname_np(pthread_self(), p->name);
    pthread_mutex_lock(&p->lock);
    while (!p->stop) {
        pthread_mutex_unlock(&p->lock);
        p->turn(p->arg);
        atomic_store(&p->turned, clock_mono_ms());
        pthread_mutex_lock(&p->lock);
        wait_for_turn(p);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static void pulse_free(struct pulse *p)
{
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

struct pulse *pulse_start(const char *name, int every_ms,
                          void (*turn)(void *arg), void *arg, struct err *err)
{
    struct pulse *p = xcalloc(1, sizeof *p);

    p->name = name;
    p->every_ms = every_ms;
    p->turn = turn;
    p->arg = arg;
    pthread_mutex_init(&p->lock, NULL);
    cond_init(&p->wake);
    atomic_store(&p->turned, clock_mono_ms());
    if (pthread_create(&p->thread, NULL, pulse_main, p) == 0)
        return p;
    pulse_free(p);
    err_set(err, ERR_SYSTEM, "The %s thread could not be started.", name);
    return NULL;
}

int64_t pulse_turned_ms(const struct pulse *p)
{
    return clock_mono_ms() - atomic_load(&p->turned);
}

void pulse_end(struct pulse *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

void pulse_join(struct pulse *p)
{
    pulse_end(p);
    if (!p->joined)
        pthread_join(p->thread, NULL);
    p->joined = true;
}

void pulse_stop(struct pulse *p)
{
    if (!p)
        return;
    pulse_join(p);
    pulse_free(p);
}
