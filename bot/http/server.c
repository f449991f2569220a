/*
 * server: the thread itself: turns, ticks, the mailbox, start and stop; and
 * what a request says of itself.
 */
#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bot/http/server_int.h"
#include "bot/http/lws_log.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define WRITE_MS 1000 /* stopping: for what is answered */

/* ---- a request --------------------------------------------------------------- */

struct server *request_server(const struct request *rq)
{
    return rq->client->server;
}

enum method request_method(const struct request *rq)
{
    return rq->head.method;
}

const char *request_path(const struct request *rq)
{
    return rq->head.path;
}

const char *request_query(const struct request *rq)
{
    return rq->head.query;
}

const struct peer *request_peer(const struct request *rq)
{
    return &rq->peer;
}

const char *request_header(const struct request *rq, const char *name,
                           size_t *count)
{
    return head_field(&rq->head, name, count);
}

const char *request_body(const struct request *rq, size_t *len)
{
    *len = rq->body.len;
    return buf_text(&rq->body);
}

uint64_t request_number(const struct request *rq)
{
    return rq->number;
}

int64_t request_received_us(const struct request *rq)
{
    return rq->received_us;
}

struct request *server_request(struct server *s, uint64_t number)
{
    struct client *c = s->clients[number % SLOTS];

    return c && number && c->rq.number == number && !c->rq.answered &&
                   c->phase == PHASE_ASKED
               ? &c->rq
               : NULL;
}

/* ---- the mailbox ------------------------------------------------------------- */

bool server_run(struct server *s, void (*call)(void *arg), void *arg)
{
    struct errand *errand = xmalloc(sizeof *errand);
    bool over, first;

    *errand = (struct errand){ .call = call, .arg = arg };
    pthread_mutex_lock(&s->lock);
    over = s->over;
    first = !s->errands;
    if (!over) {
        *s->errands_last = errand;
        s->errands_last = &errand->next;
    }
    if (!over && first) /* one wake-up serves all that come before it */
        lws_cancel_service(s->lws);
    pthread_mutex_unlock(&s->lock);
    if (over)
        free(errand);
    return !over;
}

/* False: there were none. */
static bool run_errands(struct server *s, bool last)
{
    struct errand *errand, *next;
    bool any;

    pthread_mutex_lock(&s->lock);
    errand = s->errands;
    s->errands = NULL;
    s->errands_last = &s->errands;
    s->over = s->over || last;
    pthread_mutex_unlock(&s->lock);
    any = errand != NULL;
    for (; errand; errand = next) {
        next = errand->next;
        errand->call(errand->arg);
        free(errand);
    }
    return any;
}

/* ---- the thread -------------------------------------------------------------- */

static void go_on_taking(struct server *s, int64_t now)
{
    for (size_t i = 0; i < s->count; i++) {
        struct listening *l = &s->listening[i];

        if (!l->paused || now < l->paused)
            continue;
        l->paused = 0;
        lws_rx_flow_control(l->wsi, 1);
    }
}

static void tick(lws_sorted_usec_list_t *sul)
{
    struct server *s = lws_container_of(sul, struct server, tick);
    int64_t now = clock_mono_ms();

    for (size_t i = 0; i < SLOTS; i++) {
        if (s->clients[i])
            client_tick(s->clients[i], now);
    }
    go_on_taking(s, now);
    lws_sul_schedule(s->lws, 0, &s->tick, tick, TICK_US);
}

static bool all_quiet(const struct server *s)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (s->clients[i] && !client_quiet(s->clients[i]))
            return false;
    }
    return true;
}

/* What was asked for before the stop may still answer somebody. */
static bool finished(struct server *s, int64_t now)
{
    int64_t stop_by = atomic_load(&s->stop_by);

    return stop_by &&
           (now >= stop_by || (!run_errands(s, false) && all_quiet(s)));
}

/* Nothing is written any more: no request is there for the last errands. */
static void run_last(struct server *s)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (s->clients[i])
            s->clients[i]->phase = PHASE_GONE;
    }
    (void)run_errands(s, true);
}

static void *run(void *arg)
{
    struct server *s = arg;
    int64_t now = clock_mono_ms();

    pthread_setname_np(pthread_self(), "http");
    lws_sul_schedule(s->lws, 0, &s->tick, tick, 1);
    while (!finished(s, now)) {
        if (lws_service(s->lws, 0) < 0) { /* poll() was refused: not for ever */
            nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
            now = clock_mono_ms();
            continue;
        }
        now = clock_mono_ms();
        atomic_store(&s->turned, now);
        (void)run_errands(s, false);
        for (size_t i = 0; i < s->count; i++) {
            if (s->listening[i].is.tick)
                s->listening[i].is.tick(s->listening[i].is.arg, now);
        }
    }
    lws_sul_cancel(&s->tick);
    run_last(s); /* nobody waits for a server that is no more */
    return NULL;
}

