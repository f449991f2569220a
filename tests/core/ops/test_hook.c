/* hook: targets that are told and asked, of every temper. */
#include <criterion/criterion.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/ops/halt_parts.h"
#include "core/ops/hook.h"
#include "tests/core/ops/target_stub.h"

#define LIMIT_MS 30000

static struct config cfg;
static struct config_target targets[128];
static struct hooks *hooks;
static struct target_stub *stub;
static int changes;

static struct stub_reply say_yes(void *arg, const struct stub_request *r, int n)
{
    (void)arg;
    (void)n;
    return (struct stub_reply){ .body = r->post ? NULL : "{\"halted\":true}" };
}

static void start(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    cfg = (struct config){ .halt = { .targets = targets, .verify_s = 20 } };
    changes = 0;
    hooks = hooks_new(&cfg);
    stub = target_stub_start(NULL, say_yes, NULL);
}

static void stop(void)
{
    hooks_free(hooks);
    if (stub)
        target_stub_stop(stub);
    for (unsigned i = 0; i < cfg.halt.targets_count; i++) {
        struct config_target *t = &targets[i];
        char *const texts[] = { t->name,        t->halt_url,    t->unhalt_url,
                                t->token,       t->health_url,  t->halted_path,
                                t->ca,          t->client_cert, t->client_key,
                                t->halted_value };

        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            free(texts[k]);
    }
    curl_global_cleanup();
}

TestSuite(hook, .init = start, .fini = stop);

static void serve(stub_handler *handler, void *arg)
{
    target_stub_stop(stub);
    stub = target_stub_start(NULL, handler, arg);
}

static char *url_of(const char *path)
{
    if (!path || strncmp(path, "http", 4) == 0)
        return xstrdup(path);
    return xasprintf("http://127.0.0.1:%d%s", target_stub_port(stub), path);
}

/* Paths at the stub, or whole URLs; NULL: none. */
static struct config_target *add_target(const char *name, const char *halt,
                                        const char *health)
{
    struct config_target *t = &targets[cfg.halt.targets_count++];

    *t = (struct config_target){ .name = xstrdup(name),
                                 .halt_url = url_of(halt),
                                 .health_url = url_of(health),
                                 .halted_path = xstrdup("halted"),
                                 .halted_value = xstrdup("true") };
    return t;
}

static struct halt_run *new_run(const char *op, enum halt_action action,
                                int64_t generation)
{
    struct act act = {
        .op = op, .user = "U0ANN", .user_name = "ann", .channel = "C0OPS"
    };
    struct halt_want want = { .act = &act,
                              .action = action,
                              .scope = "all",
                              .reason = "loss of 1 %",
                              .at = clock_wall_ms() };

    return halt_run_new(&cfg, &want, generation, NULL);
}

static void count_change(void *arg, struct halt_run *run)
{
    (void)arg;
    (void)run;
    changes++;
}

static void turn_until_over(void)
{
    int64_t limit = clock_mono_ms() + LIMIT_MS;

    while (hooks_running(hooks) > 0 && clock_mono_ms() < limit)
        hooks_turn(hooks, 100, count_change, NULL);
    cr_assert_eq(hooks_running(hooks), 0u, "in time");
}

/* Starts it, and turns until it is finished. */
static struct halt_run *run_all(enum halt_action action)
{
    struct halt_run *run = new_run("OP1", action, 42);

    hooks_start(hooks, run);
    turn_until_over();
    cr_expect(run->finished);
    return run;
}

static void expect_failed(const struct halt_target *t, const char *why)
{
    cr_expect_eq(t->progress, TARGET_FAILED, "%s", t->name);
    cr_expect(strstr(t->detail, why), "%s: %s", t->name, t->detail);
    cr_expect_eq(t->took_ms, -1);
}

static void expect_stopped(const struct halt_target *t)
{
    cr_expect_eq(t->progress, TARGET_STOPPED, "%s: %s", t->name, t->detail);
    cr_expect_str_eq(t->detail, "");
    cr_expect_geq(t->took_ms, 0);
}

