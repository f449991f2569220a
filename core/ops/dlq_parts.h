/*
 * dlq_parts: what the dlq_*.c files share. Internal to core/ops.
 */
#ifndef CORE_OPS_DLQ_PARTS_H
#define CORE_OPS_DLQ_PARTS_H

#include "core/ops/dlq.h"
#include "core/ops/operation.h"

/* ---- causes --------------------------------------------------------------- */

/* The error's first line, masked, numbers and ids folded. Heap. */
char *dlq_cause_of(const struct config *cfg, const char *error);
/* Fills in the most frequent of n texts; takes the texts, not the array. */
void dlq_count_causes(struct dlq_summary *q, char **texts, size_t n);

/* ---- reading -------------------------------------------------------------- */

/* How many entries of a stream may be read at once within a budget of bytes,
 * from its length and the MEMORY USAGE reply; at least 10. */
size_t dlq_affordable(const struct reply *usage, int64_t length,
                      int64_t budget);

/* ---- the effect (dlq_effect.c) -------------------------------------------- */

enum effect {
    EFFECT_MOVED,   /* by this operation, now or before: new_id is set */
    EFFECT_GONE,    /* no such entry */
    EFFECT_REFUSED, /* Redis said no: nothing was or will be changed */
    EFFECT_UNKNOWN, /* no answer: it may be there */
};

/* Runs the script. new_id: heap, or NULL. err is set for REFUSED and
 * UNKNOWN. */
enum effect dlq_effect(struct redis *r, const struct config *cfg,
                       const char *op, const struct stream_name *name,
                       const char *id, char **new_id, struct err *err);

/* ---- the steps of a requeue (dlq_steps.c) --------------------------------- */

/* How an operation stands when it is asked for. */
enum standing {
    STANDING_NEW,      /* the intent was committed now */
    STANDING_OPEN,     /* … before, and there is no outcome */
    STANDING_FINISHED, /* out says what came of it */
};

MUST_CHECK bool requeue_intend(struct db *db, const struct requeue_want *want,
                               enum standing *standing, struct requeue *out,
                               struct err *err);
/* What is known of it, the intent being there. Never STANDING_NEW. */
MUST_CHECK bool requeue_standing(struct db *db, const struct requeue_want *want,
                                 enum standing *standing, struct requeue *out,
                                 struct err *err);

/* What the effect came to, the winner looked for when the entry is gone.
 * False: nothing more is known than err says; *unknown: it may be there. */
MUST_CHECK bool requeue_effect(struct redis *r, struct db *db,
                               const struct config *cfg,
                               const struct requeue_want *want,
                               struct requeue *out, bool *unknown,
                               struct err *err);

/* Commits the outcome; joins the open transaction, if own is false. failed:
 * why Redis refused, NULL if it did not. *first false: it was there. */
MUST_CHECK bool requeue_finish(struct db *db, const struct config *cfg,
                               const struct requeue_want *want,
                               const struct requeue *done, const char *failed,
                               bool own, bool *first, struct err *err);

#endif
