/*
 * wire: a connection, plain or in TLS, under deadlines. One thread at a time.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/wait.h"
#include "core/net/tls.h"

struct wire {
    int fd;
    struct tls *tls; /* NULL: plain */
};

struct wire *wire_open(const struct dial_address *to,
                       const struct wire_tls *tls, int64_t until,
                       struct err *err)
{
    struct wire *w = xcalloc(1, sizeof *w);

    w->fd = dial_tcp(to, until, err);
    if (w->fd >= 0 && tls)
        w->tls = tls_open(w->fd, tls, until, err);
    if (w->fd >= 0 && (w->tls || !tls))
        return w;
    wire_close(w);
    return NULL;
}

void wire_close(struct wire *w)
{
    if (!w)
        return;
    tls_close(w->tls);
    if (w->fd >= 0)
        close(w->fd);
    free(w);
}

static long plain_read(int fd, void *out, size_t len, int64_t until)
{
    for (;;) {
        ssize_t n = recv(fd, out, len, 0);

        if (n >= 0 || (errno != EAGAIN && errno != EINTR))
            return n;
        if (wait_fd(fd, POLLIN, until) == 0)
            return -1;
    }
}

static long plain_write(int fd, const void *data, size_t len, int64_t until)
{
    for (;;) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

        if (n >= 0 || (errno != EAGAIN && errno != EINTR))
            return n;
        if (wait_fd(fd, POLLOUT, until) == 0)
            return -1;
    }
}

/* What never stops coming does not wait: time is over all the same. */
long wire_read(struct wire *w, void *out, size_t len, int64_t until)
{
    if (clock_mono_ms() >= until)
        return -1;
    return w->tls ? tls_read(w->tls, out, len, until)
                  : plain_read(w->fd, out, len, until);
}

bool wire_write(struct wire *w, const void *data, size_t len, int64_t until)
{
    const char *at = data;

    while (len > 0) {
        long n = w->tls ? tls_write(w->tls, at, len, until)
                        : plain_write(w->fd, at, len, until);

        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

void wire_expiry(const struct wire *w, struct wire_expiry *out)
{
    *out = (struct wire_expiry){ 0 };
    if (w->tls)
        tls_expiry(w->tls, out);
}
