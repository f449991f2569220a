#include "bot/outbox/poster_int.h"

#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define CLAIM    8
#define LEASE_MS 10000 /* a dead replica's rows wait no longer */
#define RENEW_MS 3000
#define IDLE_MS  1000

/* ---- what is held ----------------------------------------------------------------- */

static void hold(struct poster *p, struct outbox_row *row)
{
    struct work *w = xcalloc(1, sizeof *w);

    w->poster = p;
    w->row = *row;
    w->older = p->held;
    if (p->held)
        p->held->newer = w;
    p->held = w;
    work_begin(p, w);
}

void work_over(struct poster *p, struct work *w)
{
    if (p->held == w)
        p->held = w->older;
    else
        w->newer->older = w->older;
    if (w->older)
        w->older->newer = w->newer;
    outbox_row_dispose(&w->row);
    free(w->error);
    free(w->body);
    free(w->refusal);
    free(w->cursor);
    free(w);
}

/* "{5,3}" */
static char *held_ids(const struct poster *p)
{
    struct buf b = { 0 };

    buf_char(&b, '{');
    for (const struct work *w = p->held; w; w = w->older)
        buf_fmt(&b, "%s%lld", b.len > 1 ? "," : "", (long long)w->row.id);
    buf_char(&b, '}');
    return buf_take(&b);
}

/* False: our leases may have run out, and our own rows look like a dead
 * replica's. */
static bool renew(struct poster *p)
{
    struct err err = { 0 };
    int64_t now = clock_mono_ms();
    char *held;
    bool ok;

    if (!p->held || now - p->renewed < RENEW_MS)
        return true;
    held = held_ids(p);
    ok = outbox_renew(p->db, p->needs.replica, held, LEASE_MS, &err);
    if (ok)
        p->renewed = now;
    else
        log_debug("outbox", NULL, "%s", err.text);
    free(held);
    return ok;
}

/* ---- the thread ------------------------------------------------------------------- */

static void claim(struct poster *p)
{
    struct outbox_row *rows = NULL;
    struct err err = { 0 };
    size_t n = 0;

    if (!store_up(p->needs.postgres))
        return;
    if (!outbox_claim(p->db, p->needs.replica, CLAIM, LEASE_MS, &rows, &n,
                      &err)) {
        log_debug("outbox", NULL, "%s", err.text);
        return;
    }
    if (n && !p->held)
        p->renewed = clock_mono_ms();
    for (size_t i = 0; i < n; i++)
        hold(p, &rows[i]);
    free(rows);
    if (n)
        atomic_store(&p->kicked, true); /* other channels */
}

static void record_rest(struct poster *p)
{
    struct work *w = p->unrecorded, *next;

    if (!store_up(p->needs.postgres))
        return;
    p->unrecorded = NULL;
    for (; w; w = next) {
        next = (struct work *)w->node.next;
        w->node.next = NULL;
        work_settle(p, w);
    }
}

/* False: there was none. */
static bool settle_reports(struct poster *p, int patience)
{
    struct node *nodes = queue_take(p->reports, CLAIM, patience), *next;
    bool any = nodes != NULL;

    for (; nodes; nodes = next) {
        next = nodes->next;
        nodes->next = NULL;
        work_settle(p, (struct work *)nodes);
    }
    return any;
}

static void *poster_main(void *arg)
{
    struct poster *p = arg;

    pthread_setname_np(pthread_self(), "outbox");
    while (!atomic_load(&p->stop)) {
        int patience = atomic_exchange(&p->kicked, false) ? 0 : IDLE_MS;

        atomic_store(&p->turned, clock_mono_ms());
        if (renew(p)) {
            record_rest(p);
            claim(p);
        }
        if (settle_reports(p, patience))
            atomic_store(&p->kicked, true);
    }
    return NULL;
}

struct poster *poster_start(const struct poster_needs *needs, struct err *err)
{
    struct poster *p = xcalloc(1, sizeof *p);

    p->needs = *needs;
    p->began = clock_wall_ms();
    p->reports = queue_new(1024, 16 << 20);
    p->db = db_new(config_now(needs->config)->database_url, needs->postgres);
    atomic_store(&p->turned, clock_mono_ms());
    if (pthread_create(&p->thread, NULL, poster_main, p) == 0)
        return p;
    err_set(err, ERR_SYSTEM, "The outbox thread could not be started.");
    db_free(p->db);
    queue_free(p->reports);
    free(p);
    return NULL;
}

void poster_kick(void *poster)
{
    struct poster *p = poster;

    atomic_store(&p->kicked, true);
    queue_kick(p->reports);
}

int64_t poster_turned_ms(struct poster *p)
{
    return clock_mono_ms() - atomic_load(&p->turned);
}

void poster_stop(struct poster *p)
{
    if (!p)
        return;
    atomic_store(&p->stop, true);
    queue_kick(p->reports);
    pthread_join(p->thread, NULL);
}

/* What the sender said last is written down, and the rest given up at once:
 * nobody has to wait for our leases to run out. */
static void settle_last(struct poster *p)
{
    struct err err = { 0 };

    p->ended = true;
    while (settle_reports(p, 0))
        ;
    if (store_up(p->needs.postgres) &&
        !outbox_release(p->db, p->needs.replica, &err))
        log_debug("outbox", NULL, "%s", err.text);
}

void poster_free(struct poster *p)
{
    if (!p)
        return;
    queue_close(p->reports);
    settle_last(p);
    while (p->held)
        work_over(p, p->held);
    queue_free(p->reports);
    db_free(p->db);
    free(p);
}
