/*
 * http: what others ask us over HTTP: GET /health, /ready, /metrics; and what
 * they tell us: GET or POST /heartbeat/<word>.
 *
 * A thread and a libwebsockets context of its own, so that whatever comes in
 * here never delays an acknowledgement. GET and HEAD only (and POST for a
 * heartbeat), else 405; other paths 404; a body is read, up to 64 KiB, and
 * thrown away.
 */
#ifndef BOT_HTTP_H
#define BOT_HTTP_H

#include "bot/http/health.h"

struct http;

/* Where the facts come from, and where calls of /heartbeat/<word> go. Both run
 * on the http thread and must not wait; out is zeroed before. heartbeat: false
 * when the word is nobody's; NULL: every word is. */
struct http_sources {
    void (*facts)(void *arg, struct health_facts *out);
    bool (*heartbeat)(void *arg, const char *word);
    void *arg;
};

/*
 * listen: "127.0.0.1:8710", "[::1]:8710", ":8710" for all addresses; port 0
 * takes a free one. Names are not resolved, but for localhost. sources is copied. NULL on failure: ERR_CONFIG when
 * listen cannot be read or is in use.
 */
struct http *http_start(const char *listen, const struct http_sources *sources,
                        struct err *err);
int http_port(const struct http *h); /* the port it listens on */
void http_stop(struct http *h);      /* joins and frees; NULL is fine */

#endif
