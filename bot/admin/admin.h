/*
 * admin: the admin API: requests at the admin listener become command lines,
 * and their answers documents.
 *
 * Each request is an envelope on a road of its own, run from memory (never in
 * the inbox: its answer is its ack), pushed straight to the workers. Of what a
 * desk (flow/desk.h) does for Slack's roads it needs nothing but fates: there is
 * no bare ack, no response URL, no redelivery, and one deadline. The handlers
 * run on the server's thread; tell() on any. A request whose client has left
 * goes on, its answer is dropped.
 *
 * The operation id comes of the Idempotency-Key, the identity and the command
 * line: the same request twice is done once, whichever replica it reaches.
 */
#ifndef BOT_ADMIN_H
#define BOT_ADMIN_H

#include "bot/flow/envelope.h"
#include "bot/http/server.h"
#include "core/config_now.h"

#define ADMIN_HELD      512   /* requests at once; more are answered 503 */
#define ADMIN_ANSWER_MS 30000 /* then 504 */

struct admin;

struct admin_needs {
    const struct config_holder *config; /* borrowed for life */
    /* Which workers an envelope is for; never NULL for a command. */
    struct queue *(*route)(void *arg, const struct envelope *env);
    void *route_arg;
};

struct admin *admin_new(const struct admin_needs *needs);
/* What server_start() wants of it; borrows. */
void admin_listener(struct admin *a, struct listener *out);
/* Once the server listens, before anybody is told of it: opens a Unix socket to
 * http.admin_group. ERR_CONFIG. */
MUST_CHECK bool admin_open(struct admin *a, struct err *err);
/* When no worker can tell any more, and the server is gone. NULL is fine. */
void admin_free(struct admin *a);

#endif
