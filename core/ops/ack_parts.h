/*
 * ack_parts: what the files of ack.h share. Nobody else includes this.
 */
#ifndef CORE_OPS_ACK_PARTS_H
#define CORE_OPS_ACK_PARTS_H

#include "core/base/json.h"
#include "core/ops/ack.h"
#include "core/ops/operation.h"

/* Who would have it by want. Text heap. */
void ack_of(struct ack *out, const struct ack_want *want);

/* What came of it as JSON, heap, and back. done NULL: Redis has not said. */
char *ack_outcome(const struct ack_want *want, const struct ack_done *done);
void ack_outcome_read(struct ack_done *out, const struct json_doc *doc);
/* "ok", "already", "superseded", "expired", "refused". */
const char *ack_result_word(enum ack_result result);

/* The attempt's detail: all of want that act does not say. Heap. */
char *ack_attempt(const struct ack_want *want);
/* Back; borrows from all. */
void ack_want_read(struct ack_want *out, const struct act *act,
                   const char *trace, const struct json_doc *detail);

/* For the journal. Heap. */
char *ack_late_text(const struct ack_want *want);

/* Operation and attempt, in a transaction of its own. *added false: it is
 * known. */
MUST_CHECK bool ack_intend(struct db *db, const struct ack_want *want,
                           bool *added, struct err *err);
/* Outcome, audit row and cards, in a transaction of its own; the operation and
 * its attempt too, where they are not there yet. Writing it again is
 * nothing. */
MUST_CHECK bool ack_record(const struct ack_world *w,
                           const struct ack_want *want,
                           const struct ack_done *done, struct err *err);

#endif