/* ---- the ordinary ways ------------------------------------------------------ */

Test(hook, a_target_is_told_and_confirms)
{
    struct config_target *t = add_target("execution", "/halt", "/health");
    const struct stub_request *r;
    char at[CLOCK_TEXT], *wanted;
    struct halt_run *run;

    t->token = xstrdup("very-secret");
    run = run_all(HALT_STOP);
    expect_stopped(&run->targets[0]);
    cr_expect_geq(run->took_ms, 0);
    cr_expect_geq(changes, 1);
    r = target_stub_request(stub, "/halt", 0);
    cr_expect(r->post);
    cr_expect(strstr(r->head, "Authorization: Bearer very-secret\r\n"));
    cr_expect(strstr(r->head, "Idempotency-Key: OP1\r\n"));
    cr_expect(strstr(r->head, "Content-Type: application/json\r\n"));
    wanted = xasprintf("{\"action\":\"halt\",\"scope\":\"all\","
                       "\"generation\":42,\"reason\":\"loss of 1 %%\","
                       "\"by\":\"U0ANN\",\"at\":\"%s\",\"op\":\"OP1\"}",
                       clock_rfc3339(run->at, at));
    cr_expect_str_eq(r->body, wanted, "%s", r->body);
    cr_expect_eq(target_stub_count(stub, "/halt"), 1);
    r = target_stub_request(stub, "/health", 0);
    cr_expect_not(r->post);
    cr_expect(strstr(r->head, "Bearer very-secret"), "the same server");
    cr_expect_eq(r->conn, 1, "the same connection");
    free(wanted);
    halt_run_free(run);
}

Test(hook, a_target_without_health_has_stopped_when_it_took_the_hook)
{
    struct halt_run *run;

    add_target("execution", "/halt", NULL);
    run = run_all(HALT_STOP);
    expect_stopped(&run->targets[0]);
    halt_run_free(run);
}

Test(hook, a_target_with_health_only_is_only_asked)
{
    struct halt_run *run;

    add_target("execution", NULL, "/health");
    run = run_all(HALT_STOP);
    expect_stopped(&run->targets[0]);
    cr_expect_eq(target_stub_count(stub, "/health"), 1);
    halt_run_free(run);
}

static struct stub_reply halts_slowly(void *arg, const struct stub_request *r,
                                      int n)
{
    (void)arg;
    if (r->post)
        return (struct stub_reply){ .status = 202 };
    return (struct stub_reply){
        .status = n < 3 ? 200 : 503,
        .body = n < 3 ? "{\"status\":{\"mode\":\"running\"}}"
                      : "{\"status\":{\"mode\":\"stopped\"}}"
    };
}

static void nest(struct config_target *t, const char *path, const char *value)
{
    free(t->halted_path);
    free(t->halted_value);
    t->halted_path = xstrdup(path);
    t->halted_value = xstrdup(value);
}

Test(hook, a_target_is_asked_until_it_says_so)
{
    struct halt_run *run = NULL;

    serve(halts_slowly, NULL);
    nest(add_target("execution", "/halt", "/health"), "status.mode", "stopped");
    run = new_run("OP1", HALT_STOP, 1);
    hooks_start(hooks, run);
    while (run->targets[0].progress == TARGET_WAITING)
        hooks_turn(hooks, 1000, count_change, NULL);
    cr_expect_eq(run->targets[0].progress, TARGET_ASKED);
    cr_expect_str_eq(run->targets[0].detail, "`status.mode` is running");
    cr_expect_not(run->finished);
    turn_until_over();
    expect_stopped(&run->targets[0]);
    cr_expect_eq(target_stub_count(stub, "/health"), 4);
    cr_expect_eq(changes, 2, "once for each change: %d", changes);
    halt_run_free(run);
}

static struct stub_reply starts_slowly(void *arg, const struct stub_request *r,
                                       int n)
{
    (void)arg;
    if (r->post)
        return (struct stub_reply){ 0 };
    return (struct stub_reply){ .body = n < 2 ? "{\"halted\":true}"
                                              : "{\"halted\":false}" };
}

