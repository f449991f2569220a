/*
 * check_store: what Postgres remembers of checks: how each stands
 * (check_states), each change of mark (check_changes), every result
 * (check_results).
 *
 * What happens is noted here, by any thread, and written by one, in one
 * transaction for all that came in. While Postgres is away it waits: of the
 * results the newest CHECK_RESULTS_WAITING, of the changes all (a check that
 * changed more than CHECK_CHANGES_WAITING times loses the oldest two, a way
 * there and back). Everything is written with its own times.
 *
 * Two replicas may both ask: a change is one conditional write on the state,
 * so that it is recorded once, and what is older than what is there is not.
 */
#ifndef CORE_CHECK_CHECK_STORE_H
#define CORE_CHECK_CHECK_STORE_H

#include "core/check/board.h"
#include "core/store/db.h"

#define CHECK_RESULTS_WAITING 20000
#define CHECK_CHANGES_WAITING 64

struct check_store;

/* All borrowed for life. */
struct check_store *check_store_new(struct check_board *board,
                                    const char *replica);
void check_store_free(struct check_store *s); /* NULL is fine */

/* Any thread: a result of a check that the board has taken; changed: its mark
 * is another by it. id is borrowed for life: that of a configuration. */
void check_store_note(struct check_store *s, const char *id,
                      const struct check_result *result, bool changed);

/* Writes what has come in, at most a few thousand results at once. *left:
 * there is more. On failure everything waits on. The one thread that writes.
 */
MUST_CHECK bool check_store_write(struct check_store *s, struct db *db,
                                  bool *left, struct err *err);

/* To the board: how things stood before this process, and what another
 * replica found. Again and again, each time after check_store_write(): see
 * check_board_restore(). */
MUST_CHECK bool check_store_read(struct db *db, struct check_board *board,
                                 struct err *err);

/* How many results and changes wait. Any thread. */
struct check_waiting {
    size_t results, changes;
    uint64_t lost; /* results that were pushed out by newer ones */
};
void check_store_waiting(struct check_store *s, struct check_waiting *out);

/* ---- looking back ---------------------------------------------------------- */

struct check_change {
    int64_t at; /* wall ms */
    enum check_mark from, to;
    char *text; /* of the result that changed it */
};

/* The last changes of one check, newest first; array and texts heap. */
MUST_CHECK bool check_changes_load(struct db *db, const char *id, size_t limit,
                                   struct check_change **out, size_t *count,
                                   struct err *err);
void check_changes_free(struct check_change *changes, size_t count);

#endif
