/*
 * server_client: a connection, from its first moment to its last; and who is
 * taken in.
 *
 * After a last answer input is thrown away for a moment (PHASE_LEAVE): closing
 * with bytes unread would reset the connection, and the answer with it.
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
#define TAKE_MOST 64    /* connections taken in, at once */

void client_enter(struct client *c, enum phase to)
{
    c->phase = to;
    c->since = clock_mono_ms();
}

static void client_kill(struct client *c)
{
    client_enter(c, PHASE_GONE);
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT,
                    LWS_TO_KILL_ASYNC);
}

bool client_quiet(const struct client *c)
{
    return c->out.len == 0;
}

/* ---- time ------------------------------------------------------------------- */

void client_tick(struct client *c, int64_t now)
{
    int64_t most_ms = c->listening->is.body_ms, body_ms = c->rq.body_ms;
    int64_t head_ms = most_ms < HEAD_MS ? most_ms : HEAD_MS;

    if (!c->wsi || c->phase == PHASE_GONE)
        return;
    if (c->out.len && now - c->sent_at > WRITE_MS)
        client_kill(c);
    else if (c->phase == PHASE_IDLE && now - c->since > IDLE_MS)
        client_kill(c);
    else if (c->phase == PHASE_LEAVE && now - c->since > LEAVE_MS)
        client_kill(c);
    else if (c->phase == PHASE_HEAD && now - c->begun > head_ms)
        client_refuse(c, 408, "the request does not come");
    else if (c->phase == PHASE_BODY && now - c->begun > body_ms &&
             c->rq.answered)
        client_kill(c);
    else if (c->phase == PHASE_BODY && now - c->begun > body_ms)
        client_refuse(c, 408, "the body does not come");
    else if (c->phase == PHASE_ASKED && !c->rq.answered &&
             now - c->since > SERVER_ANSWER_MS)
        client_say(c, 504, "no answer", false);
}

/* ---- life ------------------------------------------------------------------- */

static void client_free(struct client *c)
{
    struct server *s = c->server;

    client_reset(c);
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
    client_reset(c);
    client_enter(c, PHASE_IDLE);
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

static void client_take(struct listening *l)
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
