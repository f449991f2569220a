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
    char *response_url; /* "" if there is none */
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

/* Moves entry and envelope_id out of v. */
struct settled *settled_from(struct verdict *v);
void settled_free(struct settled *s);

/*
 * The road by response_url: a post that settles the entry on `intake` when
 * it is over. Takes v. NULL when there is no URL or nothing to say; then v
 * has been settled already.
 */
struct post *verdict_post(struct verdict *v, struct queue *intake);

#endif
