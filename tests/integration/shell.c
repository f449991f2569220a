/* shell: see shell.h. */
#include "tests/integration/shell.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/harness/servers.h"

#define LIMIT_MS 90000
#define PROMPT   "[y/N] "

extern char **environ;

/* ---- running it ----------------------------------------------------------------- */

static void set_environment(const struct shell *s)
{
    char *address = s->address
                        ? xstrdup(s->address)
                        : xasprintf("unix:%s/state1/admin.sock", s->h->dir);

    for (char **e = environ; *e;)
        if (strncmp(*e, "OPSBOT_", 7) == 0 || strncmp(*e, "NO_COLOR", 8) == 0) {
            char *name = xstrndup(*e, strcspn(*e, "="));

            unsetenv(name);
            free(name);
        } else {
            e++;
        }
    setenv("OPSBOT_ADMIN", address, 1);
    setenv("TERM", "xterm", 1);
    for (const char *const *e = s->env; e && *e; e++)
        putenv(xstrdup(*e));
    free(address);
}

/* In the child; does not return. */
static void become_opsctl(const struct shell *s, const char *const *words)
{
    char *program = servers_program("OPSCTL_BIN", "opsctl");
    const char *argv[64] = { program };
    size_t n = 1;

    set_environment(s);
    for (; *words && n < 63; words++)
        argv[n++] = *words;
    execv(program, (char *const *)(uintptr_t)argv);
    _exit(126);
}

static int status_of(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int shell_wait(pid_t pid)
{
    int64_t end = clock_mono_ms() + patient(LIMIT_MS);
    int status;

    while (waitpid(pid, &status, WNOHANG) != pid) {
        if (clock_mono_ms() > end) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            harness_fail("opsctl does not end");
        }
        harness_sleep(5);
    }
    return status_of(status);
}

static void to_file(const char *path, int fd)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (file < 0 || dup2(file, fd) < 0)
        _exit(125);
}

pid_t shell_begin(const struct shell *s, const char *const *words,
                  const char *out, const char *err)
{
    pid_t pid = fork();

    cr_assert_geq(pid, 0);
    if (pid)
        return pid;
    close(0);
    if (open("/dev/null", O_RDONLY) != 0)
        _exit(125);
    to_file(out, 1);
    to_file(err, 2);
    setsid();
    become_opsctl(s, words);
    return -1;
}

struct ran shell_run(const struct shell *s, const char *const *words)
{
    char *out = below(s->h, "opsctl.out"), *err = below(s->h, "opsctl.err");
    struct ran r = { 0 };

    r.status = shell_wait(shell_begin(s, words, out, err));
    r.out = harness_read(out);
    r.err = harness_read(err);
    free(out);
    free(err);
    return r;
}

/* ---- at a terminal ---------------------------------------------------------------- */

/* False: nothing comes any more. */
static bool read_some(int fd, struct buf *seen, int64_t end)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    char piece[4096];
    ssize_t n;

    if (clock_mono_ms() > end)
        harness_fail("opsctl does not end. So far: %s", buf_text(seen));
    if (poll(&p, 1, 100) <= 0)
        return true;
    n = read(fd, piece, sizeof piece);
    if (n > 0)
        buf_add(seen, piece, (size_t)n);
    return n > 0 || (n < 0 && errno == EINTR);
}

static void answer(const struct shell *s, int fd, const struct buf *seen,
                   bool *answered)
{
    if (*answered || !s->answer || !strstr(buf_text(seen), PROMPT))
        return;
    *answered = true;
    cr_assert_eq(write(fd, s->answer, strlen(s->answer)),
                 (ssize_t)strlen(s->answer));
}

struct ran shell_type(const struct shell *s, const char *const *words)
{
    struct winsize size = { .ws_row = 24, .ws_col = 100 };
    int64_t end = clock_mono_ms() + patient(LIMIT_MS);
    struct buf seen = { 0 };
    bool answered = false;
    struct ran r = { 0 };
    int fd;
    pid_t pid = forkpty(&fd, NULL, NULL, &size);

    cr_assert_geq(pid, 0);
    if (pid == 0)
        become_opsctl(s, words);
    while (read_some(fd, &seen, end))
        answer(s, fd, &seen, &answered);
    r.status = shell_wait(pid);
    close(fd);
    r.out = seen.data ? buf_take(&seen) : xstrdup("");
    r.err = xstrdup("");
    return r;
}

void shell_over(struct ran *r)
{
    free(r->out);
    free(r->err);
    *r = (struct ran){ 0 };
}

/* ---- expecting ---------------------------------------------------------------------- */

static void expect(struct ran r, const char *const *words, int status,
                   const char *const *texts)
{
    cr_assert_eq(r.status, status, "%s ends with %d, not %d: %s%s", words[0],
                 r.status, status, r.out, r.err);
    for (; *texts; texts++)
        cr_assert(strstr(r.out, *texts) || strstr(r.err, *texts),
                  "%s: no \"%s\" in: %s%s", words[0], *texts, r.out, r.err);
    shell_over(&r);
}

void shell_expect(const struct shell *s, const char *const *words, int status,
                  const char *const *texts)
{
    expect(shell_run(s, words), words, status, texts);
}

void shell_expect_typed(const struct shell *s, const char *const *words,
                        int status, const char *const *texts)
{
    expect(shell_type(s, words), words, status, texts);
}
