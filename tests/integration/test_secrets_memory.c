/*
 * Secrets in the memory of the program as it runs for real (the build without
 * sanitizers): another process of the same user may not look at it, and a
 * crash leaves no core file. Beside it a program that keeps nothing in, so
 * that what is not seen could have been seen.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/harness/servers.h"
#include "tests/integration/canary.h"
#include "tests/integration/common.h"

TestSuite(secrets_memory, .timeout = 240);

/* Whom it runs as when we are root: for root nothing is closed. */
#define USER "nobody"

static void become_nobody(void)
{
    const struct passwd *pw = getpwnam(USER);

    if (geteuid() != 0)
        return;
    if (!pw || setgroups(0, NULL) != 0 || setgid(pw->pw_gid) != 0 ||
        setuid(pw->pw_uid) != 0)
        _exit(120);
}

/* ---- a program, started so that it could leave a core file ----------------------- */

struct started {
    pid_t pid;
    char *dir, *log; /* where it is, what it says; of whom it runs as */
};

static char *own_place(struct harness *h, const char *name)
{
    char *path = below(h, name);
    const struct passwd *pw = getpwnam(USER);

    cr_assert_eq(mkdir(path, 0700), 0);
    cr_assert(geteuid() != 0 ||
              (pw && chown(path, pw->pw_uid, pw->pw_gid) == 0 &&
               chmod(h->dir, 0755) == 0));
    return path;
}

static struct started start(struct harness *h, const char *name,
                            const char *const *argv, char *const *env)
{
    struct started s = { .dir = own_place(h, name) };
    struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

    s.log = xasprintf("%s.log", s.dir);
    s.pid = fork();
    cr_assert_geq(s.pid, 0);
    if (s.pid)
        return s;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CORE, &all);
    if (chdir(s.dir) != 0 || !freopen(s.log, "w", stdout) ||
        dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
        _exit(121);
    become_nobody();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execve(argv[0], (char *const *)(uintptr_t)argv, env);
    _exit(122);
}

/* With this signal; whether the kernel wrote a core. */
static bool crash(struct started *s, int sig)
{
    int status;

    cr_assert_eq(kill(s->pid, sig), 0);
    cr_assert_eq(waitpid(s->pid, &status, 0), s->pid);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == sig, "%x", status);
    return WCOREDUMP(status);
}

static void end(struct started *s)
{
    free(s->dir);
    free(s->log);
}

/* ---- the bot -------------------------------------------------------------------------- */

#define SECRET CANARY "memory-0123456789"

/* Every secret that alerts have, in the file and beside it. */
#define ALERTING                                                               \
    "channels: {ops: C0OPS}\n"                                                 \
    "alerts:\n"                                                                \
    "  secret: " SECRET "-of-alerts\n"                                         \
    "  tokens:\n"                                                              \
    "  - {name: probe, token: " SECRET "-of-probe}\n"                          \
    "  - {name: file, token_file: %s}\n"                                       \
    "  critical: {webhook: 'https://hooks.example/services/T0/" SECRET "'}\n"  \
    "  high: {webhook_file: %s}\n"                                             \
    "  hooks:\n"                                                               \
    "  - {name: pager, url: 'https://pager.example/" SECRET "',\n"             \
    "     token: " SECRET "-of-pager}\n"                                       \
    "  fallback: {webhook: pager, smtp_url: 'smtps://mail.example:465',\n"     \
    "    smtp_from: ops@example.com, smtp_to: [ann@example.com],\n"            \
    "    smtp_user: ops, smtp_password: " SECRET "-of-mail}\n"                 \
    "  route: {channels: [C0OPS]}\n"

/* A file that whom it runs as may read, and nobody else. Its path, heap. */
static char *own_file(struct harness *h, const char *name, const char *text)
{
    char *path = below(h, name);
    const struct passwd *pw = getpwnam(USER);
    FILE *f = fopen(path, "w");

    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0, "%s", path);
    cr_assert(chmod(path, 0600) == 0 &&
              (geteuid() != 0 || chown(path, pw->pw_uid, pw->pw_gid) == 0));
    return path;
}

static char *own_config(struct harness *h)
{
    char *token = own_file(h, "token", SECRET "-of-file\n");
    char *hook = own_file(h, "hook", "https://hooks.example/" SECRET "\n");
    char *yaml = xasprintf(ALERTING, token, hook);
    char *path = own_file(h, "memory.yaml", yaml);

    free(token);
    free(hook);
    free(yaml);
    return path;
}

static bool serves(void *arg)
{
    const struct started *s = arg;
    char *log = harness_read(s->log);
    bool yes = strstr(log, "serves /ops") != NULL;

    if (!yes && waitpid(s->pid, NULL, WNOHANG) == s->pid)
        cr_assert_fail("it ended: %s", log);
    free(log);
    return yes;
}

