/*
 * alerts_int: the alerts thread from the inside, for the files of bot/alerts.
 * Nobody else includes this.
 *
 *   alerts.c         the queue, the thread, its clock, its life
 *   alerts_clock.c   when that clock may go
 *   alerts_keep.c    where events go: Postgres, or held
 *   alerts_outage.c  what is posted while Postgres is away
 *   alerts_fall.c    … and where it goes when Slack is away, too
 *   alerts_stream.c  the reader of alerts.stream: a thread of its own, which
 *                    gives the alerts thread a batch and waits for its fate
 *   alerts_entry.c   the entries it reads, and what becomes of bad ones
 */
#ifndef BOT_ALERTS_INT_H
#define BOT_ALERTS_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "bot/alerts/alerts.h"
#include "core/alert/fell.h"
#include "core/alert/held.h"
#include "core/base/news.h"

struct fall;
struct outage;
struct stream_reader;

struct alerts {
    struct alerts_needs needs;
    struct queue *queue;
    pthread_t thread;
    bool joined;
    _Atomic bool ending; /* nothing is begun any more */
    struct stream_reader *reader;

    /* the alerts thread's own */
    struct redis *redis;
    struct db *db;
    struct outage *outage;
    bool in_redis;         /* something may be held there */
    bool in_journal;       /* something of ours may be there */
    int64_t journal_since; /* mono ms: it waits, with Postgres up */
    int64_t tick_at, drain_at, count_at; /* mono ms: next */
    bool clock_goes;      /* nothing waits that it has to know of, … */
    uint64_t clock_falls; /* … of outages of Postgres up to this one */
    int64_t clock_since;  /* mono ms: it waits */
    uint64_t fell_falls;  /* what went by the fallback is recorded, of outages
                           * up to this one, from 1; 0: of none yet */
    int64_t falls_at;     /* mono ms: next look at others' fallbacks */
    struct news clock_news, take_news, held_news, drain_news;

    _Atomic int64_t turned; /* mono ms */
    _Atomic uint64_t taken, known, held, refused, dead;
    _Atomic size_t waiting; /* events */
    _Atomic int64_t held_now, overdue;
    _Atomic int64_t groups[ALERT_SEVERITIES], unacked[ALERT_SEVERITIES];
};

/* ---- alerts.c (any other thread) --------------------------------------------- */

/* Takes the batch and waits for its fate. False: it is not kept, err says why;
 * *kept: ALERTS_REFUSED too when it has none in time. */
bool alerts_wait(struct alerts *a, struct alerts_batch *b, int deadline_ms,
                 enum alerts_kept *kept, struct err *err);

/* ---- alerts_clock.c (the alerts thread) ------------------------------------- */

/* Postgres is up: has all that waited for it been recorded, or waited long
 * enough? now: mono ms. */
bool alerts_may_tick(struct alerts *a, int64_t now);

/* ---- alerts_keep.c (the alerts thread) -------------------------------------- */

struct alert_world alerts_world(struct alerts *a);
/* Sees to it that events are somewhere. whole: an event that Postgres will
 * never take makes it ALERTS_POISON, and nothing was done; otherwise such are
 * buried. err says why it is not ALERTS_TAKEN. count: at most TAKE_MOST.
 * *known: how many came before. */
enum alerts_kept alerts_keep(struct alerts *a, struct alert_event *events,
                             size_t count, bool whole, size_t *known,
                             struct err *err);
/* Some of what is held, once Postgres is back. */
void alerts_drain(struct alerts *a);

/* ---- alerts_outage.c --------------------------------------------------------- */

struct outage *outage_new(struct sender *sender, const char *replica);
void outage_free(struct outage *o); /* after the sender; NULL is fine */

/* These were taken: what comes of them again while Postgres is away is no
 * news. */
void outage_known(struct outage *o, const struct alert_event *events,
                  size_t count);
/* How many of them were, as far as that is kept in mind. */
size_t outage_seen(const struct outage *o, const struct alert_event *events,
                   size_t count);
/* Both say in an event which cards were posted for it (event.h: shown).
 * They are to be held: which of their groups are to be posted. True: some of
 * these are, or were in this outage. */
bool outage_plan(struct outage *o, const struct config *cfg,
                 struct alert_event *events, size_t count);
/* Was a group of these posted in this outage, or in the one that has just been
 * over? */
bool outage_posted(struct outage *o, const struct config *cfg,
                   struct alert_event *events, size_t count);
/* Posts what was planned, while the events of outage_plan() are there. store:
 * keeps replicas from posting the same, and a crash from losing the
 * fallback. */
void outage_post(struct outage *o, const struct fell_store *store);
/* Posts on their way to Slack. */
size_t outage_flying(const struct outage *o);
/* It is over, and all that was held is taken. */
void outage_over(struct outage *o);

/* The fallback of what was posted. now: mono ms. */
void outage_look(struct outage *o, struct alerts *a, int64_t now);
/* Some of it is being sent: what came of it is not recorded yet. */
bool outage_falling(const struct outage *o);
/* What a run before this one left in the journal. */
void outage_of_before(struct outage *o, struct alerts *a);

/* ---- alerts_fall.c ------------------------------------------------------------ */

/* A critical that is to be posted without Postgres; the list's. It is kept
 * before it is posted. g and store are borrowed. */
struct fall *fall_new(struct fall **list, const struct alert_group *g,
                      const struct fell_store *store);
void fall_flies(struct fall *f); /* a post of it is begun … */
/* … and over. The sender's thread. */
void fall_arrived(struct fall *f, bool arrived);
/* Those that Slack has not taken for alerts.fallback.after go another way,
 * those of others who are gone as well. */
void falls_look(struct alerts *a, struct fall **list, int64_t now);
/* Those that a run before this one left in the journal. */
void falls_of_before(struct alerts *a, struct fall **list);
/* Are some of them being sent? */
bool falls_going(struct fall *list);
void falls_free(struct fall *list);

/* ---- alerts_stream.c ---------------------------------------------------------- */

struct stream_reader *stream_reader_start(struct alerts *a, struct err *err);
/* Takes nothing more; waits for nothing. NULL is fine. */
void stream_reader_end(struct stream_reader *s);
/* Joins, frees. The alerts thread still runs. NULL is fine. */
void stream_reader_stop(struct stream_reader *s);
void stream_reader_facts(struct stream_reader *s, struct alerts_facts *out);

#endif
