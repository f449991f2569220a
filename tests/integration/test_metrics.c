/*
 * What Prometheus makes of a bot that has done a bit of everything: its page,
 * the dashboard of deploy/grafana; and the bot's own heartbeat.
 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/core/check/peer.h"
#include "tests/core/check/prometheus.h"
#include "tests/harness/servers.h"
#include "tests/integration/alerting.h"
#include "tests/integration/promtool.h"
#include "tests/integration/urls.h"

#define PATIENCE_MS 90000

static const char yaml[] =
    "channels:\n  ops: C0GENERAL\n  incidents: C0GENERAL\n"
    "admins: [U0ANN]\n"
    "checks:\n"
    "  - id: store\n    kind: redis\n    severity: critical\n"
    "    interval_s: 1\n    fail_after: 1\n    pass_after: 1\n"
    "  - id: nobody\n    kind: tcp\n    severity: warning\n"
    "    url: 127.0.0.1:1\n    interval_s: 1\n    fail_after: 1\n"
    "    pass_after: 1\n"
    "halt:\n  scopes: [trading]\n"
    "alerts:\n  route:\n    channels: [C0GENERAL]\n";

/* ---- a bit of everything ---------------------------------------------------- */

static void quietly(struct harness *h, const char *user, const char *text)
{
    json_decref(say(h, user, "C0OPS", text));
}

static void refused_alert(struct harness *h)
{
    struct url_request r = {
        .path = "/alerts", .type = URL_JSON, .body = "{", .secret = ""
    };

    cr_assert_eq(url_ask(h->bot, &r, NULL), 400);
}

static void confirmed(struct harness *h, const char *text, const char *label)
{
    json_t *asked = say(h, "U0ANN", "C0OPS", text);

    json_decref(press(h, "U0ANN", "C0OPS", asked, label));
    json_decref(asked);
}

/* The nth time: other letters, another incident. */
static void do_everything(struct harness *h, int n)
{
    char *update = xasprintf("incident update INC-%d looking", n);
    char *one = xasprintf("dlq requeue orders 170000000000%d-1", n);

    for (int i = 1; i <= 4; i++)
        redis_send(h, "XADD orders.dlq 170000000000%d-%d n %d error no", n, i,
                   i);
    fault(h,
          json_pack("{s:s, s:i}", "on", "chat.postMessage", "retry_after", 1));
    quietly(h, "U0ANN", "ping");
    quietly(h, "U0ANN", "help");
    quietly(h, "U0ANN", "no such command");
    quietly(h, "U0BOB", "audit");
    quietly(h, "U0ANN", "dlq list");
    quietly(h, "U0ANN", one);
    confirmed(h, "dlq requeue orders --all --rate max", "Requeue 3 entries");
    wait_sql(h, n, COMES_MS,
             "select count(*) from opsbot.jobs where state = 'done'");
    quietly(h, "U0ANN", "incident open P1 checkout is down");
    quietly(h, "U0ANN", update);
    quietly(h, "U0ANN", "halt trading wrong prices");
    quietly(h, "U0ANN", "health");
    refused_alert(h);
    alert_fires(h, n == 1 ? "pay" : "orders", one);
    wait_posts(h, "C0GENERAL", n == 1 ? "pay is slow" : "orders is slow", 1);
    free(update);
    free(one);
}

static char *page(struct harness *h)
{
    char *text;

    cr_assert_eq(opsbot_get(h->bot, "/metrics", &text), 200);
    return text;
}

static bool page_says(struct harness *h, const char *text)
{
    char *all = page(h);
    bool yes = strstr(all, text) != NULL;

    free(all);
    return yes;
}

struct wanted {
    struct harness *h;
    const char *text;
};

static bool is_said(void *arg)
{
    const struct wanted *w = arg;

    return page_says(w->h, w->text);
}

static void wait_page(struct harness *h, const char *text)
{
    struct wanted w = { h, text };

    wait_until(is_said, &w, PATIENCE_MS, text);
}

/* ---- the page ---------------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    cr_assert_not_null(f);
    cr_assert_geq(fputs(text, f), 0);
    cr_assert_eq(fclose(f), 0);
}

/* What do_everything() did once. */
static void expect_counted(const char *all)
{
    static const char *const lines[] = {
        "opsbot_commands_total{command=\"ping\",outcome=\"ok\"} 1",
        "opsbot_commands_total{command=\"other\",outcome=\"input\"} 1",
        "opsbot_commands_total{command=\"audit\",outcome=\"denied\"} 1",
        "opsbot_commands_total{command=\"dlq requeue\",outcome=\"asked\"} 1",
        "opsbot_commands_total{command=\"halt\",outcome=\"ok\"} 1",
        "opsbot_refusals_total{reason=\"denied\"} 1",
        "opsbot_refusals_total{reason=\"input\"} 1",
        "opsbot_refusals_total{reason=\"busy\"} 0",
        "opsbot_halts_running 0",
        "opsbot_socket_link{state=\"up\"} 1",
        "opsbot_ready 1",
        "opsbot_audit_waiting 0",
        "opsbot_checks{severity=\"warning\",state=\"failing\"} 1",
        "opsbot_lifeline_state{state=\"off\"} 1",
    };

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char *line = xasprintf("\n%s\n", lines[i]);

        cr_expect_not_null(strstr(all, line), "%s\nin\n%s", lines[i], all);
        free(line);
    }
}

