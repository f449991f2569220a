/*
 * `make run`: deploy/run-here.sh with the local Slack as workspace: tokens from
 * a file, private stores that keep their data, nothing left behind however it
 * ends.
 */
#include <criterion/criterion.h>
#include <glob.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/harness/process.h"
#include "tests/harness/servers.h"
#include "tests/integration/common.h"
#include "tests/integration/typed.h"

static struct harness *h;
static char *run_dir, *script, *program;

static void start(void)
{
    h = harness_start(&(struct harness_options){ .parts = PART_SANDBOX });
    run_dir = below(h, "run dir");
    script = xasprintf("%s/deploy/run-here.sh", harness_root());
    program = servers_program("OPSBOT_BIN", "opsbot");
}

static void stop(void)
{
    free(run_dir);
    free(script);
    free(program);
    harness_stop(h);
}

TestSuite(run, .init = start, .fini = stop, .timeout = 300);

/* ---- one run ------------------------------------------------------------------ */

#define TOKENS                                                                 \
    "# the tokens\n"                                                           \
    "export SLACK_APP_TOKEN=\"xapp-test\"   # with connections:write\n"        \
    "SLACK_BOT_TOKEN='xoxb-test'\r\n"                                          \
    "OPSBOT_ADMINS= U0ANN # it's ann\n"                                        \
    "\n"

/* Starts it with such a .env, and what the machine has besides: a path. */
static struct process *begin(const char *env_file, const char *dir,
                             const char *user)
{
    static int runs;
    char *name = xasprintf("run-%d.log", ++runs);
    char *all =
        xasprintf("%sSLACK_API_URL=%s/api/\n", env_file, h->sandbox_url);
    char *env_path = write_file(h, "env", all);
    char *path = xasprintf("PATH=%s", getenv("PATH"));
    char *where = xasprintf("RUN_DIR=%s", dir);
    char *file = xasprintf("ENV_FILE=%s", env_path);
    char listen[48];
    char *env[] = { path, where, file, listen, NULL };
    const char *argv[] = { script, program, NULL };
    struct process *p = process_new("run", below(h, name));

    chmod(env_path, 0644);
    snprintf(listen, sizeof listen, "OPSBOT_LISTEN=127.0.0.1:%d", free_port());
    process_start(p, argv, env, user, SIGKILL);
    free(name);
    free(all);
    free(env_path);
    free(path);
    free(where);
    free(file);
    return p;
}

static bool has_hello(void *arg)
{
    struct process *p = arg;
    char *log = harness_read(p->log);
    bool yes = strstr(log, "-> up") != NULL;

    if (!yes && !process_running(p))
        cr_assert_fail("it ended: %s", log);
    free(log);
    return yes;
}

static struct process *serving(const char *dir, const char *user)
{
    struct process *p = begin(TOKENS, dir, user);

    wait_until(has_hello, p, COMES_MS, "make run to serve");
    return p;
}

/* Frees p. What it said, heap. */
static char *ended(struct process *p, int status)
{
    char *log;

    cr_assert(process_wait(p, patient(60000)), "it does not end");
    log = harness_read(p->log);
    cr_assert_eq(p->status, status, "exit status %d: %s", p->status, log);
    cr_expect_null(strstr(log, "xapp-test"), "a token is shown: %s", log);
    cr_expect_null(strstr(log, "xoxb-test"), "a token is shown: %s", log);
    process_free(p);
    return log;
}

static void expect_in(const char *log, const char *text)
{
    cr_assert(strstr(log, text), "\"%s\" is not in: %s", text, log);
}

static bool is_about(const char *cmdline, const char *dir)
{
    char words[4096];
    FILE *f = fopen(cmdline, "r");
    size_t n = f ? fread(words, 1, sizeof words, f) : 0;

    if (f)
        fclose(f);
    return memmem(words, n, dir, strlen(dir)) != NULL;
}

