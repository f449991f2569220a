/*
 * The server, over real sockets: what it reads, what it refuses to read, how
 * long it waits, and who is let in.
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

#include "bot/http/lws_log.h"
#include "bot/http/server.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/bot/http/raw.h"

#define SOON_S 20

static struct server *server;
static int port;
static _Atomic int handled, found;
static _Atomic uint64_t kept; /* number of the request that waits */
static sem_t arrived, ran;
static struct raw_answer answer;
static char dir[] = "/tmp/opsbot-server-XXXXXX";

static void wait_sem(sem_t *sem)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += SOON_S;
    cr_assert_eq(sem_timedwait(sem, &until), 0);
}

static void reply_text(struct request *rq, int status, const char *text)
{
    request_answer(rq, &(struct reply){ .status = status,
                                        .type = "text/plain",
                                        .body = text,
                                        .len = strlen(text) });
}

/* Says what it read. /wait waits for whoever answers, /big is long. */
static void handle(void *arg, struct request *rq)
{
    struct buf out = { 0 };
    size_t len, marks;
    const char *body = request_body(rq, &len);
    const char *mark;

    (void)arg;
    atomic_fetch_add(&handled, 1);
    if (strcmp(request_path(rq), "/wait") == 0) {
        atomic_store(&kept, request_number(rq));
        sem_post(&arrived);
        return;
    }
    mark = request_header(rq, "x-mark", &marks);
    buf_fmt(&out, "%d %s?%s %zu:%s [%s x%zu] peer %d %u '%s' %s",
            (int)request_method(rq), request_path(rq), request_query(rq), len,
            body, mark, marks, request_peer(rq)->local, request_peer(rq)->uid,
            request_peer(rq)->name, request_peer(rq)->address);
    while (strcmp(request_path(rq), "/big") == 0 && out.len < 60000)
        buf_str(&out, " and more");
    reply_text(rq, 200, buf_text(&out));
    buf_dispose(&out);
}

static void begin(void *arg, struct request *rq)
{
    (void)arg;
    if (strcmp(request_path(rq), "/no") == 0)
        reply_text(rq, 401, "who are you");
}

static struct listener listener_at(const char *listen)
{
    return (struct listener){ .listen = listen,
                              .setting = "TEST_LISTEN",
                              .body_max = 100000,
                              .body_ms = 60000,
                              .begin = begin,
                              .handle = handle };
}

static void serve(struct listener listener)
{
    struct err err;

    lws_log_start();
    server = server_start(&listener, 1, &err);
    cr_assert_not_null(server, "%s", err.text);
    port = server_port(server, 0);
}

static void start(void)
{
    sem_init(&arrived, 0, 0);
    sem_init(&ran, 0, 0);
    serve(listener_at("127.0.0.1:0"));
}

static void stop(void)
{
    server_free(server);
}

TestSuite(server, .init = start, .fini = stop);

#define HOST "Host: x\r\n"

/* ---- what is read -------------------------------------------------------------- */

Test(server, reads_a_request_whole)
{
    raw_ask(port,
            "POST /a/b%20c?d=%20e&f HTTP/1.1\r\n" HOST "X-Mark:  one \r\n"
            "X-MARK: two\r\nContent-Length: 5\r\n\r\nhello",
            &answer);
    cr_expect_eq(answer.status, 200);
    cr_expect(strstr(answer.body, "2 /a/b c?d=%20e&f 5:hello [one x2]"), "%s",
              answer.body);
    cr_expect(strstr(answer.body, "peer 0 0 '' 127.0.0.1"), "%s", answer.body);
}

Test(server, dots_and_slashes_mean_nothing)
{
    raw_ask(port, "GET /a/../b//./c%2e HTTP/1.1\r\n" HOST "\r\n", &answer);
    cr_expect(strstr(answer.body, "0 /a/../b//./c.? 0: "), "%s", answer.body);
}

/* However it is cut into pieces. */
Test(server, reads_byte_by_byte)
{
    static const char text[] =
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"
        "3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n";
    int fd = raw_dial(port);

    for (size_t i = 0; i < sizeof text - 1; i++)
        raw_send(fd, text + i, 1);
    raw_read(fd, false, &answer);
    cr_expect(strstr(answer.body, "13:abc0123456789 "), "%s", answer.body);
    close(fd);
}

