/*
 * hook_http: one target's requests: the curl handles behind hook.c. Internal
 * to core/ops.
 *
 * One curl multi handle; connections stay open and are used again by whoever
 * talks to the same place with the same certificate. Certificates are always
 * verified, no redirect is followed, no proxy is used: targets are ours. A
 * token is only ever in the Authorization header, and goes to the health URL
 * only where that is the hook's own server. One thread, but for hook_wire_wake().
 */
#ifndef CORE_OPS_HOOK_HTTP_H
#define CORE_OPS_HOOK_HTTP_H

#include <stdint.h>

#include "core/config.h"

#define HOOK_ANSWER (64 << 10) /* bytes of an answer that are read */

struct hook_wire;
struct hook_call; /* a target's handle: one request at a time */

struct hook_wire *hook_wire_new(void);
/* Its calls are freed before. NULL is fine. */
void hook_wire_free(struct hook_wire *w);

/* target is borrowed; op: the Idempotency-Key; owner: see hook_wire_next(). */
struct hook_call *hook_call_new(struct hook_wire *w,
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

/* Moves what can be moved; waits up to wait_ms for something to happen. */
void hook_wire_turn(struct hook_wire *w, int wait_ms);
void hook_wire_wake(struct hook_wire *w); /* any thread: ends that wait */
/* The owner of the next call that has its answer, or NULL. */
void *hook_wire_next(struct hook_wire *w, struct hook_answer *out);

#endif
