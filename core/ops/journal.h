/*
 * journal: what must not be lost while both stores are away (design §3.6).
 *
 * One append-only file in the state directory, a record a line:
 * "<crc32> <wall ms> <kind> <JSON>\n", fsync'd before journal_add() returns.
 * Drained in order when the stores are back; how far is kept in a file beside
 * it (journal.drained), so that a crash while draining repeats at most what
 * is idempotent. One object for the process, any thread (a lock, held for the
 * write); a second process with the same directory is refused. Failures are
 * ERR_SYSTEM.
 */
#ifndef CORE_OPS_JOURNAL_H
#define CORE_OPS_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

#define JOURNAL_AUDIT "audit" /* a row as audit_text() makes it */
#define JOURNAL_HALT  "halt"  /* to be applied unless superseded */
#define JOURNAL_ACK   "ack"   /* the same */
#define JOURNAL_BYTES (64 << 20)

struct journal;

/* Opens or makes dir/journal (and dir). NULL, with why, when that cannot be:
 * everything works without one but says so. A torn last line is cut off and
 * kept in journal.torn; a line whose checksum is wrong goes to journal.bad. */
struct journal *journal_open(const char *dir, struct err *err);
void journal_close(struct journal *j); /* NULL is fine */

/* kind: one word. j may be NULL: fails. The file is full at JOURNAL_BYTES.
 * After a failure nothing of the record is there. */
MUST_CHECK bool journal_add(struct journal *j, const char *kind,
                            const char *json, struct err *err);

/* Records not drained yet; since when the oldest waits (wall ms, 0: none;
 * may be NULL). j may be NULL: none. */
size_t journal_waiting(struct journal *j, int64_t *since);

/* How large its file is, what is drained included. j may be NULL: 0. */
int64_t journal_bytes(struct journal *j);

/*
 * Gives each record, in order. each() true: it is done and not given again;
 * false: it must wait, and the drain stops there (false, with err). When all
 * are done the file is emptied. *drained: how many. No lock is held during
 * each(): others may add, and what they add is drained as well; a second
 * drain waits for the first. j may be NULL: nothing to do.
 */
typedef bool journal_each(void *arg, const char *kind, const char *json,
                          struct err *err);
MUST_CHECK bool journal_drain(struct journal *j, journal_each *each, void *arg,
                              size_t *drained, struct err *err);
/* Gives each record that is not drained, in order, and leaves it there. No
 * drain runs meanwhile. */
MUST_CHECK bool journal_look(struct journal *j, journal_each *each, void *arg,
                             struct err *err);

#endif
