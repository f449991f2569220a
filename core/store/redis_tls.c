/*
 * redis_tls: rediss://, where hiredis can (1.0 or newer, with hiredis_ssl).
 * One thread at a time, as the link itself.
 *
 * hiredis by itself checks the certificate but not whose it is, so the TLS
 * session is made here and handed over.
 */
#include "core/store/redis_link.h"

#ifdef HAVE_HIREDIS_SSL

#include <hiredis/hiredis_ssl.h>
#include <openssl/ssl.h>

/* A session that accepts nobody but host. NULL: no memory, no trust store. */
static SSL *session_for(const char *host)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = NULL;

    if (ctx && SSL_CTX_set_default_verify_paths(ctx) == 1 &&
        SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1) {
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
        ssl = SSL_new(ctx);
    }
    SSL_CTX_free(ctx); /* the session holds its own reference */
    if (ssl && SSL_set_tlsext_host_name(ssl, host) == 1 &&
        SSL_set1_host(ssl, host) == 1)
        return ssl;
    SSL_free(ssl);
    return NULL;
}

bool redis_link_tls(struct redis_link *l, struct timeval limit, struct err *err)
{
    SSL *ssl = session_for(l->url->host);

    if (!ssl)
        return err_set(err, ERR_REDIS, "cannot start TLS to Redis");
    redisSetTimeout(l->ctx, limit);
    if (redisInitiateSSL(l->ctx, ssl) == REDIS_OK)
        return true;
    err_set(err, ERR_REDIS, "no TLS with Redis: %s", l->ctx->errstr);
    SSL_free(ssl);
    return false;
}

#endif