Test(hook, starting_goes_to_its_own_hook_until_it_is_not_halted)
{
    struct halt_run *run;

    serve(starts_slowly, NULL);
    add_target("one", "/halt", "/health");
    add_target("two", "/both", "/health2");
    targets[0].unhalt_url = url_of("/unhalt");
    run = run_all(HALT_START);
    expect_stopped(&run->targets[0]);
    expect_stopped(&run->targets[1]);
    cr_expect_eq(target_stub_count(stub, "/halt"), 0);
    cr_expect(strstr(target_stub_request(stub, "/unhalt", 0)->body,
                     "\"action\":\"unhalt\""));
    cr_expect(strstr(target_stub_request(stub, "/both", 0)->body,
                     "\"action\":\"unhalt\""));
    halt_run_free(run);
}

/* ---- targets that give trouble ----------------------------------------------- */

static struct stub_reply troubles(void *arg, const struct stub_request *r,
                                  int n)
{
    (void)arg;
    if (strcmp(r->path, "/later") == 0) {
        static const int statuses[] = { 500, 429, 408, 425, 200 };

        return (struct stub_reply){ .status = statuses[n < 4 ? n : 4] };
    }
    if (strcmp(r->path, "/hang-up") == 0)
        return (struct stub_reply){ .hang_up = n == 0 };
    if (strcmp(r->path, "/forbidden") == 0)
        return (struct stub_reply){ .status = 403, .body = "very-secret" };
    if (strcmp(r->path, "/moved") == 0)
        return (struct stub_reply){ .status = 307,
                                    .headers = "Location: /halt\r\n" };
    return say_yes(arg, r, n);
}

Test(hook, what_may_pass_is_tried_again_and_what_is_final_is_not)
{
    struct halt_run *run;

    serve(troubles, NULL);
    add_target("later", "/later", "/health");
    add_target("hangs-up", "/hang-up", NULL);
    add_target("forbidden", "/forbidden", "/health");
    add_target("moved", "/moved", "/health");
    run = run_all(HALT_STOP);
    expect_stopped(&run->targets[0]);
    cr_expect_eq(target_stub_count(stub, "/later"), 5);
    expect_stopped(&run->targets[1]);
    expect_failed(&run->targets[2], "answered 403");
    cr_expect_eq(target_stub_count(stub, "/forbidden"), 1);
    expect_failed(&run->targets[3], "answered 307: redirects");
    cr_expect_eq(target_stub_count(stub, "/moved"), 1);
    cr_expect_eq(target_stub_count(stub, "/halt"), 0);
    cr_expect_eq(halt_run_stopped(run), 2u);
    halt_run_free(run);
}

static char huge_body[100001];

static struct stub_reply never_halts(void *arg, const struct stub_request *r,
                                     int n)
{
    static const char *const bodies[][2] = {
        { "/runs", "{\"halted\":false}" },
        { "/text", "all is well" },
        { "/other", "{\"status\":\"ok\"}" },
        { "/null", "{\"halted\":null}" },
        { "/quoted", "{\"halted\":\"password=hunter2\"}" },
        { "/list", "[true]" },
        { "/huge", huge_body },
    };

    (void)arg;
    (void)n;
    if (strcmp(r->path, "/down") == 0)
        return (struct stub_reply){ .status = 502, .body = "bad gateway" };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        if (strcmp(r->path, bodies[i][0]) == 0)
            return (struct stub_reply){ .body = bodies[i][1] };
    return (struct stub_reply){ 0 };
}

