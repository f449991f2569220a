/*
 * halt_act_parts: what the files of halt_act.h share. Nobody else includes this.
 */
#ifndef CORE_OPS_HALT_ACT_PARTS_H
#define CORE_OPS_HALT_ACT_PARTS_H

#include "core/ops/halt_act.h"

#define HALT_GIVEN_UP "given up" /* an unhalt that a crash stopped */

/* The detail of the outcome's audit row, a JSON object (heap). */
char *halt_outcome_json(const struct halt_want *want,
                        const struct halt_done *done);

/* The row; detail is borrowed. */
struct audit_row halt_outcome_row(const struct halt_want *want,
                                  const struct halt_done *done,
                                  const char *detail);

/* Cards that a run which has died may have posted past the outbox: they are
 * looked for before anything is posted. Borrowed; how many. */
size_t halt_perhaps_shown(const struct config *cfg, const struct act *act,
                          struct halt_shown shown[2]);

#endif
