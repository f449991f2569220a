/*
 * outbox: what must be posted, durable before it is attempted (P5).
 *
 * A row is written in the transaction of the effect it tells of; the outbox
 * thread claims rows in order per channel, hands them to the sender and
 * records what came of it.
 */
#ifndef CORE_OPS_OUTBOX_H
#define CORE_OPS_OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "core/store/db.h"

struct outbox_row {
    int64_t id;
    char *op;
    char *channel;
    char *body; /* chat.postMessage arguments as JSON, without channel */
    char *response_url; /* the road when the bot cannot post there; or "" */
    int attempts;
    int64_t created_at; /* wall ms */
};

/* Joins the open transaction. A second row for the same op and channel is
 * nothing. */
MUST_CHECK bool outbox_add(struct db *db, const char *op, const char *channel,
                           const char *body, const char *response_url,
                           struct err *err);

/* Claims up to max due rows for lease_ms, at most one per channel, oldest
 * first. The array is the caller's: outbox_rows_free(). */
MUST_CHECK bool outbox_claim(struct db *db, const char *replica, size_t max,
                             int64_t lease_ms, struct outbox_row **rows,
                             size_t *count, struct err *err);
void outbox_rows_free(struct outbox_row *rows, size_t count);

/* Says that this replica still works on what it claimed: its leases run for
 * lease_ms from now. A replica that dies says nothing, and another claims. */
MUST_CHECK bool outbox_renew(struct db *db, const char *replica,
                             int64_t lease_ms, struct err *err);

MUST_CHECK bool outbox_sent(struct db *db, int64_t id, const char *ts,
                            struct err *err);
/* Due again in delay_ms. */
MUST_CHECK bool outbox_retry(struct db *db, int64_t id, const char *why,
                             int64_t delay_ms, struct err *err);
MUST_CHECK bool outbox_undeliverable(struct db *db, int64_t id, const char *why,
                                     struct err *err);

/* For health: rows waiting, and the age of the oldest (ms, 0: none). */
MUST_CHECK bool outbox_waiting(struct db *db, int64_t *count,
                               int64_t *oldest_ms, struct err *err);

#endif
