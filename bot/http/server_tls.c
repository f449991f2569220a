/*
 * server_tls: a listener's certificates, and the name in a client's.
 *
 * Done here and not by lws, which starts without a certificate that it cannot
 * read, lets a client choose another listener's by SNI, offers HTTP/2, and
 * takes a name out of a subject's text where any field may forge it.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#include "bot/http/server_int.h"

static bool tls_fail(struct listening *l, const char *what, const char *file)
{
    const char *why = ERR_reason_error_string(ERR_peek_last_error());

    ERR_clear_error();
    return err_set(&l->tls, ERR_CONFIG, "%s: the %s %s cannot be used: %s",
                   l->is.setting, what, file, why ? why : "unknown");
}

static bool use_own(struct listening *l, SSL_CTX *ctx)
{
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ctx, l->is.cert) != 1)
        return tls_fail(l, "certificate", l->is.cert);
    if (SSL_CTX_use_PrivateKey_file(ctx, l->is.key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1)
        return tls_fail(l, "key", l->is.key);
    return true;
}

static bool ask_theirs(struct listening *l, SSL_CTX *ctx)
{
    STACK_OF(X509_NAME) * names;

    if (!l->is.client_ca)
        return true;
    names = SSL_load_client_CA_file(l->is.client_ca);
    if (!names || SSL_CTX_load_verify_file(ctx, l->is.client_ca) != 1)
        return tls_fail(l, "CA of clients", l->is.client_ca);
    SSL_CTX_set_client_CA_list(ctx, names);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    return true;
}

void tls_setup(struct listening *l, void *ssl_ctx)
{
    SSL_CTX *ctx = ssl_ctx;

    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    l->ssl_ctx = ctx;
    l->secure = use_own(l, ctx) && ask_theirs(l, ctx);
}

void tls_finish(struct listening *l)
{
    SSL_CTX_set_tlsext_servername_callback(l->ssl_ctx, NULL);
    SSL_CTX_set_alpn_select_cb(l->ssl_ctx, NULL, NULL);
}

/* Printable, whole, and one: a name that hides a NUL, or a subject with two,
 * is nobody's. */
static bool read_name(X509 *cert, char *out, size_t size)
{
    X509_NAME *subject = X509_get_subject_name(cert);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    unsigned char *utf8 = NULL;
    int len;
    bool ok;

    if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
        return false;
    len = ASN1_STRING_to_UTF8(
        &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    ok = len > 0 && (size_t)len < size;
    for (int i = 0; ok && i < len; i++)
        ok = utf8[i] >= 0x20 && utf8[i] < 0x7f;
    if (ok) {
        memcpy(out, utf8, (size_t)len);
        out[len] = '\0';
    }
    OPENSSL_free(utf8);
    return ok;
}

void tls_name(struct lws *wsi, char *out, size_t size)
{
    SSL *ssl = lws_get_ssl(wsi);
    X509 *cert = ssl ? SSL_get1_peer_certificate(ssl) : NULL;

    out[0] = '\0';
    if (cert && SSL_get_verify_result(ssl) == X509_V_OK &&
        SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE)
        (void)!read_name(cert, out, size);
    X509_free(cert);
}
