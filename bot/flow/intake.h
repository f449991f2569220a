/*
 * intake: records what arrived, and hands it on. One thread.
 *
 * Drains its queue of envelopes and of settled ids; each batch is one round
 * trip: one script that skips what was seen before, adds the rest to the
 * inbox and removes what is settled. Twins of what is in flight are dropped.
 * When Redis does not confirm, commands run from memory and events are left
 * for Slack to send again (P1). It does not know what a command is.
 */
#ifndef BOT_INTAKE_H
#define BOT_INTAKE_H

#include "bot/flow/envelope.h"
#include "bot/flow/inbox.h"

struct intake;

struct intake_needs {
    const struct inbox *inbox;
    struct queue *queue; /* in: struct envelope, struct settled */
    struct redis *redis; /* the thread's own */
    /* Which workers an envelope is for. NULL: nobody; it is only settled. */
    struct queue *(*route)(void *arg, const struct envelope *env);
    void *route_arg;
};

struct intake *intake_start(const struct intake_needs *needs, struct err *err);

struct intake_facts {
    int64_t turned_ms;
    uint64_t recorded, twins, from_memory, batches;
};
void intake_facts(struct intake *in, struct intake_facts *out);

/* The queue must be closed: drains it, joins, frees. */
void intake_stop(struct intake *in);

#endif
