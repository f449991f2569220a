/* check_tls: certificates of every wrong kind, shown by a real server. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/core/check/asking.h"
#include "tests/core/check/certificates.h"

static struct asking a;

static void start(void)
{
    certificates_start();
    asking_start(&a, CHECK_TLS);
    a.spec.ca = (char *)(size_t)certificate_file("ca", ".pem");
}

static void stop(void)
{
    asking_stop(&a);
    certificates_stop();
}

TestSuite(check_tls, .init = start, .fini = stop);

static void stay(struct peer_conn *c, void *arg)
{
    char byte;

    (void)arg;
    peer_read(c, &byte, 1);
}

/* A server that shows it. */
static void show(const struct certificate *cert)
{
    struct peer_options options = { .script = stay };

    certificate_make(cert);
    options.cert = certificate_file(cert->name, ".pem");
    options.key = certificate_file(cert->name, ".key");
    asking_peer(&a, &options, "127.0.0.1:PORT");
}

static const char here[] = "DNS:a.example,DNS:*.b.example,IP:127.0.0.1";

Test(check_tls, one_that_is_well)
{
    show(&(struct certificate){ "good", here, "ca", -DAY, 40 * DAY + 60 });
    expect_ok(&a, "40 d left");
    a.spec.server_name = (char *)"a.example";
    expect_ok(&a, "40 d left");
    a.spec.server_name = (char *)"x.b.example";
    expect_ok(&a, "40 d left");
}

Test(check_tls, one_that_has_expired)
{
    show(&(struct certificate){ "old", here, "ca", -9 * DAY, -3 * DAY });
    expect_bad(&a, "its certificate expired 3 d ");
    cr_expect(strstr(a.result.text, " ago (20"), "%s", a.result.text);
}

Test(check_tls, one_that_is_about_to)
{
    show(&(struct certificate){ "ageing", here, "ca", -DAY, 6 * DAY + 60 });
    expect_bad(&a, "expires in 6 d");
    cr_expect(strstr(a.result.text, "(limit 14 d)"), "%s", a.result.text);
    a.spec.expect.days_left = 6;
    expect_ok(&a, "6 d left");
    a.spec.expect.days_left = 0;
    expect_ok(&a, "6 d left");
}

Test(check_tls, one_that_is_not_valid_yet)
{
    show(&(struct certificate){ "young", here, "ca", 2 * DAY, 9 * DAY });
    expect_bad(&a, "its certificate is not valid for another ");
}

Test(check_tls, one_of_another_host)
{
    show(&(struct certificate){ "other", "DNS:a.example,DNS:c.example", "ca",
                                -DAY, 40 * DAY });
    expect_bad(&a, "its certificate is not for 127.0.0.1 but for a.example, "
                   "c.example");
    a.spec.server_name = (char *)"b.example";
    expect_bad(&a, "its certificate is not for b.example but for a.example, "
                   "c.example");
    a.spec.server_name = (char *)"A.example";
    expect_ok(&a, "d left");
}

Test(check_tls, one_of_a_host_with_many_names)
{
    show(&(struct certificate){ "many",
                                "DNS:a,DNS:b,DNS:c,DNS:d,DNS:e,DNS:f,DNS:g",
                                "ca", -DAY, 40 * DAY });
    expect_bad(&a, "but for a, b, c, d, e and 2 more");
}

Test(check_tls, one_of_nobody_known)
{
    certificate_make(
        &(struct certificate){ "rogue", NULL, NULL, -DAY, 40 * DAY });
    show(&(struct certificate){ "forged", here, "rogue", -DAY, 40 * DAY });
    expect_bad(&a, "the issuer of its certificate is unknown (rogue)");
    show(&(struct certificate){ "self", here, NULL, -DAY, 40 * DAY });
    expect_bad(&a, "its certificate is signed by itself (self): its issuer is "
                   "unknown");
}

Test(check_tls, one_whose_issuer_expires_first)
{
    certificate_make(
        &(struct certificate){ "brief", NULL, NULL, -DAY, 5 * DAY + 60 });
    show(&(struct certificate){ "long", here, "brief", -DAY, 90 * DAY });
    a.spec.ca = (char *)(size_t)certificate_file("brief", ".pem");
    expect_bad(&a, "the certificate of its issuer brief expires in 5 d");
    certificate_make(
        &(struct certificate){ "gone", NULL, NULL, -9 * DAY, -DAY });
    show(&(struct certificate){ "orphan", here, "gone", -DAY, 90 * DAY });
    a.spec.ca = (char *)(size_t)certificate_file("gone", ".pem");
    expect_bad(&a, "the certificate of its issuer gone expired 1 d");
}

Test(check_tls, the_systems_issuers_without_a_ca)
{
    show(&(struct certificate){ "good", here, "ca", -DAY, 40 * DAY });
    a.spec.ca = NULL;
    expect_bad(&a, "the issuer of its certificate is unknown (ca)");
}

Test(check_tls, a_client_certificate_is_shown)
{
    struct peer_options options = { .script = stay };

    certificate_make(
        &(struct certificate){ "server", here, "ca", -DAY, 40 * DAY + 60 });
    certificate_make(
        &(struct certificate){ "client", here, "ca", -DAY, 40 * DAY });
    options.cert = certificate_file("server", ".pem");
    options.key = certificate_file("server", ".key");
    options.client_ca = certificate_file("ca", ".pem");
    asking_peer(&a, &options, "127.0.0.1:PORT");
    a.spec.client_cert = (char *)(size_t)certificate_file("client", ".pem");
    a.spec.client_key = (char *)(size_t)certificate_file("client", ".key");
    expect_ok(&a, "40 d left");
    a.spec.client_key = (char *)(size_t)certificate_file("server", ".key");
    expect_bad(&a, "and its key cannot be read, or do not fit");
}

/* ---- no handshake ------------------------------------------------------------ */

static void chat(struct peer_conn *c, void *arg)
{
    (void)arg;
    peer_say(c, "220 mail.example ESMTP\r\n");
    peer_wait(c, -1);
}

static void drop(struct peer_conn *c, void *arg)
{
    char byte;

    (void)arg;
    peer_read(c, &byte, 1);
}

static void silent(struct peer_conn *c, void *arg)
{
    (void)arg;
    peer_wait(c, -1);
}

static void plain(void (*script)(struct peer_conn *c, void *arg))
{
    struct peer_options options = { .script = script };

    asking_peer(&a, &options, "tls://127.0.0.1:PORT");
}

Test(check_tls, something_else_is_there)
{
    plain(chat);
    expect_bad(&a, "what answers there is not TLS");
    plain(drop);
    expect_bad(&a, "in the TLS handshake");
}

Test(check_tls, nobody_answers)
{
    plain(silent);
    a.spec.timeout_ms = HASTY_MS;
    expect_bad(&a, "TLS handshake: no answer within 300 ms");
    peer_stop(a.peer);
    a.peer = NULL;
    expect_bad(&a, "cannot connect: Connection refused");
}

Test(check_tls, a_ca_that_is_none)
{
    show(&(struct certificate){ "good", here, "ca", -DAY, 40 * DAY });
    a.spec.ca = (char *)"/dev/null";
    expect_bad(&a, "/dev/null cannot be read as certificates");
}