/* ---- start ------------------------------------------------------------------- */

static const struct lws_protocols protocols[] = {
    { .name = "http", .callback = client_event },
    { .name = NULL },
};

static bool context_new(struct server *s, struct err *err)
{
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .fd_limit_per_thread = SLOTS + SERVER_LISTENERS + 8,
        .pt_serv_buf_size = 16384,
        .timeout_secs = 10,
        .gid = -1, /* as we are */
        .uid = -1,
    };

    for (size_t i = 0; i < s->count; i++) {
        if (s->listening[i].is.cert && lws_tls_first())
            info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    }
    s->lws = lws_create_context(&info);
    return s->lws || err_set(err, ERR_SYSTEM,
                             "libwebsockets could not be started for HTTP.");
}

static bool make_vhost(struct listening *l, struct err *err)
{
    char name[32];
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .vhost_name = name,
        .user = l,
    };

    snprintf(name, sizeof name, "listener-%d", (int)(l - l->server->listening));
    if (l->is.cert)
        info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                       LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;
    l->vhost = lws_create_vhost(l->server->lws, &info);
    if (!l->vhost)
        return err_set(err, ERR_SYSTEM, "%s: libwebsockets refuses it",
                       l->is.setting);
    if (!l->is.cert)
        return true;
    if (!l->secure) {
        *err = l->tls;
        return false;
    }
    tls_finish(l);
    return true;
}

static bool start_listening(struct listening *l, struct err *err)
{
    lws_sock_file_fd_type fd;

    if (!listen_open(l, err) || !make_vhost(l, err))
        return false;
    fd.filefd = l->fd;
    l->wsi = lws_adopt_descriptor_vhost(l->vhost, LWS_ADOPT_RAW_FILE_DESC, fd,
                                        "http", NULL);
    if (!l->wsi)
        return err_set(err, ERR_SYSTEM, "%s: libwebsockets does not take it",
                       l->is.setting);
    l->fd = -1;
    if (l->port)
        log_info("http", NULL, "listening on %s (port %d)", l->is.listen,
                 l->port);
    else
        log_info("http", NULL, "listening on %s", l->is.listen);
    return true;
}

static bool start_all(struct server *s, struct err *err)
{
    if (!context_new(s, err))
        return false;
    for (size_t i = 0; i < s->count; i++) {
        if (!start_listening(&s->listening[i], err))
            return false;
    }
    s->running = pthread_create(&s->thread, NULL, run, s) == 0;
    return s->running || err_set(err, ERR_SYSTEM, "no thread for HTTP");
}

struct server *server_start(const struct listener *listeners, size_t count,
                            struct err *err)
{
    struct server *s = xcalloc(1, sizeof *s);

    pthread_mutex_init(&s->lock, NULL);
    s->errands_last = &s->errands;
    s->count = count < SERVER_LISTENERS ? count : SERVER_LISTENERS;
    for (size_t i = 0; i < s->count; i++)
        s->listening[i] =
            (struct listening){ .server = s, .is = listeners[i], .fd = -1 };
    atomic_store(&s->turned, clock_mono_ms());
    if (start_all(s, err))
        return s;
    server_free(s);
    return NULL;
}

int server_port(const struct server *s, size_t listener)
{
    return s->listening[listener].port;
}

int64_t server_turned_ms(const struct server *s)
{
    return clock_mono_ms() - atomic_load(&s->turned);
}

void server_facts(const struct server *s, struct server_facts *out)
{
    *out = (struct server_facts){
        .requests = atomic_load(&s->fact_requests),
        .refused = atomic_load(&s->fact_refused),
        .connections = atomic_load(&s->fact_connections),
    };
    for (size_t i = 0; i < sizeof out->statuses / sizeof *out->statuses; i++)
        out->statuses[i] = atomic_load(&s->fact_statuses[i]);
}

/* ---- stop -------------------------------------------------------------------- */

static void turned(void *arg)
{
    sem_post(arg);
}

/* Once its thread has come round, no handler runs that did not see it. */
void server_end(struct server *s)
{
    sem_t round;

    if (!s || atomic_exchange(&s->ended, true) || !s->running)
        return;
    sem_init(&round, 0, 0);
    if (server_run(s, turned, &round)) {
        while (sem_wait(&round) && errno == EINTR)
            ;
    }
    sem_destroy(&round);
}

void server_stop(struct server *s)
{
    if (!s || s->stopped)
        return;
    s->stopped = true;
    server_end(s);
    if (s->running) {
        atomic_store(&s->stop_by, clock_mono_ms() + WRITE_MS);
        lws_cancel_service(s->lws);
        pthread_join(s->thread, NULL);
    }
    for (size_t i = 0; i < s->count; i++)
        listen_close(&s->listening[i]);
}

void server_free(struct server *s)
{
    if (!s)
        return;
    server_stop(s);
    if (s->lws)
        lws_context_destroy(s->lws);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
