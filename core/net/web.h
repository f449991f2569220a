/*
 * web: how we speak HTTP to services of ours, on any curl handle.
 *
 * Certificates are always verified, TLS is 1.2 or newer, no redirect is
 * followed, no proxy is used, connections stay open. A token is only ever in
 * the Authorization header. Any thread; a handle belongs to one.
 * curl_global_init() has been called.
 */
#ifndef CORE_NET_WEB_H
#define CORE_NET_WEB_H

#include <curl/curl.h>

#include "core/base/err.h"

/* PEM files; NULL: the system's, none, none. Borrowed by the handle. */
struct web_files {
    const char *ca; /* and no other: not the system's beside it */
    const char *client_cert, *client_key;
};

/* What holds for every request of a handle. why: CURL_ERROR_SIZE bytes that
 * live as long as it. Aborts when there is no memory. */
CURL *web_new(const struct web_files *files, char *why);

/* The list with "Authorization: Bearer token" at its end. */
struct curl_slist *web_add_token(struct curl_slist *list, const char *token);

/* Why a request came to nothing, for people; never names the URL, never a
 * secret. why: that of web_new(). Heap. */
char *web_explain(CURL *easy, CURLcode code, const char *why, long timeout_ms);

#endif
