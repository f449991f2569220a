/* alertmanager: see alertmanager.h. */
#include "tests/core/check/alertmanager.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/harness/process.h"
#include "tests/harness/servers.h"

#define READY_MS 60000 /* a busy machine */

static void configure(const char *path, const char *address, const char *token)
{
    FILE *f = fopen(path, "w");

    if (!f)
        harness_fail("cannot write %s", path);
    fprintf(f,
            "route: { receiver: ops, group_by: [alertname], group_wait: 0s,"
            " group_interval: 1s, repeat_interval: 2s }\n"
            "receivers:\n"
            "  - name: ops\n"
            "    webhook_configs:\n"
            "      - url: http://%s/alerts/alertmanager\n"
            "        send_resolved: true\n"
            "        http_config: { authorization: { credentials: %s } }\n",
            address, token);
    if (fclose(f) != 0)
        harness_fail("cannot write %s", path);
}

/* An answer of it; heap. NULL: it does not say 200. */
static char *get(struct alertmanager *a, const char *path)
{
    char *url = xasprintf("%s%s", a->url, path), *answer, *log;
    long status = http_exchange(a->harness, "GET", url, NULL, &answer);

    free(url);
    if (!process_running(a->process)) {
        log = harness_read(a->process->log);
        harness_fail("Alertmanager does not run: %s", log);
    }
    if (status == 200)
        return answer;
    free(answer);
    return NULL;
}

static bool ready(void *arg)
{
    char *answer = get(arg, "/-/ready");
    bool yes = answer != NULL;

    free(answer);
    return yes;
}

void alertmanager_start(struct alertmanager *a, struct harness *h,
                        const char *address, const char *token)
{
    char *config = below(h, "alertmanager.yml");
    char *file = xasprintf("--config.file=%s", config);
    char *data = xasprintf("--storage.path=%s/alertmanager", h->dir), *listen;

    a->harness = h;
    a->port = free_port();
    snprintf(a->url, sizeof a->url, "http://127.0.0.1:%d", a->port);
    listen = xasprintf("--web.listen-address=127.0.0.1:%d", a->port);
    configure(config, address, token);
    a->process = process_new("alertmanager", below(h, "alertmanager.log"));
    /* No cluster: it would listen on a port that is not ours. */
    process_start(a->process,
                  (const char *const[]){ "prometheus-alertmanager", file, data,
                                         listen,
                                         "--cluster.listen-address=", NULL },
                  NULL, NULL, SIGKILL);
    wait_until(ready, a, READY_MS, "Alertmanager to be ready");
    free(listen);
    free(data);
    free(file);
    free(config);
}

void alertmanager_stop(struct alertmanager *a)
{
    process_free(a->process);
}

struct telling {
    struct alertmanager *alertmanager;
    int n;
};

/* The sample's value; 0: it is not there. */
static double sample(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    return at ? strtod(at + strlen(name), NULL) : 0;
}

static bool told(void *arg)
{
    struct telling *t = arg;
    char *metrics = get(t->alertmanager, "/metrics");
    bool yes =
        metrics &&
        sample(metrics, "\nalertmanager_notifications_total{integration="
                        "\"webhook\"} ") -
                sample(metrics,
                       "\nalertmanager_notifications_failed_total{integration="
                       "\"webhook\"} ") >=
            t->n;

    free(metrics);
    return yes;
}

void alertmanager_wait_told(struct alertmanager *a, int n)
{
    struct telling t = { a, n };

    wait_until(told, &t, READY_MS, "Alertmanager to have told the bot");
}
