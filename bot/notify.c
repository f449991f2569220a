#include "bot/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/log.h"

#define SPARE 3 /* so many in the time in which one must come */

static int notify_fd = -1;
static int64_t watchdog_ms;

/* "@name" is an abstract socket: its name begins with a NUL. */
static bool connect_to(const char *path)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    size_t len = strlen(path);

    if ((*path != '/' && *path != '@') || len >= sizeof to.sun_path) {
        errno = EINVAL;
        return false;
    }
    memcpy(to.sun_path, path, len);
    if (*path == '@')
        to.sun_path[0] = '\0';
    notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return notify_fd >= 0 &&
           connect(notify_fd, (const struct sockaddr *)&to,
                   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) ==
               0;
}

/* WATCHDOG_USEC counts for the process that WATCHDOG_PID names. */
static int64_t wanted_ms(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    long long every = usec ? strtoll(usec, NULL, 10) / 1000 / SPARE : 0;

    if (pid && strtoll(pid, NULL, 10) != getpid())
        return 0;
    return every < 0 ? 0 : every == 0 && usec ? 1 : every;
}

void notify_open(void)
{
    const char *path = getenv("NOTIFY_SOCKET");

    if (path && !connect_to(path)) {
        log_warn("notify", NULL,
                 "the supervisor cannot be told how we are: "
                 "%s: %s",
                 path, strerror(errno));
        if (notify_fd >= 0)
            close(notify_fd);
        notify_fd = -1;
    }
    watchdog_ms = notify_fd >= 0 ? wanted_ms() : 0;
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void notify_say(const char *state)
{
    if (notify_fd >= 0)
        (void)!send(notify_fd, state, strlen(state), MSG_NOSIGNAL);
}

int64_t notify_watchdog_ms(void)
{
    return watchdog_ms;
}
