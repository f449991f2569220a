/*
 * tls: a verified TLS session as a client. A session belongs to one thread;
 * nothing is shared between sessions, so that a renewed CA file counts from
 * the next one on.
 */
#include "core/net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/base/wait.h"

#define NAMES_SHOWN 5
#define NAME_SHOWN  60 /* characters */

/* What was wrong with the chain, noted while it was looked at. */
struct refusal {
    int error;   /* X509_V_…; 0: nothing yet */
    bool issuer; /* not its own certificate, but one above it */
    int64_t at;  /* wall ms: when that one expired, or begins */
    char subject[64], signer[64];
    char names[256]; /* those its own certificate is for */
};

struct tls {
    SSL *ssl;
    int fd;
    struct refusal refusal;
};

/* ---- certificates --------------------------------------------------------------- */

static int64_t wall_of(const ASN1_TIME *at)
{
    struct tm tm;

    return ASN1_TIME_to_tm(at, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : 0;
}

/* Its common name, or whatever else is in it; made to be shown. */
static void name_of(const X509_NAME *name, char *out, size_t size)
{
    char text[256] = "";
    char *plain, *cut;

    if (X509_NAME_get_text_by_NID((X509_NAME *)name, NID_commonName, text,
                                  sizeof text) <= 0)
        X509_NAME_oneline(name, text, sizeof text);
    plain = text_first_line(text);
    cut = text_cut(plain, NAME_SHOWN / 4);
    snprintf(out, size, "%s", strlen(plain) < size ? plain : cut);
    free(plain);
    free(cut);
}

static void add_name(struct buf *out, const GENERAL_NAME *name)
{
    const ASN1_STRING *text = name->d.ia5;
    const unsigned char *bytes = ASN1_STRING_get0_data(text);
    int len = ASN1_STRING_length(text);
    char address[INET6_ADDRSTRLEN] = "";

    if (name->type == GEN_DNS)
        buf_fmt(out, "%s%.*s", out->len ? ", " : "", len, (const char *)bytes);
    else if (name->type == GEN_IPADD &&
             inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, address,
                       sizeof address))
        buf_fmt(out, "%s%s", out->len ? ", " : "", address);
}

/* "a.example, b.example, … 3 more"; its common name counts for nothing. */
static void names_of(X509 *cert, char *out, size_t size)
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    int count = sk_GENERAL_NAME_num(names);
    struct buf text = { 0 };
    char *plain;

    for (int i = 0; i < count && i < NAMES_SHOWN; i++)
        add_name(&text, sk_GENERAL_NAME_value(names, i));
    if (count > NAMES_SHOWN)
        buf_fmt(&text, " and %d more", count - NAMES_SHOWN);
    plain = text_first_line(text.len ? buf_text(&text) : "no name at all");
    snprintf(out, size, "%s", plain);
    free(plain);
    buf_dispose(&text);
    GENERAL_NAMES_free(names);
}

/* OpenSSL, for each certificate of the chain, and for what is wrong. */
static int on_verify(int ok, X509_STORE_CTX *store)
{
    const SSL *ssl =
        X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct refusal *r = SSL_get_app_data(ssl);
    X509 *cert = X509_STORE_CTX_get_current_cert(store);
    X509 *own = X509_STORE_CTX_get0_cert(store);

    if (ok || r->error)
        return ok;
    r->error = X509_STORE_CTX_get_error(store);
    r->issuer = X509_STORE_CTX_get_error_depth(store) > 0;
    if (cert) {
        r->at = wall_of(r->error == X509_V_ERR_CERT_NOT_YET_VALID
                            ? X509_get0_notBefore(cert)
                            : X509_get0_notAfter(cert));
        name_of(X509_get_subject_name(cert), r->subject, sizeof r->subject);
        name_of(X509_get_issuer_name(cert), r->signer, sizeof r->signer);
    }
    if (own)
        names_of(own, r->names, sizeof r->names);
    return ok;
}

void tls_expiry(const struct tls *t, struct wire_expiry *out)
{
    STACK_OF(X509) *chain = SSL_get0_verified_chain(t->ssl);

    *out = (struct wire_expiry){ 0 };
    for (int i = 0; i < sk_X509_num(chain); i++) {
        X509 *cert = sk_X509_value(chain, i);
        int64_t at = wall_of(X509_get0_notAfter(cert));

        if (i > 0 && at >= out->at)
            continue;
        out->at = at;
        if (i > 0)
            name_of(X509_get_subject_name(cert), out->whose, sizeof out->whose);
    }
}

/* ---- what was wrong --------------------------------------------------------------- */

static bool explain_chain(const struct refusal *r, const char *name,
                          struct err *err)
{
    int64_t now = clock_wall_ms();
    char age[CLOCK_TEXT], date[CLOCK_TEXT], whose[96] = "its certificate";

