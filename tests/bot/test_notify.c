/* notify: what a supervisor hears. */
#include <criterion/criterion.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bot/notify.h"
#include "core/base/mem.h"

static char base[64], path[96];

static void start(void)
{
    strcpy(base, "/tmp/opsbot-notify-XXXXXX");
    cr_assert_not_null(mkdtemp(base));
    snprintf(path, sizeof path, "%s/socket", base);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

static void stop(void)
{
    unlink(path);
    rmdir(base);
}

TestSuite(notify, .init = start, .fini = stop, .timeout = 30);

/* A supervisor, at the address in name ("@…": abstract). */
static int supervisor(const char *name)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    memcpy(at.sun_path, name, strlen(name));
    if (*name == '@')
        at.sun_path[0] = '\0';
    cr_assert_eq(bind(fd, (struct sockaddr *)&at,
                      (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
                                  strlen(name))),
                 0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

static void expect_heard(int fd, const char *want)
{
    char text[64] = "";
    ssize_t n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);

    cr_expect(n > 0 && strcmp(text, want) == 0, "heard \"%s\"", text);
}

Test(notify, is_heard)
{
    int fd = supervisor(path);

    notify_open();
    notify_say("READY=1");
    expect_heard(fd, "READY=1");
    notify_say("STOPPING=1");
    expect_heard(fd, "STOPPING=1");
    cr_expect_null(getenv("NOTIFY_SOCKET"), "children must not speak for us");
    close(fd);
}

Test(notify, is_heard_at_an_abstract_address)
{
    char *name = xasprintf("@%s", path);
    int fd = supervisor(name);

    notify_open();
    notify_say("READY=1");
    expect_heard(fd, "READY=1");
    close(fd);
    free(name);
}

Test(notify, speaks_to_nobody_when_nobody_asked)
{
    notify_open();
    notify_say("READY=1");
    cr_expect_eq(notify_watchdog_ms(), 0);
}

Test(notify, lives_with_a_supervisor_that_is_gone)
{
    int fd = supervisor(path);

    notify_open();
    close(fd);
    notify_say("READY=1");
    setenv("NOTIFY_SOCKET", "nowhere", 1);
    setenv("WATCHDOG_USEC", "30000000", 1);
    notify_open();
    notify_say("READY=1");
    cr_expect_eq(notify_watchdog_ms(), 0);
}

Test(notify, knows_how_often)
{
    int fd = supervisor(path);
    char *pid = xasprintf("%d", (int)getpid());

    setenv("WATCHDOG_USEC", "30000000", 1);
    setenv("WATCHDOG_PID", pid, 1);
    notify_open();
    cr_expect_eq(notify_watchdog_ms(), 10000);
    setenv("NOTIFY_SOCKET", path, 1);
    setenv("WATCHDOG_USEC", "30000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    notify_open();
    cr_expect_eq(notify_watchdog_ms(), 0, "it is meant for another");
    close(fd);
    free(pid);
}
