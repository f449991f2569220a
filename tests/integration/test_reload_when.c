/* reload: the log, and SIGHUP when it does not suit. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/integration/reloading.h"

#define HEAD "admins: [U0ANN]\n"

static struct harness *h;

static void begin(const char *yaml, const char *const *env)
{
    struct harness_options options = { .yaml = yaml, .env = env };

    h = harness_start(&options);
}

static void stop(void)
{
    harness_stop(h);
    h = NULL;
}

TestSuite(reload_when, .fini = stop, .timeout = 240);

static void expect_log(const char *text)
{
    opsbot_wait_log(h->bot, text, COMES_MS);
}

/* ---- the log ---------------------------------------------------------------------------- */

#define COMMAND "\"area\":\"command\""

Test(reload_when, level_and_format_of_the_log)
{
    static const char *const env[] = { "OPSBOT_LOG=", NULL };
    size_t before;

    begin(HEAD, env);
    expect_said(h, "U0ANN", "C0OPS", "ping", "pong");
    reload(h, HEAD "log: {level: debug}\n");
    expect_log("log.level: debug, was not set");
    expect_said(h, "U0ANN", "C0OPS", "ping", "pong");
    expect_log(COMMAND);
    reload(h, HEAD "log: {level: error}\n");
    expect_log("log.level: error, was debug");
    before = log_lines(h, COMMAND);
    expect_said(h, "U0ANN", "C0OPS", "ping", "pong");
    reload(h, HEAD "log: {format: text}\n");
    expect_log("info  reload: log.level: not set, was error");
    cr_expect_eq(log_lines(h, COMMAND), before);
}

static char *log_path, *log_dir;

static bool file_shows(const char *text)
{
    char *log = harness_read(log_path);
    bool has = strstr(log, text) != NULL;

    free(log);
    return has;
}

static bool file_has(void *arg)
{
    return file_shows(arg);
}

static void wait_file(const char *text)
{
    wait_until(file_has, (void *)(uintptr_t)text, COMES_MS, text);
}

Test(reload_when, a_log_file_is_rotated_and_its_directory_may_go)
{
    char dir[] = "/tmp/opsbot-rotate-XXXXXX", *rotated, *yaml;

    cr_assert_not_null(mkdtemp(dir));
    log_dir = xasprintf("%s/log", dir);
    log_path = xasprintf("%s/bot.log", log_dir);
    rotated = xasprintf("%s.1", log_path);
    yaml = xasprintf(HEAD "log: {file: %s}\n", log_path);
    cr_assert_eq(mkdir(log_dir, 0700), 0);
    begin(yaml, NULL);
    wait_file("serves /ops");
    cr_expect_eq(log_lines(h, "serves /ops"), 0);

    cr_assert_eq(rename(log_path, rotated), 0);
    opsbot_signal(h->bot, SIGHUP);
    wait_file("nothing has changed");
    cr_expect_not(file_shows("serves /ops"));

    unlink(log_path);
    unlink(rotated);
    cr_assert_eq(rmdir(log_dir), 0);
    opsbot_signal(h->bot, SIGHUP);
    expect_log("cannot be opened");
    expect_log("nothing has changed"); /* on stderr */
    expect_said(h, "U0ANN", "C0OPS", "ping", "pong");

    cr_assert_eq(mkdir(log_dir, 0700), 0);
    opsbot_signal(h->bot, SIGHUP);
    wait_file("nothing has changed");
    wait_file("before this went to stderr");
    stop();
    unlink(log_path);
    rmdir(log_dir);
    rmdir(dir);
    free(yaml);
    free(rotated);
    free(log_path);
    free(log_dir);
}

/* ---- often, early and late ------------------------------------------------------------------ */

#define BURST 50

Test(reload_when, fifty_under_a_load_of_commands)
{
    struct asked asked[BURST];

    begin(HEAD, NULL);
    dead_letters(h, "orders", 1);
    for (int i = 0; i < BURST; i++) {
        char *yaml = xasprintf(
            HEAD "%s"
                 "checks:\n" CHECK("kept", "PATH") CHECK("c%d", "PATH"),
            i % 2 ? "roles: [{name: r, users: [U0BOB], rights: [jobs]}]\n" : "",
            i % 7);

        write_yaml(h, yaml);
        free(yaml);
        opsbot_signal(h->bot, SIGHUP);
        asked[i] = type_text(h, i % 3 ? "U0ANN" : "U0BOB", "C0OPS",
                             i % 5 ? "streams" : "health");
    }
    for (int i = 0; i < BURST; i++)
        json_decref(wait_answers(h, asked[i].interaction, 1, COMES_MS));
    reload(h, HEAD "roles: [{name: last, users: [U0BOB], rights: [dlq.*]}]\n");
    expect_said(h, "U0BOB", "C0OPS", "dlq show orders", "1700000000000-1");
}

Test(reload_when, during_the_start_it_is_done_after_it)
{
    struct log_more started = { .what = "starts\"" };

    begin(HEAD, NULL);
    started.h = h;
    started.than = log_lines(h, started.what);
    opsbot_kill9(h->bot);
    opsbot_restart(h->bot);
    wait_until(log_has_more, &started, COMES_MS, "the start");
    for (int i = 0; i < 5; i++)
        opsbot_signal(h->bot, SIGHUP);
    expect_log("nothing has changed");
    opsbot_wait_ready(h->bot);
}

Test(reload_when, during_the_stop_it_is_nothing)
{
    begin(HEAD, NULL);
    opsbot_signal(h->bot, SIGHUP);
    opsbot_signal(h->bot, SIGTERM);
    for (int i = 0; i < 5; i++)
        opsbot_signal(h->bot, SIGHUP);
    cr_expect_eq(opsbot_wait_exit(h->bot, COMES_MS), 0);
}
