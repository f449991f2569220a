/*
 * share: what somebody had shown in a channel of how the checks stood: the
 * message behind the card "health:<op>" (see core/ops/outbox.h), which is
 * edited when the rest is in. On the thread whose connection it is given.
 */
#ifndef CORE_CHECK_SHARE_H
#define CORE_CHECK_SHARE_H

#include "core/store/db.h"

#define SHARE_THING "health:"

/* Its message by now, and its card in channel: posted, or due to be edited.
 * One transaction. response_url: the road where the bot cannot post. */
struct share {
    const char *op;
    const char *channel;
    const char *message; /* chat.postMessage arguments, without channel */
    const char *response_url;
};
MUST_CHECK bool share_put(struct db *db, const struct share *share,
                          struct err *err);

/* *message heap; NULL: there is none (any more). */
MUST_CHECK bool share_load(struct db *db, const char *op, char **message,
                           struct err *err);

#endif
