/*
 * server_client: a connection: bytes in, one request at a time, answers out.
 *
 * What comes while a request is answered waits in `in`. After a last answer
 * input is thrown away for a moment (PHASE_LEAVE): closing with bytes unread
 * would reset the connection, and the answer with it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bot/http/server_int.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define IDLE_MS   30000
#define HEAD_MS   10000
#define LEAVE_MS  2000
#define WRITE_MS  30000 /* without taking a byte of its answer: gone */
#define PAUSE_MS  100   /* no descriptor is left: until the next try */
#define AGAIN_MS  10000 /* until the same trouble is said again */
#define WAITING   65536 /* bytes of later requests that are read */
#define THROW     65536 /* bytes of a refused body that are thrown away */
#define PIECE     16384 /* of an answer, at once */
#define TAKE_MOST 64    /* connections taken in, at once */

static void enter(struct client *c, enum phase to)
{
    c->phase = to;
    c->since = clock_mono_ms();
}

void client_kill(struct client *c)
{
    enter(c, PHASE_GONE);
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT,
                    LWS_TO_KILL_ASYNC);
}

bool client_quiet(const struct client *c)
{
    return c->out.len == 0;
}

/* ---- answers out ------------------------------------------------------------ */

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
static void begin_out(struct client *c)
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
    begin_out(c);
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

/* The server's own word. */
static void say(struct client *c, int status, const char *why, bool close)
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
static void refuse(struct client *c, int status, const char *why)
{
    atomic_fetch_add(&c->server->fact_refused, 1);
    log_write(LOG_DEBUG, "http", NULL, "%d to %s: %s", status,
              c->address[0] ? c->address : "a Unix socket", why);
    enter(c, PHASE_ASKED);
    say(c, status, why, true);
}

/* ---- requests --------------------------------------------------------------- */

static void forget_body(struct client *c)
{
    c->server->bodies -= c->rq.body.len;
    buf_dispose(&c->rq.body);
}

static void request_reset(struct client *c)
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
    say(longest, 503, "too much at once", true);
    forget_body(longest);
}

