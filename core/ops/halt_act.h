/*
 * halt_act: a halt or unhalt carried out, with its records (design §3.3,
 * §3.6): intent, effect, outcome, each in the best place there is.
 *
 * Records go to Postgres; while it is away to the stream <prefix>audit in
 * Redis; while that is away too, to the journal. A halt is carried out even
 * where none of them takes it (P6), and says so; an unhalt is not.
 *
 * No state of its own: it runs on the thread whose connections it is given.
 */
#ifndef CORE_OPS_HALT_ACT_H
#define CORE_OPS_HALT_ACT_H

#include "core/base/json.h"
#include "core/ops/audit.h"
#include "core/ops/halt.h"
#include "core/ops/journal.h"

/* Renders the card of a run as it is now, as chat.postMessage arguments
 * without channel (heap): what people see is not core's. */
typedef char *halt_message(const struct config *cfg,
                           const struct halt_run *run);

/* All borrowed. */
struct halt_world {
    struct redis *redis;
    struct db *db;
    struct journal *journal; /* NULL: there is none */
    const struct config *config;
    const char *replica; /* takes the lease of runs; NULL: nobody does yet */
    halt_message *message;
};

enum record_place {
    RECORD_POSTGRES,
    RECORD_REDIS,   /* waits there for Postgres */
    RECORD_JOURNAL, /* waits there for both */
    RECORD_NOWHERE,
};

/* Writes row to Redis, or else to the journal. why: of the last place that
 * did not take it. */
enum record_place record_elsewhere(const struct halt_world *w,
                                   const struct audit_row *row,
                                   struct err *why);

/* What came of it. */
struct halt_report {
    bool before;             /* this operation was over before: nothing was
                             * done now; before_at says when */
    int64_t before_at;       /* wall ms */
    bool given_up;           /* before, an unhalt: a crash came between, and
                             * nothing was changed */
    bool applied;            /* Redis has it: done says what it made of it */
    struct halt_done done;   /* with applied only */
    bool journaled;          /* not applied: it will be, from the journal */
    enum record_place place; /* the worse one of attempt and outcome */
    struct err redis;        /* why Redis, … */
    struct err postgres;     /* … Postgres, … */
    struct err journal;      /* … or the journal did not do its part */
    struct halt_run *run;    /* targets to be told; NULL: nothing to tell */
};
void halt_report_dispose(struct halt_report *report);

/*
 * A halt. Never fails: what did not work is in the report. response_url is
 * the road for its card where the bot cannot post.
 */
void halt_carry_out(const struct halt_world *w, const struct halt_want *want,
                    const char *response_url, struct halt_report *out);

/* The first step of an unhalt, in the open transaction: operation and attempt.
 * *added false: the operation is known. */
MUST_CHECK bool halt_intend(struct db *db, const struct halt_want *want,
                            bool *added, struct err *err);
/* The attempt alone, where Postgres is away. */
enum record_place halt_intend_elsewhere(const struct halt_world *w,
                                        const struct halt_want *want,
                                        struct err *why);
/*
 * The other steps of an unhalt whose intent is recorded. False (ERR_REDIS):
 * Redis did not answer, and whether it runs again is not known. Without
 * Postgres the records go elsewhere (--force).
 */
MUST_CHECK bool halt_start_again(const struct halt_world *w,
                                 const struct halt_want *want,
                                 const char *response_url,
                                 struct halt_report *out, struct err *err);

/* What an operation that is over came to, as the report of its second asking.
 * *found false: it is not known, or not over. */
MUST_CHECK bool halt_report_load(struct db *db, const char *op,
                                 struct halt_report *out, bool *found,
                                 struct err *err);

/*
 * Writes all of it to Postgres, in a transaction of its own: operation,
 * attempt and outcome, the run, its cards, and what its end means for other
 * cards. Writing it again is nothing. done NULL: Redis has not said yet; the
 * operation stays open then. With shown, cards that were posted without the
 * outbox are adopted (see outbox_adopt()).
 */
struct halt_shown {
    const char *channel;
    const char *ts; /* of its message; "": its end is not known */
};
MUST_CHECK bool halt_record(const struct halt_world *w,
                            const struct halt_want *want,
                            const struct halt_run *run,
                            const struct halt_done *done,
                            const struct halt_shown *shown, size_t shown_count,
                            struct err *err);

/*
 * Finishes what a crash left after its intent: a halt is applied unless
 * superseded and told; an unhalt that is in Redis is recorded, any other is
 * given up (P6). Safe to run anywhere, twice, at once.
 */
MUST_CHECK bool halt_settle(const struct halt_world *w, int64_t min_age_ms,
                            size_t *settled, struct err *err);
/* The same for one unhalt whose confirmation is asked about again. */
MUST_CHECK bool halt_settle_start(const struct halt_world *w,
                                  const struct halt_want *want,
                                  struct halt_report *out, struct err *err);

/* ---- how things stand before an unhalt ------------------------------------- */

struct halt_ready {
    bool redis, postgres; /* can be written */
    struct err redis_why, postgres_why;
    int64_t audit_waiting, audit_since; /* in Redis; wall ms, 0: not known */
    int64_t journal_waiting, journal_since;
    struct halt_list list;   /* unknown while Redis is away */
    const struct halt *halt; /* of the scope, in list; NULL: not halted */
};
void halt_look(const struct halt_world *w, const char *scope,
               struct halt_ready *out);
void halt_ready_dispose(struct halt_ready *ready);

/* ---- late ------------------------------------------------------------------ */

/* A halt for the journal (JOURNAL_HALT). Heap. */
char *halt_late_text(const struct halt_want *want);

/* Applies one from the journal, unless somebody acted on its scope since.
 * False: Redis is away, keep it. What is no halt, or cannot be set for what
 * its keys hold, is logged and let go. */
MUST_CHECK bool halt_apply_late(struct redis *r, const struct config *cfg,
                                const char *json, struct err *err);

/* An act with a life of its own: a copy of want and of all it borrows. */
struct halt_kept {
    struct json_doc *doc; /* what the others borrow from */
    struct act act;
    struct halt_want want;
};
struct halt_kept *halt_keep(const struct halt_want *want);
void halt_kept_free(struct halt_kept *kept); /* NULL is fine */

#endif
