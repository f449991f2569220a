/*
 * wait: poll(2) for one descriptor under a deadline. Any thread.
 */
#ifndef CORE_BASE_WAIT_H
#define CORE_BASE_WAIT_H

#include <stdint.h>

/* Waits for events (POLLIN, POLLOUT) until that moment on clock_mono_ms().
 * Returns what came, POLLHUP and POLLERR included; 0: time is over. */
short wait_fd(int fd, short events, int64_t until);

#endif
