/*
 * message: one message as Slack keeps it, and the store of them.
 *
 * A message belongs to its channel. Its ts is kept as microseconds, unique
 * and increasing within the channel; ephemerals share the sequence but are in
 * nobody's history. A deleted message stays as a tombstone until it is old
 * enough to be dropped with the oldest. One thread.
 */
#ifndef SANDBOX_MESSAGE_H
#define SANDBOX_MESSAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "tests/sandbox/world/channel.h"

struct world;

#define TS_TEXT 32

struct message {
    int64_t ts;
    int64_t thread_ts; /* of the parent; 0: not a reply */
    bool broadcast;
    bool deleted;
    const char *via;    /* "api", "ack", "response_url", "slackbot", "user" */
    char *ephemeral_to; /* NULL: everybody in the channel sees it */
    char *interaction;  /* what caused it, or NULL */
    unsigned edits;
    unsigned replies;
    int64_t latest_reply;
    json_t *reply_users; /* array, or NULL */
    json_t *body;        /* as the API shows it, less threads and metadata */
    json_t *metadata;    /* or NULL */
    json_t *state;       /* what was chosen in its controls, or NULL */
};

/* Where a message comes from, and where it goes. All borrowed. */
struct origin {
    const char *via; /* static text */
    const char *user;
    const char *ephemeral_to;
    const char *interaction;
    int64_t thread_ts;
    bool broadcast;
};

/* Takes content: {"text", "blocks"?, "attachments"?, "metadata"?, …}. The
 * message is the channel's; the pointer is good until the next post. */
struct message *message_post(struct world *w, struct channel *ch,
                             const struct origin *origin, json_t *content);
/* Takes content; what it does not name stays, null or [] removes. */
void message_edit(struct world *w, const struct channel *ch, struct message *m,
                  json_t *content);
void message_delete(struct world *w, struct channel *ch, struct message *m);
void message_free(struct message *m);

/* NULL: no such ts. May be a tombstone or an ephemeral. */
struct message *message_find(const struct channel *ch, const char *ts);
struct message *message_at(const struct channel *ch, int64_t ts);

/* As the Web API shows it, whole metadata only if asked. New. */
json_t *message_json(const struct message *m, bool all_metadata);
/* As the control API shows it: also via, edits, is_ephemeral, state, …. New. */
json_t *message_seen(const struct message *m);

/* "1700000000.000100" and back. False: that is no ts. */
MUST_CHECK bool ts_parse(const char *text, int64_t *out);
const char *ts_text(int64_t ts, char out[TS_TEXT]);

#endif
