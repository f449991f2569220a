/*
 * One request at a time and connection: it is read (http_read), answered
 * (http_answer), and its body written when the connection takes it.
 */
#include "bot/http/http.h"

#include <arpa/inet.h>
#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bot/http/lws_log.h"
#include "bot/http/metrics.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define BODY_MAX    (64 << 10)
#define CONNECTIONS 256
#define PATH_BYTES  256

static const char heartbeat[] = "/heartbeat/";

struct http {
    struct http_sources sources;
    struct lws_context *lws;
    struct lws_vhost *vhost;
    lws_sorted_usec_list_t pulse;
    pthread_t thread;
    atomic_bool stop;
    atomic_llong turned_at; /* mono ms */
    int port;
};

enum http_method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_OTHER };

/* What is known of a connection's present request. lws zeroes it. */
struct exchange {
    enum http_method method;
    char path[PATH_BYTES];
    size_t body_in; /* bytes of the request's body */
    struct buf out; /* the answer, LWS_PRE bytes in front */
    bool answered;  /* lws tells the end of a body of no bytes as well */
    bool close;     /* after the answer */
};

/* ---- what is said --------------------------------------------------------- */

struct page {
    int status;
    const char *type;
};

static void collect(struct http *h, struct health_facts *facts)
{
    *facts = (struct health_facts){ .version = "",
                                    .replica = "",
                                    .socket_state = "unknown" };
    h->sources.facts(h->sources.arg, facts);
    health_thread(facts, "http", clock_mono_ms() - h->turned_at);
}

static bool is_heartbeat(const struct exchange *x)
{
    return strncmp(x->path, heartbeat, sizeof heartbeat - 1) == 0;
}

/* A call that only looks (HEAD) is none. */
static int take_heartbeat(struct http *h, const struct exchange *x)
{
    if (x->method == METHOD_HEAD || x->method == METHOD_OTHER)
        return 405;
    if (!h->sources.heartbeat ||
        !h->sources.heartbeat(h->sources.arg, x->path + sizeof heartbeat - 1))
        return 404;
    return 200;
}

static const char *say(int status)
{
    switch (status) {
    case 200:
        return "ok";
    case 404:
        return "not found";
    case 405:
        return "not with this method";
    default:
        return "the body is too large";
    }
}

static struct page make_page(struct http *h, const struct exchange *x,
                             struct buf *out)
{
    struct page page = { .type = "application/json" };
    struct health_facts facts;

    if (x->body_in > BODY_MAX) {
        page.status = 413;
    } else if (is_heartbeat(x)) {
        page.status = take_heartbeat(h, x);
    } else if (strcmp(x->path, "/health") != 0 &&
               strcmp(x->path, "/ready") != 0 &&
               strcmp(x->path, "/metrics") != 0) {
        page.status = 404;
    } else if (x->method != METHOD_GET && x->method != METHOD_HEAD) {
        page.status = 405;
    } else {
        collect(h, &facts);
        if (strcmp(x->path, "/health") == 0) {
            page.status = health_report(&facts, clock_wall_ms(), out);
        } else if (strcmp(x->path, "/ready") == 0) {
            page.status = health_ready(&facts, out);
        } else {
            page.status = metrics_report(&facts, out);
            page.type = METRICS_TYPE;
        }
        return page;
    }
    page.type = "text/plain; charset=utf-8";
    buf_fmt(out, "%s\n", say(page.status));
    return page;
}

/* ---- one request ---------------------------------------------------------- */

static bool add_header(struct lws *wsi, enum lws_token_indexes name,
                       const char *value, unsigned char **p, unsigned char *end)
{
    return lws_add_http_header_by_token(wsi, name, (const unsigned char *)value,
                                        (int)strlen(value), p, end) == 0;
}

