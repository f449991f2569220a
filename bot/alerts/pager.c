#include "bot/alerts/pager.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "bot/alerts/pager_wire.h"
#include "core/alert/road.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/news.h"

#define TURN_MS  200  /* from a page's commit to its claim, at most */
#define LOOK_MS  1000 /* between two looks for alerts that need a road */
#define STATE_MS 5000
#define GRACE_MS 2000                /* for what is under way at the end */
#define SLOTS    (2 * PAGER_AT_ONCE) /* of each kind half */

/* One that we have claimed. Where call is NULL its try is over. */
struct sending {
    struct page_row row;
    struct direct *direct; /* its row is a copy's; NULL: a row of Postgres */
    struct pager_call *call;
    struct pager_verdict verdict;
    char *why;
    bool used;
};

/* One that is in memory alone. */
struct direct {
    struct direct *next;
    struct page_row row; /* id 0 */
    int64_t began, due;  /* mono ms */
};

struct pager {
    struct pager_needs needs;
    pthread_mutex_t lock; /* of directs */
    struct direct *directs;
    pthread_t thread;
    struct pager_wire *wire;
    struct db *db;
    struct sending sendings[SLOTS];
    int64_t look_due, state_due; /* mono ms */
    struct news look_news, end_news;
    atomic_bool stop;
    _Atomic int64_t turned, waiting, oldest;
    _Atomic uint64_t sent, failed, later;
};

/* ---- the end of a try -------------------------------------------------------------- */

static void sending_over(struct sending *s)
{
    pager_call_free(s->call);
    page_row_dispose(&s->row);
    free(s->why);
    *s = (struct sending){ 0 };
}

static void log_end(const struct sending *s)
{
    struct log_ctx ctx = { .op = s->row.key };

    if (s->verdict.end == PAGER_TAKEN)
        log_info("pager", &ctx, "%s took it, %lld ms after it was written",
                 s->row.target, (long long)s->row.age_ms);
    else if (s->verdict.end == PAGER_LATER)
        log_warn("pager", &ctx, "%s did not take it (%s): again in %lld s",
                 s->row.target, s->why,
                 (long long)(s->verdict.delay_ms + 999) / 1000);
    else
        log_error("pager", &ctx, "%s will not take it: %s", s->row.target,
                  s->why);
}

static bool write_end(struct pager *p, const struct sending *s, struct err *err)
{
    switch (s->verdict.end) {
    case PAGER_TAKEN:
        return page_sent(p->db, &s->row, err);
    case PAGER_LATER:
        return page_retry(p->db, &s->row, s->why, s->verdict.delay_ms,
                          s->verdict.unclear, err);
    case PAGER_NEVER:
        break;
    }
    return page_failed(p->db, &s->row, s->why, err);
}

/* ---- in memory alone ----------------------------------------------------------------- */

static void direct_free(struct direct *d)
{
    page_row_dispose(&d->row);
    free(d);
}

static void direct_put(struct pager *p, struct direct *d)
{
    pthread_mutex_lock(&p->lock);
    d->next = p->directs;
    p->directs = d;
    pthread_mutex_unlock(&p->lock);
}

static struct direct *direct_next(struct pager *p)
{
    int64_t now = clock_mono_ms();
    struct direct **at = &p->directs, *d;

    pthread_mutex_lock(&p->lock);
    while (*at && (*at)->due > now)
        at = &(*at)->next;
    d = *at;
    if (d)
        *at = d->next;
    pthread_mutex_unlock(&p->lock);
    return d;
}

void pager_direct(struct pager *p, const char *key, const char *target,
                  const char *subject, const char *body)
{
    struct direct *d = xcalloc(1, sizeof *d);

    d->row = (struct page_row){ .key = xstrdup(key),
                                .target = xstrdup(target),
                                .subject = xstrdup(subject),
                                .body = xstrdup(body) };
    d->began = d->due = clock_mono_ms();
    direct_put(p, d);
    pager_wire_wake(p->wire);
}

static struct page_row row_copy(const struct direct *d)
{
    return (struct page_row){ .key = xstrdup(d->row.key),
                              .target = xstrdup(d->row.target),
                              .subject = xstrdup(d->row.subject),
                              .body = xstrdup(d->row.body),
                              .attempts = d->row.attempts,
                              .unclear = d->row.unclear,
                              .age_ms = clock_mono_ms() - d->began };
}

/* Sent again later, or done with. */
static void direct_end(struct pager *p, struct direct *d,
                       const struct pager_verdict *v)
{
    int64_t now = clock_mono_ms();

    if (v->end == PAGER_LATER && now - d->began < PAGE_GIVE_UP_MS) {
        d->row.unclear = d->row.unclear || v->unclear;
        d->due = now + v->delay_ms;
        direct_put(p, d);
        return;
    }
    direct_free(d);
}

static void count_end(struct pager *p, const struct sending *s)
{
    atomic_fetch_add(s->verdict.end == PAGER_TAKEN   ? &p->sent
                     : s->verdict.end == PAGER_LATER ? &p->later
                                                     : &p->failed,
                     1);
    log_end(s);
}

/* Until Postgres knows, it stays ours, and is not sent again by us. */
static void end(struct pager *p, struct sending *s)
{
    struct err err = { 0 };

    if (s->direct) {
        count_end(p, s);
        direct_end(p, s->direct, &s->verdict);
        sending_over(s);
        return;
    }
    if (!store_up(p->needs.postgres) || !write_end(p, s, &err)) {
        if (err.text[0] && news_is(&p->end_news, err.text))
            log_warn("pager", &(struct log_ctx){ .op = s->row.key }, "%s",
                     err.text);
        return;
    }
    news_over(&p->end_news);
    count_end(p, s);
    sending_over(s);
}

