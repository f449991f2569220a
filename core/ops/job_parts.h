/*
 * job_parts: what the job_*.c files share, and the single requeue with them:
 * the one script that moves entries between keys. Internal to core/ops.
 */
#ifndef CORE_OPS_JOB_PARTS_H
#define CORE_OPS_JOB_PARTS_H

#include "core/ops/job.h"

/* ---- keys ------------------------------------------------------------------ */

/* "<dlq>.trash": where discarded entries stay. Heap. */
char *job_trash_key(const char *dlq);
/* The key that a kind moves out of. Heap. */
char *job_source_key(enum job_kind kind, const char *dlq);
/* "requeued", "discarded", "restored" */
const char *job_kind_done(enum job_kind kind);

/* ---- the effect (job_move.c) ----------------------------------------------- */

/* One batch. All borrowed. */
struct move {
    enum job_kind kind;
    const char *op;
    int64_t batch;
    const char *stream, *dlq;
    const char *const *ids; /* canonical */
    size_t count;
    bool range; /* ids are all that lie between the first and the last */
    bool close; /* move nothing, and see to it that nothing will be: a script
                 * that is still on its way does nothing any more */
};

enum move_end {
    MOVE_DONE,      /* results say what became of each id */
    MOVE_FORBIDDEN, /* a key is no stream, or the batch was closed: nothing was
                     * changed, and nothing will be */
    MOVE_REFUSED,   /* Redis said no (memory, rights): nothing was changed */
    MOVE_UNKNOWN,   /* no answer: it may be there, or come late */
};

/* Runs the script, or finds by its marker that it ran. results: borrowed from
 * r until its next command. err: set unless done. */
enum move_end move_run(struct redis *r, const struct config *cfg,
                       const struct move *m, const struct reply **results,
                       struct err *err);

/*
 * The same beside other commands, for redis_begin() and redis_finish(). Added
 * it is when move_run() was called on r before; Redis may have forgotten the
 * script since, which is a MOVE_REFUSED. i: which reply of the batch it is.
 */
MUST_CHECK bool move_add(struct redis *r, const struct config *cfg,
                         const struct move *m);
enum move_end move_take(struct redis *r, size_t i, const struct move *m,
                        const struct reply **results, struct err *err);

enum moved_as {
    MOVED_TO,      /* reply_str(reply_at(results, i)) is its new id */
    MOVED_GONE,    /* it was no longer there */
    MOVED_REFUSED, /* it cannot be moved, and is where it was */
    MOVED_NOT,     /* closed before it was moved */
};
enum moved_as move_result(const struct reply *results, size_t i);

/* "<prefix>op:<op>:<batch>": the marker. Heap. */
char *move_marker(const struct config *cfg, const char *op, int64_t batch);
/* The new id of id, from a marker's text. Heap; NULL: it is not in it. */
char *move_marked(const struct reply *marker, const char *id);

/* Does a script say that the batch was closed? Then err says so too. */
bool move_closed(const struct reply *rep, struct err *err);

/* ---- what comes next (job_list.c) ------------------------------------------- */

struct move_list {
    char *source;
    char *marker;              /* of the next batch */
    const char *after, *upper; /* all between, without the first */
    const char *const *ids;    /* or these; NULL: all */
    size_t ids_count;
    size_t count; /* entries at most */
    size_t each;  /* entries of a batch, at most */
};

/* One reply per batch, the list of its ids: at most JOB_BATCH_BYTES each (or
 * one entry). Ends as move_run(). *lost: the next batch has been run already,
 * and Postgres has forgotten it; it is what move_list_lost() makes of the
 * reply. */
enum move_end move_list(struct redis *r, const struct move_list *want,
                        const struct reply **batches, bool *lost,
                        struct err *err);
/* Its ids: those that its marker says were moved, and those that were left
 * between them. Array and ids heap. */
char **move_list_lost(const struct move_list *want, const struct reply *rep,
                      size_t *count);
/* Beside other commands, as with the move. */
MUST_CHECK bool move_list_add(struct redis *r, const struct move_list *want);
enum move_end move_list_take(struct redis *r, size_t i,
                             const struct reply **batches, bool *lost,
                             struct err *err);

#endif
