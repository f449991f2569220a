#include "tests/bench/peers.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/harness/process.h"
#include "tests/harness/servers.h"

#define READY_MS 60000
#define REST_MS  180000 /* for what is to be posted after the last alert */

struct peer {
    const char *name;
    struct process *(*start)(struct harness *h, int port);
    const char *ready; /* its path */
    bool prometheus;   /* gets what Prometheus sends */
    const char *lacks;
};

/* ---- Alertmanager ------------------------------------------------------------------- */

/* No wait for a group's first notification, as by our default; the rest as it
 * is by default, too. It posts JSON with a bot's token, as the bot does: its
 * channels are those of the routes. */
static void configure(const struct harness *h, const char *path)
{
    FILE *f = fopen(path, "w");

    if (!f)
        harness_fail("cannot write %s", path);
    fprintf(f,
            "global:\n"
            "  slack_api_url: %s/api/chat.postMessage\n"
            "  http_config: { authorization: { credentials: xoxb-test } }\n"
            "route:\n"
            "  receiver: c0\n"
            "  group_by: [alertname]\n"
            "  group_wait: 0s\n"
            "  routes:\n",
            h->sandbox_url);
    for (int i = 0; i < CARD_CHANNELS; i++)
        fprintf(f, "    - { matchers: ['channel=\"%d\"'], receiver: c%d }\n", i,
                i);
    fputs("receivers:\n", f);
    for (int i = 0; i < CARD_CHANNELS; i++)
        fprintf(f,
                "  - name: c%d\n"
                "    slack_configs: [{ channel: C0A%d,"
                " title: '{{ .CommonAnnotations.summary }}' }]\n",
                i, i);
    if (fclose(f) != 0)
        harness_fail("cannot write %s", path);
}

static struct process *alertmanager(struct harness *h, int port)
{
    char *config = below(h, "alertmanager.yml");
    char *file = xasprintf("--config.file=%s", config);
    char *data = xasprintf("--storage.path=%s/alertmanager", h->dir);
    char *listen = xasprintf("--web.listen-address=127.0.0.1:%d", port);
    struct process *p = NULL;

    configure(h, config);
    if (access("/usr/bin/prometheus-alertmanager", X_OK) == 0) {
        p = process_new("alertmanager", below(h, "alertmanager.log"));
        process_start(
            p,
            (const char *const[]){ "prometheus-alertmanager", file, data,
                                   listen, "--cluster.listen-address=", NULL },
            NULL, NULL, SIGKILL);
    }
    free(listen);
    free(data);
    free(file);
    free(config);
    return p;
}

/* ---- Bolt ------------------------------------------------------------------------------ */

static struct process *bolt(struct harness *h, int port)
{
    char *tools = xasprintf("%s/build/tools/bolt", harness_root());
    char *node = xasprintf("%s/node_modules/.bin/node", tools);
    char *script = xasprintf("%s/alerts.mjs", tools);
    char *number = xasprintf("%d", port);
    struct process *p = NULL;

    if (access(node, X_OK) == 0 && access(script, R_OK) == 0) {
        p = process_new("bolt", below(h, "bolt.log"));
        process_start(
            p,
            (const char *const[]){ node, script, h->sandbox_url, number, NULL },
            NULL, NULL, SIGKILL);
    }
    free(number);
    free(script);
    free(node);
    free(tools);
    return p;
}

/* ---- one of them ------------------------------------------------------------------------ */

struct asked_peer {
    struct harness *h;
    struct process *process;
    char *url;
};

static bool ready(void *arg)
{
    struct asked_peer *a = arg;
    char *answer;
    bool yes = http_exchange(a->h, "GET", a->url, NULL, &answer) == 200;

    free(answer);
    if (!process_running(a->process))
        harness_fail("a peer does not run: %s", harness_read(a->process->log));
    return yes;
}

static void settle(struct harness *h)
{
    cards_wait(h, STORM_GROUPS, REST_MS);
}

static void times(const char *what, double theirs, double ours)
{
    printf("  %s: %.1f ms, the bot %.1f ms: %.2f x\n", what, theirs, ours,
           ours > 0 ? theirs / ours : 0);
}

static void measure(struct harness *h, const struct alarm_to *to,
                    const struct storm_figures *ours)
{
    struct storm_figures f = { 0 };

    storm_idle(h, to, &f);
    storm_blow(h, to, settle, &f);
    times("idle, p50", f.idle_50, ours->idle_50);
    times("idle, p95", f.idle_95, ours->idle_95);
    times("a critical in the storm, p95", f.meanwhile_95, ours->meanwhile_95);
    printf("  the last of the storm's criticals: %.1f s, the bot's %.1f s\n",
           f.seen.last_s, ours->seen.last_s);
}

static void one(const struct peer *peer, const struct storm_figures *ours)
{
    struct harness *h =
        harness_start(&(struct harness_options){ .parts = PART_SANDBOX });
    int port = free_port();
    struct process *p = peer->start(h, port);
    char *address = xasprintf("127.0.0.1:%d", port);
    struct asked_peer a = { h, p,
                            xasprintf("http://%s%s", address, peer->ready) };

    if (p) {
        printf("%s (%s):\n", peer->name, peer->lacks);
        cards_channels(h);
        wait_until(ready, &a, READY_MS, peer->name);
        measure(h,
                &(struct alarm_to){ .address = address,
                                    .prometheus = peer->prometheus },
                ours);
        process_free(p);
    } else {
        printf("%s: not installed\n", peer->name);
    }
    free(a.url);
    free(address);
    harness_stop(h);
}

void peers_bench(const struct storm_figures *ours)
{
    static const struct peer peers[] = {
        { "Alertmanager to Slack", alertmanager, "/-/ready", true,
          "a message for each notification, never edited; no acknowledge; one "
          "that is refused is tried again with its next group_interval, 5 "
          "min" },
        { "an app on Bolt", bolt, "/ready", false,
          "one message for each group, never edited; no acknowledge; all of "
          "it in memory" },
    };

    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++)
        one(&peers[i], ours);
}
