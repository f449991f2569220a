#include "bot/alerts/pager_int.h"

#include <stdlib.h>

#include "core/alert/road.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define TURN_MS   200  /* from a page's commit to its claim, at most */
#define LOOK_MS   1000 /* between two looks for alerts that need a road */
#define STATE_MS  5000
#define GRACE_MS  2000 /* for what is under way at the end */
#define KEPT_OPEN 32   /* connections */

/* ---- what there is to do ---------------------------------------------------------------- */

/* Without a section `alerts` nobody makes pages: nothing is asked for. */
static bool asks(const struct pager *p)
{
    return config_now(p->needs.config)->alerts.on &&
           store_up(p->needs.postgres);
}

static void claim(struct pager *p)
{
    struct page_row rows[PAGER_AT_ONCE];
    struct err err = { 0 };
    size_t n = 0, free_now = pager_room(p, false);

    if (!free_now || !asks(p))
        return;
    if (!page_claim(p->db, p->needs.replica, free_now, PAGER_LEASE_MS, rows, &n,
                    &err)) {
        log_debug("pager", NULL, "%s", err.text);
        return;
    }
    for (size_t i = 0; i < n; i++)
        pager_try(p, &rows[i], NULL);
}

static void look(struct pager *p)
{
    const struct config *cfg = config_now(p->needs.config);
    int64_t now = clock_mono_ms();
    struct err err = { 0 };
    bool posts = false;
    size_t pages;

    if (now < p->look_due || !asks(p))
        return;
    p->look_due = now + LOOK_MS;
    if (road_look(p->db, cfg, &pages, &posts, &err))
        news_over(&p->look_news);
    else if (news_is(&p->look_news, err.text))
        log_warn("pager", NULL, "%s", err.text);
    if (posts)
        p->needs.posted(p->needs.posted_arg);
}

static void count(struct pager *p)
{
    int64_t now = clock_mono_ms();
    struct page_state state = { -1, -1, 0 };
    struct err err = { 0 };

    if (now < p->state_due)
        return;
    p->state_due = now + STATE_MS;
    if (!store_up(p->needs.postgres) || !page_state(p->db, &state, &err))
        state = (struct page_state){ -1, -1, 0 };
    atomic_store(&p->waiting, state.waiting);
    atomic_store(&p->oldest, state.oldest_ms);
}

/* ---- the thread ----------------------------------------------------------------------------- */

/* Those that do not end are given up: whoever takes them knows that they may
 * have arrived. */
static void leave(struct pager *p)
{
    int64_t until = clock_mono_ms() + GRACE_MS;
    struct err err = { 0 };

    while (pager_any_under_way(p) && clock_mono_ms() < until)
        pager_move(p, TURN_MS);
    if (store_up(p->needs.postgres) &&
        !page_release(p->db, p->needs.replica, &err))
        log_debug("pager", NULL, "%s", err.text);
    pager_let_go(p);
}

static void *pager_main(void *arg)
{
    struct pager *p = arg;

    pthread_setname_np(pthread_self(), "pager");
    while (!atomic_load(&p->stop)) {
        atomic_store(&p->turned, clock_mono_ms());
        look(p);
        pager_directs_begin(p);
        claim(p);
        count(p);
        pager_move(p, TURN_MS);
    }
    leave(p);
    return NULL;
}

struct pager *pager_start(const struct pager_needs *needs, struct err *err)
{
    struct pager *p = xcalloc(1, sizeof *p);

    p->needs = *needs;
    pthread_mutex_init(&p->lock, NULL);
    p->deck = web_deck_new(KEPT_OPEN, 0);
    p->db = db_new(config_now(needs->config)->database_url, needs->postgres);
    atomic_store(&p->turned, clock_mono_ms());
    atomic_store(&p->waiting, -1);
    atomic_store(&p->oldest, -1);
    if (pthread_create(&p->thread, NULL, pager_main, p) == 0)
        return p;
    err_set(err, ERR_SYSTEM, "The pager thread could not be started.");
    web_deck_free(p->deck);
    db_free(p->db);
    free(p);
    return NULL;
}

void pager_kick(void *pager)
{
    struct pager *p = pager;

    web_deck_wake(p->deck);
}

void pager_facts(struct pager *p, struct pager_facts *out)
{
    *out = (struct pager_facts){
        .turned_ms = clock_mono_ms() - atomic_load(&p->turned),
        .sent = atomic_load(&p->sent),
        .failed = atomic_load(&p->failed),
        .later = atomic_load(&p->later),
        .waiting = atomic_load(&p->waiting),
        .oldest_ms = atomic_load(&p->oldest),
    };
}

void pager_stop(struct pager *p)
{
    if (!p)
        return;
    atomic_store(&p->stop, true);
    web_deck_wake(p->deck);
    pthread_join(p->thread, NULL);
    pager_directs_free(p);
    pthread_mutex_destroy(&p->lock);
    web_deck_free(p->deck);
    db_free(p->db);
    free(p);
}
