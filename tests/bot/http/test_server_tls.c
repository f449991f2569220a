/*
 * The server's TLS: its own certificate, and whose name a client's gives.
 */
#include <criterion/criterion.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bot/http/lws_log.h"
#include "bot/http/server.h"
#include "tests/bot/http/raw.h"
#include "tests/core/check/certificates.h"

static struct server *server;
static struct listener both[2]; /* one asks for certificates, one does not */

static void handle(void *arg, struct request *rq)
{
    static char text[65536];
    size_t len;
    const char *body = request_body(rq, &len);

    (void)arg;
    snprintf(text, sizeof text, "'%s' %.60000s", request_peer(rq)->name, body);
    request_answer(rq, &(struct reply){ .status = 200,
                                        .type = "text/plain",
                                        .body = text,
                                        .len = strlen(text) });
}

static void make(const char *name, const char *names, const char *signer,
                 long until)
{
    certificate_make(&(struct certificate){ .name = name,
                                            .names = names,
                                            .signer = signer,
                                            .from = -DAY * 2,
                                            .until = until });
}

static void start(void)
{
    struct err err;

    lws_log_start();
    certificates_start();
    make("server", "DNS:localhost", "ca", DAY);
    make("ada", "DNS:ada", "ca", DAY);
    make("old", "DNS:old", "ca", -DAY);
    make("other", NULL, NULL, DAY);
    make("mallory", "DNS:mallory", "other", DAY);
    both[0] = (struct listener){ .listen = "127.0.0.1:0",
                                 .setting = "TEST_TLS",
                                 .cert = certificate_file("server", ".pem"),
                                 .key = certificate_file("server", ".key"),
                                 .client_ca = certificate_file("ca", ".pem"),
                                 .body_max = 100000,
                                 .body_ms = 60000,
                                 .handle = handle };
    both[1] = both[0];
    both[1].client_ca = NULL;
    server = server_start(both, 2, &err);
    cr_assert_not_null(server, "%s", err.text);
}

static void stop(void)
{
    server_free(server);
    certificates_stop();
}

TestSuite(server_tls, .init = start, .fini = stop);

/* Says text, and reads what comes. "" when the connection ends without. */
static const char *ask_as(size_t listener, const char *who, const char *sni,
                          const char *text)
{
    static char answer[70000];
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    int fd = raw_dial(server_port(server, listener)), n;
    size_t len = 0;
    SSL *ssl;

    if (who) {
        cr_assert_eq(SSL_CTX_use_certificate_file(
                         ctx, certificate_file(who, ".pem"), SSL_FILETYPE_PEM),
                     1);
        cr_assert_eq(SSL_CTX_use_PrivateKey_file(
                         ctx, certificate_file(who, ".key"), SSL_FILETYPE_PEM),
                     1);
    }
    SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"\2h2\10http/1.1", 12);
    ssl = SSL_new(ctx);
    if (sni)
        SSL_set_tlsext_host_name(ssl, sni);
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) == 1)
        (void)SSL_write(ssl, text, (int)strlen(text));
    while ((n = SSL_read(ssl, answer + len, (int)(sizeof answer - 1 - len))) >
           0)
        len += (size_t)n;
    answer[len] = '\0';
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
    return answer;
}

#define GET "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

Test(server_tls, a_verified_certificate_gives_a_name)
{
    cr_expect(strstr(ask_as(0, "ada", NULL, GET), "\r\n\r\n'ada' "));
}

Test(server_tls, without_one_there_is_no_name)
{
    cr_expect(strstr(ask_as(0, NULL, NULL, GET), "\r\n\r\n'' "));
}

Test(server_tls, one_of_somebody_else_is_not_let_in)
{
    cr_expect_str_eq(ask_as(0, "mallory", NULL, GET), "");
    cr_expect_str_eq(ask_as(0, "old", NULL, GET), "");
}

/* Whoever was not asked for a certificate has no name, whatever is shown; nor
 * can a listener be had through another by its name. */
Test(server_tls, the_name_in_the_hello_changes_nothing)
{
    cr_expect(strstr(ask_as(1, "ada", NULL, GET), "\r\n\r\n'' "));
    cr_expect(strstr(ask_as(1, "ada", "listener-0", GET), "\r\n\r\n'' "));
    cr_expect(strstr(ask_as(0, "ada", "listener-1", GET), "\r\n\r\n'ada' "));
    cr_expect_str_eq(ask_as(0, "mallory", "listener-1", GET), "");
}

Test(server_tls, carries_long_ones)
{
    static char text[70000];
    size_t n = (size_t)snprintf(text, sizeof text,
                                "POST / HTTP/1.1\r\nHost: x\r\nConnection: "
                                "close\r\nContent-Length: 59000\r\n\r\n");
    const char *answer;

    memset(text + n, 'y', 59000);
    answer = ask_as(1, NULL, NULL, text);
    cr_assert(strstr(answer, "\r\n\r\n'' yyyy"));
    cr_expect_geq(strlen(answer), 59000);
}

/* Plain HTTP on a TLS port, and a hello that never ends, hold up nobody. */
Test(server_tls, who_speaks_no_tls_gets_nothing)
{
    struct raw_answer plain;
    int fd = raw_dial(server_port(server, 0)),
        silent = raw_dial(server_port(server, 0));

    raw_say(silent, "\x16\x03\x01");
    raw_say(fd, GET);
    raw_read(fd, false, &plain);
    cr_expect_eq(plain.status, 0);
    cr_expect(strstr(ask_as(0, "ada", NULL, GET), "'ada'"));
    close(fd);
    close(silent);
}

Test(server_tls, files_that_do_not_fit_are_named)
{
    struct listener bad[3] = { both[0], both[0], both[0] };
    struct err err;

    bad[0].cert = "/nonexistent.pem";
    bad[1].key = certificate_file("ada", ".key");
    bad[2].client_ca = both[0].key;
    for (size_t i = 0; i < 3; i++) {
        cr_expect_null(server_start(&bad[i], 1, &err), "%zu", i);
        cr_expect_eq(err.kind, ERR_CONFIG);
        cr_expect(strstr(err.text, "TEST_TLS: the "), "%s", err.text);
    }
    cr_expect(strstr(err.text, both[0].key), "%s", err.text);
}
