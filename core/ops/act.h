/*
 * act: who does what, from where. Travels with every command.
 *
 * All text is borrowed from the call that is being answered; "" where Slack
 * gave nothing, never NULL.
 */
#ifndef CORE_OPS_ACT_H
#define CORE_OPS_ACT_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/json.h"
#include "core/config.h"

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

/* Its members for json_text(), all but op; operation_act() reads them back. */
#define ACT_MEMBERS(act)                                                       \
    member_str("trace", (act)->trace),                                         \
        member_int("recorded_at", (act)->recorded_at),                         \
        member_str("team", (act)->team),                                       \
        member_str("channel", (act)->channel),                                 \
        member_str("user", (act)->user),                                       \
        member_str("user_name", (act)->user_name),                             \
        member_str("command", (act)->command),                                 \
        member_str("text", (act)->text), member_str("via", (act)->via),        \
        member_str("replica", (act)->replica)

/* Where its card goes: where it was asked for, and channels.ops. How many; the
 * first, if it was asked for anywhere, is act->channel. Borrowed. */
size_t act_channels(const struct act *act, const struct config *cfg,
                    const char *channels[2]);

#endif