/* Behind each other, on one connection, and answered in order. */
Test(server, reads_what_waits_behind)
{
    int fd = raw_dial(port);

    raw_say(fd, "POST /1 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"
                "POST /2 HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                "2\r\nde\r\n0\r\n\r\n"
                "GET /no HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nGET "
                "HEAD /4 HTTP/1.1\r\n" HOST "\r\n"
                "GET /5 HTTP/1.1\r\n" HOST "\r\n");
    raw_read(fd, false, &answer);
    cr_expect(strstr(answer.body, "/1? 3:abc"), "%s", answer.body);
    raw_read(fd, false, &answer);
    cr_expect(strstr(answer.body, "/2? 2:de"), "%s", answer.body);
    raw_read(fd, false, &answer);
    cr_expect_eq(answer.status, 401);
    raw_read(fd, true, &answer);
    cr_expect_eq(answer.status, 200);
    raw_read(fd, false, &answer);
    cr_expect(strstr(answer.body, "0 /5?"), "%s", answer.body);
    close(fd);
}

Test(server, says_that_it_goes_on)
{
    int fd = raw_dial(port);

    raw_say(fd, "POST / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
                "Content-Length: 2\r\n\r\n");
    raw_read(fd, false, &answer);
    cr_expect_eq(answer.status, 100);
    raw_say(fd, "ok");
    raw_read(fd, false, &answer);
    cr_expect_eq(answer.status, 200);
    cr_expect(strstr(answer.body, "2:ok"));
    raw_say(fd, "POST /no HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
                "Content-Length: 99999\r\n\r\n");
    raw_read(fd, false, &answer);
    cr_expect_eq(answer.status, 401, "and not 100");
    cr_expect(raw_closed(fd), "the body is too long to be thrown away");
    close(fd);
}

Test(server, closes_when_it_is_asked_to)
{
    static const char *const last[] = {
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "Connection: x, Close\r\n\r\n",
    };

    for (size_t i = 0; i < sizeof last / sizeof *last; i++) {
        int fd = raw_dial(port);

        raw_say(fd, last[i]);
        raw_read(fd, false, &answer);
        cr_expect_eq(answer.status, 200);
        cr_expect(strstr(answer.head, "connection: close"));
        cr_expect(raw_closed(fd));
        close(fd);
    }
}

Test(server, writes_a_long_answer)
{
    int fd = raw_dial(port);

    for (int i = 0; i < 20; i++) {
        raw_say(fd, "GET /big HTTP/1.1\r\n" HOST "\r\n");
        raw_read(fd, false, &answer);
        cr_assert_geq(answer.len, 60000);
    }
    close(fd);
}

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

Test(server, refuses_what_two_may_read_differently)
{
    size_t n = sizeof smuggled / sizeof *smuggled;
    struct server_facts facts;

    for (size_t i = 0; i < n; i++) {
        int fd = raw_dial(port);

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
    server_facts(server, &facts);
    cr_expect_eq(facts.refused, n);
    cr_expect_eq(facts.requests, n);
}

Test(server, refuses_a_nul)
{
    static const char text[] = "GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n";
    int fd = raw_dial(port);

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

Test(server, a_head_has_bounds)
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

        cr_expect_eq(raw_ask(port, text, &answer), rows[i].status, "%zu: %d", i,
                     answer.status);
        free(text);
    }
    cr_expect_eq(raw_ask(port, path, &answer), 414);
    free(path);
}

/* Told by its length before it is sent, or found out on the way. */
Test(server, a_body_has_a_bound)
{
    static char piece[5000];
    int fd = raw_dial(port);

    raw_say(fd, "POST / HTTP/1.1\r\n" HOST "Content-Length: 100001\r\n\r\n");
    raw_read(fd, false, &answer);
    cr_expect_eq(answer.status, 413);
    cr_expect(raw_closed(fd));
    close(fd);
    fd = raw_dial(port);
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

/* ---- time ---------------------------------------------------------------------- */

/* A byte now and then does not help. */
Test(server, cuts_off_who_is_slow)
{
    static const char *const slow[] = {
        "POST / HT",
        "POST / HTTP/1.1\r\n" HOST "X: y",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nabc",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nF",
    };
    struct listener listener = listener_at("127.0.0.1:0");

    server_free(server);
    listener.body_ms = 200;
    serve(listener);
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
        int fd = raw_dial(port);

        raw_say(fd, slow[i]);
        raw_read(fd, false, &answer);
        cr_expect_eq(answer.status, 408, "%zu: %d", i, answer.status);
        cr_expect(raw_closed(fd));
        close(fd);
    }
    cr_expect_eq(handled, 0);
}

