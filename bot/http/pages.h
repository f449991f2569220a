/*
 * pages: what others ask us over HTTP: GET /health, /ready, /metrics; and what
 * they tell us: GET or POST /heartbeat/<word>.
 *
 * GET and HEAD only (and POST for a heartbeat), else 405; other paths 404; a
 * body is thrown away. Runs on the server's thread.
 */
#ifndef BOT_PAGES_H
#define BOT_PAGES_H

#include "bot/http/health.h"
#include "bot/http/server.h"

#define PAGES_BODY_MAX 65536
#define PAGES_BODY_MS  10000

/* Where the facts come from, and where calls of /heartbeat/<word> go. Both run
 * on the server's thread and must not wait; out is zeroed before. heartbeat:
 * false when the word is nobody's; NULL: every word is. */
struct pages {
    void (*facts)(void *arg, struct health_facts *out);
    bool (*heartbeat)(void *arg, const char *word);
    void *arg;
};

/* A listener's handle(): answers rq. pages: a struct pages. */
void pages_handle(void *pages, struct request *rq);

#endif
