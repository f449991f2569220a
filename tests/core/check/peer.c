/*
 * peer: the other end of a check.
 */
#include "tests/core/check/peer.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

#define CONNS_MAX 256

struct peer_conn {
    struct peer *peer;
    int fd, number;
    SSL *tls; /* NULL: plain */
    struct buf head;
    pthread_t thread;
};

struct peer {
    struct peer_options options;
    int fd, port;
    SSL_CTX *tls;
    pthread_t thread;
    int stop[2]; /* a pipe that is closed to end everything */
    pthread_mutex_t lock;
    struct peer_conn conns[CONNS_MAX];
    int count;
};

/* ---- for scripts ------------------------------------------------------------ */

int peer_number(const struct peer_conn *c)
{
    return c->number;
}

bool peer_read(struct peer_conn *c, void *out, size_t len)
{
    char *at = out;

    while (len > 0) {
        ssize_t n =
            c->tls ? SSL_read(c->tls, at, (int)len) : read(c->fd, at, len);

        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

const char *peer_head(struct peer_conn *c)
{
    char byte;

    buf_cut(&c->head, 0);
    while (peer_read(c, &byte, 1)) {
        buf_char(&c->head, byte);
        if (c->head.len >= 4 &&
            strcmp(c->head.data + c->head.len - 4, "\r\n\r\n") == 0)
            return c->head.data;
    }
    return NULL;
}

bool peer_send(struct peer_conn *c, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        ssize_t n = c->tls ? SSL_write(c->tls, at, (int)len)
                           : send(c->fd, at, len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

bool peer_say(struct peer_conn *c, const char *text)
{
    return peer_send(c, text, strlen(text));
}

bool peer_wait(struct peer_conn *c, int ms)
{
    struct pollfd ended = { .fd = c->peer->stop[0], .events = POLLIN };

    return poll(&ended, 1, ms) == 0;
}

bool peer_answer(struct peer_conn *c, int status, const char *body)
{
    char *text = xasprintf("HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n%s",
                           status, strlen(body), body);
    bool ok = peer_say(c, text);

    free(text);
    return ok;
}

bool peer_upgrade(struct peer_conn *c, const char *head)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    const char *key = strstr(head, "Sec-WebSocket-Key: ");
    unsigned char hash[20], accept[32];
    char *text;
    bool ok;

    if (!key || !strstr(head, "Sec-WebSocket-Version: 13\r\n"))
        return false;
    key += 19;
    text = xasprintf("%.*s%s", (int)strcspn(key, "\r"), key, guid);
    EVP_Digest(text, strlen(text), hash, NULL, EVP_sha1(), NULL);
    free(text);
    EVP_EncodeBlock(accept, hash, 20);
    text =
        xasprintf("HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\n"
                  "Connection: Upgrade\r\nsec-websocket-accept:%s \r\n\r\n",
                  (char *)accept);
    ok = peer_say(c, text);
    free(text);
    return ok;
}

/* ---- the server --------------------------------------------------------------- */

static void *run_conn(void *arg)
{
    struct peer_conn *c = arg;

    if (!c->tls || SSL_accept(c->tls) == 1)
        c->peer->options.script(c, c->peer->options.arg);
    if (c->tls)
        SSL_shutdown(c->tls);
    SSL_free(c->tls);
    shutdown(c->fd, SHUT_RDWR);
    return NULL;
}

static void take(struct peer *p)
{
    int fd = accept4(p->fd, NULL, NULL, SOCK_CLOEXEC);
    struct peer_conn *c;

    if (fd < 0)
        return;
    pthread_mutex_lock(&p->lock);
    if (p->count == CONNS_MAX)
        abort();
    c = &p->conns[p->count++];
    *c = (struct peer_conn){ .peer = p, .fd = fd, .number = p->count };
    pthread_mutex_unlock(&p->lock);
    if (p->tls) {
        c->tls = SSL_new(p->tls);
        SSL_set_fd(c->tls, fd);
    }
    if (pthread_create(&c->thread, NULL, run_conn, c))
        abort();
}

static void *run_peer(void *arg)
{
    struct peer *p = arg;
    struct pollfd fds[2] = { { .fd = p->fd, .events = POLLIN },
                             { .fd = p->stop[0], .events = POLLIN } };

    if (!p->options.script)
        fds[0].fd = -1;
    while (poll(fds, 2, -1) > 0 && !fds[1].revents)
        take(p);
    return NULL;
}

static SSL_CTX *make_tls(const struct peer_options *o)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

    if (SSL_CTX_use_certificate_chain_file(tls, o->cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, o->key, SSL_FILETYPE_PEM) != 1)
        abort();
    if (!o->client_ca)
        return tls;
    if (SSL_CTX_load_verify_locations(tls, o->client_ca, NULL) != 1)
        abort();
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       NULL);
    return tls;
}

struct peer *peer_start(const struct peer_options *options)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    struct peer *p = xcalloc(1, sizeof *p);
    socklen_t len = sizeof at;

    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->options = *options;
    p->tls = options->cert ? make_tls(options) : NULL;
    pthread_mutex_init(&p->lock, NULL);
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (pipe(p->stop) || bind(p->fd, (struct sockaddr *)&at, len) ||
        getsockname(p->fd, (struct sockaddr *)&at, &len) ||
        listen(p->fd, options->script ? 128 : 0) ||
        pthread_create(&p->thread, NULL, run_peer, p))
        abort();
    p->port = ntohs(at.sin_port);
    return p;
}

void peer_stop(struct peer *p)
{
    if (!p)
        return;
    close(p->stop[1]);
    pthread_join(p->thread, NULL);
    close(p->fd);
    for (int i = 0; i < p->count; i++)
        shutdown(p->conns[i].fd, SHUT_RDWR);
    for (int i = 0; i < p->count; i++) {
        pthread_join(p->conns[i].thread, NULL);
        close(p->conns[i].fd);
        buf_dispose(&p->conns[i].head);
    }
    SSL_CTX_free(p->tls);
    close(p->stop[0]);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

int peer_port(const struct peer *p)
{
    return p->port;
}

int peer_count(struct peer *p)
{
    int n;

    pthread_mutex_lock(&p->lock);
    n = p->count;
    pthread_mutex_unlock(&p->lock);
    return n;
}
