/*
 * bench: how fast, how far, how much memory, beside the official client.
 *
 * Everything runs on this one machine: load generator, Redis (append only
 * file on), Postgres (fsync on), bot. Rounds of ours and Bolt's alternate, so
 * that a machine that drifts is unfair to neither. Compare only figures of
 * one run. Bolt answers twice: doing what our ping does (tests/bolt/pong.mjs
 * --same), which is the fair comparison, and doing nothing but answer, which
 * is the most that the client can do.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/bench/alerts.h"
#include "tests/bench/checks.h"
#include "tests/bench/flood.h"
#include "tests/bench/load.h"
#include "tests/bench/requeue.h"
#include "tests/bench/route.h"

#define ROUNDS 3
#define COUNT  30000

static const char yaml[] = "roles:\n"
                           "  - name: operator\n"
                           "    users: [U0ANN]\n"
                           "    rights: ['*']\n";

static void fill_streams(struct harness *h)
{
    for (int i = 0; i < 50; i++)
        redis_send(h, "XADD notify.events.dlq * amount %d error %s", i,
                   i % 3 ? "HTTP 500 from hooks.slack.com" : "no amount");
}

static double one(struct harness *h, const char *command, const char *text,
                  int count, struct figures *f)
{
    struct load load = {
        .command = command, .text = text, .count = count, .window = 64
    };

    load_run(h, &load, f);
    return f->per_second;
}

/* What else Bolt does besides answering. */
enum work { WORK_NONE, WORK_SAME };

/* Bolt with the same sandbox and servers; -1 when it is not installed. */
static pid_t bolt_start(struct harness *h, enum work work)
{
    char *node =
        xasprintf("%s/build/tools/bolt/node_modules/.bin/node", harness_root());
    char *script = xasprintf("%s/build/tools/bolt/pong.mjs", harness_root());
    pid_t pid = -1;

    if (access(node, X_OK) == 0 && access(script, R_OK) == 0)
        pid = fork();
    if (pid == 0) {
        execl(node, node, script, h->sandbox_url,
              work == WORK_SAME ? "--same" : (char *)NULL, h->redis_url,
              h->database_url, (char *)NULL);
        _exit(127);
    }
    free(node);
    free(script);
    return pid;
}

static void ours(struct harness *h, double *ping, double *list)
{
    struct figures f;

    *ping = one(h, "/ops", "ping", COUNT, &f);
    printf("  ping      %8.0f replies/s   p50 %5.2f ms  p99 %6.2f ms\n", *ping,
           f.p50, f.p99);
    *list = one(h, "/ops", "dlq list", COUNT / 10, &f);
    printf("  dlq list  %8.0f replies/s   p50 %5.2f ms  p99 %6.2f ms\n", *list,
           f.p50, f.p99);
}

/* Slack hands each envelope to any open socket, so only one client is
 * connected at a time. */
static double theirs(struct harness *h, enum work work)
{
    pid_t pid = bolt_start(h, work);
    struct figures f;
    double rate;
    json_t *up;

    if (pid < 0)
        return 0;
    up = control_get(h, "wait?for=hello&count=1&timeout=20000");
    json_decref(up);
    /* node compiles what runs often: its figure is of what comes after. */
    one(h, "/ops", "ping", COUNT / 6, &f);
    rate = one(h, "/ops", "ping", COUNT / 2, &f);
    printf("  bolt %s %8.0f replies/s   p50 %5.2f ms  p99 %6.2f ms\n",
           work == WORK_SAME ? "same" : "bare", rate, f.p50, f.p99);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return rate;
}

static void at_rate(struct harness *h, int rate)
{
    struct load load = {
        .command = "/ops", .text = "ping", .rate = rate, .seconds = 5
    };
    struct figures f;
    double cpu = opsbot_cpu_seconds(h->bot);

    load_run(h, &load, &f);
    cpu = opsbot_cpu_seconds(h->bot) - cpu;
    printf("  %5d/s   p50 %5.2f ms  p99 %6.2f ms   CPU of the bot %.0f %% of "
           "one core\n",
           rate, f.p50, f.p99, cpu * 100 / load.seconds);
}

/* Memory after warming up, and again after 100,000 commands. */
static void memory(struct harness *h)
{
    struct figures f;
    long before, after;

    one(h, "/ops", "ping", 10000, &f);
    before = opsbot_rss(h->bot);
    one(h, "/ops", "ping", 100000, &f);
    after = opsbot_rss(h->bot);
    printf("  after 10,000 commands %.1f MiB, after 110,000 %.1f MiB, peak "
           "%.1f MiB\n",
           (double)before / 1024, (double)after / 1024,
           (double)opsbot_rss_peak(h->bot) / 1024);
}

static void summary(double ping, double list, double same, double bare)
{
    printf("median: ping %.0f/s, dlq list %.0f/s\n", ping, list);
    if (same > 0)
        printf("bolt with the same work: %.0f/s, our ping is %.1f x\n"
               "bolt that only answers:  %.0f/s, our ping is %.1f x\n",
               same, ping / same, bare, ping / bare);
}

static void commands_bench(void)
{
    struct harness_options options = { .durable = true, .yaml = yaml };
    struct harness *h = harness_start(&options);
    double ping[ROUNDS], list[ROUNDS], same[ROUNDS], bare[ROUNDS];

    fill_streams(h);
    puts("64 commands in flight:");
    for (int i = 0; i < ROUNDS; i++) {
        ours(h, &ping[i], &list[i]);
        opsbot_stop(h->bot, 0);
        same[i] = theirs(h, WORK_SAME);
        bare[i] = theirs(h, WORK_NONE);
        opsbot_restart(h->bot);
        opsbot_wait_ready(h->bot);
    }
    puts("at a steady rate:");
    at_rate(h, 100);
    at_rate(h, 1000);
    at_rate(h, 5000);
    puts("memory:");
    memory(h);
    harness_stop(h);
    summary(load_median(ping, ROUNDS), load_median(list, ROUNDS),
            load_median(same, ROUNDS), load_median(bare, ROUNDS));
}

/* An argument picks one of them. */
int main(int argc, char **argv)
{
    const char *part = argc > 1 ? argv[1] : "";
    bool good = true;

    if (!*part || !strcmp(part, "bench"))
        commands_bench();
    if (!*part || !strcmp(part, "requeue"))
        good = requeue_bench();
    if (!*part || !strcmp(part, "checks"))
        good = checks_bench() && good;
    if (!*part || !strcmp(part, "flood"))
        good = flood_bench() && good;
    if (!*part || !strcmp(part, "alerts"))
        good = alerts_bench() && good;
    if (!*part || !strcmp(part, "route"))
        good = route_bench() && good;
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
