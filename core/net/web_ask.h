/*
 * web_ask: one HTTP request after the other, each waited for: for who looks at
 * a service and needs its headers too.
 *
 * What holds for web_new() holds here. The connection stays open between
 * requests. A handle belongs to one thread. curl_global_init() has been
 * called.
 */
#ifndef CORE_NET_WEB_ASK_H
#define CORE_NET_WEB_ASK_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

#define WEB_ASK_BODY (1 << 20) /* bytes of an answer; a longer one fails */

struct web_ask;

struct web_request {
    const char *url;
    const char *form;  /* POSTed as a form; NULL: a GET */
    const char *token; /* Authorization: Bearer; NULL: none. Secret */
    long timeout_ms;   /* of all of it */
};

/* agent: the User-Agent. proxy: the one that the environment names is used,
 * otherwise none. agent is copied. */
struct web_ask *web_ask_new(const char *agent, bool proxy);
void web_ask_free(struct web_ask *w); /* NULL is fine */

/* False: no whole answer came; ERR_SYSTEM says why, and never names the URL.
 * Any status is an answer. */
MUST_CHECK bool web_ask_run(struct web_ask *w, const struct web_request *req,
                            struct err *err);

/* Of the last answer; texts are valid until the next request. */
int web_ask_status(const struct web_ask *w);
const char *web_ask_body(const struct web_ask *w, size_t *len);
const char *web_ask_header(const struct web_ask *w, const char *name);
/* Its Date, wall ms (whole seconds); 0: none that can be read. */
int64_t web_ask_date(const struct web_ask *w);

/* For a program without a sender, which does so itself: before the first
 * request, while there is one thread. */
void web_start(void);

/* "7.88.1 (OpenSSL/3.0.19)": the library behind all of core/net/web. Static. */
const char *web_library(void);

#endif
