/* cond: see cond.h. */
#include "core/base/cond.h"

#include <time.h>

void cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

bool cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until)
{
    struct timespec t = { .tv_sec = until / 1000,
                          .tv_nsec = until % 1000 * 1000000 };

    return pthread_cond_timedwait(cond, lock, &t) == 0;
}
