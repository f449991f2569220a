/*
 * verdict: what is to be told to Slack about one envelope, on its way from
 * intake or a worker to the socket (or, for an envelope without a socket,
 * straight to the sender).
 *
 * The answer is settled (its inbox entry removed) only after it has left:
 * with the ack's frame, or when the response URL said ok. A crash before
 * that repeats an answer, never loses one.
 */
#ifndef BOT_VERDICT_H
#define BOT_VERDICT_H

#include <stdint.h>

#include "bot/flow/envelope.h"
#include "bot/socket/hold.h"
#include "bot/sender/sender.h"

enum verdict_kind {
    VERDICT_ANSWER, /* final: payload may be NULL (nothing to say) */
    VERDICT_ACK,    /* recorded: ack now, the answer comes later */
    VERDICT_FORGET, /* no ack: Slack sends it again, or a twin carries it */
};

struct verdict {
    struct node node;
    enum verdict_kind kind;
    uint64_t slot;
    char *payload;      /* a message as JSON text, or NULL */
    char *action;       /* to a form: the response_action that its ack carries;
                         * payload is for afterwards, or instead … */
    bool both;          /* … and is sent even if the ack carried that */
    char *response_url; /* "" if there is none */
    char *user;         /* of a form, which may have no URL to answer by; else
                         * NULL */
    char *entry;        /* inbox id to settle after it left, or NULL */
    char *envelope_id;
    int64_t received_us;
};

/* An inbox entry that needs nothing more; and its envelope id leaves the
 * table of those in flight. */
struct settled {
    struct item item;
    char *entry; /* NULL: it was never recorded */
    char *envelope_id;
};

/* Copies what it needs of env. Takes payload. */
struct verdict *verdict_new(enum verdict_kind kind, const struct envelope *env,
                            char *payload);
void verdict_free(struct verdict *v);

void settled_free(struct settled *s);

/* Nothing more is owed: tells intake. Takes v. */
void verdict_settle(struct verdict *v, struct queue *intake);

/*
 * The road by response URL; of a form without one, a direct message. The entry
 * is settled when the post is over. Takes v. Without a road, or with nothing to
 * say, it is settled at once; what a full
 * sender refuses stays in the inbox.
 */
void verdict_by_url(struct verdict *v, struct sender *sender,
                    struct queue *intake);

/* What was refused, to whoever asked alone: a message, or to a form, with its
 * first field, a response_action (heap; NULL: a form without fields). text is
 * ours: no quotes, backslashes or controls. */
char *verdict_say(enum envelope_kind kind, const char *field, const char *text);

/* A queue is full: an answer, not a wait. */
#define VERDICT_BUSY                                                           \
    "Busy just now: too many commands at once. Nothing was run. Please try "   \
    "again in a moment."

#endif
