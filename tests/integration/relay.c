/* relay: see relay.h. */
#include "tests/integration/relay.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/harness/servers.h"

#define MOST 256 /* descriptors: the listener, then pairs */

static int listen_at(int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 64) != 0)
        harness_fail("the relay cannot listen at %d", port);
    return fd;
}

static int connect_to(const char *path)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

static void accept_one(struct pollfd *fds, nfds_t *n, const char *path)
{
    int in = accept(fds[0].fd, NULL, NULL);
    int out = *n + 2 <= MOST ? connect_to(path) : -1;

    if (out < 0) {
        close(in);
        return;
    }
    fds[(*n)++] = (struct pollfd){ .fd = in, .events = POLLIN };
    fds[(*n)++] = (struct pollfd){ .fd = out, .events = POLLIN };
}

/* False: the pair is over. Peers take what they are sent: it is little. */
static bool pass(int from, int to)
{
    char data[65536];
    ssize_t got = read(from, data, sizeof data), sent = 0;

    while (got > 0 && sent < got) {
        ssize_t n = write(to, data + sent, (size_t)(got - sent));

        if (n <= 0)
            return false;
        sent += n;
    }
    return got > 0;
}

static void end_pair(struct pollfd *fds, nfds_t *n, nfds_t i)
{
    close(fds[i].fd);
    close(fds[i + 1].fd);
    *n -= 2;
    fds[i] = fds[*n];
    fds[i + 1] = fds[*n + 1];
}

static _Noreturn void relay_main(int listener, const char *path)
{
    struct pollfd fds[MOST] = { { .fd = listener, .events = POLLIN } };
    nfds_t n = 1;

    for (;;) {
        nfds_t pairs = n;

        if (poll(fds, n, -1) < 0)
            _exit(1);
        if (fds[0].revents)
            accept_one(fds, &n, path);
        for (nfds_t i = 1; i < pairs; i += 2) {
            bool over = (fds[i].revents && !pass(fds[i].fd, fds[i + 1].fd)) ||
                        (fds[i + 1].revents && !pass(fds[i + 1].fd, fds[i].fd));

            if (over) {
                end_pair(fds, &n, i);
                break; /* the others' turn comes at once */
            }
        }
    }
}

void relay_again(struct relay *r)
{
    int listener = listen_at(r->port);

    r->pid = fork();
    if (r->pid < 0)
        harness_fail("the relay cannot be started");
    if (r->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        relay_main(listener, r->path);
    }
    close(listener);
}

void relay_start(struct relay *r, struct harness *h)
{
    const char *path = h->redis_url + strlen("unix://");

    *r = (struct relay){ .port = free_port() };
    snprintf(r->path, sizeof r->path, "%.*s", (int)strcspn(path, "?"), path);
    snprintf(r->env, sizeof r->env, "REDIS_URL=redis://127.0.0.1:%d/0",
             r->port);
    relay_again(r);
}

void relay_stop(struct relay *r)
{
    if (r->pid == 0)
        return;
    kill(r->pid, SIGKILL);
    waitpid(r->pid, NULL, 0);
    r->pid = 0;
}
