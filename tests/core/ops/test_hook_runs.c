/* hook: several runs, runs taken up again, and TLS. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/ops/halt_parts.h"
#include "tests/core/ops/hook_world.h"

TestSuite(hook_runs, .init = hook_world_start, .fini = hook_world_stop);

/* ---- several runs --------------------------------------------------------------- */

Test(hook_runs, two_runs_at_once_for_one_target)
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

Test(hook_runs, a_start_that_was_overtaken_reaches_nobody_any_more)
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

Test(hook_runs, a_run_from_before_does_not_disturb_the_newer_one)
{
    struct halt_run *late, *now;

    add_target("execution", "/hook", "/health");
    now = new_run("OP2", HALT_STOP, 42);
    late = new_run("OP1", HALT_START, 41);
    hooks_start(hooks, now);
    hooks_start(hooks, late);
    cr_expect(late->finished && hooks_have(hooks, late), "borrowed still");
    turn_until_over();
    expect_stopped(&now->targets[0]);
    expect_failed(&late->targets[0], "overtaken by halt 42");
    cr_expect_eq(target_stub_count(stub, "/hook"), 1);
    halt_run_free(late);
    halt_run_free(now);
}

Test(hook_runs, a_run_taken_up_again_goes_on_where_it_was)
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

Test(hook_runs, a_run_without_targets_is_over_at_once)
{
    struct halt_run *run = run_all(HALT_STOP);

    cr_expect_eq(changes, 1);
    cr_expect_eq(run->took_ms, -1);
    halt_run_free(run);
}

Test(hook_runs, what_is_under_way_ends_with_the_hooks)
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

Test(hook_runs, a_turn_can_be_woken)
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

Test(hook_runs, certificates_are_verified_both_ways)
{
    char dir[] = "/tmp/opsbot-hook-XXXXXX", *command;
    struct halt_run *run;

    cr_assert(mkdtemp(dir));
    stub_make_certificates(dir);
    target_stub_stop(stub);
    stub = target_stub_start(dir, say_yes, NULL);
    cfg.halt.verify_s = 8;
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
                  "8 s: TLS: tlsv13 alert certificate required");
    expect_failed(&run->targets[2], "8 s: TLS: tlsv1 alert unknown ca");
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

Test(hook_runs, a_token_goes_to_no_other_server)
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
