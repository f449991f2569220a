/*
 * act: who does what, from where. Travels with every command.
 *
 * All text is borrowed from the call that is being answered; "" where Slack
 * gave nothing, never NULL.
 */
#ifndef CORE_OPS_ACT_H
#define CORE_OPS_ACT_H

#include <stdint.h>

struct act {
    const char *op;      /* operation id, derived (digest_op) */
    const char *trace;   /* envelope id */
    int64_t recorded_at; /* wall ms, when the envelope was first recorded;
                          * travels with it through take-overs */
    const char *team;    /* Slack ids: opaque */
    const char *channel;
    const char *user;
    const char *user_name; /* as Slack gave it: shown beside the id, if any */
    const char *command;   /* "dlq requeue" */
    const char *text;      /* what was typed, secrets masked */
    const char *via;       /* "socket", "http", "admin", "recovery" */
    const char *replica;
};

#endif
