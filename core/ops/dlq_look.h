/*
 * dlq_look: dead-letter queues looked at again and again: how old, how many
 * new ones, and of which causes. What has not changed since is not read again,
 * so that looking costs three commands a queue.
 *
 * A struct dlq_looks belongs to one thread, whose connections it is given.
 */
#ifndef CORE_OPS_DLQ_LOOK_H
#define CORE_OPS_DLQ_LOOK_H

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/ops/streams.h"
#include "core/store/db.h"
#include "core/store/redis.h"

#define DLQ_LOOK 1000 /* the newest entries are read, within a budget */

/* A cause that had never been seen when it came, and has not gone since. */
struct dlq_fresh {
    char *cause;
    int64_t first; /* wall ms */
};

struct dlq_look {
    char *stream, *dlq;
    int64_t depth;
    int64_t oldest_at; /* wall ms, by its id; 0: empty */
    int64_t *at;       /* of the newest entries, newest first … */
    size_t sampled;    /* … that were read; fewer than depth: not all */
    char **causes;     /* theirs, each once, sorted */
    size_t causes_count;

    bool known;              /* dlq_causes_know() has seen these causes, … */
    struct dlq_fresh *fresh; /* … of which these are fresh, oldest first */
    size_t fresh_count;

    char *oldest, *newest; /* ids by which a change is noticed */
};

struct dlq_looks {
    struct dlq_look *items; /* by stream */
    size_t count;
    bool cut; /* the search met its bound: there may be more */
};

/* All queues as they are now; all zero at first. After a failure everything is
 * read again, or it is as it was. */
MUST_CHECK bool dlq_look(struct dlq_looks *looks, struct redis *r,
                         const struct config *cfg, struct err *err);
void dlq_looks_dispose(struct dlq_looks *looks);
/* How many came since that moment; where more came than were read, as many as
 * were. */
int64_t dlq_came_since(const struct dlq_look *look, int64_t since);

/* ---- causes, in Postgres --------------------------------------------------- */

/*
 * Remembers the causes of a queue, and fills in which are fresh. Of a queue
 * that was never looked at all are learnt, and none is. Costs nothing where
 * they are known.
 */
MUST_CHECK bool dlq_causes_know(struct db *db, struct dlq_look *look,
                                struct err *err);

#endif
