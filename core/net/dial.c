/*
 * dial: TCP connections under a deadline. Any thread.
 */
#include "core/net/dial.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/lookup.h"
#include "core/base/wait.h"

/* ---- addresses -------------------------------------------------------------- */

static bool port_number(const char *s)
{
    size_t len = strlen(s);

    return len > 0 && len <= 5 && strspn(s, "0123456789") == len &&
           strtol(s, NULL, 10) > 0 && strtol(s, NULL, 10) <= 65535;
}

bool dial_parse(const char *text, const char *port, struct dial_address *out)
{
    bool bracket = *text == '[';
    const char *host = text + bracket;
    size_t len = strcspn(host, bracket ? "]" : ":");
    const char *rest = host + len;

    if (bracket && *rest++ != ']')
        return false;
    if (*rest == ':' && !strchr(rest + 1, ':'))
        port = rest + 1;
    else if (*rest)
        return false;
    if (len == 0 || len >= DIAL_HOST || !port || !port_number(port))
        return false;
    snprintf(out->host, sizeof out->host, "%.*s", (int)len, host);
    snprintf(out->port, sizeof out->port, "%s", port);
    return true;
}

/* ---- connecting ------------------------------------------------------------- */

/* 0: connected; otherwise an errno. */
static int finish(int fd, int64_t until)
{
    socklen_t len = sizeof(int);
    int problem = 0;

    if (wait_fd(fd, POLLOUT, until) == 0)
        return ETIMEDOUT;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &len) != 0)
        return errno;
    return problem;
}

static int connect_to(const struct addrinfo *at, int64_t until, int *problem)
{
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    IPPROTO_TCP);
    int on = 1;

    if (fd < 0) {
        *problem = errno;
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *problem = connect(fd, at->ai_addr, at->ai_addrlen) == 0 ? 0
               : errno == EINPROGRESS                        ? finish(fd, until)
                                                             : errno;
    if (*problem == 0)
        return fd;
    close(fd);
    return -1;
}

static int64_t share(int64_t until, int64_t addresses)
{
    int64_t now = clock_mono_ms();

    return until > now ? now + (until - now) / addresses : now;
}

int dial_tcp(const struct dial_address *to, int64_t until, struct err *err)
{
    struct addrinfo *found = NULL;
    int fd = -1, problem = 0, left = 0;

    if (!lookup(to->host, to->port, until, &found, err))
        return -1;
    for (const struct addrinfo *at = found; at; at = at->ai_next)
        left++;
    for (const struct addrinfo *at = found; at && fd < 0; at = at->ai_next)
        fd = connect_to(at, share(until, left--), &problem);
    freeaddrinfo(found);
    if (fd < 0)
        err_set(err, ERR_SYSTEM, "cannot connect: %s",
                problem == ETIMEDOUT ? "no answer" : strerror(problem));
    return fd;
}
