/*
 * halter_int: what the files of the halter share. Nobody else includes this.
 * Everything here belongs to its thread, but for the queue.
 */
#ifndef BOT_HALTER_INT_H
#define BOT_HALTER_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "bot/flow/halter.h"
#include "core/base/news.h"
#include "core/ops/halt_act.h"
#include "core/ops/hook.h"

/* A card that was posted past the outbox, in one channel. */
enum direct_state {
    DIRECT_NONE,    /* nothing was posted */
    DIRECT_JOINING, /* the bot is not a member: conversations.join */
    DIRECT_POSTING, /* under way */
    DIRECT_POSTED,  /* ts is its message */
    DIRECT_EDITING, /* ts is its message; an edit is under way */
    DIRECT_UNCLEAR, /* it may be there: looked for when Postgres is back */
    DIRECT_OVER,    /* Slack does not take it here */
};

struct direct {
    enum direct_state state;
    bool joined;        /* joining was tried */
    char *channel, *ts; /* heap; ts NULL while there is none */
    unsigned shown;     /* the version that people see */
    unsigned sending;   /* the version under way */
    int64_t not_before; /* mono ms */
};

/* One run, while it is ours. */
struct follow {
    struct follow *next;
    struct halt_kept *kept;
    struct halt_run *run;
    bool recorded;         /* Postgres has it and its cards, but for changes */
    bool stale;            /* Redis has said more since it was recorded */
    bool known;            /* Redis has said what came of it */
    struct halt_done done; /* with known, unless it came with the run */
    bool has_done;
    unsigned version; /* counts changes of the run */
    unsigned saved;   /* the version that Postgres has */
    int64_t retry_at; /* mono ms: not before, after a failure */
    struct news news; /* of that */
    struct direct cards[2];
    size_t card_count;
};

/* What comes in by the queue. */
enum incoming_kind { INCOMING_RUN, INCOMING_REPORT };
struct incoming {
    struct node node;
    enum incoming_kind kind;
    struct halter *halter;
    struct halt_kept *kept; /* of a run */
    struct halt_run *run;
    bool recorded;
    char *op;    /* of a report: which run … */
    size_t card; /* … and which of its cards */
    enum post_result result;
    char *error, *body;
};

struct halter {
    struct halter_needs needs;
    pthread_t thread;
    struct queue *queue;
    struct hooks *hooks;
    struct redis *redis;
    struct db *db;
    struct follow *follows;
    int64_t claimed, renewed; /* mono ms */
    atomic_bool stop;
    _Atomic int64_t turned;
    _Atomic size_t running, unrecorded;
};

void incoming_free(struct incoming *in); /* NULL is fine */

/* ---- halter_store.c: what Redis and Postgres know ------------------------------ */

/* Asks Redis what came of the effect, and brings Postgres up to date, as far
 * as they do not know it and are there. */
void stores_tell(struct halter *h, struct follow *f);

/* ---- halter_show.c: cards past the outbox --------------------------------------- */

/* Posts or edits what people do not see yet, at most once a second. */
void direct_show(struct halter *h, struct follow *f);
/* What came of it. */
void direct_report(struct halter *h, struct follow *f,
                   const struct incoming *report);
/* One is under way: what it shows is not known yet. */
bool direct_busy(const struct follow *f);
/* What was posted, for halt_record(); at most two, borrowed. */
size_t direct_shown(const struct follow *f, struct halt_shown shown[2]);

#endif
