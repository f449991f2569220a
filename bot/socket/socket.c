/*
 * socket: the thread itself: turns, ticks, the mailbox, the way down.
 */
#include "bot/socket/socket_int.h"

#include <stdlib.h>

#include "bot/socket/resolve.h"
#include "bot/http/lws_log.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define NEWCOMERS_MS 500 /* stopping: so long new envelopes are still run */

/* Any thread. lws_cancel_service() is the one lws call allowed here, and one
 * wake-up serves all the mail that comes before it is looked at. */
void socket_mail(struct socket *s, struct mail *m, bool wake)
{
    m->next = NULL;
    pthread_mutex_lock(&s->mail_lock);
    *s->mail_last = m;
    s->mail_last = &m->next;
    pthread_mutex_unlock(&s->mail_lock);
    if (wake && !atomic_exchange(&s->mail_flag, true))
        lws_cancel_service(s->lws);
}

static void tell(struct road *road, struct verdict *v)
{
    struct socket *s = (struct socket *)road;
    struct mail *m = xcalloc(1, sizeof *m);

    m->kind = MAIL_VERDICT;
    m->verdict = v;
    socket_mail(s, m, true);
}

static void mail_read(struct socket *s, struct mail *m)
{
    switch (m->kind) {
    case MAIL_VERDICT:
        desk_verdict(&s->desk, m->verdict);
        break;
    case MAIL_ASKED:
        open_asked(s, m);
        break;
    case MAIL_RESOLVED:
        open_resolved(s, m);
        break;
    }
    free(m->text);
    free(m);
}

static void mail_take(struct socket *s)
{
    struct mail *m, *next;

    atomic_store(&s->mail_flag, false);
    pthread_mutex_lock(&s->mail_lock);
    m = s->mail;
    s->mail = NULL;
    s->mail_last = &s->mail;
    pthread_mutex_unlock(&s->mail_lock);
    for (; m; m = next) {
        next = m->next;
        mail_read(s, m);
    }
}

static bool all_free(const struct socket *s)
{
    for (size_t i = 0; i < CONNS; i++) {
        if (s->conns[i].wsi)
            return false;
    }
    return true;
}

/*
 * The way down: run what comes for a moment more, then turn newcomers away
 * with a text, and close when everything in flight has had its last word.
 */
static void stop_tick(struct socket *s, int64_t now)
{
    int64_t left = atomic_load(&s->stop_by) - now;

    if (!s->desk.turning_away &&
        (s->desk.in_flight == 0 || left < NEWCOMERS_MS))
        s->desk.turning_away = true;
    if (s->desk.turning_away && (s->desk.in_flight == 0 || left <= 0)) {
        for (size_t i = 0; i < CONNS; i++)
            conn_close(&s->conns[i]);
        s->finished = all_free(s) || left < -1500;
    }
}

static void tick(lws_sorted_usec_list_t *sul)
{
    struct socket *s = lws_container_of(sul, struct socket, tick);
    int64_t now = clock_mono_ms();

    atomic_store(&s->fact_turned, now);
    for (size_t i = 0; i < CONNS; i++)
        conn_tick(&s->conns[i], now);
    desk_tick(&s->desk, now);
    if (atomic_load(&s->stop_by))
        stop_tick(s, now);
    else
        open_tick(s, now);
    lws_sul_schedule(s->lws, 0, &s->tick, tick, TICK_US);
}

static void *socket_main(void *arg)
{
    struct socket *s = arg;

    pthread_setname_np(pthread_self(), "socket");
    lws_sul_schedule(s->lws, 0, &s->tick, tick, 1);
    while (!s->finished) {
        lws_service(s->lws, 0);
        mail_take(s);
        desk_hand_over(&s->desk);
        for (size_t i = 0; i < CONNS; i++)
            conn_reap(&s->conns[i]);
    }
    lws_sul_cancel(&s->tick);
    return NULL;
}

static struct lws_context *context_new(void)
{
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = socket_protocols,
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .timeout_secs = HELLO_MS / 1000,
        .connect_timeout_secs = HELLO_MS / 1000,
        .fd_limit_per_thread = 32,
        .gid = -1,
        .uid = -1,
    };

    (void)lws_tls_first();
    return lws_create_context(&info);
}

struct socket *socket_new(const struct socket_needs *needs, struct err *err)
{
    struct socket *s = xcalloc(1, sizeof *s);
    struct desk_needs desk = { .config = needs->config,
                               .sender = needs->sender,
                               .intake = needs->intake };

    s->needs = *needs;
    desk_init(&s->desk, "socket", tell, &socket_ways, &desk);
    s->wanted = true;
    s->mail_last = &s->mail;
    pthread_mutex_init(&s->mail_lock, NULL);
    atomic_store(&s->fact_since, clock_wall_ms());
    atomic_store(&s->fact_rtt_us, -1);
    atomic_store(&s->fact_turned, clock_mono_ms());
    for (size_t i = 0; i < CONNS; i++) {
        s->conns[i].s = s;
        s->conns[i].out_last = &s->conns[i].out;
    }
    s->lws = context_new();
    if (s->lws)
        return s;
    err_set(err, ERR_SYSTEM, "libwebsockets could not be started.");
    socket_free(s);
    return NULL;
}

bool socket_run(struct socket *s, struct err *err)
{
    s->running = pthread_create(&s->thread, NULL, socket_main, s) == 0;
    return s->running ||
           err_set(err, ERR_SYSTEM, "The socket thread could not be started.");
}

void socket_facts(struct socket *s, struct socket_facts *out)
{
    int64_t now = clock_mono_ms();
    int64_t up_at = atomic_load(&s->fact_up_at);

    *out = (struct socket_facts){
        .link = (enum link)atomic_load(&s->fact_link),
        .since_wall_ms = atomic_load(&s->fact_since),
        .up_ms = up_at ? now - up_at : -1,
        .round_trip_us = atomic_load(&s->fact_rtt_us),
        .round_trip_age_ms = now - atomic_load(&s->fact_rtt_at),
        .turned_ms = now - atomic_load(&s->fact_turned),
        .envelopes = atomic_load(&s->fact_envelopes),
        .acks = atomic_load(&s->fact_acks),
        .refused = atomic_load(&s->desk.fact_refused),
        .malformed = atomic_load(&s->fact_malformed),
        .reconnects = atomic_load(&s->fact_reconnects),
        .late = atomic_load(&s->desk.fact_late),
        .in_flight = atomic_load(&s->desk.fact_in_flight),
        .token_refused = atomic_load(&s->fact_token_refused),
    };
}

static void free_mail(struct socket *s)
{
    struct mail *next;

    for (struct mail *m = s->mail; m; m = next) {
        next = m->next;
        verdict_free(m->verdict);
        free(m->text);
        free(m);
    }
}

void socket_stop(struct socket *s, int grace_ms)
{
    if (!s || !s->running)
        return;
    atomic_store(&s->stop_by, clock_mono_ms() + grace_ms);
    pthread_join(s->thread, NULL);
    s->running = false;
}

void socket_flush(struct socket *s)
{
    if (s)
        mail_take(s);
}

void socket_free(struct socket *s)
{
    if (!s)
        return;
    if (!resolve_finish(1000))
        return; /* a look-up still points to us; the process is going */
    free_mail(s);
    desk_dispose(&s->desk);
    if (s->lws)
        lws_context_destroy(s->lws);
    for (size_t i = 0; i < CONNS; i++)
        conn_reap(&s->conns[i]);
    free(s->host);
    free(s->path);
    pthread_mutex_destroy(&s->mail_lock);
    free(s);
}
