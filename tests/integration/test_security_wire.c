/*
 * Requests that mean no good, at both listeners: those that never end, those
 * that are too long, those that carry another inside, and games with Host.
 * Whatever they try, people are answered meanwhile, and nothing is done.
 * What request URLs and admin paths do about theirs is with those.
 */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <arpa/inet.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/integration/admin.h"

static struct harness *h;

static void start(void)
{
    static const char *const env[] = { "SLACK_MODE=both",
                                       "SLACK_SIGNING_SECRET=0123456789abcdef",
                                       NULL };
    struct rlimit files;

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    h = harness_start(
        &(struct harness_options){ .road = ROAD_SOCKET, .env = env });
}

static void stop(void)
{
    harness_stop(h);
}

TestSuite(security_wire, .init = start, .fini = stop, .timeout = 240);

/* ---- a connection --------------------------------------------------------------- */

enum door { PUBLIC, ADMIN, DOORS };

static int dial(enum door door)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_un un;
    } at = { .any = { 0 } };
    char *path = admin_socket(h, 0);
    int fd = socket(door == ADMIN ? AF_UNIX : AF_INET,
                    SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (door == ADMIN) {
        at.un.sun_family = AF_UNIX;
        snprintf(at.un.sun_path, sizeof at.un.sun_path, "%s", path);
    } else {
        at.in.sin_family = AF_INET;
        at.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        at.in.sin_port =
            htons((uint16_t)atoi(strchr(opsbot_address(h->bot), ':') + 1));
    }
    cr_assert_eq(
        connect(fd, &at.any, door == ADMIN ? sizeof at.un : sizeof at.in), 0);
    free(path);
    return fd;
}

