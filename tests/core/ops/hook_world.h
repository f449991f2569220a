/*
 * hook_world: hooks, and a stub for their targets to live at. One thread.
 */
#ifndef TESTS_CORE_OPS_HOOK_WORLD_H
#define TESTS_CORE_OPS_HOOK_WORLD_H

#include "core/ops/hook.h"
#include "tests/core/ops/target_stub.h"

#define LIMIT_MS 30000
#define TARGETS  128

/* Those of the running test. */
extern struct config cfg; /* with targets, and 20 s for them */
extern struct config_target targets[TARGETS];
extern struct hooks *hooks;
extern struct target_stub *stub; /* says yes to everything, at first */
extern int changes;              /* calls of count_change() */

void hook_world_start(void);
void hook_world_stop(void);

/* The stub anew, with another handler. */
void serve(stub_handler *handler, void *arg);
struct stub_reply say_yes(void *arg, const struct stub_request *r, int n);
/* The same, but paths that begin with /slow take LIMIT_MS. */
struct stub_reply some_sleep(void *arg, const struct stub_request *r, int n);

/* Paths at the stub, or whole URLs; NULL: none. Heap. */
char *url_of(const char *path);
struct config_target *add_target(const char *name, const char *halt,
                                 const char *health);

/* By U0ANN on "all"; the caller frees. */
struct halt_run *new_run(const char *op, enum halt_action action,
                         int64_t generation);
void count_change(void *arg, struct halt_run *run);
void turn_until_over(void);
/* A run of op OP1, generation 42, to its end. */
struct halt_run *run_all(enum halt_action action);

void expect_failed(const struct halt_target *t, const char *why);
void expect_stopped(const struct halt_target *t);

#endif
