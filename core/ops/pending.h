/*
 * pending: what consumer groups were given and have not acknowledged: who has
 * how many, and the oldest entries, with how long they have been idle and how
 * often they were delivered.
 *
 * Reads only, in three round trips; a stream or a group that goes away
 * meanwhile is seen as empty. No state of its own: it runs on the thread whose
 * connection it is given.
 */
#ifndef CORE_OPS_PENDING_H
#define CORE_OPS_PENDING_H

#include "core/ops/entry.h"
#include "core/ops/streams.h"

#define PENDING_PAGE  10  /* entries of one group, on a page */
#define PENDING_FEW   3   /* of each group, where all are shown */
#define PENDING_PAGES 100 /* Redis counts them from the first: no page after */

struct pending_entry {
    char id[ENTRY_ID];
    char *consumer;
    int64_t idle_ms; /* since it was last delivered */
    int64_t deliveries;
};

/* Of one group, oldest first. */
struct pending_list {
    const struct group_info *group;
    struct pending_entry *entries;
    size_t count;
};

struct pending {
    struct stream_report report; /* the one stream */
    bool one;                    /* one group was asked for */
    struct pending_list *lists;  /* that one's, or of each */
    size_t count;
    size_t page, pages; /* of the one group; from 1 */
};

/* key: of a stream. group NULL: each. page: from 1; past the last it is that.
 * ERR_USER: there is no such group; names the nearest. */
MUST_CHECK bool pending_look(struct redis *r, const struct config *cfg,
                             const char *key, const char *group, size_t page,
                             int64_t now, struct pending *out, struct err *err);
void pending_dispose(struct pending *p);

#endif
