/* check_http: against a server that does every wrong there is. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/get.h"
#include "tests/core/check/asking.h"
#include "tests/core/check/certificates.h"

static struct asking a;

static void start(void)
{
    asking_start(&a, CHECK_HTTP);
}

static void stop(void)
{
    asking_stop(&a);
}

TestSuite(check_http, .init = start, .fini = stop);

static void serve(void (*script)(struct peer_conn *c, void *arg), void *arg)
{
    struct peer_options options = { .script = script, .arg = arg };

    asking_peer(&a, &options, "http://127.0.0.1:PORT/health");
}

static void serve_answer(struct asking_stub *stub)
{
    serve(asking_same, stub);
}

Test(check_http, a_good_answer_keeps_its_connection)
{
    static struct asking_stub good = { .status = 200,
                                       .body = "{\"status\":\"ok\"}" };

    serve_answer(&good);
    for (int i = 0; i < 3; i++)
        expect_ok(&a, " ms");
    cr_expect_eq(peer_count(a.peer), 1);
}

Test(check_http, the_status_is_what_it_should_be)
{
    static struct asking_stub teapot = { .status = 418, .body = "" },
                              moved = { .status = 302, .body = "" },
                              created = { .status = 201, .body = "" };

    serve_answer(&teapot);
    expect_bad(&a, "HTTP 418, expected 200");
    a.spec.expect.status = 418;
    expect_ok(&a, "");
    serve_answer(&moved);
    expect_bad(&a, "HTTP 302, expected 418 (redirects are not followed)");
    a.spec.expect.status = 0;
    expect_bad(&a, "HTTP 302, expected 2xx (redirects are not followed)");
    serve_answer(&created);
    expect_ok(&a, "");
}

Test(check_http, json_is_looked_into)
{
    static struct asking_stub nested = {
        .status = 200,
        .body = "{\"db\":{\"up\":true,\"lag\":3,\"name\":\"a b\",\"no\":null,"
                "\"token\":\"xoxb-1234567890-abcdef\"}}"
    };

    serve_answer(&nested);
    a.spec.expect.json_path = (char *)"db.up";
    expect_ok(&a, ""); /* there is enough */
    a.spec.expect.json_equals = (char *)"true";
    expect_ok(&a, "");
    a.spec.expect.json_equals = (char *)"false";
    expect_bad(&a, "`db.up` is true, expected false");
    a.spec.expect.json_path = (char *)"db.name";
    a.spec.expect.json_equals = (char *)"a b";
    expect_ok(&a, "");
    a.spec.expect.json_path = (char *)"db.no";
    expect_bad(&a, "its answer has no `db.no`");
    a.spec.expect.json_path = (char *)"db.token";
    expect_bad(&a, "`db.token` is ***, expected a b");
}

Test(check_http, json_that_is_none)
{
    static struct asking_stub text = { .status = 200,
                                       .body = "<html>ok</html>" },
                              none = { .status = 200, .body = "" },
                              half = { .status = 200, .body = "{\"a\":" };

    a.spec.expect.json_path = (char *)"a";
    serve_answer(&text);
    expect_bad(&a, "its answer is not JSON");
    serve_answer(&none);
    expect_bad(&a, "its answer is not JSON");
    serve_answer(&half);
    expect_bad(&a, "its answer is not JSON");
}

Test(check_http, the_body_contains_it)
{
    static struct asking_stub text = { .status = 200,
                                       .body = "all systems go\n" };

    a.spec.expect.contains = (char *)"systems go";
    serve_answer(&text);
    expect_ok(&a, "");
    a.spec.expect.contains = (char *)"Systems";
    expect_bad(&a, "its answer does not contain \"Systems\"");
}

static void late(struct peer_conn *c, void *arg)
{
    (void)arg;
    while (peer_head(c) && peer_wait(c, 60))
        peer_answer(c, 200, "{}");
}

Test(check_http, slow_is_a_failure_of_its_own)
{
    serve(late, NULL);
    a.spec.expect.latency_ms = 50;
    expect_bad(&a, "took ");
    cr_expect(strstr(a.result.text, " > 50 ms"), "%s", a.result.text);
    a.spec.expect.latency_ms = 0;
    expect_ok(&a, "");
}

/* ---- what never comes, or never ends ---------------------------------------- */

static void silent(struct peer_conn *c, void *arg)
{
    (void)arg;
    peer_head(c);
    peer_wait(c, -1);
}

static void drip(struct peer_conn *c, void *arg)
{
    (void)arg;
    peer_head(c);
    peer_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (peer_wait(c, 10) && peer_say(c, "x"))
        ;
}

static void drip_headers(struct peer_conn *c, void *arg)
{
    (void)arg;
    peer_head(c);
    peer_say(c, "HTTP/1.1 200 OK\r\nX-Slow: ");
    while (peer_wait(c, 10) && peer_say(c, "x"))
        ;
}

static void endless(struct peer_conn *c, void *arg)
{
    char block[4096];

    (void)arg;
    memset(block, 'x', sizeof block);
    peer_head(c);
    peer_say(c, "HTTP/1.1 200 OK\r\n\r\n{");
    while (peer_send(c, block, sizeof block))
        ;
}

static void half(struct peer_conn *c, void *arg)
{
    (void)arg;
    peer_head(c);
    peer_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
}

