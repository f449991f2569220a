/*
 * operation: one effect, recorded before and after (design §3.3). Internal to
 * core/ops.
 *
 * The id is derived from the request, so the same request always meets its
 * own row: whoever comes second finds what came of it. Every function joins
 * the open transaction, if there is one.
 */
#ifndef CORE_OPS_OPERATION_H
#define CORE_OPS_OPERATION_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/json.h"
#include "core/ops/act.h"
#include "core/store/db.h"

enum operation_state {
    OPERATION_INTENT,  /* recorded; the effect may or may not be there */
    OPERATION_DONE,    /* the effect is there, by this operation */
    OPERATION_REFUSED, /* nothing was changed by it, and nothing will be */
};

struct operation {
    char *id;
    enum operation_state state;
    char *actor, *actor_name;
    int64_t at;               /* wall ms: when it was finished, or else began */
    struct json_doc *outcome; /* NULL while there is none */
};
void operation_dispose(struct operation *o);

/* Inserts the intent. *added false: the id is known; nothing was changed. */
MUST_CHECK bool operation_add(struct db *db, const struct act *act,
                              const char *entity, bool *added, struct err *err);
/* *found false: no such id. */
MUST_CHECK bool operation_load(struct db *db, const char *id,
                               struct operation *out, bool *found,
                               struct err *err);
/* From intent to state; *first false: somebody else did that before. outcome:
 * a JSON object. */
MUST_CHECK bool operation_finish(struct db *db, const char *id,
                                 enum operation_state state,
                                 const char *outcome, bool *first,
                                 struct err *err);

/* Other operations on entity that did it or may have, oldest first. Heap:
 * operations_free(). */
MUST_CHECK bool operations_on(struct db *db, const char *entity,
                              const char *but, struct operation **list,
                              size_t *count, struct err *err);
void operations_free(struct operation *list, size_t count);

/* A batch of an effect in Redis. ids, moved: JSON. */
MUST_CHECK bool operation_batch_add(struct db *db, const char *op,
                                    const char *stream, const char *dlq,
                                    const char *ids, struct err *err);
MUST_CHECK bool operation_batch_moved(struct db *db, const char *op,
                                      const char *moved, struct err *err);

/* An act as it is stored, JSON on the heap, and back; that borrows from
 * doc. */
char *operation_act_text(const struct act *act);
struct act operation_act(const struct json_doc *doc, const char *id);

#endif
