/*
 * The demo as a person meets it: the tour passes, a failing step is named,
 * a signal ends it, what is typed on a terminal is answered; and nothing of it
 * stays behind. And the command that README adds compiles.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <glob.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/harness/process.h"
#include "tests/harness/servers.h"

#define LIMIT_MS 120000 /* with sanitizers, on a busy machine */

/* ---- started by a program: no terminal ----------------------------------- */

static struct process *start_tour(void)
{
    char *program = servers_program("DEMO_BIN", "demo");
    const char *argv[] = { program, NULL };
    struct process *p;
    char log[] = "/tmp/test-demo-XXXXXX";
    int fd = mkstemp(log);

    cr_assert_geq(fd, 0);
    close(fd);
    setenv("TOUR", "1", 1);
    p = process_new("demo", xstrdup(log));
    process_start(p, argv, NULL, NULL, SIGTERM);
    free(program);
    return p;
}

static void wait_for_text(const struct process *p, const char *text)
{
    int64_t until = clock_mono_ms() + LIMIT_MS;
    bool there = false;

    while (!there) {
        char *log = harness_read(p->log);

        there = strstr(log, text) != NULL;
        if (!there && clock_mono_ms() > until)
            harness_fail("the demo does not say \"%s\":\n%s", text, log);
        free(log);
        harness_sleep(there ? 0 : 20);
    }
}

static void assert_nothing_left(pid_t pid)
{
    char *pattern = xasprintf("/tmp/opsbot-%d-*", (int)pid);
    glob_t found = { 0 };

    cr_assert_eq(glob(pattern, 0, NULL, &found), GLOB_NOMATCH, "%s is there",
                 found.gl_pathv ? found.gl_pathv[0] : pattern);
    globfree(&found);
    free(pattern);
}

/* Its output (heap) once it is over. */
static char *end_tour(struct process *p, int *status)
{
    char *log;

    cr_assert(process_wait(p, LIMIT_MS), "the demo does not end");
    *status = p->status;
    log = harness_read(p->log);
    unlink(p->log);
    assert_nothing_left(p->pid);
    process_free(p);
    return log;
}

Test(demo, tour_passes)
{
    int status;
    char *log = end_tour(start_tour(), &status);

    cr_assert_eq(status, 0, "exit status %d:\n%s", status, log);
    cr_expect(strstr(log, "What you saw"), "%s", log);
    cr_expect_not(strstr(log, "\033["), "colours without a terminal");
    free(log);
}

Test(demo, a_step_that_fails_is_named)
{
    int status;
    char *log;

    setenv("OPSBOT_BIN", "/bin/false", 1);
    log = end_tour(start_tour(), &status);
    cr_assert_neq(status, 0, "exit status %d", status);
    cr_expect(strstr(log, "step \"start\" failed"), "%s", log);
    free(log);
}

Test(demo, a_signal_ends_it_and_takes_all_away)
{
    struct process *p = start_tour();
    int status;
    char *log;

    wait_for_text(p, "/ops help");
    process_signal(p, SIGTERM);
    log = end_tour(p, &status);
    cr_expect_eq(status, 128 + SIGTERM, "exit status %d:\n%s", status, log);
    free(log);
}

/* ---- on a terminal -------------------------------------------------------- */

/* Reads until text has come since *from, and moves *from behind it. */
static void expect(int fd, struct buf *seen, size_t *from, const char *text)
{
    int64_t until = clock_mono_ms() + LIMIT_MS;
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    const char *at;
    char part[4096];
    ssize_t n;

    while (!(at = strstr(buf_text(seen) + (seen->data ? *from : 0), text))) {
        cr_assert(clock_mono_ms() < until, "no \"%s\" in:\n%s", text,
                  buf_text(seen));
        if (poll(&ready, 1, 100) <= 0)
            continue;
        n = read(fd, part, sizeof part);
        cr_assert_gt(n, 0, "over before \"%s\":\n%s", text, buf_text(seen));
        buf_add(seen, part, (size_t)n);
    }
    *from = (size_t)(at - seen->data) + strlen(text);
}

static void type(int fd, const char *line)
{
    cr_assert_eq(write(fd, line, strlen(line)), (ssize_t)strlen(line));
}

static int end_of(int fd, pid_t pid)
{
    char part[4096];
    int status;

    while (read(fd, part, sizeof part) > 0)
        ;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    close(fd);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A bare chroot may have none. */
static bool has_terminals(void)
{
    int main_end, far_end;

    if (openpty(&main_end, &far_end, NULL, NULL, NULL))
        return false;
    close(main_end);
    close(far_end);
    return true;
}

Test(demo, on_a_terminal_the_person_types)
{
    char *program;
    struct buf seen = { 0 };
    size_t from = 0;
    int fd;
    pid_t pid;

    if (!has_terminals())
        cr_skip_test("/dev/pts is not mounted: no terminal to type on");
    program = servers_program("DEMO_BIN", "demo");
    unsetenv("TOUR");
    setenv("TERM", "dumb", 1);
    pid = forkpty(&fd, NULL, NULL, NULL);
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        execl(program, program, (char *)NULL);
        _exit(127);
    }
    expect(fd, &seen, &from, "Your turn");
    type(fd, "/ops whoami\n");
    expect(fd, &seen, &from, "You are ann");
    type(fd, "as bob\n");
    type(fd, "dlq requeue orders 1-1\n");
    expect(fd, &seen, &from, "dlq.requeue");
    type(fd, "as ann\n");
    type(fd, "dlq list\n");
    expect(fd, &seen, &from, "Dead letters");
    type(fd, "press show orders\n");
    expect(fd, &seen, &from, "Page 1 of");
    type(fd, "press no such thing\n");
    expect(fd, &seen, &from, "no button [no such thing]");
    type(fd, "halt all trying it out\n");
    /* How many by then is up to what else came: cards of the tour too are
     * edited at their own pace. */
    expect(fd, &seen, &from, "HALTED · all · stopped ");
    expect(fd, &seen, &from, "the same card, edited"); /* while it waits */
    expect(fd, &seen, &from, "stopped 8/8 in");
    type(fd, "press unhalt alx\177l…\n"); /* of a card, one slip */
    expect(fd, &seen, &from, "Unhalt all?");
    type(fd, "\003"); /* Ctrl-C */
    cr_expect_eq(end_of(fd, pid), 0);
    assert_nothing_left(pid);
    buf_dispose(&seen);
    free(program);
}

/* ---- README --------------------------------------------------------------- */

Test(readme, its_example_compiles)
{
    char *script = xasprintf(
        "cd %s && sed -n '/^```c$/,/^```$/p' README.md | grep -v '^```' | "
        "gcc -std=c17 -D_GNU_SOURCE -I. -Wall -Wextra -Wshadow -Wconversion "
        "-Wpedantic -Wstrict-prototypes -Wmissing-prototypes -Werror "
        "-fsyntax-only -x c -",
        harness_root());
    const char *argv[] = { "sh", "-c", script, NULL };
    char *log = xasprintf("/tmp/test-readme-%d", (int)getpid());

    process_run(argv, NULL, log);
    unlink(log);
    free(log);
    free(script);
}
