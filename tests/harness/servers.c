#include "tests/harness/servers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glob.h>
#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/harness/postgres.h"
#include "tests/harness/process.h"

#define ACK_MS   3000
#define READY_MS 20000 /* for a server to answer, on a busy machine */

char *below(const struct harness *h, const char *name)
{
    return xasprintf("%s/%s", h->dir, name);
}

/* Nobody listens at a port between its choice and the start of whoever is to:
 * for other harnesses it is taken as long as this process lives. */
static bool reserve(int port)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    /* An abstract name: it goes with its last descriptor. */
    snprintf(sun.sun_path + 1, sizeof sun.sun_path - 1, "opsbot-port-%d", port);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&sun, sizeof sun) == 0)
        return true;
    close(fd);
    return false;
}

int free_port(void)
{
    static unsigned seed;
    struct sockaddr_in sin = { .sin_family = AF_INET };

    if (!seed)
        seed = (unsigned)getpid() * 2654435761u ^ (unsigned)clock_mono_us();
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 1000; i++) {
        int port = 20000 + rand_r(&seed) % 12000;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int yes = 1, taken;

        sin.sin_port = htons((uint16_t)port);
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        taken = bind(fd, (struct sockaddr *)&sin, sizeof sin);
        close(fd);
        if (!taken && reserve(port))
            return port;
    }
    harness_fail("no free port");
}

char *servers_program(const char *variable, const char *name)
{
    const char *given = getenv(variable);
    char self[PATH_MAX];
    char *path, *slash, *build;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (given && *given)
        return xstrdup(given);
    self[n > 0 ? n : 0] = '\0';
    build = self + strlen(harness_root()) + strlen("/build/");
    slash = strchr(build, '/');
    if (slash) {
        *slash = '\0';
        path = xasprintf("%s/%s", self, name);
        if (!access(path, X_OK))
            return path;
        free(path);
    }
    return xasprintf("%s/build/%s", harness_root(), name);
}

/* ---- Redis -------------------------------------------------------------- */

static bool redis_answers(void *arg)
{
    struct harness *h = arg;
    char *path = below(h, "redis.sock");
    redisContext *c = redisConnectUnix(path);
    redisReply *r = c && !c->err ? redisCommand(c, "PING") : NULL;
    bool yes = r && r->type == REDIS_REPLY_STATUS;

    if (!process_running(h->redis))
        harness_fail("Redis does not start");
    freeReplyObject(r);
    redisFree(c);
    free(path);
    return yes;
}

static void redis_up(struct harness *h)
{
    char *sock = below(h, "redis.sock"), *dir = below(h, "");
    const char *argv[] = { "redis-server",
                           "--port",
                           "0",
                           "--unixsocket",
                           sock,
                           "--dir",
                           dir,
                           "--save",
                           "",
                           "--appendonly",
                           "yes",
                           "--appendfsync",
                           "everysec",
                           "--daemonize",
                           "no",
                           "--databases",
                           "4",
                           "--enable-debug-command",
                           "yes",
                           NULL };

    if (!h->redis)
        h->redis = process_new("redis", below(h, "redis.log"));
    process_start(h->redis, argv, NULL, NULL, SIGKILL);
    wait_until(redis_answers, h, READY_MS, "Redis to answer");
    if (!h->redis_url)
        h->redis_url = xasprintf("unix://%s?db=0", sock);
    free(sock);
    free(dir);
}

/* ---- sandbox ------------------------------------------------------------ */

/* Its first line says where it listens. */
static bool sandbox_said(void *arg)
{
    struct harness *h = arg;
    char *log = harness_read(h->sandbox->log);
    const char *line = strstr(log, "sandbox: http://127.0.0.1:");
    int port = 0;

    if (line && strchr(line, '\n'))
        sscanf(line, "sandbox: http://127.0.0.1:%d/", &port);
    free(log);
    if (port > 0) {
        snprintf(h->sandbox_port, sizeof h->sandbox_port, "%d", port);
        return true;
    }
    if (!process_running(h->sandbox))
        harness_fail("the sandbox does not start");
    return false;
}

/* Slack's 3 s are more where everything takes longer. */
static void be_patient(struct harness *h)
{
    if (patience() > 1)
        json_decref(control_post(
            h, "clock",
            json_pack("{s:i}", "ack_timeout_ms", ACK_MS * patience())));
}

