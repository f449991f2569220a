/*
 * pager: the thread that sends pages (core/alert/page.h): to pagers and other
 * webhooks, by incoming webhooks of Slack, by mail; and looks for alerts that
 * need such a road (core/alert/road.h).
 *
 * A page is claimed for PAGER_LEASE_MS, sent, its end written down; a replica
 * that dies meanwhile leaves it to another. What may have arrived is sent
 * again: a webhook gets the same Idempotency-Key, a mail the same Message-ID,
 * a message in Slack says "(repeated)". A place that does not take it is tried
 * again, up to a minute apart, until the page is too old; one that refuses it
 * for good is not.
 *
 *   pager.c          the thread: what there is to do; life
 *   pager_try.c      one try: begun, ended, written down
 *   pager_direct.c   pages in memory alone
 *   pager_wire.c     the curl handles
 *   pager_mail.c     a mail as RFC 5322 has it  (pure)
 *   pager_verdict.c  what an answer means       (pure)
 */
#ifndef BOT_PAGER_H
#define BOT_PAGER_H

#include "bot/alerts/pager_verdict.h"
#include "core/config_now.h"
#include "core/store/health.h"

#define PAGER_AT_ONCE  8
#define PAGER_LEASE_MS 30000 /* longer than any one try */

struct pager;

/* All borrowed for life. */
struct pager_needs {
    const struct config_holder *config;
    const char *replica;
    struct store_health *postgres;
    void (*posted)(void *arg); /* the outbox has something to do */
    void *posted_arg;
};

/* libcurl was initialised before (sender_start()). */
struct pager *pager_start(const struct pager_needs *needs, struct err *err);
/* There may be pages now. Any thread; arg is the pager. */
void pager_kick(void *pager);

/* What became of one that is in memory alone. PAGER_LATER: Postgres is back,
 * and whoever it is written down for there sends it on. The pager's thread. */
typedef void pager_ended(void *arg, enum pager_end end);

/* All borrowed for the call. */
struct pager_page {
    const char *key, *target, *subject, *body; /* as page.h has them */
    bool unclear;                              /* it may have arrived before */
    pager_ended *ended; /* once, unless the pager is stopped before; or NULL */
    void *arg;
};

/* One that cannot be written down, for Postgres is away: sent until it is
 * taken, too late, or Postgres is back. Any thread. */
void pager_direct(struct pager *p, const struct pager_page *page);

struct pager_facts {
    int64_t turned_ms;            /* since it last turned */
    uint64_t sent, failed, later; /* since the start */
    int64_t waiting, oldest_ms;   /* in Postgres; -1: not known */
};
void pager_facts(struct pager *p, struct pager_facts *out); /* any thread */

/* What is under way ends, or is given up after a moment, for another to take.
 * Joins, frees. NULL is fine. */
void pager_stop(struct pager *p);

#endif