/* False: it is longer than it may be. */
static bool keep(struct client *c, const char *data, size_t len)
{
    struct request *rq = &c->rq;

    rq->taken += len;
    if (rq->answered)
        return true;
    if (rq->taken > c->listening->is.body_max) {
        say(c, 413, "the body is too large", true);
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
            refuse(c, 400, "a chunk");
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
    request_reset(c);
    enter(c, PHASE_IDLE);
    if (c->flow_paused) {
        c->flow_paused = false;
        lws_rx_flow_control(c->wsi, 1);
    }
}

static void body_is_here(struct client *c)
{
    enter(c, PHASE_ASKED);
    if (!c->rq.answered)
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
        refuse(c, status, why);
        return;
    }
    identify(c);
    enter(c, PHASE_BODY);
    if (atomic_load(&c->server->ended))
        say(c, 503, "going down", true);
    else if (rq->head.length > is->body_max)
        say(c, 413, "the body is too large", true);
    else if (is->begin)
        is->begin(is->arg, rq);
    if (!rq->answered && rq->head.awaits) {
        begin_out(c);
        buf_str(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
    }
}

/* True: a head was read. */
static bool seek_head(struct client *c)
{
    size_t here = c->in.len - c->used;
    long len = head_find(c->in.data + c->used, here, &c->seen);

    if (len < 0) {
        refuse(c, 400, "no request");
    } else if (len > HEAD_BYTES || (len == 0 && here > HEAD_BYTES)) {
        refuse(c, 431, "the headers are too long");
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
        enter(c, PHASE_HEAD);
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

static void client_read(struct client *c, const void *data, size_t len)
{
    if (c->phase == PHASE_LEAVE || c->phase == PHASE_GONE)
        return;
    buf_add(&c->in, data, len);
    turn(c);
}

/* ---- the connection's turn to write ----------------------------------------- */

static void leave(struct client *c)
{
    request_reset(c);
    buf_dispose(&c->in);
    c->used = 0;
    enter(c, PHASE_LEAVE);
    if (c->flow_paused) /* or its end is not seen */
        lws_rx_flow_control(c->wsi, 1);
    if (!c->listening->secure)
        shutdown(lws_get_socket_fd(c->wsi), SHUT_WR);
}

/* All that was said is written. */
static void written(struct client *c)
{
    buf_dispose(&c->out);
    if (c->close) {
        leave(c);
    } else if (c->phase == PHASE_ASKED && c->rq.answered) {
        next_request(c);
        turn(c);
    }
}

/* Non-zero closes the connection: lws's convention. */
static int client_write(struct client *c)
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
        written(c);
    else
        lws_callback_on_writable(c->wsi);
    return 0;
}

/* ---- time ------------------------------------------------------------------- */

void client_tick(struct client *c, int64_t now)
{
    int64_t body_ms = c->listening->is.body_ms;
    int64_t head_ms = body_ms < HEAD_MS ? body_ms : HEAD_MS;

    if (!c->wsi || c->phase == PHASE_GONE)
        return;
    if (c->out.len && now - c->sent_at > WRITE_MS)
        client_kill(c);
    else if (c->phase == PHASE_IDLE && now - c->since > IDLE_MS)
        client_kill(c);
    else if (c->phase == PHASE_LEAVE && now - c->since > LEAVE_MS)
        client_kill(c);
    else if (c->phase == PHASE_HEAD && now - c->begun > head_ms)
        refuse(c, 408, "the request does not come");
    else if (c->phase == PHASE_BODY && now - c->begun > body_ms &&
             c->rq.answered)
        client_kill(c);
    else if (c->phase == PHASE_BODY && now - c->begun > body_ms)
        refuse(c, 408, "the body does not come");
    else if (c->phase == PHASE_ASKED && !c->rq.answered &&
             now - c->since > SERVER_ANSWER_MS)
        say(c, 504, "no answer", false);
}

/* ---- life ------------------------------------------------------------------- */

static void client_free(struct client *c)
{
    struct server *s = c->server;

    request_reset(c);
    buf_dispose(&c->in);
    buf_dispose(&c->out);
    s->clients[c->index] = NULL;
    s->open--;
    atomic_store(&s->fact_connections, (unsigned)s->open);
    free(c);
}

/* Who can be spared: whoever waits for no answer, the oldest first. */
static void make_room(struct server *s)
{
    struct client *oldest = NULL;

    for (size_t i = 0; i < SLOTS; i++) {
        struct client *c = s->clients[i];

        if (c && c->wsi && c->phase != PHASE_ASKED && c->phase != PHASE_GONE &&
            (!oldest || c->since < oldest->since))
            oldest = c;
    }
    if (oldest)
        client_kill(oldest);
}

static struct client *client_new(struct listening *l)
{
    struct server *s = l->server;
    struct client *c;
    size_t index = 0;

    if (s->open >= CLIENTS)
        make_room(s);
    while (index < SLOTS && s->clients[index])
        index++;
    if (index == SLOTS)
        return NULL;
    c = s->clients[index] = xcalloc(1, sizeof *c);
    c->server = s;
    c->listening = l;
    c->index = index;
    request_reset(c);
    enter(c, PHASE_IDLE);
    s->open++;
    atomic_store(&s->fact_connections, (unsigned)s->open);
    return c;
}

/* Of whoever is at the other end of fd. */
static void look_at(struct client *c, int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at = { .any.sa_family = AF_UNSPEC };
    socklen_t len = sizeof at;
    struct ucred who;
    int on = 1;

    if (c->listening->path) {
        len = sizeof who;
        c->uid = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0
                     ? who.uid
                     : (unsigned)-1;
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (getpeername(fd, &at.any, &len))
        return;
    if (at.any.sa_family == AF_INET)
        inet_ntop(AF_INET, &at.v4.sin_addr, c->address, sizeof c->address);
    else if (IN6_IS_ADDR_V4MAPPED(&at.v6.sin6_addr))
        inet_ntop(AF_INET, &at.v6.sin6_addr.s6_addr[12], c->address,
                  sizeof c->address);
    else
        inet_ntop(AF_INET6, &at.v6.sin6_addr, c->address, sizeof c->address);
}

/* lws closes fd when it cannot have it. */
static void adopt(struct listening *l, int fd)
{
    struct client *c = client_new(l);
    lws_adopt_desc_t info = { .vh = l->vhost,
                              .type = LWS_ADOPT_SOCKET | LWS_ADOPT_ALLOW_SSL,
                              .fd.sockfd = fd,
                              .vh_prot_name = "http",
                              .opaque = c };
    size_t index;

    if (!c) {
        close(fd);
        return;
    }
    index = c->index;
    look_at(c, fd);
    if (!lws_adopt_descriptor_vhost_via_info(&info) &&
        l->server->clients[index] == c)
        client_free(c); /* not even begun */
}

/* No descriptor is left: poll() would come back with it at once, for ever. */
static void pause_taking(struct listening *l, const char *why)
{
    struct server *s = l->server;
    int64_t now = clock_mono_ms();

    l->paused = now + PAUSE_MS;
    lws_rx_flow_control(l->wsi, 0);
    if (s->said && now - s->said < AGAIN_MS)
        return;
    s->said = now;
    log_error("http", NULL, "whoever connects is not taken in: %s", why);
}

void client_take(struct listening *l)
{
    int fd = lws_get_socket_fd(l->wsi);

    for (int i = 0; i < TAKE_MOST; i++) {
        int in = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (in >= 0)
            adopt(l, in);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
                 errno == ENOMEM) {
            pause_taking(l, strerror(errno));
            return;
        }
    }
}

int client_event(struct lws *wsi, enum lws_callback_reasons why, void *user,
                 void *in, size_t len)
{
    struct client *c;

    switch (why) {
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        tls_setup(lws_vhost_user(in), user);
        return 0;
    case LWS_CALLBACK_RAW_RX_FILE:
        client_take(lws_vhost_user(lws_get_vhost(wsi)));
        return 0;
    case LWS_CALLBACK_RAW_ADOPT:
        c = lws_get_opaque_user_data(wsi);
        c->wsi = wsi;
        return 0;
    case LWS_CALLBACK_RAW_RX:
        c = lws_get_opaque_user_data(wsi);
        lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0); /* of TLS */
        client_read(c, in, len);
        return 0;
    case LWS_CALLBACK_RAW_WRITEABLE:
        return client_write(lws_get_opaque_user_data(wsi));
    case LWS_CALLBACK_WSI_DESTROY:
        c = lws_get_opaque_user_data(wsi);
        if (c)
            client_free(c);
        return 0;
    default:
        return 0;
    }
}
