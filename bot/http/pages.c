#include "bot/http/pages.h"

#include <string.h>

#include "bot/http/metrics.h"
#include "core/base/clock.h"

static const char heartbeat[] = "/heartbeat/";

static void collect(const struct pages *p, struct request *rq,
                    struct health_facts *facts)
{
    *facts = (struct health_facts){ .version = "",
                                    .replica = "",
                                    .socket_state = "unknown" };
    p->facts(p->arg, facts);
    server_facts(request_server(rq), &facts->http);
    health_thread(facts, "http", server_turned_ms(request_server(rq)));
}

/* A call that only looks (HEAD) is none. */
static void take_heartbeat(const struct pages *p, struct request *rq)
{
    const char *word = request_path(rq) + sizeof heartbeat - 1;
    enum method method = request_method(rq);

    if (method != METHOD_GET && method != METHOD_POST)
        request_text(rq, 405, "not with this method\n", "GET, POST");
    else if (!p->heartbeat || !p->heartbeat(p->arg, word))
        request_text(rq, 404, "not found\n", NULL);
    else
        request_text(rq, 200, "ok\n", NULL);
}

enum page { PAGE_HEALTH, PAGE_READY, PAGE_METRICS, PAGE_NONE };

static enum page page_at(const char *path)
{
    static const char *const paths[] = { "/health", "/ready", "/metrics" };
    size_t i = 0;

    while (i < PAGE_NONE && strcmp(path, paths[i]) != 0)
        i++;
    return (enum page)i;
}

static void show(const struct pages *p, struct request *rq, enum page page)
{
    struct reply reply = { .type = "application/json" };
    struct health_facts facts;
    struct buf out = { 0 };

    collect(p, rq, &facts);
    if (page == PAGE_HEALTH) {
        reply.status = health_report(&facts, clock_wall_ms(), &out);
    } else if (page == PAGE_READY) {
        reply.status = health_ready(&facts, &out);
    } else {
        reply.status = metrics_report(&facts, &out);
        reply.type = METRICS_TYPE;
    }
    reply.body = buf_text(&out);
    reply.len = out.len;
    request_answer(rq, &reply);
    buf_dispose(&out);
}

void pages_handle(void *pages, struct request *rq)
{
    const struct pages *p = pages;
    const char *path = request_path(rq);
    enum method method = request_method(rq);
    enum page page = page_at(path);

    if (strncmp(path, heartbeat, sizeof heartbeat - 1) == 0)
        take_heartbeat(p, rq);
    else if (page == PAGE_NONE)
        request_text(rq, 404, "not found\n", NULL);
    else if (method != METHOD_GET && method != METHOD_HEAD)
        request_text(rq, 405, "not with this method\n", "GET, HEAD");
    else
        show(p, rq, page);
}