static void ended(struct sending *s, const struct pager_answer *answer,
                  const char *why)
{
    uint32_t random = 0;

    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
        random = (uint32_t)clock_mono_us();
    pager_judge(answer, s->row.attempts, random, &s->verdict);
    free(s->why);
    s->why = xstrdup(why);
    pager_call_free(s->call);
    s->call = NULL;
}

/* ---- the begin ------------------------------------------------------------------------ */

static void begin(struct pager *p, struct sending *s)
{
    const struct config_alerts *cfg = &config_now(p->needs.config)->alerts;
    struct err why = { 0 };

    s->used = true;
    s->call = pager_call_new(p->wire, cfg, &s->row, clock_wall_ms(), s, &why);
    if (s->call)
        return;
    s->verdict = (struct pager_verdict){ .end = PAGER_NEVER };
    s->why = xstrdup(why.text);
}

/* *row is taken; there is room. */
static void hold(struct pager *p, struct page_row *row, struct direct *direct)
{
    struct sending *s = p->sendings;

    while (s->used)
        s++;
    s->row = *row;
    s->direct = direct;
    begin(p, s);
}

/* For rows of Postgres, or for those in memory: rows that are over keep their
 * place until Postgres is back, which the others must not wait for. */
static size_t room(const struct pager *p, bool direct)
{
    size_t n = PAGER_AT_ONCE;

    for (size_t i = 0; i < SLOTS; i++)
        n -= p->sendings[i].used && (p->sendings[i].direct != NULL) == direct;
    return n;
}

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
    size_t n = 0, free_now = room(p, false);

    if (!free_now || !asks(p))
        return;
    if (!page_claim(p->db, p->needs.replica, free_now, PAGER_LEASE_MS, rows, &n,
                    &err)) {
        log_debug("pager", NULL, "%s", err.text);
        return;
    }
    for (size_t i = 0; i < n; i++)
        hold(p, &rows[i], NULL);
}

static void claim_directs(struct pager *p)
{
    struct direct *d;

    while (room(p, true) > 0 && (d = direct_next(p))) {
        struct page_row row;

        d->row.attempts++;
        row = row_copy(d);
        hold(p, &row, d);
    }
}

/* ---- what needs another road ------------------------------------------------------------ */

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

static void move(struct pager *p, int wait_ms)
{
    struct pager_answer answer;
    struct sending *s;
    const char *why;

    pager_wire_turn(p->wire, wait_ms);
    while ((s = pager_wire_next(p->wire, &answer, &why)))
        ended(s, &answer, why);
    for (size_t i = 0; i < SLOTS; i++)
        if (p->sendings[i].used && !p->sendings[i].call)
            end(p, &p->sendings[i]);
}

static bool any_under_way(const struct pager *p)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (p->sendings[i].call)
            return true;
    return false;
}

/* Those that do not end are given up: whoever takes them knows that they may
 * have arrived. */
static void leave(struct pager *p)
{
    int64_t until = clock_mono_ms() + GRACE_MS;
    struct err err = { 0 };

    while (any_under_way(p) && clock_mono_ms() < until)
        move(p, TURN_MS);
    if (store_up(p->needs.postgres) &&
        !page_release(p->db, p->needs.replica, &err))
        log_debug("pager", NULL, "%s", err.text);
    for (size_t i = 0; i < SLOTS; i++) {
        if (p->sendings[i].direct)
            direct_free(p->sendings[i].direct);
        sending_over(&p->sendings[i]);
    }
}

static void directs_free(struct pager *p)
{
    while (p->directs) {
        struct direct *d = p->directs;

        p->directs = d->next;
        log_warn("pager", &(struct log_ctx){ .op = d->row.key },
                 "%s did not get it before the end", d->row.target);
        direct_free(d);
    }
}

static void *pager_main(void *arg)
{
    struct pager *p = arg;

    pthread_setname_np(pthread_self(), "pager");
    while (!atomic_load(&p->stop)) {
        atomic_store(&p->turned, clock_mono_ms());
        look(p);
        claim_directs(p);
        claim(p);
        count(p);
        move(p, TURN_MS);
    }
    leave(p);
    return NULL;
}

struct pager *pager_start(const struct pager_needs *needs, struct err *err)
{
    struct pager *p = xcalloc(1, sizeof *p);

    p->needs = *needs;
    pthread_mutex_init(&p->lock, NULL);
    p->wire = pager_wire_new();
    p->db = db_new(config_now(needs->config)->database_url, needs->postgres);
    atomic_store(&p->turned, clock_mono_ms());
    atomic_store(&p->waiting, -1);
    atomic_store(&p->oldest, -1);
    if (pthread_create(&p->thread, NULL, pager_main, p) == 0)
        return p;
    err_set(err, ERR_SYSTEM, "The pager thread could not be started.");
    pager_wire_free(p->wire);
    db_free(p->db);
    free(p);
    return NULL;
}

void pager_kick(void *pager)
{
    struct pager *p = pager;

    pager_wire_wake(p->wire);
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
    pager_wire_wake(p->wire);
    pthread_join(p->thread, NULL);
    directs_free(p);
    pthread_mutex_destroy(&p->lock);
    pager_wire_free(p->wire);
    db_free(p->db);
    free(p);
}
