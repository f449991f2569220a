/*
 * server_request: from bytes to requests, one at a time.
 *
 * What comes while a request is answered waits in `in`.
 */
#include <stdlib.h>
#include <string.h>

#include "bot/http/server_int.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

#define WAITING 65536 /* bytes of later requests that are read */
#define GOING   "going down"

static void forget_body(struct client *c)
{
    c->server->bodies -= c->rq.body.len;
    buf_dispose(&c->rq.body);
}

void client_reset(struct client *c)
{
    forget_body(c);
    free(c->rq.text);
    c->rq = (struct request){ .client = c, .head.path = "", .head.query = "" };
}

/* Too many bytes are held: the longest body that is still coming goes. */
static void relieve(struct server *s)
{
    struct client *longest = NULL;

    for (size_t i = 0; i < SLOTS; i++) {
        struct client *c = s->clients[i];

        if (c && c->phase == PHASE_BODY && !c->rq.answered &&
            (!longest || c->rq.body.len > longest->rq.body.len))
            longest = c;
    }
    if (!longest)
        return;
    client_say(longest, 503, "too much at once", true);
    forget_body(longest);
}

/* False: it is longer than it may be. */
static bool keep(struct client *c, const char *data, size_t len)
{
    struct request *rq = &c->rq;

    rq->taken += len;
    if (rq->answered)
        return true;
    if (rq->taken > rq->body_max) {
        client_say(c, 413, "the body is too large", true);
        forget_body(c);
        return false;
    }
    buf_add(&rq->body, data, len);
    c->server->bodies += len;
    if (c->server->bodies > BODIES_MAX)
        relieve(c->server);
    return true;
}

/* True: all of it was there. */
static bool read_plain(struct client *c)
{
    struct request *rq = &c->rq;
    size_t left = (size_t)rq->head.length - rq->taken;
    size_t here = c->in.len - c->used;
    size_t n = here < left ? here : left;

    if (n)
        (void)!keep(c, c->in.data + c->used, n);
    c->used += n;
    return n == left;
}

static bool read_chunked(struct client *c)
{
    struct request *rq = &c->rq;

    while (c->used < c->in.len && rq->chunks.at != CHUNK_OVER) {
        const char *body;
        size_t used, len;

        chunks_step(&rq->chunks, c->in.data + c->used, c->in.len - c->used,
                    &used, &body, &len);
        if (rq->chunks.at == CHUNK_BROKEN) {
            client_refuse(c, 400, "a chunk");
            return false;
        }
        if (len && !keep(c, body, len))
            return false;
        c->used += used;
    }
    return rq->chunks.at == CHUNK_OVER;
}

static void next_request(struct client *c)
{
    client_reset(c);
    client_enter(c, PHASE_IDLE);
    if (c->flow_paused) {
        c->flow_paused = false;
        lws_rx_flow_control(c->wsi, 1);
    }
}

static void body_is_here(struct client *c)
{
    client_enter(c, PHASE_ASKED);
    if (!c->rq.answered && atomic_load(&c->server->ended))
        client_say(c, 503, GOING, true);
    else if (!c->rq.answered)
        c->listening->is.handle(c->listening->is.arg, &c->rq);
    else if (c->out.len == 0 && !c->close)
        next_request(c);
}

static void identify(struct client *c)
{
    struct request *rq = &c->rq;

    if (c->listening->is.client_ca && !c->name[0])
        tls_name(c->wsi, c->name, sizeof c->name);
    rq->peer = (struct peer){ .local = c->listening->path != NULL,
                              .uid = c->uid,
                              .name = c->name,
                              .address = c->address };
    rq->number = ++c->server->numbers * SLOTS + c->index;
    rq->received_us = clock_mono_us();
}

bool request_limit(struct request *rq, size_t body_max, int64_t body_ms)
{
    rq->body_max = body_max;
    rq->body_ms = body_ms;
    if (rq->head.length <= body_max)
        return true;
    client_say(rq->client, 413, "the body is too large", true);
    return false;
}

static void read_head(struct client *c, size_t len)
{
    const struct listener *is = &c->listening->is;
    struct request *rq = &c->rq;
    const char *why;
    int status;

    rq->text = xmalloc(len + 1);
    memcpy(rq->text, c->in.data + c->used, len);
    rq->text[len] = '\0';
    c->used += len;
    c->seen = 0;
    status = head_parse(rq->text, len, &rq->head, &why);
    if (status) {
        client_refuse(c, status, why);
        return;
    }
    identify(c);
    client_enter(c, PHASE_BODY);
    if (atomic_load(&c->server->ended))
        client_say(c, 503, GOING, true);
    else if (request_limit(rq, is->body_max, is->body_ms) && is->begin)
        is->begin(is->arg, rq);
    if (!rq->answered && rq->head.awaits) {
        client_begin_out(c);
        buf_str(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
    }
}

/* True: a head was read. */
static bool seek_head(struct client *c)
{
    size_t here = c->in.len - c->used;
    long len = head_find(c->in.data + c->used, here, &c->seen);

    if (len < 0) {
        client_refuse(c, 400, "no request");
    } else if (len > HEAD_BYTES || (len == 0 && here > HEAD_BYTES)) {
        client_refuse(c, 431, "the headers are too long");
    } else if (len) {
        read_head(c, (size_t)len);
        return true;
    }
    return false;
}

/* What was used goes, so that no more is held than must be. */
static void compact(struct client *c)
{
    size_t left = c->in.len - c->used;

    if (c->used == 0)
        return;
    if (left == 0) {
        buf_dispose(&c->in);
    } else {
        memmove(c->in.data, c->in.data + c->used, left);
        buf_cut(&c->in, left);
    }
    c->used = 0;
}

/* True: there may be more to do with what is here. */
static bool advance(struct client *c)
{
    switch (c->phase) {
    case PHASE_IDLE:
        if (c->used == c->in.len)
            return false;
        client_enter(c, PHASE_HEAD);
        c->begun = c->since;
        c->seen = 0;
        return true;
    case PHASE_HEAD:
        return seek_head(c);
    case PHASE_BODY:
        if (!(c->rq.head.chunked ? read_chunked(c) : read_plain(c)))
            return false;
        body_is_here(c);
        return true;
    case PHASE_ASKED:
        if (c->in.len - c->used > WAITING && !c->flow_paused) {
            c->flow_paused = true;
            lws_rx_flow_control(c->wsi, 0);
        }
        return false;
    case PHASE_LEAVE:
    case PHASE_GONE:
        c->used = c->in.len;
        break;
    }
    return false;
}

static void turn(struct client *c)
{
    while (advance(c))
        ;
    compact(c);
}

void client_read(struct client *c, const void *data, size_t len)
{
    if (c->phase == PHASE_LEAVE || c->phase == PHASE_GONE)
        return;
    buf_add(&c->in, data, len);
    turn(c);
}

void client_next(struct client *c)
{
    next_request(c);
    turn(c);
}
