#include "tests/bench/forger.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/harness/harness.h"

#define CONNECTIONS 256
#define BODY                                                                   \
    "token=x&team_id=T0EX&team_domain=example&channel_id=C0OPS&channel_name="  \
    "ops&user_id=U0ANN&user_name=ann&command=%2Fops&text=halt+all+forged&"     \
    "response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1%2F3977%2F96r&" \
    "trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"

static volatile sig_atomic_t ended;

static void end(int sig)
{
    (void)sig;
    ended = 1;
}

static int dial(const char *address)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    at.sin_port = htons((uint16_t)atoi(strrchr(address, ':') + 1));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&at, sizeof at))
        _exit(2);
    return fd;
}

static size_t forge(char *out, size_t size, long number)
{
    return (size_t)snprintf(
        out, size,
        "POST /slack/commands HTTP/1.1\r\nHost: bot\r\nContent-Type: "
        "application/x-www-form-urlencoded\r\nX-Slack-Request-Timestamp: "
        "%lld\r\nX-Slack-Signature: v0=%064lx\r\nContent-Length: %zu\r\n\r\n%s",
        (long long)time(NULL), number, sizeof BODY - 1, BODY);
}

/* One request on each connection at a time; when all wait, it waits. */
static void flood(const char *address, int rate, int n, struct forged *f)
{
    struct pollfd fds[CONNECTIONS];
    bool busy[CONNECTIONS] = { false };
    int64_t began = clock_mono_us();
    char bytes[2048];

    for (int i = 0; i < n; i++)
        fds[i] = (struct pollfd){ .fd = dial(address), .events = POLLIN };
    while (!ended) {
        double due = (double)(clock_mono_us() - began) * rate / 1e6;

        for (int i = 0; i < n && (double)f->sent < due; i++) {
            size_t len;

            if (busy[i])
                continue;
            len = forge(bytes, sizeof bytes, f->sent++);
            busy[i] = send(fds[i].fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
        }
        if (poll(fds, (nfds_t)n, 1) <= 0)
            continue;
        for (int i = 0; i < n; i++) {
            if (!(fds[i].revents & POLLIN))
                continue;
            if (recv(fds[i].fd, bytes, sizeof bytes, 0) > 12 &&
                memcmp(bytes, "HTTP/1.1 401", 12) == 0)
                f->refused++;
            else
                f->other++;
            busy[i] = false;
        }
    }
    f->per_second =
        (double)f->refused * 1e6 / (double)(clock_mono_us() - began);
}

void forger_start(struct forger *f, const char *address, int rate,
                  int connections)
{
    struct forged done = { .sent = 0 };
    int both[2];

    if (pipe(both))
        harness_fail("no pipe");
    f->pid = fork();
    f->out = both[0];
    if (f->pid) {
        close(both[1]);
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGTERM, end);
    flood(address, rate, connections, &done);
    _exit(write(both[1], &done, sizeof done) == sizeof done ? 0 : 1);
}

void forger_stop(struct forger *f, struct forged *out)
{
    kill(f->pid, SIGTERM);
    if (read(f->out, out, sizeof *out) != sizeof *out)
        harness_fail("the forger did not say what it did");
    close(f->out);
}
