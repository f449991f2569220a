/*
 * own: the alerts that the bot raises by itself: what it watches, and how it
 * is. Whoever looks says what is wrong now; this says what of it is news: what
 * is wrong and was not raised, what was raised and is over.
 *
 * What stands already is asked of Postgres, so that a restart, another leader
 * and a second replica raise nothing again and bring to an end what was raised
 * before them. While that is away, what was said is remembered.
 *
 * A struct own belongs to one thread. Times are wall ms.
 */
#ifndef CORE_ALERT_OWN_H
#define CORE_ALERT_OWN_H

#include "core/alert/event.h"
#include "core/store/db.h"

enum own_kind {
    OWN_CHECK,      /* a health check fails; subject: its id */
    OWN_DLQ_AGE,    /* dead letters that nobody looks after; the stream */
    OWN_DLQ_INFLOW, /* many new ones; the stream */
    OWN_DLQ_CAUSE,  /* one of a cause never seen before; stream and cause */
    OWN_LAG,        /* a stream's entry that nobody confirms; stream, group */
    OWN_OUTBOX,     /* posts wait */
    OWN_ESCALATION, /* one that should have moved */
    OWN_PAGES,      /* one that was given up: nobody was paged; the target */
    OWN_UNREAD,     /* the alerts' stream cannot be read */
    OWN_REDIS,      /* … is away */
    OWN_POSTGRES,   /* … is away */
    OWN_REFUSING,   /* Redis is there and takes nothing */
    OWN_AUDIT,      /* its records wait in Redis */
    OWN_JOURNAL,    /* records wait in a replica's journal; the replica */
    OWN_DEAF,       /* a replica hears nothing of Slack; the replica */
    OWN_WAS_DEAF,   /* … until now: said and over at once */
};
#define OWN_KINDS (OWN_WAS_DEAF + 1)

/* "dlq-age": in fingerprints, metrics and for people. Static. */
const char *own_name(enum own_kind kind);

/* One thing that is wrong. All borrowed. */
struct own_fact {
    enum own_kind kind;
    const char *subject; /* what tells it from others of its kind; "" */
    enum alert_severity severity;
    const char *title, *message;
    const char *runbook;       /* URL, or a file of ours; NULL: none */
    const char *const *labels; /* name, value, …, NULL; NULL: none */
    const char *replica;       /* whose it is alone; NULL: of all of them */
    int64_t at;                /* since when; the same whoever looks */
};

struct own;

/* replica: this one's id; borrowed for life. */
struct own *own_new(const char *replica);
void own_free(struct own *o); /* NULL is fine */

/* ---- what there is -------------------------------------------------------- */

/* It is wrong now. */
void own_holds(struct own *o, const struct own_fact *fact);
/* All of this kind was looked at: what did not hold since own_looked() was
 * called last is over. Of what belongs to one replica only our own. */
void own_looked(struct own *o, enum own_kind kind);
/* Has it been raised, and not come to an end? */
bool own_stands(const struct own *o, enum own_kind kind, const char *subject);
/* … and since when it is wrong: wall ms; 0: it has not. */
int64_t own_since(const struct own *o, enum own_kind kind, const char *subject);

/* What stands by Postgres, for all replicas: a few rows by an index. */
MUST_CHECK bool own_read(struct own *o, struct db *db, struct err *err);
/* Other replicas that something belongs to; each borrowed until the next call
 * of anything here. At most `most`. */
size_t own_replicas(const struct own *o, const char **out, size_t most);
/* This one is no more: what is its own is over. */
void own_gone(struct own *o, const char *replica);

/* ---- what to say ----------------------------------------------------------- */

/* One that is over as soon as it was said. */
void own_once(struct own *o, const struct own_fact *fact);
/* What is news, once; *events heap, events_free() them. How many. */
size_t own_news(struct own *o, const struct config *cfg, int64_t now,
                struct alert_event **events);
/* What own_news() gave last, or lately, is nowhere: it is news again. */
void own_unsaid(struct own *o);

/* How many stand, by kind. */
void own_count(const struct own *o, int64_t out[OWN_KINDS]);

#endif
