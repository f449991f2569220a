/*
 * target_stub: a target of halts for tests.
 */
#include "tests/core/ops/target_stub.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

enum { CONNS_MAX = 512, REQUESTS_MAX = 8192 };

struct conn {
    struct target_stub *stub;
    int fd, number;
    SSL *tls; /* NULL: plain */
    pthread_t thread;
};

struct target_stub {
    int fd, port;
    SSL_CTX *tls;
    stub_handler *handler;
    void *arg;
    pthread_t thread;
    int stop[2]; /* a pipe that is closed to end everything */
    pthread_mutex_t lock;
    struct conn conns[CONNS_MAX];
    int conn_count;
    struct stub_request requests[REQUESTS_MAX];
    int request_count;
};

/* ---- certificates ---------------------------------------------------------- */

void stub_make_certificates(const char *dir)
{
    static const char script[] =
        "cd %s && exec >openssl.log 2>&1 && set -e\n"
        "new='openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256"
        " -nodes -days 2'\n"
        "$new -subj /CN=ca -keyout ca.key -out ca.pem\n"
        "$new -subj /CN=other -keyout other.key -out other.pem\n"
        "for name in server client; do\n"
        "  $new -subj /CN=$name -addext subjectAltName=IP:127.0.0.1"
        " -CA ca.pem -CAkey ca.key -keyout $name.key -out $name.pem\n"
        "done\n";
    char *command = xasprintf(script, dir);

    if (system(command) != 0) {
        fprintf(stderr, "no certificates: see %s/openssl.log\n", dir);
        abort();
    }
    free(command);
}

static SSL_CTX *make_tls(const char *dir)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    char *pem = xasprintf("%s/server.pem", dir);
    char *key = xasprintf("%s/server.key", dir);
    char *ca = xasprintf("%s/ca.pem", dir);

    if (SSL_CTX_use_certificate_chain_file(tls, pem) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_load_verify_locations(tls, ca, NULL) != 1)
        abort();
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       NULL);
    free(pem);
    free(key);
    free(ca);
    return tls;
}

/* ---- one connection -------------------------------------------------------- */

static ssize_t conn_read(struct conn *c, char *out, int len)
{
    return c->tls ? SSL_read(c->tls, out, len) : read(c->fd, out, (size_t)len);
}

