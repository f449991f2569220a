/*
 * sender_http: the curl handles: requests in flight, and their answers.
 *
 * Only the sender thread calls this, but for wire_wake(). Easy handles are
 * kept and used again; connections are HTTP/1.1 and stay open. A token is
 * only ever in the Authorization header.
 *
 * The body of a call that must not be done twice is handed to curl so that
 * it cannot be rewound: when a kept connection dies after part of it was
 * sent, curl would otherwise send the request again by itself.
 */
#ifndef BOT_SENDER_HTTP_H
#define BOT_SENDER_HTTP_H

#include <stdint.h>

#include "bot/sender/post.h"
#include "bot/sender/sender_verdict.h"
#include "core/config.h"

struct wire;

struct wire *wire_new(const struct config *cfg);
void wire_free(struct wire *w); /* nothing may be in flight; NULL is fine */

/* Starts the request; post (borrowed, rule set) comes back from wire_next().
 * False: it cannot be sent at all. */
MUST_CHECK bool wire_send(struct wire *w, struct post *post, int64_t now,
                          struct err *err);

/* Moves what can be moved; waits up to wait_ms for something to happen. */
void wire_turn(struct wire *w, int wait_ms);

/* The next post that has its answer, or NULL. answer is valid until the next
 * call of anything here. */
struct post *wire_next(struct wire *w, struct answer *answer);

/* Drops the request of post. True when it had left, at least in part. False
 * also when it is not in flight. */
bool wire_drop(struct wire *w, const struct post *post);

/* Any thread: ends the wait of wire_turn(). */
void wire_wake(struct wire *w);

#endif
