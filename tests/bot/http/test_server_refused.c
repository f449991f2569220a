/*
 * What the server refuses to read, and the requests behind it that must never
 * be seen.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/bot/http/serving.h"

TestSuite(server_refuses, .init = serve_anywhere, .fini = serve_end);

/* ---- what is refused -------------------------------------------------------------- */

/* Each with a request behind it that must never be seen. */
static const struct {
    int status;
    const char *text;
} smuggled[] = {
    { 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 4\r\n"
           "Content-Length: 4\r\n\r\nbody" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 4\r\n"
           "Content-Length: 0\r\n\r\nbody" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 4, 4\r\n\r\nbody" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: +4\r\n\r\nbody" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: -4\r\n\r\nbody" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x4\r\n\r\nbody" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 4 4\r\n\r\nbody" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\nbody" },
    { 400, "POST / HTTP/1.1\r\n" HOST
           "Content-Length: 18446744073709551620\r\n\r\nbody" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Content-Length: 4\r\n"
           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
           "Content-Length: 4\r\n\r\n0\r\n\r\n" },
    { 501, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
           "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" },
    { 501, "POST / HTTP/1.1\r\n" HOST
           "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" },
    { 501, "POST / HTTP/1.1\r\n" HOST
           "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" },
    { 400, "POST / HTTP/1.0\r\n" HOST
           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" HOST
           "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" HOST
           "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" HOST "X: y\r\n"
           " Content-Length: 4\r\n\r\nbody" },
    { 400, "POST / HTTP/1.1\r\n" HOST "X: y\r\n"
           "\tContent-Length: 4\r\n\r\nbody" },
    { 400, "POST / HTTP/1.1\r\n" HOST "X: y\n"
           "Content-Length: 4\r\n\r\nbody" },
    { 400, "POST / HTTP/1.1\n" HOST "\r\n" },
    { 400, "POST / HTTP/1.1\r\n" HOST "X: a\rContent-Length: 4\r\n\r\nbody" },
    { 400, "POST / HTTP/1.1\r\n" HOST "X: a\r\rb\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" HOST "\rContent-Length: 4\r\n\r\nbody" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Content-Length 4\r\n\r\nbody" },
    { 400, "POST / HTTP/1.1\r\n" HOST ": 4\r\n\r\nbody" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Content\x01Length: 4\r\n\r\nbody" },
    { 400, "POST / HTTP/1.1\r\n" HOST "X: \x7f\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\n" HOST HOST "\r\n" },
    { 400, "GET http://x/ HTTP/1.1\r\n" HOST "\r\n" },
    { 400, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n" },
    { 400, "CONNECT x:80 HTTP/1.1\r\n" HOST "\r\n" },
    { 400, "GET /a%00b HTTP/1.1\r\n" HOST "\r\n" },
    { 400, "GET /a%0d%0ab HTTP/1.1\r\n" HOST "\r\n" },
    { 400, "GET /a%2fb HTTP/1.1\r\n" HOST "\r\n" },
    { 400, "GET /a%zz HTTP/1.1\r\n" HOST "\r\n" },
    { 400, "GET /a% HTTP/1.1\r\n" HOST "\r\n" },
    { 400, "GET /a#b HTTP/1.1\r\n" HOST "\r\n" },
    { 400, "GET /\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n" },
    { 400, "GET  / HTTP/1.1\r\n" HOST "\r\n" },
    { 505, "GET / HTTP/1.1 \r\n" HOST "\r\n" },
    { 400, "GET /\r\n" HOST "\r\n" },
    { 400, "GET / FTP/1.1\r\n" HOST "\r\n" },
    { 505, "GET / HTTP/2.0\r\n" HOST "\r\n" },
    { 505, "GET / HTTP/1.10\r\n" HOST "\r\n" },
    { 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
    { 400, "\r\nGET / HTTP/1.1\r\n" HOST "\r\n" },
    { 400, "get / HTTP/1.1\r\n" HOST "\r\n" },
    { 400, "\x16\x03\x01\x02" },
    { 417, "GET / HTTP/1.1\r\n" HOST "Expect: miracles\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
           "4;x=y\r\nbody\r\n0\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
           "4 \r\nbody\r\n0\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
           "0x4\r\nbody\r\n0\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
           "-4\r\nbody\r\n0\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
           "100000004\r\nbody\r\n0\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
           "\r\nbody\r\n0\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
           "4\nbody\r\n0\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
           "4\r\nbody0\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
           "4\r\nbody\r\n0\r\nX: trailer\r\n\r\n" },
};

Test(server_refuses, refuses_what_two_may_read_differently)
{
    size_t n = sizeof smuggled / sizeof *smuggled;
    struct server_facts facts;

    for (size_t i = 0; i < n; i++) {
        int fd = raw_dial(serving_port);

        raw_say(fd, smuggled[i].text);
        raw_say(fd, "GET /smuggled HTTP/1.1\r\n" HOST "\r\n");
        raw_read(fd, false, &answer);
        cr_expect_eq(answer.status, smuggled[i].status, "%zu: %d instead of %d",
                     i, answer.status, smuggled[i].status);
        cr_expect(strstr(answer.head, "connection: close"), "%zu", i);
        cr_expect(raw_closed(fd), "%zu", i);
        close(fd);
    }
    cr_expect_eq(handled, 0, "%d were read", handled);
    server_facts(serving, &facts);
    cr_expect_eq(facts.refused, n);
    cr_expect_eq(facts.requests, n);
}

Test(server_refuses, refuses_a_nul)
{
    static const char text[] = "GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n";
    int fd = raw_dial(serving_port);

    raw_send(fd, text, sizeof text - 1);
    raw_read(fd, false, &answer);
    cr_expect_eq(answer.status, 400);
    cr_expect(raw_closed(fd));
    close(fd);
}

static char *many_headers(size_t n, size_t bytes)
{
    struct buf b = { 0 };

    buf_str(&b, "GET / HTTP/1.1\r\n" HOST);
    for (size_t i = 1; i < n; i++) {
        buf_fmt(&b, "X-%zu: ", i);
        for (size_t k = 0; k < bytes; k++)
            buf_char(&b, 'x');
        buf_str(&b, "\r\n");
    }
    buf_str(&b, "\r\n");
    return buf_take(&b);
}

Test(server_refuses, a_head_has_bounds)
{
    static const struct {
        size_t headers, bytes;
        int status;
    } rows[] = {
        { 100, 10, 200 },  { 101, 10, 431 },   { 2, 16000, 200 },
        { 2, 16400, 431 }, { 2, 300000, 431 },
    };
    char *path = xasprintf("GET /%05000d HTTP/1.1\r\n" HOST "\r\n", 0);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = many_headers(rows[i].headers, rows[i].bytes);

        cr_expect_eq(raw_ask(serving_port, text, &answer), rows[i].status,
                     "%zu: %d", i, answer.status);
        free(text);
    }
    cr_expect_eq(raw_ask(serving_port, path, &answer), 414);
    free(path);
}

/* Less than the listener lets others have: told, in pieces, or in its time. */
Test(server_refuses, a_path_may_have_smaller_bounds)
{
    static const struct {
        const char *head;
        size_t sent;
        int status;
    } rows[] = {
        { "Content-Length: 1001\r\n\r\n", 0, 413 },
        { "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 1001, 413 },
        { "Content-Length: 1000\r\n\r\n", 999, 408 },
        { "Transfer-Encoding: chunked\r\n\r\n3e8\r\n", 1000, 408 },
    };
    static char piece[1001];

    memset(piece, 'x', sizeof piece);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int fd = raw_dial(serving_port);

        raw_say(fd, "POST /small HTTP/1.1\r\n" HOST);
        raw_say(fd, rows[i].head);
        raw_send(fd, piece, rows[i].sent);
        raw_read(fd, false, &answer);
        cr_expect_eq(answer.status, rows[i].status, "%zu: %d", i,
                     answer.status);
        cr_expect(raw_closed(fd));
        close(fd);
    }
    cr_expect_eq(atomic_load(&limited), 1);
    cr_expect_eq(atomic_load(&handled), 0);
}

/* Told by its length before it is sent, or found out on the way. */
Test(server_refuses, a_body_has_a_bound)
{
    static char piece[5000];
    int fd = raw_dial(serving_port);

    raw_say(fd, "POST / HTTP/1.1\r\n" HOST "Content-Length: 100001\r\n\r\n");
    raw_read(fd, false, &answer);
    cr_expect_eq(answer.status, 413);
    cr_expect(raw_closed(fd));
    close(fd);
    fd = raw_dial(serving_port);
    memset(piece, 'x', sizeof piece);
    raw_say(fd, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
                "\r\n");
    for (int i = 0; i < 21; i++) {
        raw_say(fd, "1388\r\n");
        raw_send(fd, piece, sizeof piece);
        raw_say(fd, "\r\n");
    }
    raw_read(fd, false, &answer);
    cr_expect_eq(answer.status, 413);
    cr_expect(raw_closed(fd));
    close(fd);
    cr_expect_eq(handled, 0);
}
