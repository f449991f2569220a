/*
 * cond: conditions whose waits end on clock_mono_ms(), whatever becomes of the
 * wall clock. All else is as with any pthread_cond_t. Any thread.
 */
#ifndef CORE_BASE_COND_H
#define CORE_BASE_COND_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

void cond_init(pthread_cond_t *cond);
/* With the lock, as pthread_cond_wait(). False: it is that moment (mono ms). */
bool cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until);

#endif
