/* site: see site.h. */
#include "tests/demo/site.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/core/check/certificates.h"
#include "tests/core/check/peer.h"
#include "tests/harness/agents.h"
#include "tests/harness/harness.h"

#define GATEWAY  "gateway.example"
#define DAYS     6
#define SLOW_MS  900 /* until a connection is let in */
#define LIMIT_MS 300 /* what the check allows */
#define LOOK_MS  100
#define PIECE    8192

/* The slow Postgres: one connection at a time, as the check makes them. */
struct site {
    struct peer *gateway;
    int listener, port;
    char path[108]; /* of the real one's socket; "" until it is known */
    pthread_t relay;
    atomic_bool stop, known;
};

/* ---- the slow Postgres ----------------------------------------------------- */

static void nap(const struct site *s, int ms)
{
    for (; ms > 0 && !atomic_load(&s->stop); ms -= LOOK_MS)
        nanosleep(&(struct timespec){ 0, LOOK_MS * 1000000L }, NULL);
}

static int connect_to(const char *path)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* False: one of them is gone. */
static bool pass(int from, int to)
{
    char data[PIECE];
    ssize_t got = read(from, data, sizeof data), sent = 0, n;

    while (got > 0 && sent < got) {
        n = send(to, data + sent, (size_t)(got - sent), MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        sent += n;
    }
    return got > 0;
}

static void pass_all(const struct site *s, int here, int there)
{
    struct pollfd fds[] = { { .fd = here, .events = POLLIN },
                            { .fd = there, .events = POLLIN } };
    bool open = true;

    while (open && !atomic_load(&s->stop)) {
        if (poll(fds, 2, LOOK_MS) <= 0)
            continue;
        open = (!fds[0].revents || pass(here, there)) &&
               (!fds[1].revents || pass(there, here));
    }
}

static void *relay_main(void *arg)
{
    struct site *s = arg;
    struct pollfd fd = { .fd = s->listener, .events = POLLIN };

    while (!atomic_load(&s->stop)) {
        int here, there = -1;

        if (poll(&fd, 1, LOOK_MS) <= 0)
            continue;
        here = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
        if (here < 0)
            continue;
        nap(s, SLOW_MS);
        if (atomic_load(&s->known))
            there = connect_to(s->path);
        if (there >= 0) {
            pass_all(s, here, there);
            close(there);
        }
        close(here);
    }
    return NULL;
}

static void listen_now(struct site *s)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;

    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0 ||
        bind(s->listener, (struct sockaddr *)&at, sizeof at) < 0 ||
        listen(s->listener, 16) < 0 ||
        getsockname(s->listener, (struct sockaddr *)&at, &len) < 0)
        harness_fail("the slow Postgres cannot listen");
    s->port = ntohs(at.sin_port);
}

/* ---- the certificate ------------------------------------------------------- */

/* Whoever connects has seen it. */
static void greet(struct peer_conn *c, void *arg)
{
    (void)arg;
    (void)peer_head(c);
}

static void gateway_start(struct site *s)
{
    certificates_start();
    certificate_make(&(struct certificate){ .name = "gateway",
                                            .names = "DNS:" GATEWAY,
                                            .signer = "ca",
                                            .from = -30 * DAY,
                                            .until = DAYS * DAY + DAY / 24 });
    s->gateway = peer_start(
        &(struct peer_options){ .script = greet,
                                .cert = certificate_file("gateway", ".pem"),
                                .key = certificate_file("gateway", ".key") });
}

/* ---- life ------------------------------------------------------------------ */

struct site *site_start(void)
{
    struct site *s = xcalloc(1, sizeof *s);
    sigset_t all, before;

    /* Signals are for the main thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    gateway_start(s);
    listen_now(s);
    if (pthread_create(&s->relay, NULL, relay_main, s) != 0)
        harness_fail("no thread for the slow Postgres");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s;
}

void site_behind(struct site *s, const char *database_url)
{
    const char *host = strstr(database_url, "host=");

    if (!host)
        harness_fail("no host in %s", database_url);
    host += strlen("host=");
    snprintf(s->path, sizeof s->path, "%.*s/.s.PGSQL.5432",
             (int)strcspn(host, "&"), host);
    atomic_store(&s->known, true);
}

void site_stop(struct site *s)
{
    if (!s)
        return;
    atomic_store(&s->stop, true);
    pthread_join(s->relay, NULL);
    close(s->listener);
    peer_stop(s->gateway);
    certificates_stop();
    free(s);
}

void site_tidy(void)
{
    certificates_stop();
}

/* ---- the checks ------------------------------------------------------------ */

static const char *const pipeline[] = { "execution", "risk" };

static void add_agent(struct buf *b, const char *name, int port)
{
    buf_fmt(b,
            "  - id: %s\n"
            "    kind: http\n"
            "    severity: critical\n"
            "    url: http://127.0.0.1:%d/health\n"
            "    interval_s: 1\n"
            "    timeout_ms: 2000\n"
            "    fail_after: 1\n"
            "    pass_after: 1\n",
            name, port);
}

static void add_ill(struct buf *b, const struct site *s)
{
    buf_fmt(b,
            "  - id: gateway\n"
            "    name: gateway certificate\n"
            "    kind: tls\n"
            "    severity: warning\n"
            "    url: 127.0.0.1:%d\n"
            "    server_name: " GATEWAY "\n"
            "    ca: %s\n"
            "    interval_s: 2\n"
            "    fail_after: 1\n",
            peer_port(s->gateway), certificate_file("ca", ".pem"));
    buf_fmt(b,
            "  - id: orders-db\n"
            "    name: orders database\n"
            "    kind: postgres\n"
            "    severity: high\n"
            "    url: postgresql://bot@127.0.0.1:%d/opsbot\n"
            "    interval_s: 2\n"
            "    fail_after: 1\n"
            "    expect: { connect_ms: %d }\n",
            s->port, LIMIT_MS);
}

char *site_yaml(const struct site *s, const struct agents *agents)
{
    struct buf b = { 0 };

    buf_str(&b, "checks:\n");
    for (size_t i = 0; i < sizeof pipeline / sizeof *pipeline; i++)
        add_agent(&b, pipeline[i], agents_port(agents, pipeline[i]));
    add_ill(&b, s);
    return buf_take(&b);
}