static void answer_kept(void *arg)
{
    struct request *rq = server_request(server, atomic_load(&kept));

    (void)arg;
    if (rq)
        reply_text(rq, 200, "later");
    atomic_store(&found, rq != NULL);
    sem_post(&ran);
}

Test(server, answers_later)
{
    int fd = raw_dial(port);

    raw_say(fd, "POST /wait HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi"
                "GET /behind HTTP/1.1\r\n" HOST "\r\n");
    wait_sem(&arrived);
    cr_assert(server_run(server, answer_kept, NULL));
    wait_sem(&ran);
    cr_expect_eq(found, 1);
    raw_read(fd, false, &answer);
    cr_expect_str_eq(answer.body, "later");
    raw_read(fd, false, &answer);
    cr_expect(strstr(answer.body, "/behind"));
    cr_assert(server_run(server, answer_kept, NULL));
    wait_sem(&ran);
    cr_expect_eq(found, 0, "it is answered");
    close(fd);
}

static bool nobody_is_here(void)
{
    struct server_facts facts;

    server_facts(server, &facts);
    return facts.connections == 0;
}

static void wait_until_empty(void)
{
    for (int i = 0; !nobody_is_here(); i++) {
        cr_assert_lt(i, SOON_S * 100);
        usleep(10000);
    }
}

Test(server, knows_that_a_client_has_left)
{
    int fd = raw_dial(port);

    raw_say(fd, "POST /wait HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi");
    wait_sem(&arrived);
    close(fd);
    wait_until_empty();
    cr_assert(server_run(server, answer_kept, NULL));
    wait_sem(&ran);
    cr_expect_eq(found, 0);
}

/* ---- many ---------------------------------------------------------------------- */

/* Whoever only holds connections open keeps nobody out. */
Test(server, a_crowd_keeps_nobody_out)
{
    int fds[900];
    struct server_facts facts;

    for (size_t i = 0; i < 900; i++) {
        fds[i] = raw_dial(port);
        if (i % 3)
            raw_say(fds[i], i % 3 == 1 ? "POST / HT"
                                       : "POST / HTTP/1.1\r\n" HOST
                                         "Content-Length: 9\r\n\r\nab");
    }
    cr_expect_eq(raw_ask(port, "GET / HTTP/1.1\r\n" HOST "\r\n", &answer), 200);
    server_facts(server, &facts);
    cr_expect_leq(facts.connections, 600);
    for (size_t i = 0; i < 900; i++)
        close(fds[i]);
}

static void count_run(void *arg)
{
    atomic_fetch_add((_Atomic int *)arg, 1);
}

static void *run_many(void *arg)
{
    for (int i = 0; i < 1000; i++)
        cr_assert(server_run(server, count_run, arg));
    return NULL;
}

/* Each once, also those that it had no time for. */
Test(server, runs_errands)
{
    _Atomic int runs = 0;
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, run_many, &runs);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    server_free(server);
    server = NULL;
    cr_expect_eq(runs, 4000);
}