Test(metrics, promtool_finds_nothing_wrong_with_the_page)
{
    struct harness *h =
        harness_start(&(struct harness_options){ .yaml = yaml });
    char *file = below(h, "page"), *all, *what;

    do_everything(h, 1);
    wait_page(h, "\nopsbot_job_entries_total{result=\"moved\"} 3\n");
    wait_page(h,
              "\nopsbot_check_up{check=\"nobody\",severity=\"warning\"} 0\n");
    wait_page(h,
              "\nopsbot_check_up{check=\"store\",severity=\"critical\"} 1\n");
    wait_page(h, "\nopsbot_halts_active 1\n");
    wait_page(h, "\nopsbot_incidents_open{severity=\"P1\"} 1\n");
    wait_page(h, "\nopsbot_leader 1\n");
    wait_page(h, "\nopsbot_posts_limited_total{method=\"chat.postMessage\"} ");
    all = page(h);
    expect_counted(all);
    write_file(file, all);
    what = xasprintf("check metrics <'%s'", file);
    promtool(h, what);
    free(what);
    free(all);
    free(file);
    harness_stop(h);
}

/* ---- names ---------------------------------------------------------------------- */

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static void without(char *name, const char *end)
{
    size_t len = strlen(name), n = strlen(end);

    if (len > n && strcmp(name + len - n, end) == 0)
        name[len - n] = '\0';
}

/* Each name of ours in text is a family of the page. */
static void expect_families(const char *text, const char *prefix,
                            const char *all)
{
    for (const char *at = text; (at = strstr(at, prefix)); at++) {
        char name[80], *help;
        size_t len = 0;

        if (at > text && is_name(at[-1]))
            continue;
        while (is_name(at[len]) && len < sizeof name - 1)
            len++;
        snprintf(name, sizeof name, "%.*s", (int)len, at);
        without(name, "_bucket");
        without(name, "_count");
        help = xasprintf("# HELP %s ", name);
        cr_expect_not_null(strstr(all, help), "nothing is called %s", name);
        free(help);
    }
}

Test(metrics, rules_and_dashboard_go_by_names_that_exist)
{
    struct harness *h = harness_start(NULL);
    char *all = page(h);
    char *rules = deployed("prometheus/opsbot.rules.yml");
    char *tests = deployed("prometheus/opsbot.rules.test.yml");
    char *dashboard = deployed("grafana/opsbot.json");

    expect_families(rules, "opsbot_", all);
    expect_families(rules, "process_", all);
    expect_families(tests, "opsbot_", all);
    expect_families(dashboard, "opsbot_", all);
    expect_families(dashboard, "process_", all);
    free(dashboard);
    free(tests);
    free(rules);
    free(all);
    harness_stop(h);
}

/* ---- the dashboard -------------------------------------------------------------- */

static char *replaced(const char *text, const char *what, const char *with)
{
    struct buf out = { 0 };
    const char *at;

    for (; (at = strstr(text, what)); text = at + strlen(what)) {
        buf_add(&out, text, (size_t)(at - text));
        buf_str(&out, with);
    }
    buf_str(&out, text);
    return buf_take(&out);
}

/* As Grafana fills in its variables. */
static char *filled_in(const char *expr)
{
    char *job = replaced(expr, "$job", "opsbot");
    char *instance = replaced(job, "$instance", ".*");
    char *all = replaced(instance, "$__rate_interval", "5m");

    free(job);
    free(instance);
    return all;
}

static char *in_query(const char *text)
{
    struct buf out = { 0 };

    for (; *text; text++)
        buf_fmt(&out, is_name(*text) ? "%c" : "%%%02X", (unsigned char)*text);
    return buf_take(&out);
}

struct query {
    struct prometheus *p;
    const char *url;
    char *answer; /* the last one; heap */
};

/* Data, and not only what is no number. */
static bool gives_data(void *arg)
{
    struct query *q = arg;
    json_t *root, *result;
    bool any = false;

    free(q->answer);
    if (http_exchange(q->p->harness, "GET", q->url, NULL, &q->answer) != 200)
        harness_fail("%s: %s", q->url, q->answer);
    root = json_loads(q->answer, 0, NULL);
    result = json_object_get(json_object_get(root, "data"), "result");
    for (size_t i = 0; i < json_array_size(result); i++) {
        json_t *value = json_object_get(json_array_get(result, i), "value");
        const char *number = json_string_value(json_array_get(value, 1));

        any = any || (number && strcmp(number, "NaN") != 0);
    }
    json_decref(root);
    return any;
}

