/*
 * halt: what the files of the halt commands share with each other, with
 * thing.c, settle.c and the thread that tells targets. Any thread.
 */
#ifndef COMMANDS_HALT_H
#define COMMANDS_HALT_H

#include "commands/command.h"
#include "core/ops/confirm.h"
#include "core/ops/halt_act.h"

/* The card of a run that has just begun, or of which Postgres cannot be
 * asked: a halt_message. Heap. */
char *halt_fresh_message(const struct config *cfg, const struct halt_run *run);

/* The card of the run of op as it is now, with what came after it: for
 * thing.c. */
char *halt_thing(struct db *db, const struct config *cfg, const char *op,
                 int64_t now, struct err *err);

/* What a call carries out a halt with. */
struct halt_world halt_world_of(const struct call *call);

/* Hands the report's run to who tells its targets, and makes the answer. */
void halt_answer(struct call *call, struct card *card,
                 const struct halt_want *want, struct halt_report *report);

/* What a confirmed unhalt leads to, and how one stands that was confirmed
 * before: for the table of confirm.c. c->act is who asked. */
MUST_CHECK bool unhalt_carry_out(struct call *call, struct confirm *c,
                                 struct card *card, struct err *err);
MUST_CHECK bool unhalt_stands(struct call *call, struct confirm *c,
                              struct card *card, struct err *err);

#endif
