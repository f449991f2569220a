/*
 * hook_http: one target's requests: the curl handles behind hook.c. Internal
 * to core/ops.
 *
 * They fly from a deck of hook.c's (core/net/web_flight.h). Certificates are
 * always verified, no redirect is followed, no proxy is used: targets are
 * ours. A token is only ever in the Authorization header, and goes to the
 * health URL only where that is the hook's own server. One thread.
 */
#ifndef CORE_OPS_HOOK_HTTP_H
#define CORE_OPS_HOOK_HTTP_H

#include <stdint.h>

#include "core/config.h"

#define HOOK_ANSWER (64 << 10) /* bytes of an answer that are read */

struct web_deck;
struct hook_call; /* a target's handle: one request at a time */

/* deck and target are borrowed; op: the Idempotency-Key; owner: see
 * hook_next(). */
struct hook_call *hook_call_new(struct web_deck *deck,
                                const struct config_target *target,
                                const char *op, void *owner);
void hook_call_free(struct hook_call *c); /* what is under way ends */

/* What came of a request. Texts are valid until the call's next request. */
struct hook_answer {
    int status;       /* 0: none came */
    bool whole;       /* it was read to its end */
    bool never;       /* and would not come another time either */
    const char *body; /* "" unless it is whole */
    size_t len;
    const char *why; /* it is not whole, for people: "connection refused" */
};

/* POSTs body (borrowed until the answer), or GETs when it is NULL. False:
 * another request cannot do better; why says so. */
MUST_CHECK bool hook_call_send(struct hook_call *c, const char *url,
                               const char *body, long timeout_ms,
                               struct err *why);

/* The owner of the next call that has its answer, or NULL. */
void *hook_next(struct web_deck *deck, struct hook_answer *out);

#endif
