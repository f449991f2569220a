/*
 * The program as whoever runs it meets it: its words, its exit status, and
 * what it never tells (P8).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>

#include "core/base/mem.h"
#include "tests/harness/servers.h"
#include "tests/integration/common.h"
#include "tests/integration/typed.h"

#define BOT_CANARY "xoxb-canary-b0t-5f8a1c"
#define APP_CANARY "xapp-canary-4pp-77e2d9"
#define PASSWORD   "canary-pass-3e91bb"

static struct harness *servers(void)
{
    return harness_start(&(struct harness_options){
        .parts = PART_REDIS | PART_POSTGRES | PART_SANDBOX });
}

Test(program, says_how_it_is_used)
{
    struct harness *h =
        harness_start(&(struct harness_options){ .parts = PART_REDIS });

    expect_run(h, WORDS("--help"), NULL, 0,
               WORDS("Usage: opsbot", "SLACK_APP_TOKEN", "DATABASE_MIGRATE_URL",
                     "Signals", "HUP", "Exit status", "Examples"));
    expect_run(h, WORDS("--version"), NULL, 0,
               WORDS("opsbot ", "libwebsockets", "libcurl", "OpenSSL",
                     "hiredis", "libpq", "rediss://"));
    expect_run(h, WORDS("dance"), NULL, 64, WORDS("Usage: opsbot"));
    expect_run(h, WORDS("run", "--json"), NULL, 64, WORDS("Usage: opsbot"));
    expect_run(h, WORDS("--nonsense"), NULL, 64, WORDS("nonsense"));
    harness_stop(h);
}

Test(program, names_all_that_is_missing_at_once)
{
    struct harness *h =
        harness_start(&(struct harness_options){ .parts = PART_REDIS });

    expect_run(h, WORDS("run"), NULL, EXIT_CONFIG,
               WORDS("SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", "REDIS_URL",
                     "DATABASE_URL"));
    expect_run(h, WORDS("run"), WORDS("REDIS_URL=redis://127.0.0.1"),
               EXIT_CONFIG,
               WORDS("SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", "DATABASE_URL"));
    harness_stop(h);
}

Test(program, names_file_line_and_key)
{
    struct harness *h =
        harness_start(&(struct harness_options){ .parts = PART_REDIS });
    char *unknown = write_file(h, "unknown.yaml",
                               "slack:\n  command: /ops\n  colour: blue\n");
    char *wrong =
        write_file(h, "wrong.yaml", "slack:\n  answer_in_ack_ms: often\n");

    expect_run(h, WORDS("-c", unknown, "check"), NULL, EXIT_CONFIG,
               WORDS("unknown.yaml", "3", "colour"));
    expect_run(h, WORDS("-c", wrong, "check"), NULL, EXIT_CONFIG,
               WORDS("wrong.yaml", "2", "answer_in_ack_ms"));
    expect_run(h, WORDS("-c", "absent.yaml", "check"), NULL, EXIT_CONFIG,
               WORDS("absent.yaml"));
    free(unknown);
    free(wrong);
    harness_stop(h);
}

Test(program, secrets_come_from_files)
{
    struct harness *h = servers();
    char *path = write_file(h, "token", "xoxb-test\n");
    char *entry = xasprintf("SLACK_BOT_TOKEN_FILE=%s", path);
    const char *const env[] = { "SLACK_BOT_TOKEN=", entry, NULL };

    opsbot_wait_ready(opsbot_start(h, env));
    expect_said(h, "U0BOB", "C0OPS", "ping", "Redis");
    dead_letters(h, "orders", 1);
    expect_said(h, "U0ANN", "C0OPS", "dlq requeue orders 1700000000000-1",
                "Requeued");
    wait_settled(h, 10000);
    wait_posts(h, "C0OPS", "Requeued 1 of 1", 1);
    free(path);
    free(entry);
    harness_stop(h);
}

/* ---- what it never tells ---------------------------------------------------- */