/* Non-zero closes the connection: lws's convention, here and below. */
static int http_answer(struct http *h, struct lws *wsi, struct exchange *x)
{
    unsigned char head[LWS_PRE + 1024], *start = head + LWS_PRE, *p = start;
    unsigned char *end = head + sizeof head - 1;
    static const char pad[LWS_PRE];
    struct page page;
    size_t len;

    if (x->answered)
        return 0;
    x->answered = true;
    buf_cut(&x->out, 0);
    buf_add(&x->out, pad, LWS_PRE);
    page = make_page(h, x, &x->out);
    len = x->out.len - LWS_PRE;
    if (lws_add_http_common_headers(wsi, (unsigned)page.status, page.type, len,
                                    &p, end) ||
        !add_header(wsi, WSI_TOKEN_HTTP_CACHE_CONTROL, "no-store", &p, end) ||
        (page.status == 405 &&
         !add_header(wsi, WSI_TOKEN_HTTP_ALLOW,
                     is_heartbeat(x) ? "GET, POST" : "GET, HEAD", &p, end)) ||
        lws_finalize_write_http_header(wsi, start, &p, end))
        return -1;
    x->close = page.status == 413;
    if (x->method == METHOD_HEAD)
        return lws_http_transaction_completed(wsi) ? -1 : 0;
    lws_callback_on_writable(wsi);
    return 0;
}

static int http_write(struct lws *wsi, struct exchange *x)
{
    size_t len = x->out.len > LWS_PRE ? x->out.len - LWS_PRE : 0;

    if (!len)
        return 0;
    if (lws_write(wsi, (unsigned char *)x->out.data + LWS_PRE, len,
                  LWS_WRITE_HTTP_FINAL) != (int)len)
        return -1;
    buf_cut(&x->out, 0);
    if (x->close)
        return -1;
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static enum http_method method_of(struct lws *wsi)
{
    if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0)
        return METHOD_GET;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0)
        return METHOD_HEAD;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0)
        return METHOD_POST;
    return METHOD_OTHER;
}

static bool has_body(struct lws *wsi)
{
    char length[24] = "";

    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0 &&
        lws_hdr_copy(wsi, length, sizeof length,
                     WSI_TOKEN_HTTP_CONTENT_LENGTH) < 0)
        return true;
    return strtoull(length, NULL, 10) > 0;
}

/* A request's line and headers are here. */
static int http_read(struct http *h, struct lws *wsi, struct exchange *x,
                     const char *path)
{
    x->method = method_of(wsi);
    x->body_in = 0;
    x->answered = false;
    buf_cut(&x->out, 0);
    /* A longer path is none of ours: cut, it is still none. */
    lws_strncpy(x->path, path, sizeof x->path);
    if (x->method != METHOD_GET && x->method != METHOD_HEAD && has_body(wsi))
        return 0; /* answered after its body */
    return http_answer(h, wsi, x);
}

