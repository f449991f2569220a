/*
 * prometheus: a real Prometheus of one test's own. One thread.
 */
#include "tests/core/check/prometheus.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/harness/process.h"
#include "tests/harness/servers.h"

#define READY_MS 60000 /* a busy machine */

/* Nobody serves port 1 (tcpmux), and no test is given it. */
static void configure(const struct prometheus *p, const char *path)
{
    FILE *f = fopen(path, "w");

    if (!f)
        harness_fail("cannot write %s", path);
    fprintf(f, "global: { scrape_interval: 1s }\nscrape_configs:\n");
    if (p->job)
        fprintf(f, "  - %s\n", p->job);
    else
        fprintf(f,
                "  - job_name: itself\n"
                "    static_configs: [{ targets: ['127.0.0.1:%d'] }]\n"
                "  - job_name: away\n"
                "    static_configs: [{ targets: ['127.0.0.1:1'] }]\n",
                p->port);
    if (fclose(f) != 0)
        harness_fail("cannot write %s", path);
}

static bool get(struct prometheus *p, const char *path, const char *text)
{
    char *url = xasprintf("%s%s", p->url, path), *answer, *log;
    bool yes = http_exchange(p->harness, "GET", url, NULL, &answer) == 200 &&
               strstr(answer, text);

    if (!process_running(p->process)) {
        log = harness_read(p->process->log);
        harness_fail("Prometheus does not run: %s", log);
    }
    free(answer);
    free(url);
    return yes;
}

static bool ready(void *arg)
{
    return get(arg, "/-/ready", "");
}

static bool scraped(void *arg)
{
    return get(arg, "/api/v1/query?query=count(up)", ",\"2\"]");
}

void prometheus_again(struct prometheus *p)
{
    char *config = below(p->harness, "prometheus.yml");
    char *data = xasprintf("--storage.tsdb.path=%s/data", p->harness->dir);
    char *file = xasprintf("--config.file=%s", config);
    char *listen =
        xasprintf("--web.listen-address=%s", p->url + strlen("http://"));
    const char *argv[] = { "prometheus", file, data, listen, NULL };

    configure(p, config);
    process_start(p->process, argv, NULL, NULL, SIGKILL);
    wait_until(ready, p, READY_MS, "Prometheus to be ready");
    free(listen);
    free(file);
    free(data);
    free(config);
}

void prometheus_start(struct prometheus *p)
{
    struct harness_options options = { .parts = PART_NONE };

    p->harness = harness_start(&options);
    p->process = process_new("prometheus", below(p->harness, "prometheus.log"));
    p->port = free_port();
    snprintf(p->url, sizeof p->url, "http://127.0.0.1:%d", p->port);
    prometheus_again(p);
}

void prometheus_stop(struct prometheus *p)
{
    process_free(p->process);
    harness_stop(p->harness);
}

void prometheus_end(struct prometheus *p)
{
    process_signal(p->process, SIGTERM);
    if (!process_wait(p->process, patient(READY_MS)))
        harness_fail("Prometheus does not stop");
}

void prometheus_wait_scraped(struct prometheus *p)
{
    wait_until(scraped, p, READY_MS, "both jobs to be scraped");
}
