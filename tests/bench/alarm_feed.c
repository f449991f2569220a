#include "tests/bench/alarm_feed.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/harness/servers.h"

static char *url_of(const struct alarm_to *to)
{
    return xasprintf("http://%s%s", to->address,
                     to->prometheus ? "/api/v2/alerts"
                                    : "/alerts/alertmanager");
}

/* ---- bodies -------------------------------------------------------------------- */

static void add_alert(struct buf *out, const struct alarm_body *b, long n)
{
    long group = n % b->groups;
    char since[32];
    time_t began = (time_t)(b->since / 1000);

    strftime(since, sizeof since, "%Y-%m-%dT%H:%M:%SZ", gmtime(&began));
    buf_fmt(out,
            "%s{\"status\":\"%s\",\"labels\":{\"alertname\":\"Bench%ld\","
            "\"service\":\"service-%ld\",\"instance\":\"host-%ld\","
            "\"severity\":\"%s\",\"channel\":\"%ld\"},\"annotations\":{"
            "\"summary\":\"bench group %ld is slow\",\"description\":\"p99 is "
            "%ld ms\"},\"startsAt\":\"%s\",\"endsAt\":\"%s\","
            "\"generatorURL\":\"http://prometheus.example/g?%ld\","
            "\"fingerprint\":\"%016lx\"}",
            n == b->first ? "" : ",", b->resolved ? "resolved" : "firing",
            group, group, n, group < b->critical ? "critical" : "warning",
            group % b->channels, group, n, since,
            b->resolved ? since : "0001-01-01T00:00:00Z", n, n);
}

/* What is around the list of alerts. */
static void add_frame(struct buf *out, const struct alarm_body *b)
{
    buf_fmt(out,
            "{\"version\":\"4\",\"groupKey\":\"{}:{bench=\\\"%ld\\\"}\","
            "\"truncatedAlerts\":0,\"status\":\"%s\",\"receiver\":\"opsbot\","
            "\"groupLabels\":{},\"commonLabels\":{},\"commonAnnotations\":{},"
            "\"externalURL\":\"http://alertmanager.example\",\"alerts\":",
            b->first, b->resolved ? "resolved" : "firing");
}

char *alarm_body(const struct alarm_to *to, const struct alarm_body *b)
{
    struct buf out = { 0 };

    if (!to->prometheus)
        add_frame(&out, b);
    buf_char(&out, '[');
    for (long i = 0; i < b->count; i++)
        add_alert(&out, b, b->first + i);
    buf_str(&out, to->prometheus ? "]" : "]}");
    return buf_take(&out);
}

long alarm_post(struct harness *h, const struct alarm_to *to, const char *body)
{
    char *url = url_of(to), *answer;
    long status = http_exchange(h, "POST", url, body, &answer);

    free(answer);
    free(url);
    return status;
}

/* ---- a process for each connection ---------------------------------------------- */

static size_t ignore(char *data, size_t size, size_t n, void *arg)
{
    (void)data;
    (void)arg;
    return size * n;
}

static long post(CURL *curl, const char *url, const char *body)
{
    struct curl_slist *headers =
        curl_slist_append(NULL, "Content-Type: application/json");
    long status = 0;

    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    return status;
}

/* Not before its turn. */
static void wait_turn(int64_t began, const struct alarm_feed *f, long body)
{
    double due = (double)body * (double)f->each * 1000 / f->rate;
    int64_t ms = (int64_t)due - (clock_mono_ms() - began);

    if (ms > 0)
        harness_sleep((int)ms);
}

/* Every connections-th body, from the which-th. */
static void child(const struct alarm_to *to, const struct alarm_feed *f,
                  int which)
{
    char *url = url_of(to);
    CURL *curl = curl_easy_init();
    int64_t began = clock_mono_ms();

    for (long i = which; i < f->bodies; i += f->connections) {
        struct alarm_body b = f->like;
        char *body;
        long status;

        b.first = i * f->each;
        b.count = f->each;
        body = alarm_body(to, &b);
        if (f->rate)
            wait_turn(began, f, i);
        while ((status = post(curl, url, body)) == 429 || status == 503)
            harness_sleep(50);
        free(body);
        if (status / 100 != 2)
            _exit(1);
    }
    _exit(0);
}

void alarm_feed_start(const struct alarm_to *to, const struct alarm_feed *f,
                      pid_t *children)
{
    for (int i = 0; i < f->connections; i++) {
        children[i] = fork();
        if (children[i])
            continue;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        child(to, f, i);
    }
}

void alarm_feed_wait(const struct alarm_feed *f, const pid_t *children)
{
    for (int i = 0; i < f->connections; i++) {
        int status = 0;

        waitpid(children[i], &status, 0);
        if (status)
            harness_fail("a sender of alerts was refused for good");
    }
}

double alarm_feed(const struct alarm_to *to, const struct alarm_feed *f)
{
    pid_t children[ALARM_CONNECTIONS];
    int64_t began = clock_mono_us();

    alarm_feed_start(to, f, children);
    alarm_feed_wait(f, children);
    return (double)(clock_mono_us() - began) / 1000;
}
