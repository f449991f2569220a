/*
 * confirm: what a confirmation leads to, by the command that asked for it.
 */
#ifndef COMMANDS_CONFIRM_H
#define COMMANDS_CONFIRM_H

#include "commands/command.h"
#include "core/ops/confirm.h"

struct confirmable {
    const char *command; /* confirm.command: "dlq requeue" */
    /*
     * Does what was asked, for a confirmation taken just now in a transaction
     * that is open. Commits it: together with its effect, or, where steps
     * outside Postgres follow, before them. On false what is not committed is
     * rolled back, and the confirmation can be given again.
     */
    bool (*carry_out)(struct call *call, struct confirm *c, struct card *card,
                      struct err *err);
    /* It was confirmed before: how it stands. May be NULL. */
    bool (*stands)(struct call *call, struct confirm *c, struct card *card,
                   struct err *err);
};

#endif
