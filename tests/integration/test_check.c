/*
 * `opsbot check`: when all is well every line is ✓ and nothing has changed; for
 * machines; and what it never tells.
 */
#include <criterion/criterion.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/harness/agents.h"
#include "tests/integration/checking.h"
#include "tests/integration/common.h"

static struct harness *h;

static void start(void)
{
    h = checking_start();
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(check, .init = start, .fini = stop, .timeout = 200);

/* ---- all is well ------------------------------------------------------------------ */

/* A line of the golden picture: a pattern as of a shell. */
static const char *const golden[] = {
    "opsbot * looks at */check.yaml",
    "",
    "Configuration",
    "  ✓ configuration: 1 role, 1 stream, 3 halt targets, 1 health check",
    "",
    "Files",
    "  ✓ state directory */state1 (journal, user groups)",
    "  ✓ 1 certificate and key file can be read",
    "",
    "Slack",
    "  ✓ app token: Slack takes it",
    "  ✓ WebSocket: hello and goodbye (1 connection open with it)",
    "  ✓ clock: agrees with Slack's",
    "  ✓ bot token: @opsbot in acme",
    "  ✓ scopes: all that opsbot needs",
    "  ✓ channel #ops (channels.ops): the bot is a member",
    "  ✓ channel #quiet (channels.incidents): the bot joins it *",
    "  ✓ channel #general (operator): the bot is a member",
    "  ✓ user group @oncall (roles)",
    "",
    "Redis",
    "  ✓ Redis answers",
    "  ✓ version: Redis *",
    "  ✓ role: primary",
    "  ✓ persistence: appendonly",
    "  ✓ eviction: none (no maxmemory)",
    "  ✓ memory: * MiB used",
    "",
    "Streams",
    "  ✓ orders: read by shop; dead letters in orders.dlq",
    "",
    "Postgres",
    "  ✓ Postgres answers",
    "  ✓ version: PostgreSQL *",
    "  ✓ migrations: owner applies them",
    "  ✓ migrations: all * are applied",
    "  ✓ privileges: runner may use schema opsbot and its * tables",
    "  ✓ audit: runner may add records, and change none",
    "",
    "Addresses",
    "  ✓ http 127.0.0.1:* is free",
    "  ✓ admin */admin.sock is free",
    "",
    "Halt targets",
    "  ✓ orchestrator: halt_url takes connections at 127.0.0.1:*",
    "  ✓ *: health says that `*halted` is false",
    "  ✓ *: health says that `*halted` is false",
    "",
    "* in order",
};

static void expect_golden(char *out)
{
    size_t n = 0;
    char *rest = out, *line;

    while ((line = strsep(&rest, "\n")) != NULL && (rest || *line)) {
        cr_assert_lt(n, sizeof golden / sizeof *golden, "one line more: %s",
                     line);
        cr_assert_eq(fnmatch(golden[n], line, 0), 0, "line %zu: %s", n, line);
        n++;
    }
    cr_assert_eq(n, sizeof golden / sizeof *golden);
}

static const char well[] = "channels:\n"
                           "  ops: C0OPS\n"
                           "  incidents: C0QUIET\n"
                           "  fallback: C0OPS\n"
                           "streams:\n"
                           "  - name: orders\n"
                           "checks:\n"
                           "  - id: orders\n"
                           "    kind: stream\n"
                           "    stream: orders\n"
                           "    group: shop\n"
                           "    expect:\n"
                           "      lag: 10\n"
                           "roles:\n"
                           "  - name: operator\n"
                           "    groups: [S0ONCALL]\n"
                           "    rights: [dlq.*, halt, unhalt.force]\n"
                           "    channels: [C0GENERAL]\n"
                           "admins: [U0ANN]\n";

/* With one certificate, of the first target. */
static char *well_yaml(const struct agents *agents)
{
    char *halt = agents_yaml(agents);
    char *pem = write_file(h, "ca.pem", "-----BEGIN CERTIFICATE-----\n");
    char *name = strstr(halt, "    - name: ");
    char *line = name + strcspn(name, "\n") + 1;
    char *all = xasprintf("%s%.*s      ca: %s\n%s", well, (int)(line - halt),
                          halt, pem, line);

    free(halt);
    free(pem);
    return all;
}

static json_t *all_scopes(void)
{
    return json_pack("[s, s, s, s, s, s, s, s]", "commands", "chat:write",
                     "channels:join", "channels:history", "channels:read",
                     "app_mentions:read", "im:history", "usergroups:read");
}

/* All of Redis, Postgres and the sandbox that a check could have changed. */
static char *world(void)
{
    char *keys = redis_text(h, "KEYS *");
    char *rows = sql(h, "select n_tup_ins, n_tup_upd, n_tup_del"
                        " from pg_stat_user_tables order by relid");
    char *tables = sql(h, "select relname from pg_class order by relname");
    size_t posts = calls_of(h, "chat.postMessage", NULL);
    size_t joins = calls_of(h, "conversations.join", NULL);
    char *all = xasprintf("%s|%s|%s|%zu|%zu", keys, rows, tables, posts, joins);

    free(keys);
    free(rows);
    free(tables);
    return all;
}

Test(check, all_is_well_and_stays_as_it_is)
{
    struct agents *agents = agents_start(h, 2);
    char *yaml = well_yaml(agents);
    char *owner = url_as(h, "owner"), *runner = url_as(h, "runner");
    char *database = xasprintf("DATABASE_URL=%s", runner);
    char *migrate = xasprintf("DATABASE_MIGRATE_URL=%s", owner);
    char *state = xasprintf("OPSBOT_STATE=%s/state1", h->dir);
    const char *const env[] = { database, migrate, state, NULL };
    char *before, *after, *out;
    json_t *seen;

    give_scopes(h, "xoxb-test", all_scopes());
    redis_send(h, "XADD orders * n 1");
    redis_send(h, "XADD orders.dlq * n 1");
    redis_send(h, "XGROUP CREATE orders shop 0");
    install(h, env);
    before = world();
    out = checked(h, env, yaml, 0);
    expect_golden(out);
    after = world();
    cr_assert_str_eq(before, after);
    cr_assert_eq(agents_number(agents, NULL, "hook_count"), 0);
    seen = control_get(h, "link");
    cr_assert_eq(json_array_size(json_object_get(seen, "close_codes")), 2);
    json_decref(seen);
    free(before);
    free(after);
    free(out);
    free(state);
    free(database);
    free(migrate);
    free(owner);
    free(runner);
    free(yaml);
    agents_stop(agents);
}

/* Beside a bot that runs: its addresses are held by it. */
Test(check, beside_a_running_bot)
{
    struct opsbot *bot = opsbot_start(h, NULL);
    char *listen = xasprintf("OPSBOT_LISTEN=%s", opsbot_address(bot));
    char *held = xasprintf("✓ http %s: opsbot ", opsbot_address(bot));
    const char *const env[] = { listen, NULL };

    opsbot_wait_ready(bot);
    expect_check(h, env, NULL, 0,
                 WORDS(held, "runs there", "2 connections open"));
    opsbot_wait_ready(bot);
    expect_said(h, "U0ANN", "C0OPS", "ping", "Redis");
    free(listen);
    free(held);
}

/* ---- as JSON ------------------------------------------------------------------------ */

static const json_t *line_of(const json_t *all, const char *id)
{
    size_t i;
    json_t *line;

    json_array_foreach(all, i, line)
    {
        if (strcmp(json_string_value(json_object_get(line, "id")), id) == 0)
            return line;
    }
    cr_assert_fail("no line of id %s", id);
    return NULL;
}

static void expect_line(const json_t *all, const char *id, bool ok,
                        const char *level)
{
    const json_t *line = line_of(all, id);

    cr_assert_eq(json_is_true(json_object_get(line, "ok")), ok, "%s", id);
    cr_assert_str_eq(json_string_value(json_object_get(line, "level")), level);
    cr_assert_eq(json_is_null(json_object_get(line, "todo")),
                 strcmp(level, "ok") == 0);
    cr_assert_gt(json_string_length(json_object_get(line, "text")), 0);
    cr_assert_eq(json_object_size(line), 5);
}

static json_t *checked_json(const char *const *env, const char *path,
                            int status)
{
    char *out, *begin, *end;
    json_error_t error;
    json_t *all;
    int is = path ? run_here(h, WORDS("-c", path, "check", "--json"), env, &out)
                  : run_here(h, WORDS("check", "--json"), env, &out);

    cr_assert_eq(is, status, "exit status %d: %s", is, out);
    begin = strstr(out, "[\n"); /* stderr is around it */
    end = strstr(out, "\n]\n");
    cr_assert(begin && end, "%s", out);
    end[3] = '\0';
    all = json_loads(begin, 0, &error);
    cr_assert(all, "%s: %s", error.text, out);
    free(out);
    return all;
}

Test(check, json_has_a_line_for_each)
{
    json_t *all;

    redis_send(h, "CONFIG SET appendonly no");
    give_scopes(h, "xoxb-test", json_pack("[s, s]", "commands", "chat:write"));
    all = checked_json(NULL, NULL, EXIT_UNAVAILABLE);
    expect_line(all, "config", true, "ok");
    expect_line(all, "slack.scopes", false, "failure");
    expect_line(all, "redis.persistence", true, "warning");
    expect_line(all, "postgres.migrations", true, "ok");
    json_decref(all);
}

Test(check, json_of_a_bad_configuration)
{
    char *path = write_file(h, "bad.yaml", "slack:\n  colour: blue\n");
    json_t *all = checked_json(NULL, path, EXIT_CONFIG);

    expect_line(all, "config", false, "failure");
    cr_assert_eq(json_array_size(all), 1);
    json_decref(all);
    free(path);
}

/* ---- what it never tells ---------------------------------------------------------------------- */

Test(check, tells_nobody_its_secrets)
{
    const char *const env[] = {
        "SLACK_APP_TOKEN=xapp-canary-1",
        "SLACK_BOT_TOKEN=xoxb-canary-2",
        "SLACK_SIGNING_SECRET=canary-3-secret",
        "REDIS_URL=redis://ops:canary-4@127.0.0.1:1/0",
        "DATABASE_URL=postgresql://ops:canary-5@127.0.0.1:1/x",
        "DATABASE_MIGRATE_URL=postgresql://ops:canary-6@127.0.0.1:1/x",
        NULL
    };
    char *out = checked(h, env, NULL, EXIT_UNAVAILABLE);

    cr_assert(!strstr(out, "canary"), "%s", out);
    free(out);
}
