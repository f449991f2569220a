/*
 * push: requests to the app's request URLs, as Slack sends them.
 *
 * Knows where the app listens and the signing secret; puts one request
 * together (slack-protocol §2), signs it, follows at most two redirects and
 * tells what came of it. Several URLs of one kind are what a load balancer
 * has behind it: one at random, the next where nobody listens. The deadline
 * is the caller's. One thread.
 */
#ifndef SANDBOX_PUSH_H
#define SANDBOX_PUSH_H

#include <jansson.h>
#include <stdbool.h>

#include "core/base/buf.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/wire/client.h"

struct push;      /* the settings */
struct push_call; /* one request under way, redirects and all */

struct push *push_new(struct sandbox *sb);
void push_close(struct push *p); /* before conns_dispose(); NULL is fine */
void push_free(struct push *p);  /* after it */

/* The fields of POST /control/delivery (borrowed) that are there. NULL, or
 * what is wrong with them: nothing is changed then. Static text. */
const char *push_set(struct push *p, const json_t *how);
json_t *push_json(const struct push *p); /* what is set; new */

bool push_on(const struct push *p); /* HTTP, not Socket Mode */
const char *push_secret(const struct push *p);
struct client *push_client(struct push *p);
/* Requests sent since start, redirects and other tries included. */
uint64_t push_count(const struct push *p);

/* What to send. */
struct parcel {
    enum envelope_kind kind; /* which URL, which content type */
    const char *body;
    size_t len;
    int retry_num; /* 0: no such header */
    const char *retry_reason;
    bool unsigned_; /* without the two headers */
    bool deaf;      /* the answer is not waited for */
};

/* The body of a payload: a form, or JSON for events. */
void push_body(struct buf *out, enum envelope_kind kind, const json_t *payload);

/*
 * reason is NULL with a reply that is neither a redirect nor cut off;
 * otherwise it is Slack's word for the failure: connection_failed,
 * too_many_redirects, unknown_error. reply is disposed of afterwards.
 */
typedef void (*push_done)(void *arg, const char *reason,
                          const struct reply *reply);

/* done is called once, later, unless it is cancelled. */
struct push_call *push_send(struct push *p, const struct parcel *parcel,
                            push_done done, void *arg);
void push_cancel(struct push_call *call); /* NULL is fine */

#endif
