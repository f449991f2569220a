/*
 * ack: what the acknowledge commands share with thing.c and settle.c. Any
 * thread.
 */
#ifndef COMMANDS_ACK_H
#define COMMANDS_ACK_H

#include "commands/command.h"
#include "core/ops/ack.h"

/* The public card of one that has just been done. Heap. */
char *ack_fresh_message(const struct config *cfg, const struct ack_want *want,
                        const struct ack_done *done);
/* struct ack_world.alert: an acknowledgement that was held elsewhere becomes
 * that of its alert. */
bool ack_alert(const struct ack_world *w, const struct ack_want *want,
               const struct ack_done *done, bool *alert, struct err *err);
/* The card of the operation op as it is now, with who left it after: for
 * thing.c. */
char *ack_thing(struct db *db, const struct config *cfg, const char *op,
                int64_t now, struct err *err);

#endif