static int http_body(struct http *h, struct lws *wsi, struct exchange *x,
                     size_t len)
{
    bool was_over = x->body_in > BODY_MAX;

    x->body_in += len;
    if (was_over || x->body_in <= BODY_MAX)
        return 0;
    return http_answer(h, wsi, x);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons why, void *user,
                    void *in, size_t len)
{
    struct http *h = lws_context_user(lws_get_context(wsi));
    struct exchange *x = user;

    switch (why) {
    case LWS_CALLBACK_HTTP:
        return http_read(h, wsi, x, in);
    case LWS_CALLBACK_HTTP_BODY:
        return http_body(h, wsi, x, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return x->body_in > BODY_MAX ? 0 : http_answer(h, wsi, x);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return http_write(wsi, x);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return 1; /* no WebSockets here */
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
    case LWS_CALLBACK_CLOSED_HTTP:
        if (x)
            buf_dispose(&x->out);
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {
    { .name = "http",
      .callback = on_event,
      .per_session_data_size = sizeof(struct exchange) },
    { .name = NULL },
};

/* ---- the thread ----------------------------------------------------------- */

/* lws_service() waits until something happens: this does, once a second. */
static void beat(lws_sorted_usec_list_t *sul)
{
    struct http *h = lws_container_of(sul, struct http, pulse);

    lws_sul_schedule(h->lws, 0, sul, beat, LWS_US_PER_SEC);
}

static void *run(void *arg)
{
    struct http *h = arg;

    pthread_setname_np(pthread_self(), "http");
    lws_sul_schedule(h->lws, 0, &h->pulse, beat, LWS_US_PER_SEC);
    while (!atomic_load(&h->stop) && lws_service(h->lws, 0) >= 0) {
        atomic_store(&h->turned_at, clock_mono_ms());
        if (lws_log_refused()) /* or it spins until there is one */
            nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
    }
    lws_sul_cancel(&h->pulse);
    return NULL;
}

/* ---- life ----------------------------------------------------------------- */

/* Where to listen. host: an address; "" for all of both families. */
struct place {
    char host[64];
    bool v6;
    int port;
};

static bool parse_port(const char *text, int *port)
{
    char *end;
    long number = strtol(text, &end, 10);

    *port = (int)number;
    return text[0] >= '0' && text[0] <= '9' && !*end && number <= 65535;
}

/* "[::1]:80" → "::1", 80. Names are none of ours, but for localhost: lws
 * would take them for interfaces. */
static bool parse_listen(const char *listen, struct place *out)
{
    const char *colon = strrchr(listen, ':');
    size_t len = colon ? (size_t)(colon - listen) : 0;
    struct in6_addr address;

    if (!colon || !parse_port(colon + 1, &out->port))
        return false;
    out->v6 = len >= 2 && listen[0] == '[' && listen[len - 1] == ']';
    if (out->v6) {
        listen++;
        len -= 2;
    }
    if (len >= sizeof out->host)
        return false;
    memcpy(out->host, listen, len);
    out->host[len] = '\0';
    if (strcmp(out->host, "localhost") == 0)
        lws_strncpy(out->host, "127.0.0.1", sizeof out->host);
    return (!len && !out->v6) ||
           inet_pton(out->v6 ? AF_INET6 : AF_INET, out->host, &address) == 1;
}

/* With IPv6 allowed lws would listen on every address for "127.0.0.1". */
static bool open_port(struct http *h, const struct place *place)
{
    struct lws_context_creation_info info = { 0 };

    info.port = place->port;
    info.iface = place->host[0] ? place->host : NULL;
    info.protocols = protocols;
    info.user = h;
    info.gid = info.uid = -1; /* as we are */
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    if (place->host[0] && !place->v6)
        info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
    info.fd_limit_per_thread = CONNECTIONS;
    info.keepalive_timeout = 30;
    info.timeout_secs = 10;
    info.server_string = "opsbot";
    h->lws = lws_create_context(&info);
    if (!h->lws)
        return false;
    h->vhost = lws_create_vhost(h->lws, &info);
    if (!h->vhost)
        return false;
    h->port = lws_get_vhost_listen_port(h->vhost);
    return h->port > 0;
}

static void http_free(struct http *h)
{
    if (h->lws)
        lws_context_destroy(h->lws);
    free(h);
}

struct http *http_start(const char *listen, const struct http_sources *sources,
                        struct err *err)
{
    struct http *h = xcalloc(1, sizeof *h);
    struct place place;

    h->sources = *sources;
    atomic_store(&h->turned_at, clock_mono_ms());
    if (!parse_listen(listen, &place)) {
        err_set(err, ERR_CONFIG, "OPSBOT_LISTEN: `%s` is not address:port",
                listen);
        goto fail;
    }
    if (!open_port(h, &place)) {
        err_set(err, ERR_CONFIG, "OPSBOT_LISTEN: cannot listen on %s", listen);
        goto fail;
    }
    if (pthread_create(&h->thread, NULL, run, h)) {
        err_set(err, ERR_SYSTEM, "no thread for HTTP");
        goto fail;
    }
    log_info("http", NULL, "listening on %s (port %d)", listen, h->port);
    return h;
fail:
    http_free(h);
    return NULL;
}

int http_port(const struct http *h)
{
    return h->port;
}

void http_stop(struct http *h)
{
    if (!h)
        return;
    atomic_store(&h->stop, true);
    lws_cancel_service(h->lws);
    pthread_join(h->thread, NULL);
    http_free(h);
}
