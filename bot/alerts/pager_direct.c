/*
 * pager: pages that are in memory alone, because Postgres is away. See pager.h.
 * Those of them that wait are handed over once it is back.
 */
#include <stdlib.h>

#include "bot/alerts/pager_int.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"

void pager_direct_free(struct direct *d)
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

void pager_direct(struct pager *p, const struct pager_page *page)
{
    struct direct *d = xcalloc(1, sizeof *d);

    d->row = (struct page_row){ .key = xstrdup(page->key),
                                .target = xstrdup(page->target),
                                .subject = xstrdup(page->subject),
                                .body = xstrdup(page->body),
                                .unclear = page->unclear };
    d->ended = page->ended;
    d->arg = page->arg;
    d->began = d->due = clock_mono_ms();
    direct_put(p, d);
    web_deck_wake(p->deck);
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

static void over(struct direct *d, enum pager_end end)
{
    if (d->ended)
        d->ended(d->arg, end);
    pager_direct_free(d);
}

void pager_direct_over(struct pager *p, struct direct *d,
                       const struct pager_verdict *v)
{
    int64_t now = clock_mono_ms();

    if (v->end != PAGER_LATER) {
        over(d, v->end);
    } else if (now - d->began >= PAGE_GIVE_UP_MS) {
        over(d, PAGER_NEVER);
    } else {
        d->row.unclear = d->row.unclear || v->unclear;
        d->due = now + v->delay_ms;
        direct_put(p, d);
    }
}

static struct direct *direct_any(struct pager *p)
{
    struct direct *d;

    pthread_mutex_lock(&p->lock);
    d = p->directs;
    if (d)
        p->directs = d->next;
    pthread_mutex_unlock(&p->lock);
    return d;
}

static void hand_over(struct pager *p)
{
    struct direct *d;

    while ((d = direct_any(p)))
        over(d, PAGER_LATER);
}

void pager_directs_begin(struct pager *p)
{
    struct direct *d;

    if (store_up(p->needs.postgres))
        hand_over(p);
    while (pager_room(p, true) > 0 && (d = direct_next(p))) {
        struct page_row row;

        d->row.attempts++;
        row = row_copy(d);
        pager_try(p, &row, d);
    }
}

void pager_directs_free(struct pager *p)
{
    struct direct *d;

    while ((d = direct_any(p))) {
        log_warn("pager", &(struct log_ctx){ .op = d->row.key },
                 "%s did not get it before the end", d->row.target);
        pager_direct_free(d);
    }
}
