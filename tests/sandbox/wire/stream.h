/*
 * stream: Server-Sent Events for the page: what changed, as it changes.
 *
 * GET /control/stream?user= stays open; every piece of news that this user may
 * see goes out as one event, `data:` and a JSON object. Nothing is kept for
 * who is away: a page that comes back loads anew. A client that does not read
 * is dropped, not waited for. One thread.
 */
#ifndef SANDBOX_STREAM_H
#define SANDBOX_STREAM_H

#include "tests/sandbox/wire/http.h"

struct streams;

struct streams *streams_new(struct loop *loop);
/* When the connections are gone already. */
void streams_free(struct streams *all);

/* Whether anybody reads; without that no news need be made. */
bool streams_any(const struct streams *all);
/* whom: array of user ids, NULL: everybody. Takes what, borrows whom. */
void streams_send(struct streams *all, const json_t *whom, json_t *what);

/* How many sockets of the app are open by now; told only when it changed. */
void streams_link(struct streams *all, int64_t open);

/* GET /control/stream: takes call. */
void stream_control(struct sandbox *sb, struct http_call *call,
                    const json_t *query);

#endif
