/*
 * `opsbot check`: halt targets, files and addresses that are not as they
 * should be.
 */
#include <criterion/criterion.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/harness/agents.h"
#include "tests/harness/servers.h"
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

TestSuite(check_places, .init = start, .fini = stop, .timeout = 200);

/* ---- halt targets, files, addresses -------------------------------------------------------- */

Test(check_places, targets_that_cannot_be_reached)
{
    struct agents *agents = agents_start(h, 2);
    int dead = free_port();
    char *yaml = xasprintf(
        "admins: [U0ANN]\nhalt:\n  targets:\n"
        "    - name: gone\n      halt_url: http://127.0.0.1:%d/halt\n"
        "      health_url: http://127.0.0.1:%d/health\n"
        "    - name: tls\n      halt_url: https://127.0.0.1:%d/halt\n"
        "    - name: wordless\n      health_url: http://127.0.0.1:%d/health\n"
        "      halted_path: no.such\n"
        "    - name: page\n      health_url: http://127.0.0.1:%d/metrics\n",
        dead, dead, agents_port(agents, NULL), agents_port(agents, NULL),
        agents_port(agents, NULL));

    expect_check(h, NULL, yaml, EXIT_UNAVAILABLE,
                 WORDS("✗ gone: halt_url could not be called: cannot connect",
                       "✗ gone: health: cannot connect",
                       "✗ tls: halt_url could not be called: ",
                       "✗ wordless: health: its health has no `no.such`",
                       "✗ page: health: its health is not JSON"));
    cr_assert_eq(agents_number(agents, NULL, "hook_count"), 0);
    free(yaml);
    agents_stop(agents);
}

Test(check_places, files_that_are_of_no_use)
{
    char *text = write_file(h, "text.pem", "not one\n");
    char *key = write_file(h, "key.pem", "-----BEGIN PRIVATE KEY-----\n");
    char *yaml = xasprintf("admins: [U0ANN]\nchecks:\n  - id: web\n"
                           "    kind: http\n    url: https://127.0.0.1:1/\n"
                           "    client_cert: %s\n    client_key: %s\n",
                           text, key);
    char *wrong = xasprintf("OPSBOT_STATE=%s/no/such/place", h->dir);
    const char *const env[] = { wrong, NULL };

    chmod(key, 0644);
    expect_check(h, env, yaml, EXIT_UNAVAILABLE,
                 WORDS("✗ state directory", "/no/such/place: No such file",
                       "OPSBOT_STATE", "✗ client_cert of check web, ",
                       "is no PEM file", "! client_key of check web, ",
                       "everybody on this"));
    free(text);
    free(key);
    free(yaml);
    free(wrong);
}

/* A socket of ours that listens at a free port. */
static int occupy(int *port)
{
    struct sockaddr_in sin = { .sin_family = AF_INET };
    socklen_t len = sizeof sin;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert_eq(bind(fd, (struct sockaddr *)&sin, sizeof sin), 0);
    cr_assert_eq(listen(fd, 1), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
    *port = ntohs(sin.sin_port);
    return fd;
}

Test(check_places, addresses_that_cannot_be_had)
{
    int port, fd = occupy(&port);
    char *listen = xasprintf("OPSBOT_LISTEN=127.0.0.1:%d", port);
    char *file = write_file(h, "file", "x");
    char *admin = xasprintf("OPSBOT_ADMIN=unix:%s", file);
    const char *const taken[] = { listen, admin, NULL };
    const char *const foreign[] = { "OPSBOT_LISTEN=192.0.2.1:80",
                                    "OPSBOT_ADMIN=unix:/proc/x/admin.sock",
                                    NULL };

    expect_check(h, taken, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ http 127.0.0.1:", "something else listens there",
                       "✗ admin ", "it is no socket"));
    expect_check(h, foreign, NULL, EXIT_UNAVAILABLE,
                 WORDS("✗ http 192.0.2.1:80: Cannot assign",
                       "an address of this machine"));
    close(fd);
    free(listen);
    free(file);
    free(admin);
}
