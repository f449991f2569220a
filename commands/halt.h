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

/* Halts and unhalts whose intent is older than min_age_ms and that nobody
 * finished: a halt is carried out unless superseded; an unhalt that is not in
 * Redis is given up. */
MUST_CHECK bool halt_settle(struct redis *redis, struct db *db,
                            const struct config *cfg, int64_t min_age_ms,
                            size_t *settled, struct err *err);

#endif
