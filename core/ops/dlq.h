/*
 * dlq: dead-letter queues: list, show, requeue one entry.
 *
 * A DLQ entry carries the original fields plus error, original id, attempts
 * and failed-at under configurable names (struct dlq_fields in config.h).
 */
#ifndef CORE_OPS_DLQ_H
#define CORE_OPS_DLQ_H

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/ops/act.h"
#include "core/ops/streams.h"
#include "core/store/db.h"
#include "core/store/redis.h"

/* ---- list ------------------------------------------------------------------ */

#define DLQ_SAMPLE 1000 /* newest entries read for causes */
#define DLQ_CAUSES 3

struct dlq_cause {
    char *text; /* numbers and ids folded, so that like joins like */
    size_t count;
};

struct dlq_summary {
    char *stream;
    char *dlq;
    int64_t depth;
    int64_t oldest_ms;   /* age of the oldest entry; -1: empty */
    int64_t arrived_10m; /* entries of the last 10 minutes, in the sample */
    size_t sampled;      /* how many of the newest were read */
    struct dlq_cause causes[DLQ_CAUSES]; /* most frequent first */
    size_t cause_count;
};

struct dlq_overview {
    struct dlq_summary *queues; /* deepest first, empty ones last */
    size_t count;
    int64_t total; /* dead letters in all */
    size_t nonempty;
    bool cut; /* discovery met its bound */
};

MUST_CHECK bool dlq_overview(struct redis *r, const struct config *cfg,
                             int64_t now, struct dlq_overview *out,
                             struct err *err);
/* The same of these queues alone. Takes what is in names. */
MUST_CHECK bool dlq_overview_of(struct redis *r, const struct config *cfg,
                                struct stream_names *names, int64_t now,
                                struct dlq_overview *out, struct err *err);
void dlq_overview_dispose(struct dlq_overview *o);

/* ---- show ------------------------------------------------------------------ */

#define DLQ_PAGE    5   /* entries a page */
#define DLQ_PREVIEW 300 /* characters of payload shown */

struct dlq_entry {
    char *id;
    char *original_id; /* "" if the entry has none */
    char *dead_id;     /* in the trash: its id among the dead letters; "" */
    char *error;       /* first line */
    char *preview;     /* "field=value …", secrets masked, cut */
    int64_t age_ms;
    int64_t attempts; /* -1: not known */
};

struct dlq_page {
    char *stream, *dlq; /* dlq: the key shown, "….trash" of the trash */
    bool trash;
    int64_t depth;
    size_t page, pages;                 /* from 1 */
    struct dlq_entry entries[DLQ_PAGE]; /* oldest first */
    size_t count;
};

/* page from 1; past the end: the last one. stream: resolved name. trash: of
 * what was discarded instead. */
MUST_CHECK bool dlq_show(struct redis *r, const struct config *cfg,
                         const struct stream_name *name, bool trash,
                         size_t page, int64_t now, struct dlq_page *out,
                         struct err *err);
void dlq_page_dispose(struct dlq_page *p);

/* ---- requeue one (design §3.3: intent, effect, outcome) --------------------- */

enum requeue_result {
    REQUEUE_DONE,    /* we did it */
    REQUEUE_ALREADY, /* done before: by, at, op and new_id say who and when */
    REQUEUE_GONE,    /* no such entry, and no record of anybody requeuing it */
    REQUEUE_DISCARDED, /* to the trash: by, at, op and new_id as for ALREADY */
};

struct requeue {
    const struct act *act; /* whose operation this is; borrowed, as are */
    const struct stream_name *name; /* these: the entry's queue and its id */
    const char *id;
    enum requeue_result result;
    char *new_id;
    char *by, *by_name; /* REQUEUE_ALREADY, REQUEUE_DISCARDED */
    char *op;           /* the operation that did it */
    int64_t at;         /* wall ms */
};

/* The public card of an effect: heap, JSON of a chat.postMessage without
 * channel; NULL: none. */
typedef char *requeue_card(const struct requeue *done, void *arg);

/*
 * card: called once, for REQUEUE_DONE only, before the outcome is committed;
 * what it returns goes to the outbox in the outcome's transaction, for the
 * act's channel and for channels.ops. Needs Postgres and Redis: ERR_DB /
 * ERR_REDIS with nothing changed, or, where Redis may have done it or the
 * outcome could not be committed, an error that says so: dlq_settle()
 * finishes it.
 */
struct requeue_want {
    const struct act *act;
    const struct stream_name *name;
    const char *id;
    requeue_card *card; /* NULL: no card */
    void *arg;
    const char *response_url; /* the road when the bot cannot post in the
                               * act's channel; NULL: none */
};

MUST_CHECK bool dlq_requeue(struct redis *r, struct db *db,
                            const struct config *cfg,
                            const struct requeue_want *want,
                            struct requeue *out, struct err *err);
void requeue_dispose(struct requeue *r);

/* True when op is recorded: running it again finishes it, or answers with
 * what came of it. */
MUST_CHECK bool dlq_intent_known(struct db *db, const char *op, bool *known,
                                 struct err *err);

/*
 * Finishes up to 100 intents older than min_age_ms that have no outcome (a
 * crash between the steps): runs the batch again, which is idempotent, and
 * commits the outcome with its card. Safe to run anywhere, twice, at once.
 * settled: how many, also on failure. card may be NULL.
 */
MUST_CHECK bool dlq_settle(struct redis *r, struct db *db,
                           const struct config *cfg, int64_t min_age_ms,
                           requeue_card *card, void *arg, size_t *settled,
                           struct err *err);

#endif