static void hang_up(struct peer_conn *c, void *arg)
{
    (void)arg;
    peer_head(c);
}

static void nonsense(struct peer_conn *c, void *arg)
{
    (void)arg;
    peer_head(c);
    peer_say(c, "SSH-2.0-OpenSSH_9.2\r\n\r\n");
}

Test(check_http, nothing_comes)
{
    a.spec.timeout_ms = HASTY_MS;
    serve(silent, NULL);
    expect_bad(&a, "no answer within 300 ms");
    serve(drip_headers, NULL);
    expect_bad(&a, " within 300 ms");
    serve(drip, NULL);
    expect_bad(&a, "HTTP 200, but its answer has no end within 300 ms");
}

Test(check_http, an_endless_answer_is_read_no_further)
{
    serve(endless, NULL);
    expect_ok(&a, "");
    a.spec.expect.contains = (char *)"y";
    expect_bad(&a, "does not contain \"y\" (the first 64 KiB of it)");
    a.spec.expect.contains = NULL;
    a.spec.expect.json_path = (char *)"a";
    expect_bad(&a, "its answer is larger than 64 KiB");
}

Test(check_http, it_hangs_up)
{
    serve(half, NULL);
    expect_bad(&a, "HTTP 200, but hung up in the middle of its answer");
    serve(hang_up, NULL);
    expect_bad(&a, "hung up without an answer");
    serve(nonsense, NULL);
    expect_bad(&a, "HTTP/0.9");
}

Test(check_http, nobody_is_there)
{
    serve(silent, NULL);
    peer_stop(a.peer);
    a.peer = NULL;
    expect_bad(&a, "cannot connect: Connection refused");
    a.spec.url = (char *)"http://no-such-name.invalid/";
    expect_bad(&a, "the name of its host is not known");
}

/* ---- who it is -------------------------------------------------------------- */

static void tell_token(struct peer_conn *c, void *arg)
{
    const char *head;

    (void)arg;
    while ((head = peer_head(c))) {
        const char *token = strstr(head, "Authorization: Bearer ");
        char body[256];

        snprintf(body, sizeof body, "{\"who\":\"%.*s\"}",
                 token ? (int)strcspn(token + 22, "\r") : 6,
                 token ? token + 22 : "nobody");
        peer_answer(c, 200, body);
    }
}

Test(check_http, the_token_is_sent_and_never_shown)
{
    serve(tell_token, NULL);
    a.spec.expect.json_path = (char *)"who";
    a.spec.expect.json_equals = (char *)"x";
    expect_bad(&a, "`who` is nobody, expected x");
    a.spec.token = (char *)"plain-looking-word";
    asking_anew(&a);
    expect_bad(&a, "***");
    cr_expect_null(strstr(a.result.text, "looking"), "%s", a.result.text);
    a.spec.expect.json_equals = a.spec.token;
    expect_ok(&a, "");
}

/* Keep-alive over TLS: one handshake for all. */
Test(check_http, over_tls)
{
    static struct asking_stub good = { .status = 200, .body = "{}" };
    struct peer_options options = { .script = asking_same, .arg = &good };
    struct certificate server = { "server", "IP:127.0.0.1", "ca", -DAY, DAY };
    struct certificate client = { "client", "DNS:bot", "ca", -DAY, DAY };

    certificates_start();
    certificate_make(&server);
    certificate_make(&client);
    options.cert = certificate_file("server", ".pem");
    options.key = certificate_file("server", ".key");
    options.client_ca = certificate_file("ca", ".pem");
    asking_peer(&a, &options, "https://127.0.0.1:PORT/");
    expect_bad(&a, "SSL certificate problem: ");
    a.spec.ca = (char *)(size_t)certificate_file("ca", ".pem");
    asking_anew(&a);
    expect_bad(&a, "TLS: ");
    a.spec.client_cert = (char *)(size_t)certificate_file("client", ".pem");
    a.spec.client_key = (char *)(size_t)certificate_file("client", ".key");
    asking_anew(&a);
    for (int i = 0; i < 3; i++)
        expect_ok(&a, " ms");
    cr_expect_eq(peer_count(a.peer), 3);
    certificates_stop();
}

Test(check_http, over_tls_with_a_wrong_certificate)
{
    static struct asking_stub good = { .status = 200, .body = "{}" };
    struct peer_options options = { .script = asking_same, .arg = &good };
    struct certificate old = { "old", "IP:127.0.0.1", "ca", -9 * DAY, -DAY };
    struct certificate other = { "other", "DNS:a.example", "ca", -DAY, DAY };

    certificates_start();
    certificate_make(&old);
    certificate_make(&other);
    a.spec.ca = (char *)(size_t)certificate_file("ca", ".pem");
    options.cert = certificate_file("old", ".pem");
    options.key = certificate_file("old", ".key");
    asking_peer(&a, &options, "https://127.0.0.1:PORT/");
    expect_bad(&a, "SSL certificate problem: certificate has expired");
    options.cert = certificate_file("other", ".pem");
    options.key = certificate_file("other", ".key");
    asking_peer(&a, &options, "https://127.0.0.1:PORT/");
    expect_bad(&a, "no alternative certificate subject name matches");
    certificates_stop();
}
