/*
 * hook_world: hooks, and a stub for their targets to live at.
 */
#include "tests/core/ops/hook_world.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

struct config cfg;
struct config_target targets[TARGETS];
struct hooks *hooks;
static struct config_holder holder = { .now = &cfg };
struct target_stub *stub;
int changes;

struct stub_reply say_yes(void *arg, const struct stub_request *r, int n)
{
    (void)arg;
    (void)n;
    return (struct stub_reply){ .body = r->post ? NULL : "{\"halted\":true}" };
}

void hook_world_start(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    cfg = (struct config){ .halt = { .targets = targets, .verify_s = 20 } };
    changes = 0;
    hooks = hooks_new(&holder);
    stub = target_stub_start(NULL, say_yes, NULL);
}

void hook_world_stop(void)
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

void serve(stub_handler *handler, void *arg)
{
    target_stub_stop(stub);
    stub = target_stub_start(NULL, handler, arg);
}

char *url_of(const char *path)
{
    if (!path || strncmp(path, "http", 4) == 0)
        return xstrdup(path);
    return xasprintf("http://127.0.0.1:%d%s", target_stub_port(stub), path);
}

/* Paths at the stub, or whole URLs; NULL: none. */
struct config_target *add_target(const char *name, const char *halt,
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

struct halt_run *new_run(const char *op, enum halt_action action,
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

void count_change(void *arg, struct halt_run *run)
{
    (void)arg;
    (void)run;
    changes++;
}

void turn_until_over(void)
{
    int64_t limit = clock_mono_ms() + LIMIT_MS;

    while (hooks_running(hooks) > 0 && clock_mono_ms() < limit)
        hooks_turn(hooks, 100, count_change, NULL);
    cr_assert_eq(hooks_running(hooks), 0u, "in time");
}

/* Starts it, and turns until it is finished. */
struct halt_run *run_all(enum halt_action action)
{
    struct halt_run *run = new_run("OP1", action, 42);

    hooks_start(hooks, run);
    turn_until_over();
    cr_expect(run->finished);
    return run;
}

void expect_failed(const struct halt_target *t, const char *why)
{
    cr_expect_eq(t->progress, TARGET_FAILED, "%s", t->name);
    cr_expect(strstr(t->detail, why), "%s: %s", t->name, t->detail);
    cr_expect_eq(t->took_ms, -1);
}

void expect_stopped(const struct halt_target *t)
{
    cr_expect_eq(t->progress, TARGET_STOPPED, "%s: %s", t->name, t->detail);
    cr_expect_str_eq(t->detail, "");
    cr_expect_geq(t->took_ms, 0);
}

struct stub_reply some_sleep(void *arg, const struct stub_request *r, int n)
{
    struct stub_reply reply = say_yes(arg, r, n);

    if (strncmp(r->path, "/slow", 5) == 0)
        reply.delay_ms = LIMIT_MS;
    return reply;
}