Test(hook, what_never_confirms_fails_with_what_it_said_last)
{
    static const char *const whys[][2] = {
        { "/runs", "has not confirmed after 1 s: `halted` is false" },
        { "/text", "1 s: its health is not JSON" },
        { "/other", "1 s: its health has no `halted`" },
        { "/null", "1 s: its health has no `halted`" },
        { "/quoted", "1 s: `halted` is password=***" },
        { "/list", "1 s: its health has no `halted`" },
        { "/huge", "1 s: its answer is larger than 64 KiB" },
        { "/down", "1 s: answered 502" },
    };
    enum { N = sizeof whys / sizeof *whys };
    struct halt_run *run;

    memset(huge_body, ' ', sizeof huge_body - 1);
    memcpy(huge_body, "{\"halted\":true}", 15);
    serve(never_halts, NULL);
    cfg.halt.verify_s = 1;
    for (int i = 0; i < N; i++)
        add_target(whys[i][0] + 1, "/halt", whys[i][0]);
    run = run_all(HALT_STOP);
    for (int i = 0; i < N; i++)
        expect_failed(&run->targets[i], whys[i][1]);
    cr_expect_eq(run->took_ms, -1);
    cr_expect_eq(target_stub_count(stub, "/halt"), N);
    halt_run_free(run);
}

Test(hook, to_have_started_it_must_say_so)
{
    struct halt_run *run;

    serve(never_halts, NULL);
    cfg.halt.verify_s = 1;
    add_target("runs", NULL, "/runs");
    add_target("other", NULL, "/other");
    add_target("down", NULL, "/down");
    add_target("text", NULL, "/text");
    run = run_all(HALT_START);
    expect_stopped(&run->targets[0]);
    expect_stopped(&run->targets[1]);
    expect_failed(&run->targets[2], "answered 502");
    expect_failed(&run->targets[3], "not JSON");
    halt_run_free(run);
}

/* A port at which nobody listens any more. */
static char *closed_url(void)
{
    struct target_stub *gone = target_stub_start(NULL, say_yes, NULL);
    char *url = xasprintf("http://127.0.0.1:%d/x", target_stub_port(gone));

    target_stub_stop(gone);
    return url;
}

Test(hook, who_is_not_there_is_said_and_delays_nobody)
{
    char *closed = closed_url();
    struct halt_run *run;

    cfg.halt.verify_s = 1;
    add_target("closed", closed, NULL);
    add_target("deaf", NULL, closed);
    add_target("odd", "gopher://127.0.0.1/x", NULL);
    free(targets[2].halt_url);
    targets[2].halt_url = xstrdup("gopher://127.0.0.1/x");
    add_target("fine", "/halt", "/health");
    run = run_all(HALT_STOP);
    expect_failed(&run->targets[0],
                  "after 1 s: cannot connect: Connection refused");
    expect_failed(&run->targets[1], "cannot connect: Connection refused");
    cr_expect_eq(run->targets[2].progress, TARGET_FAILED);
    cr_expect_not(strstr(run->targets[2].detail, "after"), "at once: %s",
                  run->targets[2].detail);
    expect_stopped(&run->targets[3]);
    cr_expect_eq(run->took_ms, run->targets[3].took_ms);
    halt_run_free(run);
    free(closed);
}

static struct stub_reply some_sleep(void *arg, const struct stub_request *r,
                                    int n)
{
    struct stub_reply reply = say_yes(arg, r, n);

    if (strncmp(r->path, "/slow", 5) == 0)
        reply.delay_ms = LIMIT_MS;
    return reply;
}

Test(hook, a_hundred_targets_some_of_them_asleep)
{
    struct halt_run *run;

    serve(some_sleep, NULL);
    cfg.halt.verify_s = 3;
    for (int i = 0; i < 100; i++) {
        char name[24], halt[24];

        snprintf(name, sizeof name, "t%d", i);
        snprintf(halt, sizeof halt, "/halt%d", i);
        add_target(name, i % 10 ? halt : "/slow", "/health");
    }
    free(targets[1].health_url);
    targets[1].health_url = url_of("/slow-health");
    run = run_all(HALT_STOP);
    cr_expect_eq(halt_run_stopped(run), 89u, "%zu", halt_run_stopped(run));
    for (size_t i = 0; i < 100; i += 10)
        expect_failed(&run->targets[i], "has not confirmed after 3 s");
    expect_failed(&run->targets[1], "after 3 s: no answer within 2000 ms");
    cr_expect_lt(run->took_ms, 3000, "the sleepers delay nobody");
    halt_run_free(run);
}

