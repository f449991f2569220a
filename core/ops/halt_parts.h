/*
 * halt_parts: what the halt_*.c files share. Internal to core/ops.
 */
#ifndef CORE_OPS_HALT_PARTS_H
#define CORE_OPS_HALT_PARTS_H

#include "core/base/json.h"
#include "core/ops/halt.h"

/* ---- texts in Redis (halt_read.c) ----------------------------------------- */

/* "halt" and "unhalt", as consumers and rows know them. */
const char *halt_action_name(enum halt_action action);

/* The value of a scope's key. Whatever it is, the scope is halted: what is
 * not ours is shown as far as it can be read. */
void halt_read(struct halt *out, const char *scope, const char *text,
               size_t len);
/* The last action on a scope, of <prefix>halts; out->scope stays NULL. */
void halt_read_last(struct halt *out, const char *text, size_t len);

/* RFC 3339 as wall ms; 0 when it is none. */
int64_t halt_time(const char *text);

/* ---- names (halt_scope.c) -------------------------------------------------- */

/* "all", halt.scopes and those of targets, each once. Array heap, names
 * borrowed from cfg. */
const char **halt_scopes(const struct config *cfg, size_t *count);

#endif
