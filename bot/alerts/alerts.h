/*
 * alerts: the thread that takes alerts: what comes by HTTP, from the stream,
 * from the bot's own watch, from `alert test`; and the alerts' clock.
 *
 *   queue   batches of events: one transaction for up to TAKE_MOST of them
 *   stream  alerts.stream by its group; an entry is confirmed (XACK) once it
 *           is taken; after alerts.attempts failures it goes to alerts.dead
 *   clock   four times a second what is due (take.h: alerts_due, mute_due,
 *           storm_due)
 *
 * While Postgres is away events are held (held.h), and what is critical or high
 * is posted by the sender at once, marked "history unavailable", once for each
 * group and until it is there; when Postgres is back all is taken, and what was
 * posted is found again.
 */
#ifndef BOT_ALERTS_H
#define BOT_ALERTS_H

#include "bot/sender/sender.h"
#include "core/alert/context.h"
#include "core/alert/event.h"
#include "core/config_now.h"
#include "core/ops/journal.h"
#include "core/store/health.h"

struct alerts;
struct pager;

/* All borrowed for life. */
struct alerts_needs {
    const struct config_holder *config;
    const char *replica;
    struct sender *sender;
    struct journal *journal; /* or NULL */
    struct pager *pager;
    struct store_health *redis, *postgres;
    void (*posted)(void *arg); /* the outbox has something to do */
    void *posted_arg;
};

struct alerts *alerts_start(const struct alerts_needs *needs, struct err *err);

/* Where the events of a batch are. */
enum alerts_kept {
    ALERTS_TAKEN,   /* in Postgres */
    ALERTS_HELD,    /* in Redis or the journal */
    ALERTS_REFUSED, /* nowhere: whoever sent them must send again */
    ALERTS_POISON,  /* nowhere: one of them Postgres will never take */
};

/* A batch. events: events_free() it; owned by the thread from submit on. */
struct alerts_batch {
    struct node node;
    struct alert_event *events;
    size_t count;
    /* One that Postgres will never take makes all of it ALERTS_POISON: who
     * sent them finds out which. Otherwise such are buried (held.h), and the
     * rest is taken. */
    bool again;
    size_t known;          /* for done(): so many of them came before */
    struct deploy *deploy; /* in place of events: one that we were told of.
                            * Heap; refused while Postgres is away */
    /* The alerts thread, once; may be NULL. Must not wait. */
    void (*done)(void *arg, enum alerts_kept kept, const char *why);
    void *arg;
};
struct alerts_batch *alerts_batch_new(struct alert_event *events, size_t count);
void alerts_batch_free(struct alerts_batch *b); /* of one not submitted */

/* Any thread. Full is an answer: PUSH_FULL, the batch is still the caller's. */
#define ALERTS_QUEUE       2000 /* batches */
#define ALERTS_QUEUE_BYTES (32 << 20)
MUST_CHECK enum push alerts_submit(struct alerts *a, struct alerts_batch *b);

/* The same, waited for: a worker's. ERR_DB, or whatever the reason is. */
MUST_CHECK bool alerts_raise(struct alerts *a, struct alert_event *events,
                             size_t count, int deadline_ms,
                             enum alerts_kept *kept, struct err *err);

struct alerts_facts {
    int64_t turned_ms;
    uint64_t taken, known, held, refused, dead; /* events, since the start */
    uint64_t old;                /* entries of the stream that were too old */
    size_t waiting;              /* events in the queue */
    int64_t held_now;            /* in Redis and journal; -1: not known */
    int64_t stream_turned_ms;    /* of the thread that reads it */
    int64_t stream_unread_since; /* wall ms: the stream cannot be read; 0 */
    char stream_why[200];
    int64_t groups[ALERT_SEVERITIES], unacked[ALERT_SEVERITIES]; /* -1 */
    int64_t overdue_ms;
};
void alerts_facts(struct alerts *a, struct alerts_facts *out); /* any thread */

void alerts_end(struct alerts *a);  /* begins nothing any more */
void alerts_stop(struct alerts *a); /* joins; the queue is held or refused */
void alerts_free(struct alerts *a);

#endif