/* ---- several runs --------------------------------------------------------------- */

Test(hook, two_runs_at_once_for_one_target)
{
    struct halt_run *one, *two;

    add_target("execution", "/halt", "/health");
    one = new_run("OP1", HALT_STOP, 1);
    two = new_run("OP2", HALT_STOP, 2);
    hooks_start(hooks, one);
    hooks_start(hooks, two);
    cr_expect_eq(hooks_running(hooks), 2u);
    turn_until_over();
    expect_stopped(&one->targets[0]);
    expect_stopped(&two->targets[0]);
    cr_expect_eq(target_stub_count(stub, "/halt"), 2);
    halt_run_free(one);
    halt_run_free(two);
}

static struct stub_reply not_yet(void *arg, const struct stub_request *r, int n)
{
    (void)n;
    if (r->post && strstr(r->body, "\"action\":\"unhalt\""))
        return (struct stub_reply){ .status = 503 };
    return say_yes(arg, r, n);
}

Test(hook, a_start_that_was_overtaken_reaches_nobody_any_more)
{
    struct halt_run *up = NULL, *down;
    int tries;

    serve(not_yet, NULL);
    add_target("execution", "/hook", "/health");
    up = new_run("OP1", HALT_START, 41);
    hooks_start(hooks, up);
    while (target_stub_count(stub, "/hook") < 2)
        hooks_turn(hooks, 1000, count_change, NULL);
    down = new_run("OP2", HALT_STOP, 42);
    hooks_start(hooks, down);
    tries = target_stub_count(stub, "/hook");
    turn_until_over();
    expect_failed(&up->targets[0], "overtaken by halt 42");
    expect_stopped(&down->targets[0]);
    cr_expect_eq(target_stub_count(stub, "/hook"), tries + 1);
    halt_run_free(up);
    halt_run_free(down);
}

Test(hook, a_run_from_before_does_not_disturb_the_newer_one)
{
    struct halt_run *late, *now;

    add_target("execution", "/hook", "/health");
    now = new_run("OP2", HALT_STOP, 42);
    late = new_run("OP1", HALT_START, 41);
    hooks_start(hooks, now);
    hooks_start(hooks, late);
    turn_until_over();
    expect_stopped(&now->targets[0]);
    expect_failed(&late->targets[0], "overtaken by halt 42");
    cr_expect_eq(target_stub_count(stub, "/hook"), 1);
    halt_run_free(late);
    halt_run_free(now);
}

Test(hook, a_run_taken_up_again_goes_on_where_it_was)
{
    struct halt_run *run;

    add_target("done", "/done", "/health");
    add_target("asked", "/asked", "/health");
    add_target("new", "/new", "/health");
    add_target("gone", "/gone", "/health");
    run = new_run("OP1", HALT_STOP, 1);
    halt_target_set(&run->targets[0], TARGET_STOPPED, "");
    run->targets[0].took_ms = 7;
    halt_target_set(&run->targets[1], TARGET_ASKED, "`halted` is false");
    free(targets[3].name);
    targets[3].name = xstrdup("renamed");
    hooks_start(hooks, run);
    turn_until_over();
    cr_expect_eq(run->targets[0].took_ms, 7);
    cr_expect_eq(target_stub_count(stub, "/done"), 0);
    cr_expect_eq(target_stub_count(stub, "/asked"), 0);
    cr_expect_eq(target_stub_count(stub, "/new"), 1);
    expect_stopped(&run->targets[1]);
    expect_stopped(&run->targets[2]);
    expect_failed(&run->targets[3], "not configured any more");
    halt_run_free(run);
}

Test(hook, a_run_without_targets_is_over_at_once)
{
    struct halt_run *run = run_all(HALT_STOP);

    cr_expect_eq(changes, 1);
    cr_expect_eq(run->took_ms, -1);
    halt_run_free(run);
}

