/*
 * bulk: what the commands of bulk moves share: from words to a question or a
 * job, from a confirmation to a job, and the card of a job.
 */
#ifndef COMMANDS_BULK_H
#define COMMANDS_BULK_H

#include "commands/confirm.h"
#include "core/ops/job.h"

/* True when the words name several entries, or all: a question comes first. */
bool bulk_prompts(const struct args *args);

/* Asks, or, for one entry, begins at once. */
MUST_CHECK bool bulk_run(struct call *call, enum job_kind kind,
                         struct card *card, struct err *err);

/* As in struct confirmable. */
MUST_CHECK bool bulk_carry_out(struct call *call, struct confirm *c,
                               struct card *card, struct err *err);
MUST_CHECK bool bulk_stands(struct call *call, struct confirm *c,
                            struct card *card, struct err *err);

/* The right that a job of this kind needs. */
const char *bulk_right(enum job_kind kind);

/* The thing "job:<id>", as thing_message() gives it. */
char *bulk_message(struct db *db, const struct config *cfg, const char *id,
                   int64_t now, struct err *err);

#endif
