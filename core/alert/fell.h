/*
 * fell: criticals that neither Slack nor Postgres has taken, and what came of
 * each on the two roads of the fallback (alerts.fallback): a pager, a mail.
 *
 * Kept from when its card is first posted without Postgres, so that whoever
 * dies before, while, or after it sends the fallback leaves it to the next: to
 * another replica, or to itself started again. A road is leased by who sends;
 * its name (fell_name()) is the Idempotency-Key, and what a Message-ID is made
 * of, whoever sends it: what comes twice is one.
 *
 * In Redis: the hash <prefix>alert:fell, of
 *     <op>         the critical, as JSON
 *     <op>:<road>  "begun", "sent" or "failed"
 * and for FELL_LEASE_MS the key <prefix>alert:fell:<op>:<road>, whose value
 * is the replica that sends it. While Redis is away: in the journal
 * (JOURNAL_FELL), for this process alone, until a store is back.
 *
 *   fell.c         kept, leased, ended
 *   fell_record.c  its JSON  (pure)
 *   fell_drain.c   what Postgres is told of it when it is back
 *
 * No state of its own: it runs on the thread whose connections it is given.
 */
#ifndef CORE_ALERT_FELL_H
#define CORE_ALERT_FELL_H

#include "core/alert/group.h"
#include "core/ops/journal.h"
#include "core/store/redis.h"

#define JOURNAL_FELL  "fell"
#define FELL_LEASE_MS 30000
#define FELL_OLD_MS   (6 * 3600000LL) /* then it helps nobody any more */

enum fell_road { FELL_HOOK, FELL_MAIL, FELL_ROADS };
enum fell_state {
    FELL_WAITS,  /* nobody has begun to send it */
    FELL_BEGUN,  /* it may have arrived */
    FELL_SENT,   /* it was taken */
    FELL_FAILED, /* it never will be */
};

struct fell {
    char key[GROUP_KEY]; /* the group's */
    char op[OP_ID];      /* the card's */
    int64_t began;       /* wall ms: since when Slack has not taken it */
    char *subject, *body[FELL_ROADS]; /* heap */
    enum fell_state state[FELL_ROADS];
};
void fell_dispose(struct fell *f);
/* "fallback:<op>:hook". Heap. */
char *fell_name(const struct fell *f, enum fell_road road);

/* Where they are kept. All borrowed. */
struct fell_store {
    struct redis *redis;     /* NULL: away */
    struct journal *journal; /* or NULL */
    const struct config *config;
    const char *replica;
};

/* Where nothing can be kept it says so in the log, and all goes on. */
void fell_keep(const struct fell_store *s, const struct fell *f);
/* Slack has it: there is nothing to fall back for. */
void fell_drop(const struct fell_store *s, const struct fell *f);

/* Begins to send by a road, or goes on: the lease is ours from now on. False:
 * another has it, or it is over: f->state says. What cannot be asked is ours. */
MUST_CHECK bool fell_claim(const struct fell_store *s, struct fell *f,
                           enum fell_road road);
/* It is still being sent. */
void fell_renew(const struct fell_store *s, const struct fell *f,
                enum fell_road road);
/* The end of it; FELL_BEGUN: not by us. */
void fell_end(const struct fell_store *s, struct fell *f, enum fell_road road,
              enum fell_state state);

/* Those that are kept, sorted by op. Heap. */
struct fell_list {
    struct fell *items;
    size_t count;
};
/* NULL: it is not there. */
struct fell *fell_find(const struct fell_list *l, const char *op);
void fell_list_dispose(struct fell_list *l);
/* In Redis; those of long ago are forgotten there. */
MUST_CHECK bool fell_load(const struct fell_store *s, struct fell_list *out,
                          struct err *err);
/* In the journal, which is not touched: after a start without stores. */
void fell_load_journal(struct journal *journal, struct fell_list *out);

/* ---- when a store is back ------------------------------------------------------ */

struct db;

/* What Redis has becomes pages, as road.h would have put them: those that were
 * sent so that none goes twice; those that were begun are sent on from there,
 * by the same name, once their lease is over. *left: those whose alerts
 * Postgres has not been told yet; they stay. Safe to repeat and to race. */
MUST_CHECK bool fell_drain(struct redis *redis, struct db *db,
                           const struct config *cfg, size_t *left,
                           struct err *err);

/* The end of a road that came while Postgres was there: whoever drained it
 * found it begun. */
MUST_CHECK bool fell_told(struct db *db, const struct config *cfg,
                          const struct fell *f, enum fell_road road,
                          struct err *err);

/* One record of the journal: to Postgres, if that is there (not NULL) and has
 * its group; otherwise to Redis (NULL: away). False when neither can be: it
 * waits. */
MUST_CHECK bool fell_of_journal(struct redis *redis, struct db *db,
                                const struct config *cfg, const char *json,
                                struct err *err);

#endif