/* No store answers it: for its memory that is all the same. */
static struct started start_bot(struct harness *h, const char *name)
{
    char *program = xasprintf("%s/build/release/opsbot", harness_root());
    char *url = xasprintf("SLACK_API_URL=%s/api/", h->sandbox_url);
    char *listen = xasprintf("OPSBOT_LISTEN=127.0.0.1:%d", free_port());
    char *path = own_config(h), *config = xasprintf("OPSBOT_CONFIG=%s", path);
    const char *argv[] = { program, "run", NULL };
    char *env[] = { (char *)"SLACK_APP_TOKEN=xapp-" SECRET,
                    (char *)"SLACK_BOT_TOKEN=xoxb-" SECRET,
                    (char *)"REDIS_URL=redis://:" SECRET "@127.0.0.1:1/0",
                    (char *)"DATABASE_URL=postgresql://o:" SECRET
                            "@127.0.0.1:1/o",
                    (char *)"OPSBOT_STATE=.",
                    config,
                    url,
                    listen,
                    NULL };
    struct started s = start(h, name, argv, env);

    wait_until(serves, &s, COMES_MS, "the bot to start");
    free(path);
    free(config);
    free(program);
    free(url);
    free(listen);
    return s;
}

static bool sleeps(void *arg)
{
    const struct started *s = arg;
    char *path = xasprintf("/proc/%d/comm", (int)s->pid);
    char *name = harness_read(path);
    bool yes = strcmp(name, "sleep\n") == 0;

    free(path);
    free(name);
    return yes;
}

/* The same secret, kept by a program that does nothing about it. */
static struct started start_other(struct harness *h)
{
    static const char *const argv[] = { "/bin/sleep", "600", NULL };
    static char *env[] = { (char *)"SLACK_BOT_TOKEN=xoxb-" SECRET, NULL };

    struct started s = start(h, "other", argv, env);

    wait_until(sleeps, &s, COMES_MS, "the other program");
    return s;
}

static struct harness *slack(void)
{
    return harness_start(&(struct harness_options){ .parts = PART_SANDBOX });
}

/* ---- looking from outside ---------------------------------------------------------------- */

/* Whether somebody of its user may open that file of /proc. */
static bool may_open(pid_t pid, const char *file, int flags)
{
    pid_t child = fork();
    char path[64];
    int status, fd;

    cr_assert_geq(child, 0);
    if (child == 0) {
        become_nobody();
        snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
        fd = open(path, flags | O_CLOEXEC);
        _exit(fd >= 0 ? 0 : errno == EACCES || errno == EPERM ? 1 : 2);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) < 2, "%s: %x", file,
              status);
    return WEXITSTATUS(status) == 0;
}

static bool may_attach(pid_t pid)
{
    pid_t child = fork();
    int status;

    cr_assert_geq(child, 0);
    if (child == 0) {
        become_nobody();
        _exit(ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0 ? 0 : 1);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Test(secrets_memory, nobody_of_its_user_looks_into_it)
{
    static const char *const closed[] = { "environ", "mem", "maps",
                                          "auxv",    "fd",  "io" };
    struct harness *h = slack();
    struct started bot = start_bot(h, "bot"), other = start_other(h);
    char *cmdline = xasprintf("/proc/%d/cmdline", (int)bot.pid);

    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        cr_expect_not(may_open(bot.pid, closed[i], O_RDONLY), "%s", closed[i]);
        cr_expect(may_open(other.pid, closed[i], O_RDONLY),
                  "%s of another program: else this shows nothing", closed[i]);
    }
    cr_expect_not(may_attach(bot.pid));
    canary_file(cmdline);
    canary_file(bot.log);
    kill(other.pid, SIGKILL);
    kill(bot.pid, SIGKILL);
    waitpid(other.pid, NULL, 0);
    waitpid(bot.pid, NULL, 0);
    free(cmdline);
    end(&bot);
    end(&other);
    harness_stop(h);
}

/* ---- crashes --------------------------------------------------------------------------------- */

/* However the machine calls them. */
static bool has_core(const char *dir)
{
    char *pattern = xasprintf("%s/*core*", dir);
    glob_t found;
    bool has = glob(pattern, 0, NULL, &found) == 0;

    if (has)
        globfree(&found);
    free(pattern);
    return has;
}

Test(secrets_memory, a_crash_leaves_no_core)
{
    static const int signals[] = { SIGSEGV, SIGABRT, SIGBUS, SIGQUIT };
    struct harness *h = slack();
    struct started other = start_other(h);
    bool shows = crash(&other, SIGSEGV);

    end(&other);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        char name[16];
        struct started bot;

        snprintf(name, sizeof name, "crash%zu", i);
        bot = start_bot(h, name);
        cr_expect_not(crash(&bot, signals[i]), "signal %d", signals[i]);
        cr_expect_not(has_core(bot.dir), "signal %d", signals[i]);
        canary_files(bot.dir);
        canary_file(bot.log);
        end(&bot);
    }
    harness_stop(h);
    if (!shows)
        cr_skip_test("no program leaves a core file on this machine");
}
