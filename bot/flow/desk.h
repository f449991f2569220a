/*
 * desk: envelopes that somebody waits for: slots, deadlines, verdicts,
 * refusals. One policy (P1) for every road that Slack comes by; how an ack
 * leaves is the road's own (struct desk_ways).
 *
 * An ack that may carry a payload waits for the answer up to
 * answer_in_ack_ms. After that: recorded, it leaves bare and the answer goes
 * by response URL; not recorded, it waits on, up to 2.5 s, then refuses.
 *
 * Belongs to the thread of its road, but for road.tell, the fates in holds and
 * the facts. Embedded, as the first member, in what holds the other end.
 */
#ifndef BOT_DESK_H
#define BOT_DESK_H

#include "bot/flow/verdict.h"
#include "core/config_now.h"

/* One envelope; the index is slot % HOLD_SLOTS. */
struct held {
    uint64_t slot; /* 0: free */
    char *envelope_id;
    char *response_url;
    char *field;  /* of a form: where it may be refused; else NULL */
    void *end;    /* the road's: who sent it … */
    uint64_t who; /* … and a number that tells it from who came after */
    int64_t received_us; /* mono */
    enum envelope_kind kind;
    bool accepts, acked;
};

/* Why one has no ack. */
enum desk_without {
    WITHOUT_RECORD, /* it is not recorded: Slack sends it again */
    WITHOUT_ROOM,   /* too many at once: Slack sends it again */
    WITHOUT_TWIN,   /* what came before it carries the ack */
};

struct desk;
struct desk_ways {
    const char *area; /* of log lines: "socket" */
    /* The ack leaves, with payload (a message or a response_action as JSON
     * text) or NULL. False: it does not, nothing was sent. */
    bool (*ack)(struct desk *d, const struct held *h, const char *payload);
    /* There will be no ack. NULL: then nothing is done. */
    void (*without)(struct desk *d, const struct held *h,
                    enum desk_without why);
};

/* All borrowed for life. intake takes struct envelope and struct settled. */
struct desk_needs {
    const struct config_holder *config;
    struct sender *sender;
    struct queue *intake;
};

struct desk {
    struct road road; /* the first: a road of ours is a desk */
    struct holds holds;
    const struct desk_ways *ways;
    struct desk_needs needs;
    struct held *held;
    uint64_t next_slot, oldest_slot;
    unsigned in_flight;               /* slots without their last word */
    struct envelope *got, **got_last; /* received in this turn */
    struct verdict *unsent;           /* answers that a full sender refused */
    bool turning_away;                /* newcomers are told to come back */

    _Atomic unsigned fact_in_flight;
    _Atomic uint64_t fact_refused, fact_late, fact_twins;
};

/* tell: how verdicts come to desk_verdict() on the desk's thread. */
void desk_init(struct desk *d, const char *name,
               void (*tell)(struct road *road, struct verdict *v),
               const struct desk_ways *ways, const struct desk_needs *needs);
/* When no other thread knows it any more. */
void desk_dispose(struct desk *d);

/* Takes env, from end and who: it goes to intake with the next
 * desk_hand_over(), or is refused. Its received_us is when Slack's patience
 * began. */
void desk_take(struct desk *d, struct envelope *env, void *end, uint64_t who);
/* At the end of a turn. */
void desk_hand_over(struct desk *d);
/* Takes v. */
void desk_verdict(struct desk *d, struct verdict *v);
/* At least every 50 ms: deadlines. */
void desk_tick(struct desk *d, int64_t now_mono_ms);

#endif
