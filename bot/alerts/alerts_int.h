/*
 * alerts_int: the alerts thread from the inside, for the files of bot/alerts.
 * Nobody else includes this.
 *
 *   alerts.c         the queue, the thread, its life
 *   alerts_wait.c    a batch that somebody waits for
 *   alerts_take.c    what waits in the queue
 *   alerts_clock.c   what the clock does, and when it may go
 *   alerts_keep.c    where events go: Postgres, or held
 *   alerts_outage.c  what is posted while Postgres is away: which groups
 *   alerts_told.c    … whom their cards mention
 *   alerts_card.c    … what they show, and which replica posts them
 *   alerts_post.c    … until they are in Slack
 *   alerts_fall.c    … and where it goes when Slack is away, too
 *   alerts_stream.c  the reader of alerts.stream: a thread of its own, which
 *                    gives the alerts thread a batch and waits for its fate
 *   alerts_entry.c   the entries it reads, and what becomes of bad ones
 */
#ifndef BOT_ALERTS_INT_H
#define BOT_ALERTS_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "blocks/alert.h"
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
    bool in_redis;                       /* something may be held there */
    bool in_journal;                     /* something of ours may be there */
    int64_t tick_at, drain_at, count_at; /* mono ms: next */
    bool clock_goes;      /* nothing waits that it has to know of, … */
    uint64_t clock_falls; /* … of outages of Postgres up to this one */
    int64_t clock_since;  /* mono ms: it waits */
    uint64_t fell_falls;  /* what went by the fallback is recorded, of outages
                           * up to this one, from 1; 0: of none yet */
    int64_t fell_at;      /* mono ms: it is looked for, not before */
    int64_t falls_at;     /* mono ms: next look at others' fallbacks */
    struct news clock_news, take_news, held_news, drain_news;

    _Atomic int64_t turned; /* mono ms */
    _Atomic uint64_t taken, known, held, refused, dead, old;
    _Atomic size_t waiting; /* events */
    _Atomic int64_t held_now, overdue;
    _Atomic int64_t groups[ALERT_SEVERITIES], unacked[ALERT_SEVERITIES];
};

/* ---- alerts_wait.c (any other thread) ---------------------------------------- */

/* Takes the batch and waits for its fate. False: it is not kept, err says why;
 * *kept: ALERTS_REFUSED too when it has none in time. */
bool alerts_wait(struct alerts *a, struct alerts_batch *b, int deadline_ms,
                 enum alerts_kept *kept, struct err *err);

/* ---- alerts_take.c (the alerts thread) -------------------------------------- */

#define ALERTS_AT_ONCE 256 /* batches */
/* Takes what queue_take() gave, ALERTS_AT_ONCE of them at most. */
void alerts_take_list(struct alerts *a, struct node *list);

/* ---- alerts_clock.c (the alerts thread) ------------------------------------- */

#define ALERTS_TICK_MS 250
/* A turn: what is due. now: mono ms. */
void alerts_tick(struct alerts *a, int64_t now);

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

/* ---- alerts_outage.c (the alerts thread) -------------------------------------- */

struct outage *outage_new(struct sender *sender, const char *replica);
void outage_free(struct outage *o); /* after the sender; NULL is fine */

/* These were taken: what comes of them again while Postgres is away is no
 * news. */
void outage_known(struct outage *o, const struct alert_event *events,
                  size_t count);
/* How many of them were, as far as that is kept in mind. */
size_t outage_seen(const struct outage *o, const struct alert_event *events,
                   size_t count);
/* Postgres is there: who is on call is asked now and then. now: mono ms. */
void outage_ask(struct outage *o, struct db *db, const struct config *cfg,
                int64_t now);
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

/* What did not arrive is tried again, or goes by the fallback. now: mono ms. */
void outage_look(struct outage *o, struct alerts *a, int64_t now);
/* Some of it is being sent: what came of it is not recorded yet. */
bool outage_falling(const struct outage *o);
/* What a run before this one left in the journal. */
void outage_of_before(struct outage *o, struct alerts *a);

/* ---- alerts_told.c (the alerts thread) ---------------------------------------- */

/* Who is on call, as Postgres said it last. */
struct oncalls;
struct oncalls *oncalls_new(void);
void oncalls_free(struct oncalls *o); /* NULL is fine */
/* Asks; what fails leaves what was known. */
void oncalls_look(struct oncalls *o, struct db *db, const struct config *cfg,
                  int64_t wall_ms);

/* Whom a card mentions. ids heap, as a route has them (oncall: resolved). */
#define TOLD_MOST 20
struct told {
    char *ids[TOLD_MOST];
    size_t count;
    enum told_oncall oncall;
    int64_t oncall_at; /* wall ms: TOLD_AS_KNOWN_LAST */
    bool paged;        /* all that the first step of its policy tells */
};
void told_of(struct told *t, const struct config *cfg,
             const struct oncalls *oncalls, const struct route *route,
             enum alert_severity severity, int64_t now);
void told_dispose(struct told *t);

/* ---- alerts_card.c (the alerts thread) ---------------------------------------- */

/* All borrowed. */
struct away_card {
    const char *key, *op; /* of its group */
    const struct alert_event *event;
    const struct route *route;
    const struct told *told;
};
/* chat.postMessage arguments without channel; heap. *group: what it is of; all
 * borrowed but its labels, which the caller disposes of. */
char *card_message(const struct away_card *c, const struct config *cfg,
                   struct alert_group *group);
/* Does another replica post the card of this operation? *maybe_there: one that
 * is gone may have posted it. redis NULL: nobody can say, so no. */
bool card_elsewhere(struct redis *redis, const struct config *cfg,
                    const char *replica, const char *op, bool *maybe_there);

/* ---- alerts_post.c (the alerts thread) ---------------------------------------- */

struct errands;
struct errands *errands_new(struct sender *sender);
void errands_free(struct errands *all); /* after the sender; NULL is fine */

/* A card for a channel. All copied, but fall: it flies until it is over. */
struct errand_new {
    const char *op, *channel, *message;
    enum alert_severity severity;
    struct fall *fall; /* NULL: no critical */
    bool maybe_there;  /* it is looked for first */
};
/* False: there are too many. It is begun by errands_turn(). */
MUST_CHECK bool errands_add(struct errands *all, const struct errand_new *n);
/* Begins what is due, worst first. now: mono ms. */
void errands_turn(struct errands *all, int64_t now);
size_t errands_flying(const struct errands *all);
/* Its alert is over: so many cards of an operation are not posted any more,
 * if none of them is, or may be, in Slack. False: that cannot be said. */
bool errands_withdraw(struct errands *all, const char *op, size_t cards);
/* Postgres is back: what is not on its way now is the outbox's. */
void errands_drop(struct errands *all);

/* ---- alerts_fall.c ------------------------------------------------------------ */

/* Where fallbacks are kept just now. All borrowed. */
struct fell_store fall_store(const struct alerts *a, const struct config *cfg);

/* A critical that is to be posted without Postgres; the list's, once for each
 * operation. It is kept before it is posted. g and store are borrowed. */
struct fall *fall_new(struct fall **list, const struct alert_group *g,
                      const struct fell_store *store);
void fall_flies(struct fall *f); /* a card of it is to be posted … */
/* … and is there, or never will be. */
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
