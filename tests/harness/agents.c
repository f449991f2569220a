#include "tests/harness/agents.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/harness/process.h"
#include "tests/harness/servers.h"

#define READY_MS 20000

struct agents {
    char dir[64]; /* "" when below a harness's */
    char *ports_file;
    struct process *process;
    json_t *ports;
    struct harness web; /* for its connection alone */
    struct agents *next;
};

static struct agents *running; /* started and not stopped */

/* ---- start and stop ----------------------------------------------------- */

/* Named as a harness's, so that the next one tidies up after a crash. */
static char *log_path(struct agents *a, const struct harness *h)
{
    const char *tmp = getenv("TMPDIR");

    if (h) {
        a->ports_file = below(h, "agents.ports");
        return below(h, "agents.log");
    }
    snprintf(a->dir, sizeof a->dir, "%s/opsbot-%d-XXXXXX",
             tmp && tmp[0] == '/' && strlen(tmp) < 30 ? tmp : "/tmp",
             (int)getpid());
    if (!mkdtemp(a->dir))
        harness_fail("%s: %s", a->dir, strerror(errno));
    a->ports_file = xasprintf("%s/ports", a->dir);
    return xasprintf("%s/agents.log", a->dir);
}

static bool has_ports(void *arg)
{
    struct agents *a = arg;

    a->ports = json_load_file(a->ports_file, 0, NULL);
    if (!a->ports && !process_running(a->process))
        harness_fail("the agents do not start");
    return a->ports != NULL;
}

struct agents *agents_start_slow(struct harness *h, int n, const char *delay)
{
    struct agents *a = xcalloc(1, sizeof *a);
    char *program = servers_program("AGENTS_BIN", "agents");
    char *count = xasprintf("%d", n);
    const char *argv[] = { program,      "--agents", count, "--token",
                           AGENTS_TOKEN, "--delay",  delay, "--ports-file",
                           NULL,         NULL };

    a->process = process_new("agents", log_path(a, h));
    a->next = running;
    running = a;
    argv[8] = a->ports_file;
    unlink(a->ports_file);
    process_start(a->process, argv, NULL, NULL, SIGKILL);
    wait_until(has_ports, a, READY_MS, "the agents to listen");
    free(count);
    free(program);
    return a;
}

struct agents *agents_start(struct harness *h, int n)
{
    return agents_start_slow(h, n, "0");
}

static void remove_directory(const struct agents *a)
{
    if (!a->dir[0])
        return;
    if (getenv("HARNESS_KEEP")) {
        fprintf(stderr, "harness: left %s\n", a->dir);
        return;
    }
    unlink(a->ports_file);
    unlink(a->process->log);
    rmdir(a->dir);
}

static void take_away(struct agents *a)
{
    struct agents **at = &running;

    while (*at != a)
        at = &(*at)->next;
    *at = a->next;
    process_signal(a->process, SIGKILL);
    process_wait(a->process, READY_MS);
    remove_directory(a);
    process_free(a->process);
    http_done(&a->web);
    json_decref(a->ports);
    free(a->ports_file);
    free(a);
}

void agents_stop(struct agents *a)
{
    if (!a)
        return;
    process_signal(a->process, SIGCONT);
    process_signal(a->process, SIGTERM);
    if (!process_wait(a->process, patient(READY_MS)))
        harness_fail("the agents do not stop");
    if (a->process->status)
        harness_fail("the agents ended with exit status %d",
                     a->process->status);
    take_away(a);
}

void agents_logs(void (*each)(const char *name, const char *path))
{
    for (const struct agents *a = running; a; a = a->next)
        each("agents", a->process->log);
}

void agents_abandon(void)
{
    while (running)
        take_away(running);
}

/* ---- its part of the configuration -------------------------------------- */

static void add_target(struct buf *yaml, const char *name, int port, bool told)
{
    buf_fmt(yaml, "    - name: %s\n      scopes: [%s%s]\n", name, name,
            strcmp(name, "notify") ? ", trading" : "");
    if (told)
        buf_fmt(yaml,
                "      halt_url: http://127.0.0.1:%d/admin/halt\n"
                "      token: %s\n",
                port, AGENTS_TOKEN);
    buf_fmt(yaml, "      health_url: http://127.0.0.1:%d/health\n", port);
}

