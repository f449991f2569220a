/*
 * health: what the files of the health commands share, and what unhalt and
 * the outbox ask of them.
 */
#ifndef COMMANDS_HEALTH_H
#define COMMANDS_HEALTH_H

#include "blocks/halt.h"
#include "blocks/health.h"
#include "commands/command.h"

/* Of a call, the checks that its words name: indexes of config.checks, each
 * once, in the order given. which has room for all. None named: none. ERR_USER
 * names what is unknown, and what was probably meant. */
MUST_CHECK bool health_named(const struct call *call, unsigned *which,
                             size_t *count, struct err *err);
/* The same as typed, with a blank before each; "" for none. Heap. */
char *health_typed(const struct config *cfg, const unsigned *which,
                   size_t count);

/* ---- what unhalt asks for (health_gate.c) ------------------------------------- */

#define GATE_MOST 12

/* The critical checks of a scope as conditions of its unhalt: one that is
 * met, or each that fails. The conditions borrow from this. */
struct health_gate {
    struct unhalt_condition conditions[GATE_MOST];
    size_t count; /* 0: the scope has no critical check */
    char names[GATE_MOST][160];
    char whys[GATE_MOST][CHECK_TEXT];
    char advice[GATE_MOST][320];
};
void health_gate(const struct call *call, const char *scope,
                 struct health_gate *out);

/* What the outbox posts for "health:<op>": see thing.h. */
char *health_thing(struct db *db, const struct config *cfg, const char *op,
                   int64_t now, struct err *err);

#endif
