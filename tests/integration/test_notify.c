/*
 * What a supervisor hears of the bot: that it is ready, that it goes on
 * turning, that it stops.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/integration/common.h"

TestSuite(notify, .timeout = 240);

static int supervisor(const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    struct timeval limit = { .tv_sec = patient(60000) / 1000 };
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
}

/* The next that it says. Nobody may wait for long elsewhere: what the socket
 * has no room for is lost. */
static void heard(int fd, char text[128])
{
    ssize_t n = recv(fd, text, 127, 0);

    cr_assert(n > 0, "nothing is heard");
    text[n] = '\0';
}

Test(notify, ready_turning_stopping)
{
    struct harness *h = harness_start(&(struct harness_options){
        .parts = PART_REDIS | PART_POSTGRES | PART_SANDBOX });
    char *path = xasprintf("%s/notify", h->dir);
    char *variable = xasprintf("NOTIFY_SOCKET=%s", path), text[128];
    int fd = supervisor(path);
    struct opsbot *bot = opsbot_start(
        h, (const char *[]){ variable, "WATCHDOG_USEC=600000", NULL });

    heard(fd, text);
    cr_assert_str_eq(text, "READY=1");
    for (int i = 0; i < 5; i++) {
        heard(fd, text);
        cr_assert_str_eq(text, "WATCHDOG=1");
    }
    opsbot_signal(bot, SIGTERM);
    do
        heard(fd, text);
    while (strcmp(text, "WATCHDOG=1") == 0);
    cr_expect_str_eq(text, "STOPPING=1");
    cr_expect_eq(opsbot_wait_exit(bot, COMES_MS), 0);
    close(fd);
    free(variable);
    free(path);
    harness_stop(h);
}