/* No process has dir in its command line: servers are started with it. */
static bool all_gone(void *arg)
{
    glob_t found = { 0 };
    bool any = false;

    cr_assert_eq(glob("/proc/[0-9]*/cmdline", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        any = any || is_about(found.gl_pathv[i], arg);
    globfree(&found);
    return !any;
}

/* ---- what is asked for ---------------------------------------------------------- */

Test(run, keeps_its_data_and_leaves_nothing_running)
{
    struct process *p = serving(run_dir, NULL);
    char *log;

    expect_said(h, "U0ANN", "C0OPS", "halt all new moon", "alted");
    expect_said(h, "U0ANN", "C0OPS", "incident open P3 kept --impact none",
                "INC-1");
    process_signal(p, SIGTERM);
    log = ended(p, 0);
    expect_in(log, "making a database");
    expect_in(log, "✓ bot token");
    expect_in(log, "✓ persistence: appendonly");
    expect_in(log, "✓ migrations: opsbot_owner applies them");
    expect_in(log, "stopped");
    cr_assert(!strstr(log, "xapp-test") && !strstr(log, "xoxb-test"), "%s",
              log);
    free(log);
    wait_until(all_gone, run_dir, COMES_MS, "all to be gone");
    p = serving(run_dir, NULL);
    expect_said(h, "U0ANN", "C0OPS", "halts", "new moon");
    expect_said(h, "U0ANN", "C0OPS", "incident list", "kept");
    process_signal(p, SIGINT);
    log = ended(p, 0);
    cr_assert(!strstr(log, "making a database"), "%s", log);
    expect_in(log, "✓ audit: opsbot may add records, and change none");
    free(log);
    wait_until(all_gone, run_dir, COMES_MS, "all to be gone");
}

/* Numbers of processes are used again: ours stands in both files. */
static void leave_stale_pids(void)
{
    char *redis = xasprintf("%s/redis.pid", run_dir);
    char *postgres = xasprintf("%s/postgres/postmaster.pid", run_dir);
    FILE *f = fopen(redis, "w"), *g = fopen(postgres, "w");

    cr_assert(f && g);
    fprintf(f, "%d\n", (int)getpid());
    fprintf(g, "%d\n%s/postgres\n", (int)getpid(), run_dir);
    cr_assert_eq(fclose(f) | fclose(g), 0);
    free(redis);
    free(postgres);
}

Test(run, starts_again_after_it_was_killed)
{
    struct process *p = serving(run_dir, NULL);

    expect_said(h, "U0ANN", "C0OPS", "halt all still here", "alted");
    process_signal(p, SIGKILL);
    free(ended(p, 128 + SIGKILL));
    p = serving(run_dir, NULL);
    expect_said(h, "U0ANN", "C0OPS", "halts", "still here");
    process_signal(p, SIGTERM);
    free(ended(p, 0));
    leave_stale_pids();
    p = serving(run_dir, NULL);
    expect_said(h, "U0ANN", "C0OPS", "halts", "still here");
    process_signal(p, SIGTERM);
    free(ended(p, 0));
    wait_until(all_gone, run_dir, COMES_MS, "all to be gone");
}

Test(run, one_at_a_time)
{
    struct process *p = serving(run_dir, NULL);
    char *log = ended(begin(TOKENS, run_dir, NULL), 69);

    expect_in(log, "another make run uses ");
    free(log);
    expect_said(h, "U0ANN", "C0OPS", "ping", "Redis");
    process_signal(p, SIGTERM);
    free(ended(p, 0));
}

/* Where we are root: somebody who may read what was built; else ourselves. */
static const char *somebody(void)
{
    char *question =
        xasprintf("setpriv --reuid nobody --clear-groups test -x '%s' -a -r "
                  "'%s'",
                  program, script);
    bool may = geteuid() == 0 && system(question) == 0;

    free(question);
    return may ? "nobody" : NULL;
}

/* A path that is too long for a socket, and a user of its own: Postgres then
 * runs as that one as well. */
Test(run, as_another_user_and_far_away)
{
    const char *user = somebody();
    char *home = below(h, "home"), *dir, *log;
    struct process *p;

    cr_assert_eq(mkdir(home, 0755), 0);
    cr_assert(!user || chown(home, getpwnam(user)->pw_uid, (gid_t)-1) == 0);
    dir = xasprintf("%s/%0100d/%0100d", home, 1, 2);
    p = serving(dir, user);
    expect_said(h, "U0ANN", "C0OPS", "ping", "Redis");
    process_signal(p, SIGTERM);
    log = ended(p, 0);
    expect_in(log, "✓ Postgres answers");
    wait_until(all_gone, dir, COMES_MS, "all to be gone");
    free(log);
    free(home);
    free(dir);
}

/* What was said between these two, heap. */
static char *said_between(const char *log, const char *before,
                          const char *after)
{
    const char *from = strstr(log, before), *to;

    cr_assert(from, "%s", log);
    from += strlen(before);
    to = strstr(from, after);
    cr_assert(to, "%s", log);
    return xstrndup(from, (size_t)(to - from));
}

/* As root in a directory that Postgres's user may not enter. */
Test(run, where_nobody_else_may_enter)
{
    char *home = below(h, "home"), *dir = xasprintf("%s/var", home), *log;
    char *place, *away;
    struct process *p;

    cr_assert_eq(mkdir(home, 0700), 0);
    p = serving(dir, NULL);
    expect_said(h, "U0ANN", "C0OPS", "ping", "Redis");
    process_signal(p, SIGTERM);
    log = ended(p, 0);
    place = said_between(log, "a private Postgres keeps its data in ",
                         "/postgres\n");
    if (geteuid() != 0)
        cr_assert_str_eq(place, dir);
    else
        cr_assert_eq(strncmp(place, "/var/lib/opsbot-run/", 20), 0, "%s",
                     place);
    away = xasprintf("rm -rf '%s'", place);
    cr_assert_eq(system(away), 0);
    free(away);
    free(place);
    free(log);
    free(dir);
    free(home);
}

/* ---- what is missing or wrong ------------------------------------------------------ */

static void expect_refused(const char *env_file, int status, const char *text)
{
    char *log = ended(begin(env_file, run_dir, NULL), status);

    expect_in(log, text);
    cr_assert(!strstr(log, "canary"), "%s", log);
    free(log);
}

Test(run, tells_where_tokens_come_from)
{
    expect_refused("", 78, "Missing: SLACK_APP_TOKEN, SLACK_BOT_TOKEN");
    expect_refused("SLACK_APP_TOKEN=xapp-test\n", 78,
                   "Missing: SLACK_BOT_TOKEN");
    expect_refused("", 78, "deploy/slack/manifest.yaml");
    expect_refused("SLACK_BOT_TOKEN=\nSLACK_APP_TOKEN=''\n", 78,
                   "App-Level Tokens");
    cr_assert_neq(access(run_dir, F_OK), 0, "nothing is made before");
}

Test(run, names_the_line_and_not_the_secret)
{
    expect_refused("A=1\ncanary\n", 78, "env:2: expected NAME=value");
    expect_refused("SLACK APP=canary\n", 78, "env:1: expected NAME=value");
    expect_refused("\n\nSLACK_BOT_TOKEN=\"canary\n", 78, "env:3: expected one");
    expect_refused("SLACK_BOT_TOKEN='canary' x\n", 78, "env:1: expected one");
    expect_refused("OTHER=canary\n", 78, "OTHER is not for opsbot");
}

/* Nothing in it is evaluated. */
Test(run, evaluates_nothing)
{
    char *made = below(h, "made");
    char *env = xasprintf("SLACK_APP_TOKEN=$(touch %s)\n"
                          "SLACK_BOT_TOKEN=`touch %s`\n"
                          "OPSBOT_ADMINS=a[$(touch %s)]\n",
                          made, made, made);
    char *log = ended(begin(env, run_dir, NULL), 78);

    expect_in(log, "expected a token without spaces");
    cr_assert_neq(access(made, F_OK), 0, "%s", log);
    free(log);
    free(made);
    free(env);
}

Test(run, does_not_start_what_the_check_refuses)
{
    char *log;

    json_decref(control_post(
        h, "token",
        json_pack("{s:s, s:s}", "token", "xoxb-test", "state", "revoked")));
    log = ended(begin(TOKENS, run_dir, NULL), 69);
    expect_in(log, "✗ bot token: Slack refuses it: token_revoked");
    expect_in(log, "RUN_ANYWAY=1");
    cr_assert(!strstr(log, "starts\""), "%s", log);
    free(log);
    wait_until(all_gone, run_dir, COMES_MS, "all to be gone");
}
