/* hook: targets that are told and asked, of every temper. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/core/ops/hook_world.h"

TestSuite(hook, .init = hook_world_start, .fini = hook_world_stop);

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
    add_target("later", "/later", NULL);
    add_target("hangs-up", "/hang-up", NULL);
    add_target("forbidden", "/forbidden", "/health");
    add_target("moved", "/moved", "/health");
    run = run_all(HALT_STOP);
    expect_stopped(&run->targets[0]);
    cr_expect_eq(target_stub_count(stub, "/later"), 5);
    expect_stopped(&run->targets[1]);
    expect_failed(&run->targets[2], "refused the halt: 403");
    cr_expect_not(strstr(run->targets[2].detail, "confirmed"), "at once");
    cr_expect_eq(target_stub_count(stub, "/forbidden"), 1);
    expect_failed(&run->targets[3], "refused the halt: 307, and redirects");
    cr_expect_eq(target_stub_count(stub, "/moved"), 1);
    cr_expect_eq(target_stub_count(stub, "/halt"), 0);
    cr_expect_eq(halt_run_stopped(run), 2u);
    halt_run_free(run);
}

/* Its hook fails, or never answers; yet it stops, for it reads the keys. */
static struct stub_reply stops_all_the_same(void *arg,
                                            const struct stub_request *r, int n)
{
    (void)arg;
    if (strcmp(r->path, "/fails") == 0)
        return (struct stub_reply){ .status = 503 };
    if (strcmp(r->path, "/hangs") == 0)
        return (struct stub_reply){ .delay_ms = LIMIT_MS };
    return (struct stub_reply){ .body = n < 2 ? "{\"halted\":false}"
                                              : "{\"halted\":true}" };
}

Test(hook, one_whose_hook_fails_is_asked_all_the_same)
{
    struct halt_run *run;

    serve(stops_all_the_same, NULL);
    cfg.halt.verify_s = 8;
    add_target("fails", "/fails", "/health1");
    add_target("hangs", "/hangs", "/health2");
    run = run_all(HALT_STOP);
    expect_stopped(&run->targets[0]);
    expect_stopped(&run->targets[1]);
    cr_expect_eq(target_stub_count(stub, "/fails"), 3, "told again each time");
    cr_expect_eq(target_stub_count(stub, "/health1"), 3);
    halt_run_free(run);
}

static struct stub_reply fails_and_runs(void *arg, const struct stub_request *r,
                                        int n)
{
    (void)arg;
    (void)n;
    if (r->post)
        return (struct stub_reply){ .status = 503 };
    return (struct stub_reply){ .body = "{\"halted\":false}" };
}

/* What it said to the hook is what a person can do something about. */
Test(hook, one_that_fails_and_runs_on_is_named_for_its_hook)
{
    struct halt_run *run;

    serve(fails_and_runs, NULL);
    cfg.halt.verify_s = 1;
    add_target("fails", "/fails", "/health");
    run = run_all(HALT_STOP);
    expect_failed(&run->targets[0],
                  "has not confirmed after 1 s: answered 503");
    cr_expect_geq(target_stub_count(stub, "/health"), 1);
    halt_run_free(run);
}

/* Redis was away: nobody knows the generation, so none is named. */
Test(hook, a_stop_of_unknown_generation_names_none)
{
    struct halt_run *run;
    const char *body;

    add_target("execution", "/halt", NULL);
    run = new_run("OP1", HALT_STOP, 0);
    hooks_start(hooks, run);
    turn_until_over();
    body = target_stub_request(stub, "/halt", 0)->body;
    cr_expect_not(strstr(body, "generation"), "%s", body);
    cr_expect(strstr(body, "\"op\":\"OP1\""), "%s", body);
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
    cfg.halt.verify_s = 4;
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

    cfg.halt.verify_s = 4;
    add_target("closed", closed, NULL);
    add_target("deaf", NULL, closed);
    add_target("odd", "gopher://127.0.0.1/x", NULL);
    free(targets[2].halt_url);
    targets[2].halt_url = xstrdup("gopher://127.0.0.1/x");
    add_target("fine", "/halt", "/health");
    run = run_all(HALT_STOP);
    expect_failed(&run->targets[0],
                  "after 4 s: cannot connect: Connection refused");
    expect_failed(&run->targets[1], "cannot connect: Connection refused");
    cr_expect_eq(run->targets[2].progress, TARGET_FAILED);
    cr_expect_not(strstr(run->targets[2].detail, "after"), "at once: %s",
                  run->targets[2].detail);
    expect_stopped(&run->targets[3]);
    cr_expect_eq(run->took_ms, run->targets[3].took_ms);
    halt_run_free(run);
    free(closed);
}

Test(hook, a_hundred_targets_some_of_them_asleep)
{
    struct halt_run *run;

    serve(some_sleep, NULL);
    cfg.halt.verify_s = 8;
    for (int i = 0; i < 100; i++) {
        char name[24], halt[24];

        snprintf(name, sizeof name, "t%d", i);
        snprintf(halt, sizeof halt, "/halt%d", i);
        add_target(name, i % 10 ? halt : "/slow", i % 10 ? "/health" : NULL);
    }
    free(targets[1].health_url);
    targets[1].health_url = url_of("/slow-health");
    run = run_all(HALT_STOP);
    cr_expect_eq(halt_run_stopped(run), 89u, "%zu", halt_run_stopped(run));
    for (size_t i = 0; i < 100; i += 10)
        expect_failed(&run->targets[i], "has not confirmed after 8 s");
    expect_failed(&run->targets[1], "after 8 s: no answer within 2000 ms");
    cr_expect_lt(run->took_ms, 8000, "the sleepers delay nobody");
    halt_run_free(run);
}
