/*
 * thing: what has a card that lives on (outbox.h), by name: "ack:<op>",
 * "job:<op>", "halt:<op>", "incident:<number>", "alert:<number>", "storm:<id>",
 * "roll:<id>". The outbox thread asks for its newest state.
 */
#ifndef COMMANDS_THING_H
#define COMMANDS_THING_H

#include "core/config.h"
#include "core/store/db.h"

/* Its card now, as chat.postMessage arguments without channel (heap). NULL:
 * ERR_DB when Postgres failed (it is tried again), ERR_USER when there is no
 * such thing any more (the row's own body is used). */
char *thing_message(struct db *db, const struct config *cfg, const char *thing,
                    int64_t now, struct err *err);

#endif