/* False: the other end wants no more. */
static bool put(int fd, const char *data, size_t len)
{
    return send(fd, data, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* All until it is closed; heap. */
static char *rest_of(int fd)
{
    int64_t until = clock_mono_ms() + patient(COMES_MS);
    struct pollfd p = { .fd = fd, .events = POLLIN };
    struct buf out = { 0 };
    char part[4096];
    ssize_t n = 1;

    while (n > 0) {
        cr_assert_lt(clock_mono_ms(), until, "it is not closed");
        if (poll(&p, 1, 1000) <= 0)
            continue;
        n = recv(fd, part, sizeof part, 0);
        if (n > 0)
            buf_add(&out, part, (size_t)n);
    }
    close(fd);
    return out.data ? buf_take(&out) : xstrdup("");
}

static char *answer_to(enum door door, const char *bytes, size_t len)
{
    int fd = dial(door);

    put(fd, bytes, len);
    return rest_of(fd);
}

static void refused(enum door door, const char *bytes, const char *status)
{
    char *answer = answer_to(door, bytes, strlen(bytes));
    char *line = xasprintf("HTTP/1.1 %s ", status);

    cr_expect_eq(strncmp(answer, line, strlen(line)), 0, "%d %.90s: %.90s",
                 (int)door, bytes, answer);
    cr_expect_null(strstr(answer + 1, "HTTP/1.1 "), "two answers: %s", answer);
    free(line);
    free(answer);
}

static void people_are_answered(void)
{
    struct admin_reply r = admin_call(h, "GET", "/admin/version", NULL);

    cr_expect_eq(r.status, 200, "%s", r.body);
    admin_reply_free(&r);
    cr_expect_eq(opsbot_get(h->bot, "/health", NULL), 200);
    expect_said(h, "U0ANN", "C0OPS", "ping", "pong");
}

static void nothing_was_done(void)
{
    people_are_answered();
    wait_settled(h, COMES_MS);
    cr_expect_eq(sql_number(h, "select count(*) from opsbot.audit_events"
                               " where command not in ('ping', 'version')"),
                 0);
    cr_expect_eq(redis_number(h, "EXISTS opsbot:halt:all"), 0);
}

/* ---- without end ------------------------------------------------------------------- */

#define SLOW 200

static const char *const halves[] = {
    "GET /hea",
    "GET /health HTTP/1.1\r\nHost: x\r\nX-A: b",
    "POST /admin/ops HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    "Content-Length: 40\r\n\r\n{\"text\": \"halt all",
    "POST /slack/commands HTTP/1.1\r\nHost: x\r\n"
    "Transfer-Encoding: chunked\r\n\r\n8\r\ncomm",
};

static void give_a_byte(int *fds)
{
    for (int i = 0; i < SLOW; i++)
        put(fds[i], "x", 1);
}

Test(security_wire, slowloris_of_200_holds_up_nobody)
{
    int slow[DOORS][SLOW];

    for (int door = PUBLIC; door < DOORS; door++)
        for (int i = 0; i < SLOW; i++) {
            const char *half = halves[i % 4];

            slow[door][i] = dial((enum door)door);
            put(slow[door][i], half, strlen(half));
        }
    for (int turn = 0; turn < 5; turn++) {
        people_are_answered();
        give_a_byte(slow[PUBLIC]);
        give_a_byte(slow[ADMIN]);
    }
    /* Nobody may stay for ever, byte by byte. */
    for (int door = PUBLIC; door < DOORS; door++)
        for (int i = 0; i < SLOW; i++)
            free(rest_of(slow[door][i]));
    nothing_was_done();
}

/* ---- too long ------------------------------------------------------------------------ */

static char *filled(const char *before, size_t n, const char *after)
{
    struct buf text = { 0 };

    buf_str(&text, before);
    while (n--)
        buf_char(&text, 'a');
    buf_str(&text, after);
    return buf_take(&text);
}

static void too_long(enum door door, char *text, const char *status)
{
    refused(door, text, status);
    free(text);
}

Test(security_wire, oversized_heads_and_bodies)
{
    for (int door = PUBLIC; door < DOORS; door++) {
        too_long((enum door)door,
                 filled("GET /", 20000, " HTTP/1.1\r\nHost: x\r\n\r\n"), "431");
        too_long((enum door)door,
                 filled("GET /", 9000, " HTTP/1.1\r\nHost: x\r\n\r\n"), "414");
        too_long((enum door)door,
                 filled("GET / HTTP/1.1\r\nHost: x\r\nX: ", 100000, "\r\n\r\n"),
                 "431");
        too_long((enum door)door,
                 filled("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r"
                        "\n\r\n",
                        100, ""),
                 "413");
        too_long((enum door)door,
                 filled("POST /admin/ops HTTP/1.1\r\nHost: x\r\n"
                        "Transfer-Encoding: chunked\r\n\r\nffffffff\r\n",
                        1200000, ""),
                 "413");
    }
    nothing_was_done();
}

/* ---- another inside -------------------------------------------------------------------- */

#define BODY "{\"scope\":\"all\",\"reason\":\"smuggled\"}"
#define HIDDEN                                                                 \
    "POST /admin/halts HTTP/1.1\r\nHost: x\r\n"                                \
    "Content-Type: application/json\r\nContent-Length: 35\r\n\r\n" BODY
#define JSON "Content-Type: application/json\r\n"

/* Behind a head whose end two readers may see elsewhere: it goes, and what is
 * behind it is never read. */
Test(security_wire, smuggling)
{
    static const struct {
        const char *framing, *body, *status;
    } rows[] = {
        { "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n",
          "400" },
        { "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n",
          "400" },
        { "Content-Length: 0\r\nContent-Length: 5\r\n", "", "400" },
        { "Content-Length: 0, 5\r\n", "", "400" },
        { "Content-Length: 0\r\n\tX: y\r\n", "", "400" },
        { "X: y\r\n Content-Length: 0\r\n", "", "400" },
        { "X: y\nContent-Length: 0\r\n", "", "400" },
        { "X: y\rContent-Length: 0\r\n", "", "400" },
        { "Transfer-Encoding: chunked\r\n", "0;a=b\r\n\r\n", "400" },
        { "Transfer-Encoding: chunked\r\n", "0\n\n", "400" },
        { "Transfer-Encoding: chunked\r\n", "0\r\nX-Token: y\r\n\r\n", "400" },
        { "Transfer-Encoding: chunked\r\n", "00000000000000000\r\n\r\n",
          "400" },
        { "Transfer-Encoding: \x0b"
          "chunked\r\n",
          "0\r\n\r\n", "400" },
        { "Transfer-Encoding: identity\r\n", "", "501" },
        { "Transfer-Encoding : chunked\r\n", "0\r\n\r\n", "400" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int door = PUBLIC; door < DOORS; door++) {
            char *text = xasprintf("POST /admin/ops HTTP/1.1\r\nHost: x\r\n"
                                   "%s\r\n%s" HIDDEN,
                                   rows[i].framing, rows[i].body);
            char *answer = answer_to((enum door)door, text, strlen(text));

            /* Where there is no such path that may be said first. */
            cr_expect(
                strncmp(answer + 9, rows[i].status, 3) == 0 ||
                    (door == PUBLIC && strncmp(answer + 9, "404", 3) == 0),
                "%zu %d: %s", i, door, answer);
            cr_expect_null(strstr(answer, "alted all"), "%zu: %s", i, answer);
            free(answer);
            free(text);
        }
    nothing_was_done();
}

/* In a body that says how long it is, it is no request at all. */
Test(security_wire, a_request_in_a_body_is_a_body)
{
    char *outer = xasprintf("POST /admin/ops HTTP/1.1\r\nHost: x\r\n" JSON
                            "Content-Length: %zu\r\nConnection: close\r\n\r\n"
                            "%s",
                            strlen(HIDDEN), HIDDEN);
    char *get = xasprintf("GET /admin/version HTTP/1.1\r\nHost: x\r\n" JSON
                          "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                          strlen(HIDDEN), HIDDEN);

    refused(ADMIN, outer, "400");
    refused(ADMIN, get, "400");
    refused(PUBLIC, outer, "404");
    free(outer);
    free(get);
    nothing_was_done();
}

/* ---- Host, and who somebody says to be ----------------------------------------------------- */

Test(security_wire, host_and_forwarded_headers_change_nothing)
{
    static const char *const hosts[] = {
        "evil.example", "127.0.0.1:1", "admin", "[::1]",
        "a b",          "evil/../x",   "",      "<script>",
    };

    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        char *text = xasprintf("GET /ready HTTP/1.1\r\nHost: %s\r\n"
                               "X-Forwarded-For: 203.0.113.7\r\n"
                               "X-Forwarded-Host: evil.example\r\n"
                               "Forwarded: for=203.0.113.7\r\n"
                               "X-Original-URL: /admin/halts\r\n"
                               "X-HTTP-Method-Override: DELETE\r\n"
                               "Connection: close\r\n\r\n",
                               hosts[i]);
        char *answer = answer_to(PUBLIC, text, strlen(text));

        cr_expect_eq(strncmp(answer, "HTTP/1.1 200 ", 13), 0, "%s: %s",
                     hosts[i], answer);
        cr_expect_null(strstr(answer, "evil"), "%s", answer);
        free(answer);
        free(text);
    }
    for (int door = PUBLIC; door < DOORS; door++) {
        refused((enum door)door, "GET /ready HTTP/1.1\r\n\r\n", "400");
        refused((enum door)door,
                "GET /ready HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", "400");
        refused((enum door)door,
                "GET http://admin/admin/halts HTTP/1.1\r\nHost: x\r\n\r\n",
                "400");
    }
    /* The public listener has no admin API, whatever it is called. */
    refused(PUBLIC,
            "POST /admin/halts HTTP/1.1\r\nHost: admin\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n",
            "404");
    nothing_was_done();
}

/* Who is at the socket is whom the kernel names, whatever a header says. */
Test(security_wire, nobody_is_who_a_header_says)
{
    static const char *const headers[] = {
        "X-Remote-User: unix:root",
        "X-Forwarded-User: token:ci",
        "X-SSL-Client-S-DN-CN: ops",
        "Cookie: user=unix:root",
    };

    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct admin_reply r =
            admin_call(h, "GET", "/admin/whoami",
                       &(struct admin_ask){ .header = headers[i] });

        cr_expect(strstr(r.body, geteuid() ? "unix:" : "unix:root"), "%s",
                  r.body);
        cr_expect_null(strstr(r.body, "token:ci"), "%s", r.body);
        cr_expect_null(strstr(r.body, "cert:"), "%s", r.body);
        admin_reply_free(&r);
    }
}
