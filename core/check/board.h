/*
 * board: how each configured check stands by now, with hysteresis: a check is
 * failing after fail_after failures in a row, and passing again after
 * pass_after successes in a row; its first result of all decides at once.
 *
 * One for the process: checkers write, whoever answers reads. Any thread.
 * A check is known by its id: after a reload it stands as it stood before,
 * whatever else of it has changed, and one that is not configured any more is
 * CHECK_UNKNOWN.
 */
#ifndef CORE_CHECK_BOARD_H
#define CORE_CHECK_BOARD_H

#include "core/check/check.h"

enum check_mark { CHECK_UNKNOWN, CHECK_PASSING, CHECK_FAILING };

struct check_state {
    enum check_mark mark;
    int64_t since;   /* wall ms: since when it has this mark; 0: unknown */
    int64_t last_ok; /* wall ms: of the last success; 0: never */
    unsigned in_row; /* the newest results that are alike */
    struct check_result last; /* at 0: none yet */
};

struct check_board;

/* cfg borrowed for life. */
struct check_board *check_board_new(const struct config *cfg);
void check_board_free(struct check_board *b); /* NULL is fine */
/* From now on its checks are those of cfg, which is borrowed for life. */
void check_board_adopt(struct check_board *b, const struct config *cfg);

/* A result of this check. True when its mark has changed; *state (may be NULL)
 * is how it stands then. An older result than the last one changes nothing. */
bool check_board_note(struct check_board *b, const char *id,
                      const struct check_result *result,
                      struct check_state *state);
/* What Postgres knows of it: from before this process, or from another
 * replica. The last result is taken when it is newer than what is here; mark
 * and since when they are newer, or the mark is the same (then Postgres knows
 * since when). For what was noted here that has to be in Postgres before; so
 * it may come at any time, and twice. */
void check_board_restore(struct check_board *b, const char *id,
                         const struct check_state *state);
void check_board_get(struct check_board *b, const char *id,
                     struct check_state *out);
/* How many are failing of this severity. */
unsigned check_board_failing(struct check_board *b,
                             enum check_severity severity);

#endif
