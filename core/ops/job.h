/*
 * job: moving many entries between a stream, its dead-letter queue and its
 * trash, in batches; a row that any replica can go on with.
 *
 * Each batch: intent (its ids, committed), effect (one Lua script that leaves
 * a marker), outcome (committed, with the intent of the next). A crash or a
 * lost lease at any point repeats a step and moves nothing twice.
 */
#ifndef CORE_OPS_JOB_H
#define CORE_OPS_JOB_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/json.h"
#include "core/config.h"
#include "core/ops/act.h"
#include "core/ops/streams.h"
#include "core/store/db.h"
#include "core/store/redis.h"

enum job_kind { JOB_REQUEUE, JOB_DISCARD, JOB_RESTORE };
enum job_state {
    JOB_RUNNING,
    JOB_CANCELLING,
    JOB_DONE,
    JOB_CANCELLED,
    JOB_FAILED
};

#define JOB_BATCH       500
#define JOB_BATCH_BYTES (4 << 20)
#define JOB_RATE        200 /* entries a second, unless said otherwise */
#define JOB_LEASE_MS    10000

const char *job_kind_name(enum job_kind kind);    /* "requeue" */
const char *job_state_name(enum job_state state); /* "running" */

/* The exact set: what was shown is what is moved. */
struct job_set {
    int64_t count;    /* entries when it was shown */
    char *upper_id;   /* none after this one; "" when empty */
    const char **ids; /* these alone, oldest first; NULL: all up to it.
                         * Array and ids heap */
    size_t ids_count;
    size_t missing; /* of those asked for, no longer there */
};
void job_set_dispose(struct job_set *set);

/* Looks in Redis: kind says in which of the keys. ids NULL: all. ERR_USER: an
 * id that is none, a key that is no stream. */
MUST_CHECK bool job_set_find(struct redis *r, enum job_kind kind,
                             const struct stream_name *name,
                             const char *const *ids, size_t count,
                             struct job_set *out, struct err *err);

/* The set, for confirm_ask(), and back. Heap. */
char *job_bound_text(enum job_kind kind, const struct stream_name *name,
                     const struct job_set *set, int rate);

struct job {
    char *id;
    enum job_kind kind;
    enum job_state state;
    char *stream, *dlq; /* dlq: the dead-letter queue's key */
    int rate;           /* 0: as fast as it goes */
    int64_t total, moved, gone, refused;
    char *error; /* why it failed or waits; "" */
    char *actor, *actor_name, *channel;
    char *cancelled_by, *cancelled_name;         /* "" */
    int64_t created_at, started_at, finished_at; /* wall ms; 0: not yet */
};
void job_dispose(struct job *job);

/*
 * Begins the job that a confirmation stands for: operation, attempt in the
 * audit, job row, and a card (outbox thing "job:<op>") in act->channel and
 * channels.ops. Joins the open transaction. body: the card as it is now.
 * *added false: it was there before.
 */
struct job_start {
    const struct act *act;
    const struct json_doc *bound;                    /* of confirm */
    const char *response_url;                        /* or NULL */
    char *(*body)(const struct job *job, void *arg); /* heap */
    void *arg;
};
MUST_CHECK bool job_begin(struct db *db, const struct config *cfg,
                          const struct job_start *start, bool *added,
                          struct err *err);

/* id: in full, or its first OP_SHOWN characters. *found false: none. */
MUST_CHECK bool job_load(struct db *db, const char *id, struct job *out,
                         bool *found, struct err *err);
/* Open ones first, then the newest. Array heap. */
MUST_CHECK bool job_list(struct db *db, size_t limit, struct job **jobs,
                         size_t *count, struct err *err);
/* The same of those that one person began. */
MUST_CHECK bool job_list_of(struct db *db, const char *user, size_t limit,
                            struct job **jobs, size_t *count, struct err *err);
void job_list_free(struct job *jobs, size_t count);

/* Asks a running job to stop after its batch. *first false: it was not
 * running any more, or was asked before; out says how it stands. Touches its
 * cards. */
MUST_CHECK bool job_cancel(struct db *db, const char *id, const struct act *act,
                           struct job *out, bool *found, bool *first,
                           struct err *err);

/* ---- carrying it out -------------------------------------------------------- */

struct job_run; /* one job while this replica has it */

/* Claims the oldest job that nobody has (a lease; *run NULL: there is none). */
MUST_CHECK bool job_claim(struct db *db, const char *replica,
                          struct job_run **run, struct err *err);
/* Gives up everything that a dead replica held. */
MUST_CHECK bool job_release(struct db *db, const char *replica,
                            struct err *err);

/* One step: at most a second of work. */
enum job_step {
    JOB_STEP_MORE,  /* call again when wait_ms is over */
    JOB_STEP_OVER,  /* finished, cancelled or failed: recorded, cards touched */
    JOB_STEP_LOST,  /* another replica has it */
    JOB_STEP_LATER, /* a store is away: nothing is lost, try again */
};
enum job_step job_step(struct job_run *run, struct redis *r, struct db *db,
                       const struct config *cfg, int *wait_ms, struct err *err);
const char *job_run_id(const struct job_run *run);
/* True, once, when its cards are due since it was last asked. */
bool job_run_touched(struct job_run *run);
void job_run_free(struct job_run *run); /* NULL is fine */

/* What became of entries in the steps of this process, as Redis said it: a
 * batch that had to be run again counts again. Any thread. */
struct job_counts {
    uint64_t moved, gone, refused;
};
void job_counted(struct job_counts *out);

/* Which finished or running job, or single operation, moved an entry out of a
 * dead-letter queue. by NULL in out: none known. */
struct job_mover {
    char *op, *by, *by_name, *new_id, *kind; /* heap; kind "requeue" … */
    int64_t at;
};
MUST_CHECK bool job_mover_of(struct redis *r, struct db *db,
                             const struct config *cfg, const char *dlq,
                             const char *id, struct job_mover *out,
                             struct err *err);
void job_mover_dispose(struct job_mover *m);

#endif