static void expect_data(struct prometheus *p, const char *title,
                        const char *expr)
{
    char *filled = filled_in(expr), *escaped = in_query(filled);
    char *url = xasprintf("%s/api/v1/query?query=%s", p->url, escaped);
    char *what = xasprintf("data for \"%s\": %s", title, filled);
    struct query q = { p, url, NULL };

    wait_until(gives_data, &q, PATIENCE_MS, what);
    free(q.answer);
    free(what);
    free(url);
    free(escaped);
    free(filled);
}

/* How many queries the panel has. */
static size_t expect_panel(struct prometheus *p, const json_t *panel)
{
    const char *title = json_string_value(json_object_get(panel, "title"));
    json_t *targets = json_object_get(panel, "targets");

    cr_assert_not_null(title);
    for (size_t i = 0; i < json_array_size(targets); i++) {
        json_t *target = json_array_get(targets, i);

        expect_data(p, title,
                    json_string_value(json_object_get(target, "expr")));
    }
    return json_array_size(targets);
}

/* Rows, in order, each panel below the one before it on its grid. */
static void expect_rows(const json_t *panels)
{
    static const char *const rows[] = {
        "At a glance",    "Slack",  "Commands", "Stores", "Outbox",
        "Jobs and halts", "Checks", "Process",  "Alerts"
    };
    size_t row = 0;

    for (size_t i = 0; i < json_array_size(panels); i++) {
        json_t *panel = json_array_get(panels, i);
        const char *title = json_string_value(json_object_get(panel, "title"));

        if (strcmp(json_string_value(json_object_get(panel, "type")), "row"))
            continue;
        cr_assert_lt(row, sizeof rows / sizeof *rows, "%s", title);
        cr_expect_str_eq(title, rows[row++]);
    }
    cr_expect_eq(row, sizeof rows / sizeof *rows);
}

/* A real Prometheus, as prometheus.yml has it scrape a real bot. */
Test(metrics, each_query_of_the_dashboard_gives_data)
{
    struct harness *h =
        harness_start(&(struct harness_options){ .yaml = yaml });
    char *job = xasprintf("{ job_name: opsbot, static_configs: [{ targets: "
                          "['%s'] }] }",
                          opsbot_address(h->bot));
    struct prometheus p = { .job = job };
    char *text = deployed("grafana/opsbot.json");
    json_error_t why;
    json_t *dashboard = json_loads(text, 0, &why);
    json_t *panels = json_object_get(dashboard, "panels");
    size_t queries = 0;

    cr_assert_not_null(dashboard, "line %d: %s", why.line, why.text);
    do_everything(h, 1);
    prometheus_start(&p);
    expect_data(&p, "scraped",
                "count_over_time(opsbot_ready{job=\"$job\"}[1m]) "
                "> 1");
    do_everything(h, 2);
    expect_rows(panels);
    for (size_t i = 0; i < json_array_size(panels); i++)
        queries += expect_panel(&p, json_array_get(panels, i));
    cr_expect_gt(queries, 40);
    json_decref(dashboard);
    free(text);
    prometheus_stop(&p);
    free(job);
    harness_stop(h);
}

/* ---- our own heartbeat ------------------------------------------------------------ */

static atomic_int beats;

static void takes_beats(struct peer_conn *c, void *arg)
{
    (void)arg;
    while (peer_head(c)) {
        atomic_fetch_add(&beats, 1);
        peer_answer(c, 200, "OK");
    }
}

static bool has_come(void *arg)
{
    return atomic_load(&beats) >= *(int *)arg;
}

static void wait_beats(int n)
{
    wait_until(has_come, &n, PATIENCE_MS, "a heartbeat");
}

/* It falls silent with a store, and is there again with it. */
Test(metrics, the_heartbeat_stops_when_a_store_does)
{
    struct peer_options options = { .script = takes_beats };
    struct peer *peer = peer_start(&options);
    char *config = xasprintf("admins: [U0ANN]\nheartbeat:\n"
                             "  url: http://127.0.0.1:%d/ping/hidden-word\n",
                             peer_port(peer));
    struct harness *h;
    char *log;

    h = harness_start(&(struct harness_options){ .yaml = config });
    wait_beats(1);
    wait_health(h->bot, "\"heartbeat\":{\"state\":\"ok\"", COMES_MS);
    part_stop(h, PART_REDIS);
    wait_health(h->bot, "\"heartbeat\":{\"state\":\"held back\"", 90000);
    cr_expect(page_says(h, "\nopsbot_lifeline_state{state=\"held back\"} 1\n"));
    part_start(h, PART_REDIS);
    wait_health(h->bot, "\"heartbeat\":{\"state\":\"ok\"", 90000);
    wait_beats(2);
    log = opsbot_log(h->bot);
    cr_expect_null(strstr(log, "hidden-word"));
    free(log);
    harness_stop(h);
    peer_stop(peer);
    free(config);
}