Test(server, ends_with_what_is_asked_answered)
{
    int fd = raw_dial(port), idle = raw_dial(port);

    raw_say(fd, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    wait_sem(&arrived);
    server_end(server);
    raw_say(idle, "GET / HTTP/1.1\r\n" HOST "\r\n");
    raw_read(idle, false, &answer);
    cr_expect_eq(answer.status, 503);
    cr_expect(strstr(answer.head, "retry-after: "));
    cr_expect(raw_closed(idle));
    cr_expect_eq(raw_ask(port, "GET / HTTP/1.1\r\n" HOST "\r\n", &answer), 503);
    cr_assert(server_run(server, answer_kept, NULL));
    server_free(server);
    server = NULL;
    raw_read(fd, false, &answer);
    cr_expect_str_eq(answer.body, "later");
    close(fd);
    close(idle);
}

/* ---- Unix sockets ---------------------------------------------------------------- */

static char *path_in_dir(const char *name)
{
    return xasprintf("%s/%s", dir, name);
}

static void make_dir(void)
{
    cr_assert_not_null(mkdtemp(dir));
}

static void drop_dir(void)
{
    server_free(server);
    cr_expect_eq(rmdir(dir), 0, "a file is left: %s", strerror(errno));
}

TestSuite(server_unix, .init = make_dir, .fini = drop_dir);

static void refused(const char *listen, const char *why)
{
    struct listener listener = listener_at(listen);
    struct err err;

    cr_expect_null(server_start(&listener, 1, &err));
    cr_expect_eq(err.kind, ERR_CONFIG);
    cr_expect(strstr(err.text, "TEST_LISTEN"), "%s", err.text);
    cr_expect(strstr(err.text, why), "%s", err.text);
}

Test(server_unix, knows_its_peer)
{
    char *path = path_in_dir("a.sock"), *listen = xasprintf("unix:%s", path);
    char *peer = xasprintf("peer 1 %u '' ", getuid());
    struct stat made;
    int fd;

    serve(listener_at(listen));
    cr_assert_eq(stat(path, &made), 0);
    cr_expect_eq(made.st_mode & 07777, 0600);
    cr_expect_eq(port, 0);
    fd = raw_dial_unix(path);
    raw_say(fd, "GET / HTTP/1.1\r\n" HOST "\r\n");
    raw_read(fd, false, &answer);
    cr_expect(strstr(answer.body, peer), "%s", answer.body);
    close(fd);
    server_free(server);
    server = NULL;
    cr_expect_neq(stat(path, &made), 0, "it is taken away");
    free(path);
    free(listen);
    free(peer);
}

Test(server_unix, replaces_a_dead_one_and_no_live_one)
{
    char *path = path_in_dir("b.sock"), *listen = xasprintf("unix:%s", path);
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(at.sun_path, path);
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    close(fd); /* its file stays */
    serve(listener_at(listen));
    refused(listen, "in use");
    fd = raw_dial_unix(path);
    raw_say(fd, "GET / HTTP/1.1\r\n" HOST "\r\n");
    raw_read(fd, false, &answer);
    cr_expect_eq(answer.status, 200, "the first one lives");
    close(fd);
    free(path);
    free(listen);
}

Test(server_unix, takes_no_other_files_place)
{
    char *path = path_in_dir("c"), *listen = xasprintf("unix:%s", path);
    FILE *file = fopen(path, "w");

    fclose(file);
    refused(listen, "no socket");
    cr_expect_eq(unlink(path), 0, "it is still there");
    free(listen);
    listen = xasprintf("unix:%s/%0110d", dir, 0);
    refused(listen, "1 to 107 bytes");
    refused("unix:", "1 to 107 bytes");
    refused("unix:/nonexistent/directory/x", "No such file");
    free(listen);
    free(path);
}

/* What came after ours is not ours to take away. */
Test(server_unix, leaves_a_successors_socket)
{
    char *path = path_in_dir("d.sock"), *listen = xasprintf("unix:%s", path);
    struct server *first;
    struct stat there;

    serve(listener_at(listen));
    first = server;
    cr_assert_eq(unlink(path), 0);
    serve(listener_at(listen));
    server_free(first);
    cr_expect_eq(stat(path, &there), 0);
    free(path);
    free(listen);
}

/* ---- several ----------------------------------------------------------------- */

Test(server_several, each_has_its_own)
{
    struct listener both[] = { listener_at("127.0.0.1:0"),
                               listener_at("[::1]:0") };
    struct err err;

    lws_log_start();
    both[1].body_max = 3;
    server = server_start(both, 2, &err);
    if (!server && strstr(err.text, "[::1]"))
        cr_skip_test("no IPv6 here");
    cr_assert_not_null(server, "%s", err.text);
    port = server_port(server, 0);
    cr_expect_neq(port, server_port(server, 1));
    cr_expect_eq(raw_ask(port, "GET / HTTP/1.1\r\n" HOST "\r\n", &answer), 200);
    server_free(server);
}
