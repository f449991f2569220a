/*
 * pager_int: the pager from the inside, for the files of bot/alerts/pager.
 * Nobody else includes this.
 */
#ifndef BOT_PAGER_INT_H
#define BOT_PAGER_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "bot/alerts/pager.h"
#include "bot/alerts/pager_wire.h"
#include "core/base/news.h"
#include "core/net/web_flight.h"

#define PAGER_SLOTS (2 * PAGER_AT_ONCE) /* of each kind half */

/* One that is in memory alone (pager_direct()). */
struct direct {
    struct direct *next;
    struct page_row row; /* id 0 */
    pager_ended *ended;  /* may be NULL */
    void *arg;
    int64_t began, due; /* mono ms */
};

/* One that we have claimed. Where call is NULL its try is over. */
struct sending {
    struct page_row row;
    struct direct *direct; /* its row is a copy's; NULL: a row of Postgres */
    struct pager_call *call;
    struct pager_verdict verdict;
    char *why;
    bool used;
};

struct pager {
    struct pager_needs needs;
    pthread_mutex_t lock; /* of directs */
    struct direct *directs;
    pthread_t thread;
    struct web_deck *deck;
    struct db *db;
    struct sending sendings[PAGER_SLOTS];
    int64_t look_due, state_due; /* mono ms */
    struct news look_news, end_news;
    atomic_bool stop;
    _Atomic int64_t turned, waiting, oldest;
    _Atomic uint64_t sent, failed, later;
};

/* ---- pager_try.c (the pager's thread) ---------------------------------------- */

/* For rows of Postgres, or for those in memory: rows that are over keep their
 * place until Postgres is back, which the others must not wait for. */
size_t pager_room(const struct pager *p, bool direct);
/* Begins to send it. *row is taken; there is room. */
void pager_try(struct pager *p, struct page_row *row, struct direct *direct);
/* What is over is written down. */
void pager_move(struct pager *p, int wait_ms);
bool pager_any_under_way(const struct pager *p);
void pager_let_go(struct pager *p); /* of all that are under way */

/* ---- pager_direct.c ------------------------------------------------------------ */

/* Those that are due begin; the pager's thread. */
void pager_directs_begin(struct pager *p);
/* The end of a try of d, which is taken: sent again later, or done with. */
void pager_direct_over(struct pager *p, struct direct *d,
                       const struct pager_verdict *v);
void pager_direct_free(struct direct *d);
void pager_directs_free(struct pager *p); /* the thread is joined */

#endif
