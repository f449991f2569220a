/*
 * signals: see signals.h.
 */
#include "tests/sandbox/wire/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void signal_ready(struct source *source, uint32_t events);

/* The loop whose end the signal is; the source carries nothing else. */
static struct {
    struct source source; /* first */
    struct loop *loop;
} signals = { .source = { .ready = signal_ready } };

static void signal_ready(struct source *source, uint32_t events)
{
    (void)source;
    (void)events;
    loop_stop(signals.loop);
}

bool signals_catch(struct loop *loop, struct err *err)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signals.loop = loop;
    signals.source.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (signals.source.fd < 0 || !loop_add(loop, &signals.source, EPOLLIN))
        return err_set(err, ERR_SYSTEM, "signalfd: %s", strerror(errno));
    return true;
}

void signals_close(void)
{
    close(signals.source.fd);
}
