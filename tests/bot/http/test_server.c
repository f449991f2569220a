/*
 * The server, over real sockets: what it reads, how long it waits, and for how
 * many.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
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
#include "bot/http/server_int.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/bot/http/serving.h"

#define SOON_S 20

static _Atomic int found;
static sem_t ran;

static void start(void)
{
    sem_init(&ran, 0, 0);
    serve_anywhere();
}

TestSuite(server, .init = start, .fini = serve_end);

/* ---- what is read -------------------------------------------------------------- */

Test(server, reads_a_request_whole)
{
    raw_ask(serving_port,
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
    raw_ask(serving_port, "GET /a/../b//./c%2e HTTP/1.1\r\n" HOST "\r\n",
            &answer);
    cr_expect(strstr(answer.body, "0 /a/../b//./c.? 0: "), "%s", answer.body);
}

/* However it is cut into pieces. */
Test(server, reads_byte_by_byte)
{
    static const char text[] =
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"
        "3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n";
    int fd = raw_dial(serving_port);

    for (size_t i = 0; i < sizeof text - 1; i++)
        raw_send(fd, text + i, 1);
    raw_read(fd, false, &answer);
    cr_expect(strstr(answer.body, "13:abc0123456789 "), "%s", answer.body);
    close(fd);
}

/* Behind each other, on one connection, and answered in order. */
Test(server, reads_what_waits_behind)
{
    int fd = raw_dial(serving_port);

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
    int fd = raw_dial(serving_port);

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
        int fd = raw_dial(serving_port);

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
    int fd = raw_dial(serving_port);

    for (int i = 0; i < 20; i++) {
        raw_say(fd, "GET /big HTTP/1.1\r\n" HOST "\r\n");
        raw_read(fd, false, &answer);
        cr_assert_geq(answer.len, 60000);
    }
    close(fd);
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
    struct listener listener = serving_listener("127.0.0.1:0");

    server_free(serving);
    listener.body_ms = 200;
    serve(listener);
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
        int fd = raw_dial(serving_port);

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
    struct request *rq = server_request(serving, atomic_load(&kept));

    (void)arg;
    if (rq)
        reply_text(rq, 200, "later");
    atomic_store(&found, rq != NULL);
    sem_post(&ran);
}

Test(server, answers_later)
{
    int fd = raw_dial(serving_port);

    raw_say(fd, "POST /wait HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi"
                "GET /behind HTTP/1.1\r\n" HOST "\r\n");
    wait_sem(&arrived);
    cr_assert(server_run(serving, answer_kept, NULL));
    wait_sem(&ran);
    cr_expect_eq(found, 1);
    raw_read(fd, false, &answer);
    cr_expect_str_eq(answer.body, "later");
    raw_read(fd, false, &answer);
    cr_expect(strstr(answer.body, "/behind"));
    cr_assert(server_run(serving, answer_kept, NULL));
    wait_sem(&ran);
    cr_expect_eq(found, 0, "it is answered");
    close(fd);
}

static bool nobody_is_here(void)
{
    struct server_facts facts;

    server_facts(serving, &facts);
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
    int fd = raw_dial(serving_port);

    raw_say(fd, "POST /wait HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi");
    wait_sem(&arrived);
    close(fd);
    wait_until_empty();
    cr_assert(server_run(serving, answer_kept, NULL));
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
        fds[i] = raw_dial(serving_port);
        if (i % 3)
            raw_say(fds[i], i % 3 == 1 ? "POST / HT"
                                       : "POST / HTTP/1.1\r\n" HOST
                                         "Content-Length: 9\r\n\r\nab");
    }
    cr_expect_eq(
        raw_ask(serving_port, "GET / HTTP/1.1\r\n" HOST "\r\n", &answer), 200);
    server_facts(serving, &facts);
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
        cr_assert(server_run(serving, count_run, arg));
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
    server_free(serving);
    serving = NULL;
    cr_expect_eq(runs, 4000);
}

Test(server, ends_with_what_is_asked_answered)
{
    int fd = raw_dial(serving_port), idle = raw_dial(serving_port);

    raw_say(fd, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    wait_sem(&arrived);
    server_end(serving);
    raw_say(idle, "GET / HTTP/1.1\r\n" HOST "\r\n");
    raw_read(idle, false, &answer);
    cr_expect_eq(answer.status, 503);
    cr_expect(strstr(answer.head, "retry-after: "));
    cr_expect(raw_closed(idle));
    cr_expect_eq(
        raw_ask(serving_port, "GET / HTTP/1.1\r\n" HOST "\r\n", &answer), 503);
    cr_assert(server_run(serving, answer_kept, NULL));
    server_free(serving);
    serving = NULL;
    raw_read(fd, false, &answer);
    cr_expect_str_eq(answer.body, "later");
    close(fd);
    close(idle);
}

/* Asks for an answer when the server is already told to stop. */
static void answer_at_the_end(void *arg)
{
    while (!atomic_load(&serving->stop_by))
        sched_yield();
    cr_expect(server_run(serving, answer_kept, arg));
}

Test(server, an_answer_of_the_last_moment_leaves)
{
    int fd = raw_dial(serving_port);

    raw_say(fd, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    wait_sem(&arrived);
    server_end(serving);
    cr_assert(server_run(serving, answer_at_the_end, NULL));
    server_stop(serving);
    cr_expect_eq(found, 1);
    cr_expect_not(server_run(serving, answer_kept, NULL));
    raw_read(fd, false, &answer);
    cr_expect_str_eq(answer.body, "later");
    close(fd);
}

/* ---- several ----------------------------------------------------------------- */

Test(server_several, each_has_its_own)
{
    struct listener both[] = { serving_listener("127.0.0.1:0"),
                               serving_listener("[::1]:0") };
    struct err err;

    lws_log_start();
    both[1].body_max = 3;
    serving = server_start(both, 2, &err);
    if (!serving && strstr(err.text, "[::1]"))
        cr_skip_test("no IPv6 here");
    cr_assert_not_null(serving, "%s", err.text);
    serving_port = server_port(serving, 0);
    cr_expect_neq(serving_port, server_port(serving, 1));
    cr_expect_eq(
        raw_ask(serving_port, "GET / HTTP/1.1\r\n" HOST "\r\n", &answer), 200);
    server_free(serving);
}
