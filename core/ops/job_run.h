/*
 * job_run: one job in the hands of a replica: the batches it works on, and
 * its row. Internal to core/ops. One thread.
 *
 * The row and its batches are the truth; this is what was read from them and
 * what has been done since. When it is not known whether a transaction was
 * committed, all is read anew, and markers say what was moved.
 */
#ifndef CORE_OPS_JOB_RUN_H
#define CORE_OPS_JOB_RUN_H

#include "core/ops/entry.h"
#include "core/ops/job_parts.h"

#define RUN_AHEAD 4000 /* entries planned at once, as fast as it goes */

enum batch_state {
    BATCH_PLANNED,  /* intent committed by us, never sent */
    BATCH_DOUBTFUL, /* it may have been sent: found, or without an answer */
    BATCH_RUN,      /* done or closed: the outcome is to be committed */
};

struct batch {
    int64_t number;
    enum batch_state state;
    char **ids; /* heap, and each */
    size_t count;
    char *moved; /* JSON: old id to new; set when run */
    int64_t moved_count, gone, refused;
};

struct job_run {
    char *id, *owner; /* owner: "<replica>#<nonce>", of this claim alone */
    bool loaded;      /* what follows is as the database has it */
    struct job job;   /* counts: as committed */
    struct json_doc *act_doc;
    struct act act;
    struct json_doc *ids_doc; /* the ids alone; NULL: all up to upper */
    const char **ids;         /* into ids_doc */
    size_t ids_count;
    char *upper;
    char cursor[ENTRY_ID]; /* of the last entry that has a batch */
    int64_t next_batch;
    struct batch *batches; /* in order; those before `at` are run */
    size_t count, at;
    struct batch *ahead; /* listed, and what comes when intended: no row yet */
    size_t ahead_count;
    bool listed;        /* ahead is known; without any: nothing is left */
    int64_t next_us;    /* mono: when the rate allows the next batch */
    int64_t touched_at; /* mono ms: when the cards were last due */
    bool touched;       /* and nobody has heard of it yet */
};

/* ---- having it (job_hold.c) ------------------------------------------------- */

/* What the lease says. */
enum held { HELD, HELD_CANCELLING, HELD_OVER, HELD_LOST, HELD_UNKNOWN };

/* A row that is behind what was committed is HELD_UNKNOWN as well: Postgres
 * has lost its last commits, and what is kept here is no longer so. */

/* Is it ours, and wanted, still? A read. */
enum held run_look(struct job_run *run, struct db *db, struct err *err);
/* The same, the lease renewed and the row locked: the first statement of
 * every transaction. */
enum held run_fence(struct job_run *run, struct db *db, struct err *err);
/* Why it waits, with the lease renewed: a transaction of its own. */
enum held run_waits(struct job_run *run, struct db *db, const char *why,
                    struct err *err);
/* Joins the open transaction: its cards are due. */
MUST_CHECK bool run_touch(struct job_run *run, struct db *db, struct err *err);

/* ---- the row (job_row.c) ---------------------------------------------------- */

/* Reads the row and the batches that have no outcome; HELD_UNKNOWN: err. */
enum held run_load(struct job_run *run, struct db *db, struct err *err);

/* Joins the open transaction: outcomes of what was run, and the counts. */
MUST_CHECK bool run_settle(struct job_run *run, struct db *db, struct err *err);
/* … intents of what is ahead (some), and where they end. */
MUST_CHECK bool run_intend(struct job_run *run, struct db *db, struct err *err);
/* … the end. */
MUST_CHECK bool run_finish(struct job_run *run, struct db *db,
                           enum job_state state, const char *why,
                           struct err *err);

/* They are committed: what was run goes, what was ahead is planned. */
void run_go_on(struct job_run *run);

void run_forget(struct job_run *run); /* loaded no more */

/* ---- what comes next (job_plan.c) ------------------------------------------- */

/* Asks Redis for the batches after the last: ahead, and listed. A batch that
 * was run before, and that Postgres has lost, is ahead alone. Ends as
 * move_run(). */
enum move_end run_list(struct job_run *run, struct redis *r,
                       const struct config *cfg, struct err *err);
/* The same beside other commands, as with the move. False: nothing was added,
 * for it is listed already, or nothing is left. i: which reply of the batch it
 * is. */
MUST_CHECK bool run_list_add(struct job_run *run, struct redis *r,
                             const struct config *cfg);
void run_list_take(struct job_run *run, struct redis *r, size_t i);

#endif