static void add_targets(struct buf *yaml, const struct agents *a, bool told)
{
    json_t *port;
    const char *name;

    json_object_foreach(json_object_get(a->ports, "agents"), name, port)
        add_target(yaml, name, (int)json_integer_value(port), told);
}

char *agents_yaml(const struct agents *a)
{
    struct buf yaml = { 0 };

    buf_fmt(&yaml,
            "halt:\n  targets:\n    - name: orchestrator\n"
            "      halt_url: http://127.0.0.1:%d/admin/halt\n"
            "      token: %s\n",
            agents_port(a, NULL), AGENTS_TOKEN);
    add_targets(&yaml, a, false);
    return buf_take(&yaml);
}

char *agents_yaml_each(const struct agents *a)
{
    struct buf yaml = { 0 };

    buf_str(&yaml, "halt:\n  targets:\n");
    add_targets(&yaml, a, true);
    return buf_take(&yaml);
}

/* ---- asking and steering ------------------------------------------------ */

int agents_port(const struct agents *a, const char *name)
{
    const json_t *port =
        name ? json_object_get(json_object_get(a->ports, "agents"), name)
             : json_object_get(a->ports, "orchestrator");

    if (!port)
        harness_fail("there is no agent %s", name ? name : "at all");
    return (int)json_integer_value(port);
}

long agents_http(struct agents *a, const char *name,
                 const struct agents_ask *ask, char **answer)
{
    char *url =
        xasprintf("http://127.0.0.1:%d%s", agents_port(a, name), ask->path);
    char *text = NULL;
    long status =
        http_ask(&a->web,
                 &(struct http_ask){
                     .method = ask->method,
                     .url = url,
                     .body = ask->body,
                     .token = ask->token,
                     .limit_ms = ask->limit_ms ? ask->limit_ms : READY_MS,
                 },
                 &text);

    free(url);
    if (answer)
        *answer = text;
    else
        free(text);
    return status;
}

static json_t *control(struct agents *a, const char *method, const char *body)
{
    char *answer;
    long status =
        agents_http(a, NULL,
                    &(struct agents_ask){
                        .method = method, .path = "/control", .body = body },
                    &answer);
    json_t *json = json_loads(answer, 0, NULL);

    if (status != 200 || !json)
        harness_fail("agents: %s /control %s: HTTP %ld: %s", method,
                     body ? body : "", status, answer);
    free(answer);
    return json;
}

json_t *agents_control(struct agents *a, const char *json)
{
    return control(a, "POST", json);
}

json_t *agents_state(struct agents *a)
{
    return control(a, "GET", NULL);
}

long long agents_number(struct agents *a, const char *name, const char *key)
{
    json_t *state = agents_state(a);
    const json_t *one =
        name ? json_object_get(json_object_get(state, "agents"), name)
             : json_object_get(state, "orchestrator");
    const json_t *value = json_object_get(one, key);
    long long number =
        json_is_true(value) ? 1 : (long long)json_integer_value(value);

    if (!value)
        harness_fail("agents: %s has no %s", name ? name : "it", key);
    json_decref(state);
    return number;
}

size_t agents_halted(struct agents *a)
{
    json_t *state = agents_state(a), *one;
    const char *name;
    size_t n = 0;

    json_object_foreach(json_object_get(state, "agents"), name, one) n +=
        json_is_true(json_object_get(one, "halted"));
    json_decref(state);
    return n;
}

void agents_wait_halted(struct agents *a, size_t n, int limit_ms)
{
    int64_t until = clock_mono_ms() + patient(limit_ms);
    size_t now;

    while ((now = agents_halted(a)) != n) {
        if (clock_mono_ms() >= until)
            harness_fail("waited %d ms for %zu halted agents, there are %zu",
                         patient(limit_ms), n, now);
        harness_sleep(15);
    }
}