static void expect_no_canary(const char *where, char *text)
{
    cr_assert(!strstr(text, BOT_CANARY), "%s: %s", where, text);
    cr_assert(!strstr(text, APP_CANARY), "%s: %s", where, text);
    cr_assert(!strstr(text, PASSWORD), "%s: %s", where, text);
    free(text);
}

static void look_for_canaries(struct harness *h)
{
    char *path = xasprintf("/proc/%d/cmdline", (int)opsbot_pid(h->bot));
    json_t *all = control_get(h, "messages?channel=C0OPS&user=U0ANN");
    char *body;

    expect_no_canary("command line", harness_read(path));
    expect_no_canary("log", opsbot_log(h->bot));
    expect_no_canary("audit", sql(h, "select a::text from opsbot.audit_events"
                                     " a"));
    expect_no_canary("operations",
                     sql(h, "select o::text from opsbot.operations o"));
    opsbot_get(h->bot, "/health", &body);
    expect_no_canary("health", body);
    opsbot_get(h->bot, "/metrics", &body);
    expect_no_canary("metrics", body);
    body = json_dumps(all, JSON_COMPACT);
    expect_no_canary("answers", body);
    json_decref(all);
    free(path);
}

static void allow_tokens(struct harness *h)
{
    json_decref(control_post(h, "token",
                             json_pack("{s:s, s:[s]}", "token", APP_CANARY,
                                       "scopes", "connections:write")));
    json_decref(control_post(h, "token",
                             json_pack("{s:s, s:[s, s, s]}", "token",
                                       BOT_CANARY, "scopes", "chat:write",
                                       "channels:join", "channels:history")));
}

Test(program, tells_nobody_its_secrets)
{
    struct harness *h = servers();
    char *database =
        xasprintf("DATABASE_URL=%s&password=" PASSWORD, h->database_url);
    const char *const env[] = { "SLACK_BOT_TOKEN=" BOT_CANARY,
                                "SLACK_APP_TOKEN=" APP_CANARY, database, NULL };

    allow_tokens(h);
    dead_letters(h, "orders", 1);
    opsbot_wait_ready(opsbot_start(h, env));
    json_decref(say(h, "U0ANN", "C0OPS", "dlq show token=" BOT_CANARY));
    json_decref(say(h, "U0ANN", "C0OPS", "dlq show " APP_CANARY));
    json_decref(say(h, "U0ANN", "C0OPS", "password=" PASSWORD));
    json_decref(say(h, "U0ANN", "C0OPS", "dlq requeue orders 1700000000000-1"));
    wait_settled(h, 10000);
    part_stop(h, PART_POSTGRES);
    json_decref(say(h, "U0ANN", "C0OPS", "audit"));
    part_start(h, PART_POSTGRES);
    opsbot_wait_ready(h->bot);
    wait_settled(h, 10000);
    look_for_canaries(h);
    free(database);
    harness_stop(h);
}

/* A store that cannot be reached is named without its password. */
Test(program, errors_keep_passwords)
{
    struct harness *h = servers();
    const char *const env[] = {
        "SLACK_APP_TOKEN=" APP_CANARY, "SLACK_BOT_TOKEN=" BOT_CANARY,
        "REDIS_URL=redis://ops:" PASSWORD "@127.0.0.1:1/0",
        "DATABASE_URL=postgresql://ops:" PASSWORD "@127.0.0.1:1/ops", NULL
    };
    const char *const bad[] = { "SLACK_APP_TOKEN=" BOT_CANARY,
                                "SLACK_BOT_TOKEN=" APP_CANARY,
                                "REDIS_URL=nonsense://:" PASSWORD "@x",
                                "DATABASE_URL=mysql://ops:" PASSWORD "@x/y",
                                NULL };
    char *out;

    cr_assert_eq(run_with(h, WORDS("check"), env, &out), EXIT_UNAVAILABLE);
    cr_assert(strstr(out, "✗ Redis") && strstr(out, "✗ Postgres"), "%s", out);
    expect_no_canary("check", out);
    cr_assert_eq(run_with(h, WORDS("run"), bad, &out), EXIT_CONFIG);
    expect_no_canary("configuration", out);
    harness_stop(h);
}
