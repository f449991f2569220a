/*
 * verdict: what is to be told about one envelope, on its way from intake or a
 * worker to the road it came by (or, for an envelope without one, straight to
 * the sender).
 *
 * The answer is settled (its inbox entry removed) only after it has left: with
 * the ack, or when the response URL, or the post, said ok. A crash before that
 * repeats an answer, never loses one.
 */
#ifndef BOT_VERDICT_H
#define BOT_VERDICT_H

#include <stdint.h>

#include "blocks/card.h"
#include "bot/flow/envelope.h"
#include "bot/flow/road.h"
#include "bot/sender/sender.h"

enum verdict_kind {
    VERDICT_ANSWER, /* final: payload may be NULL (nothing to say) */
    VERDICT_ACK,    /* recorded: ack now, the answer comes later */
    VERDICT_FORGET, /* not recorded: no ack, Slack sends it again */
    VERDICT_SEEN,   /* recorded before: ack, nothing is run */
    VERDICT_TWIN,   /* in flight already: the first one carries the ack */
};

struct verdict {
    struct node node;
    enum verdict_kind kind;
    struct road *road; /* NULL: nobody holds an ack for it */
    uint64_t slot;
    char *payload;      /* a message as JSON text, or NULL */
    char *action;       /* to a form: the response_action that its ack carries;
                         * payload is for afterwards, or instead … */
    bool both;          /* … and is sent even if the ack carried that */
    char *response_url; /* "" if there is none */
    const char *method; /* by which it is posted; NULL: by response_url */
    char *address;      /* its arguments besides the message, a JSON object */
    char *channel;      /* what paces and orders it; NULL: nothing */
    char *entry;        /* inbox id to settle after it left, or NULL */
    char *envelope_id;
    int64_t received_us;
    enum err_kind failed; /* of an answer by the admin API: what for … */
    bool conflict;        /* … or because of how things stand */
};

/* An inbox entry that needs nothing more; and its envelope id leaves the
 * table of those in flight. */
struct settled {
    struct item item;
    char *entry; /* NULL: it was never recorded */
    char *envelope_id;
};

/* Copies what it needs of env. Takes payload. What was said in a channel is
 * answered for the asker alone. */
struct verdict *verdict_new(enum verdict_kind kind, const struct envelope *env,
                            char *payload);
/* App Home as its person is to see it: always by post. env: whose opening it
 * answers; NULL: nobody's. Takes view. */
struct verdict *verdict_view(const struct envelope *env, const char *user,
                             char *view);
/* For everybody, where that can be chosen: in the thread of what was said. */
void verdict_share(struct verdict *v, const struct envelope *env);
void verdict_free(struct verdict *v);

void settled_free(struct settled *s);

/* Nothing more is owed: tells intake. Takes v. */
void verdict_settle(struct verdict *v, struct queue *intake);

/* By the road that its envelope came, which knows whether the ack is still to
 * be had; for one that nobody holds an ack for, past it. Takes v. */
void verdict_tell(struct verdict *v, struct sender *sender,
                  struct queue *intake);

/*
 * The road past the ack: a post where the envelope has its place, else its
 * response URL; the entry is settled when that is over. Takes v. With neither,
 * or with nothing to say, it is settled at once; what a full sender refuses
 * stays in the inbox.
 */
void verdict_post(struct verdict *v, struct sender *sender,
                  struct queue *intake);

/* A card as env is answered (heap). replace: in the place of the card that was
 * pressed on, where Slack can do that. */
char *verdict_message(const struct envelope *env, const struct card *card,
                      bool replace);

/* The answer to who asked by the admin API (PLACE_ADMIN), as env wants it. */
struct answer;
struct verdict *verdict_document(const struct envelope *env,
                                 const struct answer *answer);

/* What was refused, to whoever asked alone: a message, or to a form, with its
 * first field, a response_action (heap; NULL: a form without fields). text is
 * ours: no quotes, backslashes or controls. */
char *verdict_say(enum envelope_kind kind, const char *field, const char *text);
/* The same, as env is answered. */
char *verdict_say_to(const struct envelope *env, const char *text);

/* A queue is full: an answer, not a wait. */
#define VERDICT_BUSY                                                           \
    "Busy just now: too many commands at once. Nothing was run. Please try "   \
    "again in a moment."

#endif
