/*
 * envelope: one thing that is asked of us, from the frame to the answer.
 *
 * Made by the thread of the road it came by (from a frame, or by the admin API
 * from a command line), recorded by intake, answered by a worker. One owner at a time: passing it to a queue passes all of it. Shapes
 * are Slack's (Socket Mode, slash command, block_actions, Events API
 * payloads); every field may be missing or of another type, and is "" then.
 */
#ifndef BOT_ENVELOPE_H
#define BOT_ENVELOPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "bot/flow/road.h"
#include "core/base/queue.h"
#include "core/rights.h"

enum envelope_kind {
    ENVELOPE_COMMAND, /* a slash command */
    ENVELOPE_PRESS,   /* block_actions */
    ENVELOPE_VIEW,    /* view_submission: a form was filled in */
    ENVELOPE_EVENT,   /* an event that asks nothing of us */
    ENVELOPE_SAID,    /* an event: a command said in a message */
    ENVELOPE_HOME,    /* an event: somebody looks at App Home */
    ENVELOPE_OTHER,   /* shortcuts, suggestions, closed views, types not
                       * known yet */
};

/* Where the answer goes. */
enum envelope_place {
    PLACE_ASKED,   /* with the ack, or to its response URL */
    PLACE_CHANNEL, /* said in a channel: there, to whoever asked, or into the
                    * thread for everybody */
    PLACE_DIRECT,  /* said in a direct message: there */
    PLACE_PERSON,  /* pressed on App Home, or a form that was opened there: the
                    * direct message with them */
    PLACE_ADMIN,   /* to whoever asked over the admin API, as a document */
};

/* Redelivery is recognised by any of these (P2); NULL where there is none. The
 * last is the signature of the request it came with: a replay. */
#define ENVELOPE_KEYS          4
#define ENVELOPE_KEY_SIGNATURE 3

/* What travels to intake: an envelope in, or word that one is settled. To the
 * thread of App Home: an envelope, or word that somebody changed something. */
enum item_kind { ITEM_ENVELOPE, ITEM_SETTLED, ITEM_CHANGED };
struct item {
    struct node node;
    enum item_kind what;
};

struct envelope {
    struct item item;
    enum envelope_kind kind;
    char *frame; /* as it came: what the inbox records */
    size_t frame_len;
    char *storage; /* all the text below points into it */

    const char *id; /* envelope_id; never "" */
    bool accepts;   /* its ack may carry a payload */
    int retry;      /* retry_attempt */
    const char *team, *channel, *user, *user_name;
    const char *command, *text; /* "/ops", "dlq list"; what was said comes as
                                 * Slack escapes it, without the mention; of a
                                 * form, what filling it in typed */
    const char *response_url, *trigger_id;
    const char *action; /* the value of the pressed button; of a form, its
                         * nonce */
    const char *view;   /* of a form: its id … */
    const char *field;  /* … and its first input, where it may be refused */
    enum envelope_place place;
    enum voucher voucher; /* who says who user is */
    bool plain; /* of PLACE_ADMIN: the answer is to be text, not JSON */
    const char *ts, *thread; /* of what was said, and the thread it is in; of a
                              * press, the message it was on, also of the one
                              * that opened a form */
    int64_t seen; /* of a form: the version of that card; 0: not known */
    char *keys[ENVELOPE_KEYS];

    struct road *road;   /* whoever waits for the answer; NULL: nobody
                          * (recovered) */
    uint64_t slot;       /* the held ack on that road */
    char *entry;         /* id in the inbox; NULL: not recorded */
    int64_t recorded_at; /* wall ms: when it was first recorded */
    int64_t received_us; /* mono, for the time an answer takes */
    bool recovered;      /* taken over from a dead replica */
};

/*
 * From a frame's text (copied). NULL: not an envelope; why is one static
 * sentence then. Frames that are not objects, or have no envelope_id, are
 * not envelopes.
 */
struct envelope *envelope_parse(const char *frame, size_t len,
                                const char **why);

/* Takes root, already parsed from frame (copied). Same answer. */
struct envelope *envelope_from(json_t *root, const char *frame, size_t len,
                               const char **why);

/* A command line that came by the admin API, for PLACE_ADMIN. Copies. id: never
 * "". user: an identity, and user_name the part behind its colon. */
struct envelope *envelope_admin(const char *id, const char *user,
                                const char *line);

void envelope_free(struct envelope *env); /* NULL is fine */

/* Slack sends it again when it is not acked: an event. */
bool envelope_comes_again(enum envelope_kind kind);

#endif
