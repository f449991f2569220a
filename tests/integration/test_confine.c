/*
 * Confinement of the program as it runs for real (the build without
 * sanitizers): what the kernel says of it, that it is said, and that it can be
 * switched off. What it must still be able to do: `make confined`.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/common.h"

TestSuite(confine, .timeout = 240);

/* The program that is installed, whatever flavour this test is of. */
static struct harness *real_bot(const char *const *env)
{
    char *program = xasprintf("%s/build/release/opsbot", harness_root());

    setenv("OPSBOT_BIN", program, 1);
    free(program);
    return harness_start(&(struct harness_options){ .env = env });
}

static char *kernel_says(struct harness *h)
{
    char *path = xasprintf("/proc/%d/status", (int)opsbot_pid(h->bot));
    char *text = harness_read(path);

    free(path);
    return text;
}

Test(confine, is_on)
{
    struct harness *h = real_bot(NULL);
    char *status = kernel_says(h);

    cr_expect(strstr(status, "NoNewPrivs:\t1\n"), "%s", status);
    cr_expect(strstr(status, "Seccomp:\t2\n"), "%s", status);
    cr_expect(opsbot_log_has(h->bot, "confined: no new privileges"));
    cr_expect(opsbot_log_has(h->bot, "seccomp on"));
    expect_said(h, "U0ANN", "C0OPS", "ping", "Redis");
    free(status);
    harness_stop(h);
}

Test(confine, is_switched_off)
{
    struct harness *h =
        real_bot((const char *[]){ "OPSBOT_CONFINE=off", NULL });
    char *status = kernel_says(h);

    cr_expect(strstr(status, "Seccomp:\t0\n"), "%s", status);
    cr_expect(opsbot_log_has(h->bot, "not confined: switched off"));
    expect_said(h, "U0ANN", "C0OPS", "ping", "Redis");
    free(status);
    harness_stop(h);
}
