/*
 * confirm: a change that was asked for and shown, and waits for its author's
 * word: same user, 5 min, one use, bound to the exact set shown.
 *
 * The id is the id of the operation that it will be. People see and type its
 * first OP_SHOWN characters; both are accepted here.
 */
#ifndef CORE_OPS_CONFIRM_H
#define CORE_OPS_CONFIRM_H

#include <stdint.h>

#include "core/base/json.h"
#include "core/ops/act.h"
#include "core/store/db.h"

#define CONFIRM_MS (5 * 60 * 1000)

/* Joins the open transaction; asking twice is nothing. act->command names who
 * will carry it out; bound: a JSON object, that command's own. */
MUST_CHECK bool confirm_ask(struct db *db, const struct act *act,
                            const char *bound, struct err *err);

enum confirm_state {
    CONFIRM_TAKEN, /* it was open, and is yours now */
    CONFIRM_USED,  /* confirmed before: look for the operation */
    CONFIRM_CANCELLED,
    CONFIRM_EXPIRED,
    CONFIRM_UNKNOWN, /* no such id, or another user's */
};

struct confirm {
    enum confirm_state state;
    char *id;               /* in full; NULL when unknown */
    char *command;          /* "dlq requeue" */
    struct json_doc *doc;   /* what act borrows from */
    struct act act;         /* as it was asked */
    struct json_doc *bound; /* as it was shown */
    int64_t used_at;        /* wall ms; 0: not used */
};
void confirm_dispose(struct confirm *c);

/* Takes it, as the first step of a transaction that carries it out. Joins the
 * open transaction, which must be there. A database failure is the only
 * false. */
MUST_CHECK bool confirm_take(struct db *db, const char *id, const char *user,
                             struct confirm *out, struct err *err);
/* Withdraws it. state CONFIRM_TAKEN: withdrawn now. */
MUST_CHECK bool confirm_cancel(struct db *db, const char *id, const char *user,
                               struct confirm *out, struct err *err);

#endif
