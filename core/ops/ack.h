/*
 * ack: acknowledging what people were told of: somebody has it, and until
 * when (design §5).
 *
 * In Redis: notify:ack:<trace> (no prefix of ours: others read it; JSON by, at,
 * until, and by_name, note, op) exists while somebody has it, and expires with
 * the lease. <prefix>ack:<trace> is ours: when it was last acted on, so that
 * what comes late does not undo what came after it.
 *
 * Carried out as a halt is (halt_act.h): intent, effect, outcome, each in the
 * best place there is. Records go to Postgres, else to <prefix>audit in Redis,
 * else to the journal. While Redis is away the effect waits: as an intent in
 * Postgres, which ack_settle() finishes, or in the journal.
 *
 * No state of its own: it runs on the thread whose connections it is given.
 * Times are wall ms.
 */
#ifndef CORE_OPS_ACK_H
#define CORE_OPS_ACK_H

#include "core/ops/halt_act.h"

#define ACK_KEY   "notify:ack:"
#define ACK_TRACE 200 /* bytes of a trace id */
#define ACK_NOTE  500 /* characters of a note */

enum ack_action { ACK_TAKE, ACK_LEAVE };
/* "ack" and "unack". */
const char *ack_action_name(enum ack_action action);

/* One word of printable bytes. ERR_USER. */
MUST_CHECK bool ack_trace_check(const char *trace, struct err *err);

struct ack_want {
    const struct act *act; /* act->op makes it one effect */
    enum ack_action action;
    const char *trace;
    const char *note;   /* ACK_TAKE; "": none */
    int64_t at;         /* when it was asked */
    unsigned lease_min; /* ACK_TAKE: from `at` on */
};

/* Who has it, or had it. Text heap, never NULL once it was read. */
struct ack {
    char *by, *by_name, *note, *op;
    int64_t at, until; /* 0: not known; without end */
};
void ack_dispose(struct ack *a);

enum ack_result {
    ACK_DONE,       /* by this operation, now or before */
    ACK_ALREADY,    /* take: somebody has it. leave: nobody has */
    ACK_SUPERSEDED, /* somebody acted on it after `at` */
    ACK_EXPIRED,    /* take: its lease was over before Redis was back */
    ACK_REFUSED,    /* a key in Redis holds something else, and always will */
};

struct ack_done {
    enum ack_result result;
    bool held;      /* somebody has it now: who says so; … */
    struct ack who; /* … of an ACK_DONE that left it, whoever had it */
};
void ack_done_dispose(struct ack_done *d);

/* The effect in Redis: one script, which gives the same operation the same
 * result for 7 days. False (ERR_REDIS) when it is away: the write may still
 * land, once; running it again is safe. err says why of an ACK_REFUSED too. */
MUST_CHECK bool ack_apply(struct redis *r, const struct config *cfg,
                          const struct ack_want *want, struct ack_done *out,
                          struct err *err);

/* ---- carried out, with its records ------------------------------------------ */

/* The public card of an operation, as chat.postMessage arguments without
 * channel (heap): what people see is not core's. */
typedef char *ack_message(const struct config *cfg, const struct ack_want *want,
                          const struct ack_done *done);

/* In the transaction that records one which was done: if its trace names an
 * alert, that is acknowledged too, and shows it; *alert false: it names none. */
struct ack_world;
typedef bool ack_of_alert(const struct ack_world *w,
                          const struct ack_want *want,
                          const struct ack_done *done, bool *alert,
                          struct err *err);

/* All borrowed. */
struct ack_world {
    struct redis *redis;
    struct db *db;
    struct journal *journal; /* NULL: there is none */
    const struct config *config;
    ack_message *message;
    ack_of_alert *alert;      /* NULL: there are no alerts */
    bool waits;               /* alerts are held: whether it is of one of them
                               * is known when they are taken, and recorded
                               * then, by ack_settle() */
    const char *response_url; /* where the bot cannot post; or "" */
};

struct ack_report {
    bool before; /* this operation was over before: nothing was
                              * done now; before_at says when */
    int64_t before_at;
    bool applied;         /* Redis has it: done says what it made of it */
    struct ack_done done; /* with applied only */
    bool kept;            /* not applied: it will be, when Redis is back */
    bool waits; /* applied; its alert, or its card, comes when it is settled */
    enum record_place place; /* the worse one of attempt and outcome */
    struct err redis;        /* why Redis, … */
    struct err postgres;     /* … Postgres, … */
    struct err journal;      /* … or the journal did not do its part */
};
void ack_report_dispose(struct ack_report *report);

/* Never fails: what did not work is in the report. */
void ack_carry_out(const struct ack_world *w, const struct ack_want *want,
                   struct ack_report *out);

/* Finishes what was left after its intent: applied unless superseded, recorded,
 * told. Safe to run anywhere, twice, at once. */
MUST_CHECK bool ack_settle(const struct ack_world *w, int64_t min_age_ms,
                           size_t *settled, struct err *err);

/* Are there some that are not finished yet? */
MUST_CHECK bool ack_waits(struct db *db, bool *waits, struct err *err);

/* Of the journal (JOURNAL_ACK): applies one, unless superseded. False: Redis
 * is away, keep it. What is none is logged and let go. */
MUST_CHECK bool ack_apply_late(struct redis *r, const struct config *cfg,
                               const char *json, struct err *err);

/* ---- as it is recorded ------------------------------------------------------- */

/* An operation as Postgres has it, for its card. */
struct ack_story {
    char *op;
    struct json_doc *doc, *detail; /* what the others borrow from */
    char *trace;
    struct act act;
    struct ack_want want;
    struct ack_done done;
    struct ack left; /* who left it after; by NULL: it stands */
};
/* *found false: there is none, or it is not over. */
MUST_CHECK bool ack_story_load(struct db *db, const char *op,
                               struct ack_story *out, bool *found,
                               struct err *err);
void ack_story_dispose(struct ack_story *story);

#endif