Test(hook, what_is_under_way_ends_with_the_hooks)
{
    struct halt_run *run;

    serve(some_sleep, NULL);
    add_target("execution", "/slow", NULL);
    run = new_run("OP1", HALT_STOP, 1);
    hooks_start(hooks, run);
    while (target_stub_count(stub, "/slow") == 0)
        hooks_turn(hooks, 10, count_change, NULL);
    hooks_free(hooks);
    hooks = NULL;
    cr_expect_not(run->finished);
    halt_run_free(run);
}

static void *wake_it(void *arg)
{
    hooks_wake(arg);
    return NULL;
}

Test(hook, a_turn_can_be_woken)
{
    int64_t before = clock_mono_ms();
    pthread_t thread;

    pthread_create(&thread, NULL, wake_it, hooks);
    hooks_turn(hooks, LIMIT_MS * 10, count_change, NULL);
    cr_expect_lt(clock_mono_ms() - before, LIMIT_MS);
    pthread_join(thread, NULL);
}

/* ---- TLS ------------------------------------------------------------------------- */

static struct config_target *add_tls_target(const char *dir, const char *name,
                                            const char *ca, const char *client)
{
    struct config_target *t = add_target(name, NULL, NULL);

    t->halt_url =
        xasprintf("https://127.0.0.1:%d/halt", target_stub_port(stub));
    t->ca = ca ? xasprintf("%s/%s.pem", dir, ca) : NULL;
    t->client_cert = client ? xasprintf("%s/%s.pem", dir, client) : NULL;
    t->client_key = client ? xasprintf("%s/%s.key", dir, client) : NULL;
    return t;
}

Test(hook, certificates_are_verified_both_ways)
{
    char dir[] = "/tmp/opsbot-hook-XXXXXX", *command;
    struct halt_run *run;

    cr_assert(mkdtemp(dir));
    stub_make_certificates(dir);
    target_stub_stop(stub);
    stub = target_stub_start(dir, say_yes, NULL);
    cfg.halt.verify_s = 2;
    add_tls_target(dir, "fine", "ca", "client")->token = xstrdup("secret-1");
    add_tls_target(dir, "nameless", "ca", NULL);
    add_tls_target(dir, "stranger", "ca", "other");
    add_tls_target(dir, "unknown-server", NULL, "client");
    add_tls_target(dir, "other-ca", "other", "client");
    add_tls_target(dir, "no-such-file", "missing", "client");
    run = run_all(HALT_STOP);
    expect_stopped(&run->targets[0]);
    cr_expect(
        strstr(target_stub_request(stub, "/halt", 0)->head, "Bearer secret-1"));
    expect_failed(&run->targets[1],
                  "2 s: TLS: tlsv13 alert certificate required");
    expect_failed(&run->targets[2], "2 s: TLS: tlsv1 alert unknown ca");
    expect_failed(&run->targets[3], "certificate");
    expect_failed(&run->targets[4], "certificate");
    expect_failed(&run->targets[5], "certificate");
    cr_expect_not(strstr(run->targets[5].detail, "after"), "%s",
                  run->targets[5].detail);
    cr_expect_eq(target_stub_count(stub, "/halt"), 1);
    halt_run_free(run);
    command = xasprintf("rm -rf %s", dir);
    cr_expect_eq(system(command), 0);
    free(command);
}

Test(hook, a_token_goes_to_no_other_server)
{
    struct target_stub *other = target_stub_start(NULL, say_yes, NULL);
    char *health =
        xasprintf("http://127.0.0.1:%d/health", target_stub_port(other));
    struct halt_run *run;

    add_target("execution", "/halt", health)->token = xstrdup("very-secret");
    add_target("asked", NULL, "/only")->token = xstrdup("very-secret");
    run = run_all(HALT_STOP);
    expect_stopped(&run->targets[0]);
    cr_expect(
        strstr(target_stub_request(stub, "/halt", 0)->head, "very-secret"));
    cr_expect_not(
        strstr(target_stub_request(other, "/health", 0)->head, "very-secret"));
    cr_expect(
        strstr(target_stub_request(stub, "/only", 0)->head, "very-secret"));
    halt_run_free(run);
    target_stub_stop(other);
    free(health);
}