static void sandbox_up(struct harness *h)
{
    char *program = servers_program("SANDBOX_BIN", "sandbox");
    const char *argv[32] = { program, NULL };
    int n = 1;

    if (!h->sandbox_port[0])
        snprintf(h->sandbox_port, sizeof h->sandbox_port, "%d", free_port());
    argv[n++] = "--port";
    argv[n++] = h->sandbox_port;
    for (const char *const *s = h->options.sandbox; s && *s && n < 31; s++)
        argv[n++] = *s;
    if (!h->sandbox)
        h->sandbox = process_new("sandbox", below(h, "sandbox.log"));
    unlink(h->sandbox->log);
    process_start(h->sandbox, argv, NULL, NULL, SIGKILL);
    wait_until(sandbox_said, h, READY_MS, "the sandbox to listen");
    if (!h->sandbox_url)
        h->sandbox_url = xasprintf("http://127.0.0.1:%s", h->sandbox_port);
    be_patient(h);
    opsbots_told(h, false);
    free(program);
}

/* ---- all of them -------------------------------------------------------- */

static struct process *part_process(struct harness *h, enum part part)
{
    struct process *p = part == PART_REDIS      ? h->redis
                        : part == PART_POSTGRES ? h->postgres
                        : part == PART_SANDBOX  ? h->sandbox
                                                : NULL;

    if (!p)
        harness_fail("that server was never started");
    return p;
}

void part_start(struct harness *h, enum part part)
{
    if (part == PART_REDIS)
        redis_up(h);
    else if (part == PART_POSTGRES)
        postgres_up(h);
    else if (part == PART_SANDBOX)
        sandbox_up(h);
    else
        harness_fail("part_start() is for one server");
}

void part_stop(struct harness *h, enum part part)
{
    struct process *p = part_process(h, part);

    if (part == PART_POSTGRES)
        sql_done(h);
    /* First: a SIGCONT takes away a SIGSTOP, such as LeakSanitizer's at the
     * end of the sandbox, which would wait for it for ever. */
    part_resume(h, part);
    /* Postgres: a fast shutdown, that does not wait for its clients. */
    process_signal(p, part == PART_POSTGRES ? SIGINT : SIGTERM);
    if (!process_wait(p, patient(READY_MS)))
        harness_fail("%s does not stop", p->name);
    if (p->status)
        harness_fail("%s ended with exit status %d", p->name, p->status);
}

void part_kill(struct harness *h, enum part part)
{
    struct process *p = part_process(h, part);

    if (part == PART_POSTGRES)
        sql_done(h);
    process_signal_children(p, SIGKILL);
    process_signal(p, SIGKILL);
    if (!process_wait(p, patient(READY_MS)))
        harness_fail("%s cannot be killed", p->name);
}

void part_pause(struct harness *h, enum part part)
{
    struct process *p = part_process(h, part);

    process_pause(p);
    process_signal_children(p, SIGSTOP);
}

void part_resume(struct harness *h, enum part part)
{
    struct process *p = part_process(h, part);

    process_signal_children(p, SIGCONT);
    process_signal(p, SIGCONT);
}

void servers_start(struct harness *h)
{
    static const enum part all[] = { PART_REDIS, PART_POSTGRES, PART_SANDBOX };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (h->options.parts & (int)all[i])
            part_start(h, all[i]);
}

void servers_stop(struct harness *h)
{
    if (h->sandbox && process_running(h->sandbox))
        part_stop(h, PART_SANDBOX);
    if (h->postgres && process_running(h->postgres))
        part_stop(h, PART_POSTGRES);
    if (h->redis && process_running(h->redis))
        part_stop(h, PART_REDIS);
}

void servers_free(struct harness *h)
{
    sql_done(h);
    /* SIGQUIT: gone at once, but without leaving its shared memory. */
    if (h->postgres) {
        process_signal_children(h->postgres, SIGCONT);
        process_signal(h->postgres, SIGCONT);
        process_signal(h->postgres, SIGQUIT);
        process_wait(h->postgres, 3000);
    }
    process_free(h->sandbox);
    process_free(h->postgres);
    process_free(h->redis);
}
