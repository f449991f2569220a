/* check_tcp: connections that are accepted, refused and never answered; and
 * the look-up of names that all checks have in common. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/lookup.h"
#include "core/net/dial.h"
#include "tests/core/check/asking.h"

static struct asking a;

static void start(void)
{
    asking_start(&a, CHECK_TCP);
}

static void stop(void)
{
    asking_stop(&a);
}

TestSuite(check_tcp, .init = start, .fini = stop);

static void take(struct peer_conn *c, void *arg)
{
    (void)c;
    (void)arg;
}

Test(check_tcp, something_accepts)
{
    struct peer_options options = { .script = take };

    asking_peer(&a, &options, "127.0.0.1:PORT");
    expect_ok(&a, " ms");
    asking_peer(&a, &options, "tcp://localhost:PORT");
    expect_ok(&a, " ms");
}

Test(check_tcp, nobody_is_there)
{
    struct peer_options options = { .script = take };

    asking_peer(&a, &options, "127.0.0.1:PORT");
    peer_stop(a.peer);
    a.peer = NULL;
    expect_bad(&a, "cannot connect: Connection refused");
    a.spec.url = (char *)"no-such-name.invalid:80";
    expect_bad(&a, "the name of its host");
}

/* Its queue is full: the kernel lets whoever comes wait for ever. */
Test(check_tcp, a_black_hole)
{
    struct peer_options options = { .script = NULL };
    struct sockaddr_in at = { .sin_family = AF_INET };
    int fds[8];

    asking_peer(&a, &options, "127.0.0.1:PORT");
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons((uint16_t)peer_port(a.peer));
    for (size_t i = 0; i < 8; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fds[i], (struct sockaddr *)&at, sizeof at);
    }
    a.spec.timeout_ms = HASTY_MS;
    expect_bad(&a, "cannot connect: no answer within 300 ms");
    for (size_t i = 0; i < 8; i++)
        close(fds[i]);
}

Test(check_tcp, version_6)
{
    struct sockaddr_in6 at = { .sin6_family = AF_INET6,
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    char url[32];

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0)
        cr_skip("there is no IPv6 here");
    cr_assert_eq(listen(fd, 8), 0);
    getsockname(fd, (struct sockaddr *)&at, &len);
    snprintf(url, sizeof url, "[::1]:%d", ntohs(at.sin6_port));
    a.spec.url = url;
    expect_ok(&a, " ms");
    close(fd);
    expect_bad(&a, "cannot connect: Connection refused");
}

/* ---- addresses and names ----------------------------------------------------- */

Test(check_tcp, addresses_are_read)
{
    static const struct {
        const char *text, *port, *host, *number;
    } good[] = {
        { "a.example:80", NULL, "a.example", "80" },
        { "10.0.0.1", "443", "10.0.0.1", "443" },
        { "10.0.0.1:8443", "443", "10.0.0.1", "8443" },
        { "[::1]:65535", NULL, "::1", "65535" },
        { "[fe80::1]", "443", "fe80::1", "443" },
    };
    static const char *const bad[] = { "a.example", ":80",   "a:",     "a:0",
                                       "a:65536",   "a:b",   "::1:80", "[::1",
                                       "[]:1",      "a:1:2", "a: 1",   "" };
    struct dial_address out;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_assert(dial_parse(good[i].text, good[i].port, &out), "%s",
                  good[i].text);
        cr_expect_str_eq(out.host, good[i].host);
        cr_expect_str_eq(out.port, good[i].number);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(dial_parse(bad[i], NULL, &out), "%s", bad[i]);
}

Test(check_tcp, a_look_up_ends_at_its_deadline)
{
    struct addrinfo *found = NULL;
    struct err err = { 0 };

    cr_expect_not(lookup("some-name.invalid", "80", 1, &found, &err),
                  "that moment is long past");
    cr_expect_null(found);
    cr_expect(strstr(err.text, "the name of its host"), "%s", err.text);
    cr_assert(lookup("127.0.0.1", "80", 1, &found, &err),
              "an address needs no name server");
    freeaddrinfo(found);
    cr_assert(lookup("localhost", "80", clock_mono_ms() + 30000, &found, &err),
              "%s", err.text);
    freeaddrinfo(found);
}
