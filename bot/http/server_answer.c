/*
 * server_answer: from an answer to its bytes, and who is answered by the server
 * itself.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bot/http/server_int.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define THROW 65536 /* bytes of a refused body that are thrown away */
#define PIECE 16384 /* of an answer, at once */

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } known[] = {
        { 200, "OK" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 413, "Content Too Large" },
        { 414, "URI Too Long" },
        { 415, "Unsupported Media Type" },
        { 417, "Expectation Failed" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" },
        { 505, "HTTP Version Not Supported" },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].status == status)
            return known[i].text;
    }
    return "Status";
}

/* lws wants room in front of what it writes. */
void client_begin_out(struct client *c)
{
    static const char pad[LWS_PRE];

    if (c->out.len == 0) {
        buf_add(&c->out, pad, LWS_PRE);
        c->sent = LWS_PRE;
        c->sent_at = clock_mono_ms();
    }
    lws_callback_on_writable(c->wsi);
}

static void count(struct server *s, int status)
{
    int class = status / 100;

    atomic_fetch_add(&s->fact_requests, 1);
    if (class >= 0 && class < 6)
        atomic_fetch_add(&s->fact_statuses[class], 1);
}

/* Is it short enough to be thrown away? */
static bool worth_reading(const struct request *rq)
{
    if (rq->client->phase != PHASE_BODY)
        return true;
    return !rq->head.chunked && rq->head.length - rq->taken <= THROW;
}

void request_answer(struct request *rq, const struct reply *reply)
{
    struct client *c = rq->client;

    if (rq->answered || c->phase == PHASE_LEAVE || c->phase == PHASE_GONE)
        return;
    rq->answered = true;
    c->close = reply->close || rq->head.close || !worth_reading(rq);
    client_begin_out(c);
    buf_fmt(&c->out,
            "HTTP/1.1 %d %s\r\ncontent-length: %zu\r\n"
            "cache-control: no-store\r\n",
            reply->status, reason(reply->status), reply->type ? reply->len : 0);
    if (reply->type)
        buf_fmt(&c->out, "content-type: %s\r\n", reply->type);
    if (reply->allow)
        buf_fmt(&c->out, "allow: %s\r\n", reply->allow);
    if (reply->retry_after_s > 0)
        buf_fmt(&c->out, "retry-after: %d\r\n", reply->retry_after_s);
    buf_fmt(&c->out, "connection: %s\r\n\r\n",
            c->close ? "close" : "keep-alive");
    if (reply->type && rq->head.method != METHOD_HEAD)
        buf_add(&c->out, reply->body, reply->len);
    count(c->server, reply->status);
}

void request_text(struct request *rq, int status, const char *text,
                  const char *allow)
{
    request_answer(rq, &(struct reply){ .status = status,
                                        .type = "text/plain; charset=utf-8",
                                        .body = text,
                                        .len = strlen(text),
                                        .allow = allow });
}

/* The server's own word. */
void client_say(struct client *c, int status, const char *why, bool close)
{
    char *text = xasprintf("%s: %s\n", reason(status), why);
    struct reply reply = { .status = status,
                           .type = "text/plain; charset=utf-8",
                           .body = text,
                           .len = strlen(text),
                           .retry_after_s = status == 503 ? 2 : 0,
                           .close = close };

    request_answer(&c->rq, &reply);
    free(text);
}

/* Nobody can tell where the next request begins: it is the last. */
void client_refuse(struct client *c, int status, const char *why)
{
    atomic_fetch_add(&c->server->fact_refused, 1);
    log_write(LOG_DEBUG, "http", NULL, "%d to %s: %s", status,
              c->address[0] ? c->address : "a Unix socket", why);
    client_enter(c, PHASE_ASKED);
    c->rq.number = 0;
    client_say(c, status, why, true);
}

/* ---- the connection's turn to write ----------------------------------------- */

static void leave(struct client *c)
{
    client_reset(c);
    buf_dispose(&c->in);
    c->used = 0;
    client_enter(c, PHASE_LEAVE);
    if (c->flow_paused) /* or its end is not seen */
        lws_rx_flow_control(c->wsi, 1);
    if (!c->listening->secure)
        shutdown(lws_get_socket_fd(c->wsi), SHUT_WR);
}

/* Nothing of what was read, or comes, is left unread by closing now. */
static bool may_close(const struct client *c)
{
    return c->phase == PHASE_ASKED && c->rq.number && c->in.len == 0;
}

/* All that was said is written. Non-zero closes. */
static int written(struct client *c)
{
    buf_dispose(&c->out);
    if (c->close && may_close(c))
        return -1;
    if (c->close) {
        leave(c);
    } else if (c->phase == PHASE_ASKED && c->rq.answered) {
        client_next(c);
    }
    return 0;
}

/* Non-zero closes the connection: lws's convention. */
int client_write(struct client *c)
{
    size_t len = c->out.len - c->sent;

    if (c->out.len == 0)
        return 0;
    if (len > PIECE)
        len = PIECE;
    if (lws_write(c->wsi, (unsigned char *)c->out.data + c->sent, len,
                  LWS_WRITE_RAW) != (int)len)
        return -1;
    c->sent += len;
    c->sent_at = clock_mono_ms();
    if (c->sent == c->out.len)
        return written(c);
    lws_callback_on_writable(c->wsi);
    return 0;
}
