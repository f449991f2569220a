/*
 * halt_parts: what the halt_*.c files share. Internal to core/ops.
 */
#ifndef CORE_OPS_HALT_PARTS_H
#define CORE_OPS_HALT_PARTS_H

#include "core/base/json.h"
#include "core/ops/halt.h"

/* ---- texts in Redis (halt_read.c) ----------------------------------------- */

/* What halt_action_name() gives, back. */
enum halt_action halt_action_from(const char *name);

/* The value of a scope's key. Whatever it is, the scope is halted: what is
 * not ours is shown as far as it can be read. */
void halt_read(struct halt *out, const char *scope, const char *text,
               size_t len);
/* The last action on a scope, of <prefix>halts; out->scope stays NULL. */
void halt_read_last(struct halt *out, const char *text, size_t len);

/* A text of a key that other tools write too, fit to be shown: plain, secrets
 * masked, at most max characters. Heap. */
char *halt_text(const char *text, size_t max);

/* ---- names (halt_scope.c) -------------------------------------------------- */

/* "all", halt.scopes and those of targets, each once. Array heap, names
 * borrowed from cfg. */
const char **halt_scopes(const struct config *cfg, size_t *count);

/* ---- runs and their targets (halt_run.c) ------------------------------------- */

/* How it is configured; NULL: not any more. */
const struct config_target *halt_target_config(const struct config *cfg,
                                               const char *name);
bool halt_target_over(const struct halt_target *t); /* stopped or failed */
/* True when that is new. */
bool halt_target_set(struct halt_target *t, enum halt_progress progress,
                     const char *detail);
/* finished and took_ms, as its targets are. */
void halt_run_settle(struct halt_run *run);
/* Ends it: a later action on the scope counts now. generation 0: unknown. */
void halt_run_overtaken(struct halt_run *run, enum halt_action by,
                        int64_t generation);

/* [{"name","state","detail","took_ms"}], heap; and back, into a run without
 * targets. */
char *halt_targets_text(const struct halt_run *run);
void halt_targets_read(struct halt_run *run, const char *text);

#endif