    if (r->issuer)
        snprintf(whose, sizeof whose, "the certificate of its issuer %s",
                 r->subject);
    clock_rfc3339(r->at, date);
    date[10] = '\0';
    switch (r->error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return err_set(err, ERR_SYSTEM, "%s expired %s ago (%s)", whose,
                       clock_age(now - r->at, age), date);
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return err_set(err, ERR_SYSTEM, "%s is not valid for another %s (%s)",
                       whose, clock_age(r->at - now, age), date);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return err_set(err, ERR_SYSTEM,
                       "its certificate is not for %s but for"
                       " %s",
                       name, r->names);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return err_set(err, ERR_SYSTEM,
                       "its certificate is signed by itself (%s): its issuer"
                       " is unknown",
                       r->subject);
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return err_set(err, ERR_SYSTEM,
                       "the issuer of its certificate is unknown (%s)",
                       r->signer);
    default:
        return err_set(err, ERR_SYSTEM, "%s: %s", whose,
                       X509_verify_cert_error_string(r->error));
    }
}

static bool explain(const struct tls *t, const char *name, bool late,
                    struct err *err)
{
    unsigned long code = ERR_peek_error();
    const char *reason = ERR_reason_error_string(code);

    if (late)
        return err_set(err, ERR_SYSTEM, "TLS handshake: no answer");
    if (t->refusal.error)
        return explain_chain(&t->refusal, name, err);
    if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
        (ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER ||
         ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST))
        return err_set(err, ERR_SYSTEM, "what answers there is not TLS");
    if (!reason || (ERR_GET_LIB(code) == ERR_LIB_SSL &&
                    ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING))
        return err_set(err, ERR_SYSTEM, "hung up in the TLS handshake");
    return err_set(err, ERR_SYSTEM, "TLS handshake: %s", reason);
}

/* ---- sessions -------------------------------------------------------------------- */

static bool load(SSL_CTX *ctx, const struct wire_tls *want, struct err *err)
{
    if (want->ca ? SSL_CTX_load_verify_file(ctx, want->ca) != 1
                 : SSL_CTX_set_default_verify_paths(ctx) != 1)
        return err_set(err, ERR_SYSTEM, "%s cannot be read as certificates",
                       want->ca ? want->ca : "the system's store");
    if (want->client_cert &&
        (SSL_CTX_use_certificate_chain_file(ctx, want->client_cert) != 1 ||
         SSL_CTX_use_PrivateKey_file(ctx, want->client_key, SSL_FILETYPE_PEM) !=
             1))
        return err_set(err, ERR_SYSTEM,
                       "%s and its key cannot be read, or do not fit",
                       want->client_cert);
    return true;
}

/* An address is not a name: it is looked for elsewhere in the certificate,
 * and not told to the server. */
static bool set_name(SSL *ssl, const char *name)
{
    unsigned char room[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, name, room) == 1 ||
        inet_pton(AF_INET6, name, room) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
    return SSL_set_tlsext_host_name(ssl, name) == 1 &&
           SSL_set1_host(ssl, name) == 1;
}

static bool make(struct tls *t, const struct wire_tls *want, struct err *err)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    bool ok;

    if (!ctx)
        abort(); /* out of memory, as in mem.c */
    ok = load(ctx, want, err);
    if (ok) {
        SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verify);
        SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        t->ssl = SSL_new(ctx);
        if (!t->ssl)
            abort();
        SSL_set_app_data(t->ssl, &t->refusal);
        ok = set_name(t->ssl, want->name) && SSL_set_fd(t->ssl, t->fd) == 1;
        if (!ok)
            err_set(err, ERR_SYSTEM, "%s is no name for a certificate",
                    want->name);
    }
    SSL_CTX_free(ctx); /* the session holds its own reference */
    return ok;
}

/* After a call that gave n: whether to call again. */
static bool again(struct tls *t, int n, int64_t until, bool *late)
{
    int problem = SSL_get_error(t->ssl, n);
    short events = problem == SSL_ERROR_WANT_READ    ? POLLIN
                   : problem == SSL_ERROR_WANT_WRITE ? POLLOUT
                                                     : 0;

    *late = events && wait_fd(t->fd, events, until) == 0;
    return events && !*late;
}

static bool shake_hands(struct tls *t, const char *name, int64_t until,
                        struct err *err)
{
    bool late = false;
    int n;

    do {
        ERR_clear_error();
        n = SSL_connect(t->ssl);
    } while (n != 1 && again(t, n, until, &late));
    return n == 1 || explain(t, name, late, err);
}

struct tls *tls_open(int fd, const struct wire_tls *want, int64_t until,
                     struct err *err)
{
    struct tls *t = xcalloc(1, sizeof *t);

    t->fd = fd;
    if (make(t, want, err) && shake_hands(t, want->name, until, err))
        return t;
    SSL_free(t->ssl);
    free(t);
    return NULL;
}

void tls_close(struct tls *t)
{
    if (!t)
        return;
    ERR_clear_error();
    SSL_shutdown(t->ssl);
    SSL_free(t->ssl);
    free(t);
}

long tls_read(struct tls *t, void *out, size_t len, int64_t until)
{
    bool late;
    int n;

    do {
        ERR_clear_error();
        n = SSL_read(t->ssl, out, (int)len);
    } while (n <= 0 && again(t, n, until, &late));
    if (n > 0)
        return n;
    return SSL_get_error(t->ssl, n) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

long tls_write(struct tls *t, const void *data, size_t len, int64_t until)
{
    bool late;
    int n;

    do {
        ERR_clear_error();
        n = SSL_write(t->ssl, data, (int)len);
    } while (n <= 0 && again(t, n, until, &late));
    return n > 0 ? n : -1;
}