static bool conn_write(struct conn *c, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = c->tls ? SSL_write(c->tls, data, (int)len)
                           : send(c->fd, data, len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

/* Keeps the request and asks the handler. */
static struct stub_reply handle(struct conn *c, char *head, char *body)
{
    struct target_stub *s = c->stub;
    struct stub_request r = { .head = head,
                              .body = body,
                              .post = strncmp(head, "POST ", 5) == 0,
                              .conn = c->number };
    const char *path = strchr(head, ' ') + 1;
    struct stub_reply reply;
    int number = 0;

    r.path = xstrndup(path, strcspn(path, " "));
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < s->request_count; i++)
        number += strcmp(s->requests[i].path, r.path) == 0;
    if (s->request_count == REQUESTS_MAX)
        abort();
    s->requests[s->request_count++] = r;
    reply = s->handler(s->arg, &r, number);
    pthread_mutex_unlock(&s->lock);
    return reply;
}

static bool answer(struct conn *c, const struct stub_reply *reply)
{
    struct pollfd ended = { .fd = c->stub->stop[0], .events = POLLIN };
    const char *body = reply->body ? reply->body : "{}";
    struct buf out = { 0 };
    bool ok;

    if (reply->delay_ms > 0)
        poll(&ended, 1, reply->delay_ms);
    if (reply->hang_up)
        return false;
    buf_fmt(&out, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n%s",
            reply->status ? reply->status : 200, strlen(body),
            reply->headers ? reply->headers : "", body);
    ok = conn_write(c, out.data, out.len);
    buf_dispose(&out);
    return ok;
}

/* The bytes of the first request in what came; 0: it is not all there. */
static size_t request_end(const struct buf *in, size_t *head)
{
    const char *end = in->data ? strstr(in->data, "\r\n\r\n") : NULL;
    const char *length;

    if (!end)
        return 0;
    *head = (size_t)(end - in->data) + 4;
    length = strcasestr(in->data, "Content-Length:");
    if (!length || length > end)
        return *head;
    return *head + strtoul(length + 15, NULL, 10);
}

static void converse(struct conn *c)
{
    struct buf in = { 0 };
    char chunk[8192];
    bool ok = true;
    ssize_t n;

    while (ok && (n = conn_read(c, chunk, sizeof chunk)) > 0) {
        struct stub_reply reply;
        size_t head, all;

        buf_add(&in, chunk, (size_t)n);
        all = request_end(&in, &head);
        if (all == 0 || in.len < all)
            continue;
        reply = handle(c, xstrndup(in.data, head),
                       xstrndup(in.data + head, all - head));
        ok = answer(c, &reply);
        buf_cut(&in, 0); /* clients here wait for the answer */
    }
    buf_dispose(&in);
}

static void *run_conn(void *arg)
{
    struct conn *c = arg;

    if (!c->tls || SSL_accept(c->tls) == 1)
        converse(c);
    SSL_free(c->tls);
    shutdown(c->fd, SHUT_RDWR);
    return NULL;
}

/* ---- the server ------------------------------------------------------------- */

static void take_conn(struct target_stub *s)
{
    int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
    struct conn *c;

    if (fd < 0)
        return;
    if (s->conn_count == CONNS_MAX)
        abort();
    c = &s->conns[s->conn_count++];
    *c = (struct conn){ .stub = s, .fd = fd, .number = s->conn_count };
    if (s->tls) {
        c->tls = SSL_new(s->tls);
        SSL_set_fd(c->tls, fd);
    }
    if (pthread_create(&c->thread, NULL, run_conn, c))
        abort();
}

static void *run_stub(void *arg)
{
    struct target_stub *s = arg;
    struct pollfd fds[2] = { { .fd = s->fd, .events = POLLIN },
                             { .fd = s->stop[0], .events = POLLIN } };

    while (poll(fds, 2, -1) > 0 && !fds[1].revents)
        take_conn(s);
    return NULL;
}

struct target_stub *target_stub_start(const char *dir, stub_handler *handler,
                                      void *arg)
{
    struct target_stub *s = xcalloc(1, sizeof *s);
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof at;

    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->handler = handler;
    s->arg = arg;
    s->tls = dir ? make_tls(dir) : NULL;
    pthread_mutex_init(&s->lock, NULL);
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (pipe(s->stop) || bind(s->fd, (struct sockaddr *)&at, len) ||
        getsockname(s->fd, (struct sockaddr *)&at, &len) ||
        listen(s->fd, 512) || pthread_create(&s->thread, NULL, run_stub, s))
        abort();
    s->port = ntohs(at.sin_port);
    return s;
}

void target_stub_stop(struct target_stub *s)
{
    close(s->stop[1]);
    pthread_join(s->thread, NULL);
    close(s->fd);
    for (int i = 0; i < s->conn_count; i++)
        shutdown(s->conns[i].fd, SHUT_RDWR);
    for (int i = 0; i < s->conn_count; i++) {
        pthread_join(s->conns[i].thread, NULL);
        close(s->conns[i].fd);
    }
    for (int i = 0; i < s->request_count; i++) {
        free(s->requests[i].path);
        free(s->requests[i].head);
        free(s->requests[i].body);
    }
    SSL_CTX_free(s->tls);
    close(s->stop[0]);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

int target_stub_port(const struct target_stub *s)
{
    return s->port;
}

int target_stub_count(struct target_stub *s, const char *path)
{
    int n = 0;

    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < s->request_count; i++)
        n += strcmp(s->requests[i].path, path) == 0;
    pthread_mutex_unlock(&s->lock);
    return n;
}

const struct stub_request *target_stub_request(struct target_stub *s,
                                               const char *path, int i)
{
    const struct stub_request *found = NULL;

    pthread_mutex_lock(&s->lock);
    for (int k = 0; k < s->request_count && !found; k++)
        if (strcmp(s->requests[k].path, path) == 0 && i-- == 0)
            found = &s->requests[k];
    pthread_mutex_unlock(&s->lock);
    if (!found)
        abort();
    return found;
}
