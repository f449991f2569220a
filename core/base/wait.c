/*
 * wait: poll(2) for one descriptor under a deadline. Any thread.
 */
#include "core/base/wait.h"

#include <errno.h>
#include <poll.h>

#include "core/base/clock.h"

short wait_fd(int fd, short events, int64_t until)
{
    struct pollfd p = { .fd = fd, .events = events };
    int n;

    do {
        int64_t left = until - clock_mono_ms();

        n = poll(&p, 1, left > 0 ? (int)left : 0);
    } while (n < 0 && errno == EINTR);
    return n > 0 ? p.revents : 0;
}
